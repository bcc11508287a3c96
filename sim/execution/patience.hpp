// Waiting for MPI without burning the core that the awaited rank may need: a few looks at once, then short sleeps.
// (Spinning ranks on shared cores cost more than half of the speed; the library's own yielding wait still takes a full
// share.)
#pragma once

#include <chrono>
#include <thread>

#include <mpi.h>

namespace orrery::sim::execution {

class Patience {
 public:
  // Nothing has happened.
  void pause() {
    if (++looks_ <= quick_looks) return std::this_thread::yield();
    std::this_thread::sleep_for(std::chrono::microseconds(looks_ < 20 * quick_looks ? 20 : 200));
  }
  // Something has.
  void renew() { looks_ = 0; }

 private:
  static constexpr int quick_looks = 20;
  int looks_ = 0;
};

inline void wait_patiently(MPI_Request& request) {
  Patience patience;
  for (int done = 0; MPI_Test(&request, &done, MPI_STATUS_IGNORE), done == 0;) patience.pause();
}

inline MPI_Status probe_patiently(int source, int tag, MPI_Comm comm) {
  Patience patience;
  MPI_Status status;
  for (int found = 0; MPI_Iprobe(source, tag, comm, &found, &status), found == 0;) patience.pause();
  return status;
}

}  // namespace orrery::sim::execution
