#include "sim/execution/perplexity.hpp"

#include <cmath>

#include <gtest/gtest.h>

#include "tests/mpi_main.hpp"
#include "tests/sim/execution/embedded.hpp"

namespace orrery::sim::execution {
namespace {

TEST(Perplexity, WireFormatsCostLittleAndFp32Nothing) {
  int rank = 0;
  MPI_Comm_rank(tests::communicator(), &rank);
  if (rank > 0) return;
  const auto model = tests::embedded_model();
  const std::string_view text = data::fact("model/heldout.txt").substr(0, 6000);
  const std::vector<int> every_block{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};
  const Perplexity whole = perplexity(*model, text, kernels::WireFormat::fp32, {0, 12}, 128, 1);
  const Perplexity fp32 = perplexity(*model, text, kernels::WireFormat::fp32, every_block, 128, 1);
  const Perplexity bf16 = perplexity(*model, text, kernels::WireFormat::bf16, every_block, 128, 1);
  const Perplexity int8 = perplexity(*model, text, kernels::WireFormat::int8, every_block, 128, 1);
  EXPECT_EQ(fp32.nats_per_token, whole.nats_per_token);  // the identity, wherever the model is cut
  EXPECT_EQ(fp32.top1_agreement, 1.0);
  EXPECT_GT(whole.scored, 1000);
  // Better than chance by far, and worse than fp32 by little: rounding to 8 bits of mantissa, then to 7 of a block's
  // range.
  EXPECT_LT(whole.nats_per_token, 0.6 * std::log(1024.0));
  EXPECT_NEAR(bf16.nats_per_token, whole.nats_per_token, 0.01);
  EXPECT_NEAR(int8.nats_per_token, whole.nats_per_token, 0.1);
  EXPECT_GT(bf16.top1_agreement, int8.top1_agreement);
  EXPECT_GT(int8.top1_agreement, 0.8);
}

}  // namespace
}  // namespace orrery::sim::execution
