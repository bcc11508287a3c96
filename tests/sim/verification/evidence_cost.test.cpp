#include "sim/verification/evidence_cost.hpp"

#include <gtest/gtest.h>

#include "sim/config/toml.hpp"
#include "sim/verification/policy.hpp"

namespace orrery::sim::verification {
namespace {

using Registry = config::Registry<VerificationPolicy>;

// Llama-2-7B on one node: 128 positions given, 127 more passed.
Shape shape() {
  return {
      .blocks = 32, .hidden = 4096, .widest = 65792, .vocab = 32000, .prompt = 128, .rows = 255, .parameters = 6.476e9};
}

std::unique_ptr<VerificationPolicy> policy(const std::string& lines) {
  const auto root = config::parse_toml("[verification]\n" + lines + "\n", "test");
  return Registry::instance().make(*root.find("verification"), "verification", "none").policy;
}

TEST(EvidenceCost, HashingGrowsWithBytesAndTreesWithLeaves) {
  EXPECT_GT(evidence_cost::hashing_s(Bytes(1e6)), 0);
  EXPECT_DOUBLE_EQ(evidence_cost::hashing_s(Bytes(2e6)), 2 * evidence_cost::hashing_s(Bytes(1e6)));
  EXPECT_EQ(evidence_cost::tree_s(1), 0) << "one leaf is its own root";
  EXPECT_DOUBLE_EQ(evidence_cost::tree_s(5), 7 * evidence_cost::units.hashed_pair) << "five are filled up to eight";
  EXPECT_DOUBLE_EQ(evidence_cost::tree_s(8), evidence_cost::tree_s(5));
  EXPECT_DOUBLE_EQ(evidence_cost::row_tree_s(8, 100),
                   evidence_cost::hashing_s(Bytes(3200)) + 7 * evidence_cost::units.hashed_pair);
}

TEST(EvidenceCost, PolynomialsGrowWithTheSquareOfK) {
  const auto fit = [](double k) { return evidence_cost::fitting_s(1000, 3, k) - evidence_cost::fitting_s(1000, 3, 0); };
  EXPECT_NEAR(fit(256) / fit(128), 4, 1e-9);
  EXPECT_GT(evidence_cost::fitting_s(1000, 1, 128), evidence_cost::evaluating_s(1000, 1, 128));
  const Cost small = policy("policy = \"toploc\"\nk = 64")->cost(shape());
  const Cost large = policy("policy = \"toploc\"\nk = 128")->cost(shape());
  // A proof for the prompt and four for the 127 behind it.
  EXPECT_NEAR(large.prove_s - small.prove_s, 5 * evidence_cost::units.fitted_square * (128 * 128 - 64 * 64), 1e-12);
  EXPECT_NEAR(large.verify_s - small.verify_s, 5 * evidence_cost::units.evaluated_term * (128 * 128 - 64 * 64), 1e-12);
}

TEST(EvidenceCost, ProjectionsGrowWithTheirNumberAndWithDepths) {
  const Cost one = policy("policy = \"activation_difr\"\nprojections = 8\ncheckpoints = 1")->cost(shape());
  const Cost wide = policy("policy = \"activation_difr\"\nprojections = 16\ncheckpoints = 1")->cost(shape());
  const Cost deep = policy("policy = \"activation_difr\"\nprojections = 8\ncheckpoints = 4")->cost(shape());
  EXPECT_NEAR(wide.prove_s, 2 * one.prove_s, 1e-12);
  EXPECT_NEAR(deep.prove_s, 4 * one.prove_s, 1e-12);
  EXPECT_DOUBLE_EQ(deep.verify_s, one.verify_s) << "a verifier looks at one depth";
}

// What is hashed inside blocks, at their borders, and at the end of the stage: 2.1 GB, 138 MB and 4.2 MB.
TEST(EvidenceCost, CommitmentsCostWhatTheyHash) {
  const double inside = 4.0 * 65792 * 255 * 32, borders = 4.0 * 4096 * 255 * 33, end = 4.0 * 4096 * 255;
  const double byte = evidence_cost::units.hashed_byte;
  EXPECT_NEAR(policy("policy = \"refereed\"")->cost(shape()).prove_s, byte * inside, 1e-3);
  EXPECT_NEAR(policy("policy = \"freivalds\"")->cost(shape()).prove_s, byte * borders, 1e-2);
  for (const char* name : {"sampling", "hash_challenge", "tee"}) {
    EXPECT_NEAR(policy(std::string("policy = \"") + name + "\"")->cost(shape()).prove_s, byte * end, 2e-4) << name;
  }
}

TEST(EvidenceCost, WhoeverRedoesAClaimProvesItsDraw) {
  for (const std::string& name : Registry::instance().names()) {
    const auto made = Registry::instance().make(name);
    const Cost cost = made->cost(shape());
    if (made->committee() > 0 && cost.passes > 0) {
      EXPECT_GT(cost.verify_s, evidence_cost::proof_of_draw_s()) << name;
    }
  }
}

TEST(EvidenceCost, NoEvidenceIsFreeAndNoneCostsNothing) {
  for (const std::string& name : Registry::instance().names()) {
    const Cost cost = Registry::instance().make(name)->cost(shape());
    if (cost.evidence.value() > 0) {
      EXPECT_GT(cost.prove_s, 0) << name;
      EXPECT_GT(cost.verify_s, 0) << name;
    }
  }
  const Cost none = policy("policy = \"none\"")->cost(shape());
  EXPECT_EQ(none.prove_s, 0);
  EXPECT_EQ(none.verify_s, 0);
  EXPECT_EQ(none.slowdown, 1);
}

TEST(EvidenceCost, CanonicalKernelsAreAsSlowAsSaid) {
  EXPECT_DOUBLE_EQ(policy("policy = \"refereed\"")->cost(shape()).slowdown, 1.05);
  EXPECT_DOUBLE_EQ(policy("policy = \"refereed\"\ndeterminism = 0.3")->cost(shape()).slowdown, 1.3);
  EXPECT_EQ(policy("policy = \"refereed\"\ndeterminism = 0")->cost(shape()).slowdown, 1);
  EXPECT_THROW(policy("policy = \"refereed\"\ndeterminism = -0.1"), InputError);
  EXPECT_THROW(policy("policy = \"refereed\"\ndeterminism = 10.1"), InputError);
}

// GPT-2 as PUMA ran it: 3.77 GB between the parties, in the published 15.5 s.
TEST(EvidenceCost, SharesPassBetweenPartiesAndCiphertextsOverTheNetwork) {
  const Shape gpt2{.blocks = 12, .prompt = 32, .rows = 32, .parameters = 124e6};
  const Cost mpc = policy("policy = \"mpc\"")->cost(gpt2);
  EXPECT_NEAR(mpc.prove_s, 15.5, 1e-9);
  EXPECT_NEAR(mpc.between_parties.value(), 3.77e9, 1);
  EXPECT_EQ(mpc.rounds, 600);
  EXPECT_EQ(mpc.dialogue.value(), 600 * 16) << "a word each way";
  const Cost slow = policy("policy = \"mpc\"\nbandwidth_mbit = 100")->cost(gpt2);
  EXPECT_GT(slow.prove_s, 300) << "the parties' own link";
  EXPECT_EQ(slow.dialogue, mpc.dialogue);
  const Shape bert{.blocks = 12, .prompt = 128, .rows = 128, .parameters = 110e6};
  const Cost fhe = policy("policy = \"fhe\"")->cost(bert);
  EXPECT_NEAR(fhe.prove_s, 37.3, 1e-9) << "computing alone";
  EXPECT_NEAR(fhe.dialogue.value(), 164e6, 1e-3);
  EXPECT_EQ(fhe.between_parties.value(), 0);
}

}  // namespace
}  // namespace orrery::sim::verification
