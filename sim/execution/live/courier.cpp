#include "sim/execution/live/courier.hpp"

#include <utility>

#include "sim/execution/patience.hpp"

namespace orrery::sim::execution::live {
namespace {
constexpr int tag = 7;
}

Courier::~Courier() {
  for (Sending& s : sending_) wait_patiently(s.request);
}

void Courier::send(int rank, Frame frame) {
  let_go();
  Sending& s = sending_.emplace_back(Sending{std::move(frame)});
  MPI_Isend(s.frame.data(), static_cast<int>(s.frame.size()), MPI_BYTE, rank, tag, comm_, &s.request);
}

void Courier::let_go() {
  std::erase_if(sending_, [](Sending& s) {
    int done = 0;
    MPI_Test(&s.request, &done, MPI_STATUS_IGNORE);
    return done != 0;
  });
}

std::optional<Frame> Courier::receive() {
  int found = 0;
  MPI_Status status;
  MPI_Iprobe(MPI_ANY_SOURCE, tag, comm_, &found, &status);
  if (found == 0) return std::nullopt;
  int bytes = 0;
  MPI_Get_count(&status, MPI_BYTE, &bytes);
  Frame frame(static_cast<std::size_t>(bytes));
  MPI_Recv(frame.data(), bytes, MPI_BYTE, status.MPI_SOURCE, tag, comm_, MPI_STATUS_IGNORE);
  return frame;
}

}  // namespace orrery::sim::execution::live
