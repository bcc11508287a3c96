// The main of tests that run under mpirun: rank 0 reports; the others stay silent unless a test of theirs fails. Tests
// get their communicator from orrery::tests::communicator(), which is a duplicate of the world, and with
// ORRERY_TEST_SPLIT a reversed half of it, so that nothing can lean on the world communicator by accident.
#include "tests/mpi_main.hpp"

#include <cstdlib>

#include <gtest/gtest.h>
#include <mpi.h>

namespace orrery::tests {
namespace {
MPI_Comm test_communicator = MPI_COMM_NULL;

class QuietUnlessFailed final : public testing::EmptyTestEventListener {
 public:
  explicit QuietUnlessFailed(int rank) : rank_(rank) {}
  void OnTestPartResult(const testing::TestPartResult& result) override {
    if (!result.failed()) return;
    std::fprintf(stderr, "[rank %d] %s:%d: %s\n", rank_, result.file_name(), result.line_number(), result.summary());
  }

 private:
  int rank_;
};
}  // namespace

MPI_Comm communicator() { return test_communicator; }
}  // namespace orrery::tests

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  int provided = 0;
  MPI_Init_thread(&argc, &argv, MPI_THREAD_FUNNELED, &provided);
  int rank = 0;
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  const bool split = std::getenv("ORRERY_TEST_SPLIT") != nullptr;
  if (split) {
    MPI_Comm_split(MPI_COMM_WORLD, rank % 2, -rank, &orrery::tests::test_communicator);
  } else {
    MPI_Comm_dup(MPI_COMM_WORLD, &orrery::tests::test_communicator);
  }
  if (rank != 0) {
    auto& listeners = testing::UnitTest::GetInstance()->listeners();
    delete listeners.Release(listeners.default_result_printer());
    listeners.Append(new orrery::tests::QuietUnlessFailed(rank));
  }
  int failed = RUN_ALL_TESTS();
  int any_failed = 0;
  MPI_Allreduce(&failed, &any_failed, 1, MPI_INT, MPI_MAX, MPI_COMM_WORLD);
  MPI_Comm_free(&orrery::tests::test_communicator);
  MPI_Finalize();
  return any_failed;
}
