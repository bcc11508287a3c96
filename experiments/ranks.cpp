#include "experiments/ranks.hpp"

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <thread>

#include <fmt/format.h>

#include "kernels/contract.hpp"

namespace orrery::experiments {

Launch::Launch(int* argc, char*** argv) {
  bool launched = false;
  for (const char* name : {"OMPI_COMM_WORLD_RANK", "PMIX_RANK", "PMI_RANK", "MV2_COMM_WORLD_RANK"}) {
    launched = launched || std::getenv(name);
  }
  if (!launched) return;
  int provided = 0;
  // One thread of a rank talks to MPI; kernels are threaded below it.
  MPI_Init_thread(argc, argv, MPI_THREAD_FUNNELED, &provided);
  MPI_Comm_dup(MPI_COMM_WORLD, &comm_);
}

Launch::~Launch() {
  if (comm_ == MPI_COMM_NULL) return;
  MPI_Comm_free(&comm_);
  MPI_Finalize();
}

Ranks::Ranks(MPI_Comm comm) : comm_(comm) {
  if (comm_ == MPI_COMM_NULL) return;
  MPI_Comm_rank(comm_, &rank_);
  MPI_Comm_size(comm_, &size_);
}

std::string Ranks::on_root(const std::function<std::string()>& work) const {
  std::string text;
  long length = 0;  // of the text; negative: of an error's
  if (speaks()) {
    try {
      text = work();
      length = static_cast<long>(text.size());
    } catch (const InputError& error) {
      text = error.what();
      length = -static_cast<long>(text.size());
    }
  }
  if (comm_ != MPI_COMM_NULL) {
    MPI_Bcast(&length, 1, MPI_LONG, 0, comm_);
    text.resize(static_cast<std::size_t>(std::abs(length)));
    MPI_Bcast(text.data(), static_cast<int>(text.size()), MPI_CHAR, 0, comm_);
  }
  if (length < 0) throw InputError(text);
  return text;
}

Ranks::Outcome Ranks::settle(Outcome mine, const LastWords& last_words, double patience_s) const {
  if (comm_ == MPI_COMM_NULL) return mine;
  // The worst code first, and among equal ones the lowest rank.
  struct {
    int code, rank;
  } local{-mine.code, rank_}, worst{0, 0};
  MPI_Request request = MPI_REQUEST_NULL;
  MPI_Iallreduce(&local, &worst, 1, MPI_2INT, MPI_MINLOC, comm_, &request);
  const auto start = std::chrono::steady_clock::now();
  for (int done = 0; !done;) {
    MPI_Test(&request, &done, MPI_STATUS_IGNORE);
    const std::chrono::duration<double> waited = std::chrono::steady_clock::now() - start;
    if (!done && mine.code > 0 && waited.count() > patience_s) {
      abort(fmt::format("{} (the other ranks did not end within {} s)", mine.message, patience_s), last_words);
    }
    if (!done) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  long length = static_cast<long>(mine.message.size());
  MPI_Bcast(&length, 1, MPI_LONG, worst.rank, comm_);
  mine.message.resize(static_cast<std::size_t>(length));
  MPI_Bcast(mine.message.data(), static_cast<int>(length), MPI_CHAR, worst.rank, comm_);
  return {-worst.code, mine.message};
}

void Ranks::abort(const std::string& message, const LastWords& last_words) const {
  std::fflush(stdout);
  fmt::print(stderr, "[rank {}] {}\n", rank_, message);
  try {
    if (last_words) last_words(message);
  } catch (const std::exception& error) {  // the others wait: they have to be ended all the same
    fmt::print(stderr, "[rank {}] nor could this be noted: {}\n", rank_, error.what());
  }
  std::fflush(stderr);
  if (comm_ != MPI_COMM_NULL) MPI_Abort(comm_, 3);
  std::_Exit(3);
}

}  // namespace orrery::experiments
