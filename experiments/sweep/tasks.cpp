#include "experiments/sweep/tasks.hpp"

namespace orrery::experiments::sweep {
namespace {

MPI_Comm split(const Ranks& all, int size) {
  if (all.comm() == MPI_COMM_NULL || size == 1) return MPI_COMM_NULL;
  MPI_Comm part = MPI_COMM_NULL;
  MPI_Comm_split(all.comm(), all.rank() / size, all.rank(), &part);
  return part;
}

}  // namespace

TaskCounter::TaskCounter(const Ranks& ranks) : comm_(ranks.comm()), rank_(ranks.rank()) {
  if (comm_ == MPI_COMM_NULL) return;
  const MPI_Aint bytes = rank_ == 0 ? sizeof(std::int64_t) : 0;
  MPI_Win_allocate(bytes, sizeof(std::int64_t), MPI_INFO_NULL, comm_, &counter_, &window_);
  MPI_Win_lock_all(MPI_MODE_NOCHECK, window_);
  restart();
}

TaskCounter::~TaskCounter() {
  if (window_ == MPI_WIN_NULL) return;
  MPI_Win_unlock_all(window_);
  MPI_Win_free(&window_);
}

std::int64_t TaskCounter::add(std::int64_t amount) {
  std::int64_t before = alone_;
  if (window_ == MPI_WIN_NULL) {
    alone_ += amount;
    return before;
  }
  MPI_Fetch_and_op(&amount, &before, MPI_INT64_T, 0, 0, MPI_SUM, window_);
  MPI_Win_flush(0, window_);
  return before;
}

std::int64_t TaskCounter::next() { return add(1); }

void TaskCounter::stop() { add(stopped); }

void TaskCounter::restart() {
  alone_ = 0;
  if (window_ == MPI_WIN_NULL) return;
  MPI_Barrier(comm_);
  if (rank_ == 0) {
    const std::int64_t zero = 0;
    std::int64_t before = 0;
    MPI_Fetch_and_op(&zero, &before, MPI_INT64_T, 0, 0, MPI_REPLACE, window_);
    MPI_Win_flush(0, window_);
  }
  MPI_Barrier(comm_);
}

void TaskCounter::poke() const {
  if (comm_ == MPI_COMM_NULL) return;
  int any = 0;
  MPI_Iprobe(MPI_ANY_SOURCE, MPI_ANY_TAG, comm_, &any, MPI_STATUS_IGNORE);
}

Group::Group(const Ranks& all, int size) : comm_(split(all, size)), ranks_(comm_) {}

Group::~Group() {
  if (comm_ != MPI_COMM_NULL) MPI_Comm_free(&comm_);
}

}  // namespace orrery::experiments::sweep
