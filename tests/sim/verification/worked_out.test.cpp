// What a trace keeps for a protocol: by what was worked out, whoever asks, and no longer than the rows stay the same.
#include <gtest/gtest.h>

#include "sim/verification/policy.hpp"
#include "tests/policies/tapes.hpp"

namespace orrery::sim::verification {
namespace {

using execution::Message;
using execution::Trace;

struct Sum {
  int rows, blocks;
};
Sum added(const Trace& trace) { return {trace.rows(), trace.blocks().size()}; }
Sum swapped(const Trace& trace) { return {trace.blocks().size(), trace.rows()}; }

TEST(WorkedOut, OneFunctionIsNotTakenForAnother) {
  tests::TapeMaker tapes;
  const auto tape = tapes.generate({}, 3);
  const Sum& first = tape->worked_out<added>();
  EXPECT_EQ(&tape->worked_out<added>(), &first);  // kept
  EXPECT_EQ(first.rows, tape->rows());
  EXPECT_EQ(tape->worked_out<swapped>().blocks, tape->rows());
  EXPECT_EQ(tape->worked_out<added>().rows, tape->rows());
}

TEST(WorkedOut, IsForgottenWhereRowsAreAdded) {
  tests::TapeMaker tapes;
  const auto tape = tapes.empty({0, tapes.store().model().config().layers}, 8, Weights::full);
  tape->run({}, tapes.embed(tapes.text(5)), tests::TapeMaker::noise());
  EXPECT_EQ(tape->worked_out<added>().rows, 5);
  tape->run({}, tapes.embed(tapes.text(2)), tests::TapeMaker::noise());
  EXPECT_EQ(tape->worked_out<added>().rows, 7);
}

// Protocols that come and go, each perhaps where the last one lay, say of one trace what they say of a new one.
TEST(WorkedOut, ProtocolsComeAndGo) {
  using Registry = config::Registry<VerificationPolicy>;
  tests::TapeMaker tapes;
  const auto tape = tapes.generate({}, 3);
  const auto commitment = [](const char* name, const Trace& trace) {
    return Registry::instance().make(name)->commit(trace);
  };
  const Message freivalds = commitment("freivalds", *tapes.generate({}, 3));
  const Message refereed = commitment("refereed", *tapes.generate({}, 3));
  EXPECT_NE(freivalds, refereed);
  for (int i = 0; i < 8; ++i) {
    EXPECT_EQ(commitment("freivalds", *tape), freivalds);
    EXPECT_EQ(commitment("refereed", *tape), refereed);
  }
}

}  // namespace
}  // namespace orrery::sim::verification
