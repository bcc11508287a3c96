#include "sim/arithmetic.hpp"

#include <gmock/gmock.h>

#include "kernels/contract.hpp"

namespace orrery::sim {
namespace {

TEST(Arithmetic, SurvivesAWord) {
  for (const NumericsProfile& profile : numerics_profiles()) {
    for (const Weights weights : {Weights::full, Weights::int8, Weights::int4, Weights::w8a8}) {
      for (const KvFormat kv : {KvFormat::fp32, KvFormat::fp8}) {
        Arithmetic a = profile.arithmetic;
        a.weights = weights, a.kv = kv;
        EXPECT_EQ(unpack_arithmetic(pack(a)), a) << profile.name;
      }
    }
  }
}

TEST(Arithmetic, ProfilesAreKnownByName) {
  EXPECT_EQ(numerics_profile("canonical", "here").arithmetic, Arithmetic{});
  for (const NumericsProfile& profile : numerics_profiles())
    EXPECT_EQ(numerics_profile(profile.name, "here").arithmetic, profile.arithmetic);
  EXPECT_THAT(
      [] { numerics_profile("bf17", "swarm.numerics"); },
      ::testing::ThrowsMessage<InputError>(::testing::StartsWith("swarm.numerics: no numerics profile 'bf17'")));
}

TEST(Arithmetic, TheKernelsHearAllOfIt) {
  const kernels::Numerics n =
      numerics_of({.activations = Activations::fp16, .k_block = 32, .position_block = 48, .online_softmax = true});
  EXPECT_EQ(n, (kernels::Numerics{32, 48, kernels::Softmax::online, kernels::Rounding::fp16}));
  EXPECT_EQ(numerics_of({}), kernels::Numerics{});
}

}  // namespace
}  // namespace orrery::sim
