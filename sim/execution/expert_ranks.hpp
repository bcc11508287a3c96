// The experts of a mixture, dealt out to ranks: rows go to the rank that holds their expert and come back.
//
// Concurrency. A rank that runs a block (run) sends each holder its rows and waits; while it waits, and whenever its
// caller lets it (serve), it answers what others ask of its own experts. An answer needs nothing from any other rank,
// so the earliest unanswered question can always be answered: no deadlock, as long as every rank of the communicator
// either runs, serves or finishes. One question is under way from a rank to another at a time, so answers cannot be
// mistaken. Bits: an expert's result for a row depends on the row alone, and the asking rank adds in ascending order of
// experts (kernels/moe.hpp). Rows travel as the fp32 they are. So every rank gets what it would have computed alone.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <mpi.h>

#include "sim/execution/forward.hpp"

namespace orrery::sim::execution {

// Experts 0 .. experts - 1 in order over ranks first .. first + ranks - 1 of a communicator, as evenly as it goes.
struct ExpertPlacement {
  int experts = 0;
  int first_rank = 0, ranks = 1;
  // Held by a rank: empty for those outside, and for some where ranks are more than experts.
  kernels::model::ExpertSpan held(int rank) const;
};

class ExpertRanks final : public ExpertRows {
 public:
  // `store` holds placement.held(rank) of every block that anybody runs, loaded when first asked for; it, `workspace`
  // and the communicator outlive this.
  ExpertRanks(BlockStore& store, kernels::Workspace& workspace, const ExpertPlacement& placement, MPI_Comm comm);
  ~ExpertRanks() override;
  ExpertRanks(const ExpertRanks&) = delete;
  ExpertRanks& operator=(const ExpertRanks&) = delete;

  // RunError that names the rank and the block where a holder failed.
  void run(int block, const Arithmetic& arithmetic, kernels::ConstMatrixView x, std::span<const int> first,
           kernels::MatrixView y) override;
  // Answers what has been asked so far; whether anything was.
  bool serve();
  // Serves until these are done.
  void serve_until_done(std::span<MPI_Request> requests);
  // Serves until every rank of the communicator is here or in leave(). Collective.
  void finish();
  // For a rank of the communicator that neither asks nor holds.
  static void leave(MPI_Comm comm);

  // Rows that left for other ranks.
  std::int64_t rows_sent() const { return rows_sent_; }

  static constexpr int tag_ask = 5;
  static constexpr int tag_answer = 6;

 private:
  struct Question;
  struct Answer {
    std::vector<std::byte> bytes;
    MPI_Request request = MPI_REQUEST_NULL;
  };
  void run_held(int block, const Arithmetic& arithmetic, kernels::ConstMatrixView x, std::span<const int> first,
                kernels::MatrixView y);
  void answer(std::span<const std::byte> question, int asker);
  void ask(Question& question, int block, const Arithmetic& arithmetic, kernels::ConstMatrixView x,
           std::span<const int> first);

  BlockStore& store_;
  kernels::Workspace& workspace_;
  ExpertPlacement placement_;
  MPI_Comm comm_;
  int rank_ = 0;
  std::vector<Answer> answers_;  // on their way
  std::int64_t rows_sent_ = 0;
};

}  // namespace orrery::sim::execution
