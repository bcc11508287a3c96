// Frames of bytes between ranks, in order between any two of them. Nobody waits in here: a frame is handed to MPI when
// it is sent, and taken from it when somebody asks what has come.
#pragma once

#include <cstddef>
#include <list>
#include <optional>
#include <vector>

#include <mpi.h>

namespace orrery::sim::execution::live {

using Frame = std::vector<std::byte>;

class Courier {
 public:
  explicit Courier(MPI_Comm comm) : comm_(comm) {}
  // Waits until MPI has taken everything over.
  ~Courier();
  Courier(const Courier&) = delete;
  Courier& operator=(const Courier&) = delete;

  void send(int rank, Frame frame);
  // The next frame that has come, from whomever.
  std::optional<Frame> receive();

 private:
  struct Sending {
    Frame frame;
    MPI_Request request = MPI_REQUEST_NULL;
  };
  void let_go();

  MPI_Comm comm_;
  std::list<Sending> sending_;
};

}  // namespace orrery::sim::execution::live
