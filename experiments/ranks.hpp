// The ranks of this process' run: MPI where a launcher started us, one rank without it. The only place that knows the
// world communicator.
#pragma once

#include <functional>
#include <string>

#include <mpi.h>

namespace orrery::experiments {

// MPI from construction to destruction, where mpirun, srun or the like started this process (they leave the rank in the
// environment); nothing otherwise.
class Launch {
 public:
  Launch(int* argc, char*** argv);
  ~Launch();
  Launch(const Launch&) = delete;
  Launch& operator=(const Launch&) = delete;
  MPI_Comm comm() const { return comm_; }  // a duplicate of the world; MPI_COMM_NULL without MPI

 private:
  MPI_Comm comm_ = MPI_COMM_NULL;
};

class Ranks {
 public:
  // MPI_COMM_NULL: one rank, no MPI. The communicator must outlive this.
  explicit Ranks(MPI_Comm comm);

  MPI_Comm comm() const { return comm_; }
  int rank() const { return rank_; }
  int size() const { return size_; }
  bool speaks() const { return rank_ == 0; }

  // Runs `work` on rank 0 and gives its text to all; an InputError there is thrown on every rank. Collective.
  std::string on_root(const std::function<std::string()>& work) const;

  // What a rank that ends all does first: notes the reason where the next start finds it.
  using LastWords = std::function<void(const std::string& reason)>;

  // How work that all ranks do together ended on one of them: 0 well, or a larger code with its message.
  struct Outcome {
    int code = 0;
    std::string message;
  };
  // Waits until the work has ended on every rank; returns the worst outcome, that of the lowest rank among equals.
  // After an error elsewhere some rank may never come: one with a code above 0 gives up after `patience_s` and ends
  // all. Collective.
  Outcome settle(Outcome mine, const LastWords& last_words = {}, double patience_s = 60) const;

  // Prints the message with the rank and ends all ranks: for errors on one rank that the others know nothing of.
  [[noreturn]] void abort(const std::string& message, const LastWords& last_words = {}) const;

 private:
  MPI_Comm comm_;
  int rank_ = 0;
  int size_ = 1;
};

}  // namespace orrery::experiments
