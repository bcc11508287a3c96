#include "sim/execution/drift.hpp"

#include <cmath>

#include <gtest/gtest.h>

#include "tests/mpi_main.hpp"
#include "tests/sim/execution/embedded.hpp"

namespace orrery::sim::execution {
namespace {

using kernels::KvType;

// Measured once: every rank would measure the same.
class DriftTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (tests::communicator() != MPI_COMM_NULL) {
      int rank = 0;
      MPI_Comm_rank(tests::communicator(), &rank);
      if (rank > 0) GTEST_SKIP() << "rank 0 measures";
    }
  }
  const std::shared_ptr<const kernels::model::Model> model = tests::embedded_model();
  DriftSetup setup() const {
    return {.text = data::fact("model/heldout.txt"), .windows = 1, .window = 96, .prompt = 24, .continuation = 24};
  }
};

TEST_F(DriftTest, CanonicalDriftsNotAtAll) {
  const Drift drift = DriftMeter(model, setup()).measure({});
  EXPECT_EQ(drift.max_ulp, 0);
  EXPECT_EQ(drift.relative_error, 0);
  EXPECT_EQ(drift.teacher_forced, 1);
  EXPECT_EQ(drift.free_running, 1);
  EXPECT_EQ(drift.scored, 95);
  EXPECT_GT(drift.nats_per_token, 1);
  EXPECT_LT(drift.nats_per_token, 0.8 * std::log(model->config().vocab));  // it has learnt something
}

// Orders of fp32 sums differ far less than formats of 8 to 11 bits, and these less than cheats.
TEST_F(DriftTest, ProfilesAndCheatsStandInTheirOrder) {
  DriftMeter meter(model, setup());
  const auto of = [&](const Variant& variant) { return meter.measure(variant).relative_error; };
  const auto arithmetic = [&](const Arithmetic& a) { return of({{.honest = a}}); };
  double order = 0, fp16 = 0, bf16 = 1;
  for (const NumericsProfile& profile : numerics_profiles()) {
    const double error = arithmetic(profile.arithmetic);
    if (profile.arithmetic.weights != Weights::full) continue;
    switch (profile.arithmetic.activations) {
      case Activations::fp32:
        EXPECT_TRUE((error > 0) == (profile.name != "canonical")) << profile.name;
        order = std::max(order, error);
        break;
      case Activations::fp16:
        fp16 = std::max(fp16, error);
        break;
      case Activations::bf16:
        bf16 = std::min(bf16, error);
        break;
    }
  }
  EXPECT_LT(order, 1e-5);
  EXPECT_GT(fp16, 10 * order);
  EXPECT_LT(fp16, 0.01);
  EXPECT_GT(bf16, 2 * fp16);
  EXPECT_LT(bf16, 0.05);
  const double int8 = arithmetic({.weights = Weights::int8}), int4 = arithmetic({.weights = Weights::int4});
  EXPECT_GT(int8, fp16);
  EXPECT_GT(int4, 3 * int8);
  EXPECT_GT(of({{}, KvType::bf16}), 0.0);
  EXPECT_GT(of({{}, KvType::e4m3}), of({{}, KvType::int8}));
  EXPECT_GT(of({{}, KvType::int8}), of({{}, KvType::bf16}));
  EXPECT_GT(of({{.run_until = 11}}), int8);
}

TEST_F(DriftTest, DroppedBlocksCostPerplexity) {
  DriftMeter meter(model, setup());
  const Drift whole = meter.measure({}), half = meter.measure({{.pass_every = 2}});
  EXPECT_GT(half.nats_per_token, whole.nats_per_token + 0.5);
  EXPECT_LT(half.teacher_forced, 0.7);
  EXPECT_LT(half.free_running, 0.5);
  EXPECT_GT(half.max_ulp, 1e6);
}

TEST_F(DriftTest, RefusesATextThatIsTooShort) {
  DriftSetup bad = setup();
  bad.text = "To be, or not to be";
  EXPECT_THROW(DriftMeter(model, bad), InputError);
}

}  // namespace
}  // namespace orrery::sim::execution
