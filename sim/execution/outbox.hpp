// The way of commands from the simulating rank to a computing one.
#pragma once

#include <cstdint>
#include <deque>
#include <vector>

#include <mpi.h>

#include "sim/execution/command.hpp"
#include "sim/execution/patience.hpp"
#include "sim/execution/worker.hpp"

namespace orrery::sim::execution {

// Commands on their way to one computing rank. Batches go by synchronous send, which completes when the rank has taken
// the batch in: so the simulator is never more than `max_batches` ahead of the slowest rank, whatever MPI would buffer.
class Outbox {
 public:
  explicit Outbox(int rank, MPI_Comm comm) : rank_(rank), comm_(comm) {}
  void put_command(const Command& command) {
    put(command, filling_);
    if (filling_.size() >= batch_words) flush();
  }
  void flush() {
    if (filling_.empty()) return;
    if (sent_.size() >= max_batches) take_back();
    Batch& batch = sent_.emplace_back();
    batch.words.swap(filling_);
    MPI_Issend(batch.words.data(), static_cast<int>(batch.words.size()), MPI_UINT64_T, rank_, Worker::tag_commands,
               comm_, &batch.request);
  }
  void drain() {
    flush();
    while (!sent_.empty()) take_back();
  }
  int rank() const { return rank_; }

 private:
  struct Batch {
    std::vector<std::uint64_t> words;
    MPI_Request request = MPI_REQUEST_NULL;
  };
  void take_back() {
    wait_patiently(sent_.front().request);
    sent_.pop_front();
  }
  static constexpr std::size_t batch_words = 512;
  static constexpr std::size_t max_batches = 64;
  int rank_;
  MPI_Comm comm_;
  std::vector<std::uint64_t> filling_;
  std::deque<Batch> sent_;  // a deque: a batch must not move while MPI reads it
};

}  // namespace orrery::sim::execution
