// What a user can get wrong in a scenario as a whole: one clear message each, on every rank.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sim/serving/scenario.hpp"
#include "tests/sim/serving/scenarios.hpp"

namespace orrery::sim::serving {
namespace {

// The message of the InputError that reading or running `toml` throws.
std::string complaint(const std::string& toml) {
  try {
    run(tests::scenario(toml), tests::ranks());
  } catch (const InputError& e) {
    return e.what();
  }
  return "(none)";
}

using testing::HasSubstr;

TEST(BadInput, UnknownSectionNamesTheNearest) {
  EXPECT_THAT(complaint("[routin]\npolicy = \"petals\"\n"),
              testing::AllOf(HasSubstr("test.toml:1:"), HasSubstr("unknown section 'routin'"), HasSubstr("'routing'")));
}

TEST(BadInput, UnknownKeyNamesTheNearest) {
  EXPECT_THAT(complaint("[workload]\nrequets = 5\n"),
              testing::AllOf(HasSubstr("test.toml:2:"), HasSubstr("requets"), HasSubstr("'requests'")));
}

TEST(BadInput, UnknownPolicyListsThem) {
  EXPECT_THAT(complaint("[sharding]\npolicy = \"petal\"\n"), testing::AllOf(HasSubstr("petal"), HasSubstr("'petals'")));
}

TEST(BadInput, NegativeRate) {
  EXPECT_THAT(complaint("[workload]\nrate = -1.0\n"), testing::AllOf(HasSubstr("test.toml:2:"), HasSubstr("rate")));
}

TEST(BadInput, AModelThatFitsOnNoSetOfNodes) {
  EXPECT_THAT(complaint("[model]\nname = \"bloom-176b\"\n[swarm]\nnode = [{ device = \"pi-5\", count = 4 }]\n"),
              testing::AllOf(HasSubstr("fits on no set of these nodes"), HasSubstr("70 blocks")));
}

TEST(BadInput, RealNeedsWeights) {
  EXPECT_THAT(complaint("[model]\nname = \"llama-2-7b\"\n[execution]\nmode = \"real\"\n"),
              HasSubstr("no weights to run"));
}

TEST(BadInput, WeightsThatAreNotThere) {
  EXPECT_THAT(
      complaint("[model]\nname = \"llama-2-7b\"\npath = \"/nonexistent/model\"\n[execution]\nmode = \"real\"\n"),
      HasSubstr("/nonexistent/model"));
}

TEST(BadInput, RequestsLongerThanTheContext) {
  EXPECT_THAT(
      complaint("[model]\nname = \"embedded\"\n[workload]\nprompt_tokens = 600\n[execution]\nmode = \"real\"\n"),
      testing::AllOf(HasSubstr("664 positions"), HasSubstr("512")));
}

TEST(BadInput, UnknownClientDevice) {
  EXPECT_THAT(complaint("[serving]\nclient_device = \"cpu-9\"\n"), HasSubstr("cpu-8"));
}

TEST(BadInput, AGameServesNoTokens) {
  const std::string game = "[game]\njobs = 100\nnodes = 20\n";
  EXPECT_THAT(complaint(game), HasSubstr("(none)"));
  EXPECT_THAT(complaint(game + "[routing]\npolicy = \"random\"\n"),
              testing::AllOf(HasSubstr("test.toml:4:"), HasSubstr("section 'routing' has no effect")));
  EXPECT_THAT(complaint("[strategy]\npolicy = \"replicator\"\n"), HasSubstr("no game is played"));
  EXPECT_THAT(complaint("[game]\njobs = 100\nnodes = 5\nauditors = 5\n"), HasSubstr("more nodes than there are"));
}

TEST(BadInput, ADetectorThatCannotMakeHonestyPay) {
  EXPECT_THAT(complaint("[incentive]\npolicy = \"assay\"\nslashing = \"each\"\nfpr = 0.2\n"),
              HasSubstr("no audit rate and no stake"));
  EXPECT_THAT(complaint("[ledger]\ndeposit = -1.0\n"), testing::AllOf(HasSubstr("test.toml:2:"), HasSubstr("deposit")));
  EXPECT_THAT(complaint("[ledger]\nepoch_s = 5.0\nblock_time_s = 6.0\n"), HasSubstr("shorter than a block"));
}

TEST(BadInput, NoStakeToWeigh) {
  EXPECT_THAT(complaint("[ledger]\ndeposit = 0.0\n[incentive]\npolicy = \"livepeer\"\n"),
              testing::AllOf(HasSubstr("ledger.deposit"), HasSubstr("no stake to weigh")));
  for (const std::string policy : {"yuma", "livepeer"}) {
    const std::string incentive = "[incentive]\npolicy = \"" + policy + "\"\n";
    EXPECT_THAT(complaint("[game]\njobs = 100\nnodes = 20\ndeposit = 0.0\n" + incentive),
                testing::AllOf(HasSubstr("game.deposit"), HasSubstr("no stake to weigh")));
  }
  EXPECT_THAT(complaint("[game]\njobs = 100\nnodes = 20\ndeposit = 0.0\n[incentive]\npolicy = \"posp\"\n"),
              HasSubstr("(none)"))
      << "nothing is divided by it there";
}

// A new policy is asked too: one that reads what serving never writes has to say so.
TEST(BadInput, EveryIncentivePolicyPaysForServedWorkOrIsRefused) {
  const std::string prices = "[ledger]\ninput_price = 1000.0\noutput_price = 4000.0\n";
  const auto& registry = config::Registry<incentive::IncentivePolicy>::instance();
  for (const std::string& name : registry.names()) {
    if (name == "none") continue;  // pays nobody, and says so
    SCOPED_TRACE(name);
    const std::string chosen = "[incentive]\npolicy = \"" + name + "\"\n";
    const std::string served = tests::audited("model", 5, prices + chosen);
    const std::string needs(registry.make(name)->reads_beyond_audits());
    if (needs.empty()) {
      const RunResult result = run(tests::scenario(served), tests::ranks());
      if (tests::ranks().rank() > 0) continue;
      EXPECT_GT(tests::metrics_of(result).at("coins_paid"), 0);
    } else {
      EXPECT_THAT(complaint(served), testing::AllOf(HasSubstr("incentive.policy: goes by " + needs),
                                                    HasSubstr("a served run does not have"), HasSubstr("[game]")));
      EXPECT_THAT(complaint("[game]\njobs = 100\nnodes = 20\nreplicas = 2\nevaluators = 2\n" + chosen),
                  HasSubstr("(none)"));
    }
  }
}

TEST(BadInput, ACommitteeThatTheSwarmCannotOffer) {
  using tests::audited;
  EXPECT_THAT(complaint(audited("model", 5, "[verification]\npolicy = \"toploc\"\nverifiers = 12\n")),
              testing::AllOf(HasSubstr("12 verifiers look at a claim"), HasSubstr("there are 12 nodes")));
  EXPECT_THAT(complaint(audited("model", 5, "[verification]\npolicy = \"toploc\"\nverifiers = 3\n", "", 4, 6)),
              testing::AllOf(HasSubstr("3 verifiers look at a claim"), HasSubstr("block 0 is served by 2 nodes")));
  EXPECT_THAT(complaint(audited("model", 5, "[verification]\npolicy = \"token_difr\"\n", "", 4, 12)),
              HasSubstr("0 nodes can hold the whole model"));
}

TEST(BadInput, RatesThatNobodyMeasured) {
  using tests::audited;
  const std::string toploc = "[verification]\npolicy = \"toploc\"\n";
  EXPECT_THAT(
      complaint(audited("model", 5, toploc + "[behaviour]\npolicy = \"smaller_model\"\nshare = 0.33\n")),
      testing::AllOf(HasSubstr("nobody measured 'smaller_model:0.33'"), HasSubstr("orrery calibrate detection")));
  EXPECT_THAT(complaint(audited("model", 5, toploc + "[audit]\nrates_of = \"llama-3-8b\"\n")),
              testing::AllOf(HasSubstr("on model 'llama-3-8b'"), HasSubstr("measured models: embedded")));
  EXPECT_THAT(complaint(audited("model", 5, toploc + "[audit]\npopulation = \"gpus\"\n")),
              HasSubstr("no population of devices 'gpus'"));
  EXPECT_THAT(complaint(audited("model", 5, toploc, "numerics = { chain = 1.0 }\n")),
              testing::AllOf(HasSubstr("audit.population"), HasSubstr("swarm.numerics"),
                             HasSubstr("fp32 (canonical, tile64, tile16)")));
  EXPECT_THAT(complaint(audited("model", 5, toploc, "numerics = { tile64 = 1.0, tile16 = 1.0 }\n")),
              HasSubstr("(none)"));
  EXPECT_THAT(complaint(audited("model", 5, toploc + "[audit]\ntable = \"/nonexistent/rates.toml\"\n")),
              HasSubstr("/nonexistent/rates.toml"));
  EXPECT_THAT(complaint("[execution]\nreview_texts = true\n"), HasSubstr("execution.review_texts: has no effect"));
}

// Rates were measured on 1, 2, 3, 6 and 12 of 12 blocks, on texts of 79 positions.
TEST(BadInput, RatesOfOtherStagesAndTextsThanWereMeasured) {
  using tests::audited;
  const std::string toploc = "[verification]\npolicy = \"toploc\"\n", reach = "[audit]\nreach = 2.0\n",
                    tight = "[audit]\nreach = 1.2\n";
  const auto with = [](std::string toml, const std::string& key, const std::string& value) {
    const std::size_t at = toml.find(key + " = ") + key.size() + 3;
    return toml.replace(at, toml.find('\n', at) - at, value);
  };
  for (const std::string mode : {"model", "real"}) {
    SCOPED_TRACE(mode);
    const std::string third = audited(mode, 3, toploc, "", 4, 6);
    EXPECT_THAT(complaint(third + tight),
                testing::AllOf(HasSubstr("0.333 of the model's blocks"), HasSubstr("texts of 79"),
                               HasSubstr("stages of 1, 2, 3, 6 and 12 of 12 blocks"),
                               HasSubstr("orrery calibrate detection"), HasSubstr("audit.reach")));
    EXPECT_THAT(complaint(third), HasSubstr("(none)")) << "a third is near a quarter";
    EXPECT_THAT(complaint(audited(mode, 3, toploc, "", 6, 6) + tight), HasSubstr("(none)"));
    const std::string shorter = with(audited(mode, 3, toploc), "output_tokens", "4");
    EXPECT_THAT(complaint(shorter), testing::AllOf(HasSubstr("texts of 51 positions"), HasSubstr("texts of 79")));
    EXPECT_THAT(complaint(shorter + reach), HasSubstr("(none)"));
  }
  // Every stage of the placement counts, not the largest alone.
  const std::string node = "node = [{ device = \"rtx-3060\", count = 12, blocks = 12 }";
  std::string mixed = audited("model", 3, toploc);
  mixed.replace(mixed.find(node), node.size(), node + ", { device = \"rtx-3060\", count = 3, blocks = 4 }");
  EXPECT_THAT(complaint(mixed + tight), HasSubstr("0.667 of the model's blocks"));
  // A text is looked at as a whole.
  const std::string drawn = "lengths = \"lognormal\"\nlength_cv = 0.5\nrate";
  std::string lengths = audited("model", 40, "[verification]\npolicy = \"token_difr\"\n");
  lengths.replace(lengths.find("rate"), 4, drawn);
  EXPECT_THAT(complaint(lengths), HasSubstr("(none)")) << "their mean counts";
  EXPECT_THAT(complaint(with(lengths, "prompt_tokens", "480")), HasSubstr("nobody measured 'honest'"));
  EXPECT_THAT(complaint(with(lengths, "prompt_tokens", "480") + "[audit]\nreach = 10.0\n"), HasSubstr("(none)"));
  // A cheat that was measured on larger stages only, and one that is none on such stages.
  const std::string third = audited("model", 3, toploc + "[audit]\nreach = 1.4\n", "", 4, 6);
  EXPECT_THAT(complaint(third + "[behaviour]\npolicy = \"layer_skip\"\n"),
              testing::AllOf(HasSubstr("nobody measured 'layer_skip'"), HasSubstr("stages of 6 and 12 of 12 blocks")));
  EXPECT_THAT(complaint(third + "[behaviour]\npolicy = \"wrong_seed\"\n"), HasSubstr("(none)"));
  EXPECT_THAT(complaint(third + "[behaviour]\npolicy = \"layer_skip\"\nevery = 5\n"), HasSubstr("(none)"))
      << "four blocks have no fifth, so nothing is to be measured";
  EXPECT_THAT(complaint("[audit]\nreach = 0.9\n"), testing::AllOf(HasSubstr("test.toml:2:"), HasSubstr("'reach'")));
  EXPECT_THAT(complaint(with(audited("model", 3, "[verification]\npolicy = \"zk\"\n"), "prompt_tokens", "480")),
              HasSubstr("(none)"))
      << "what a proof finds is known";
}

TEST(BadInput, AThresholdThatNoRateWasCountedAt) {
  using tests::audited;
  const std::string at = "threshold = 0.5\n";
  for (const std::string policy : {"toploc", "activation_difr", "redundancy", "cdv", "freivalds", "token_difr"}) {
    const std::string chosen = "[verification]\npolicy = \"" + policy + "\"\n";
    EXPECT_THAT(complaint(audited("model", 3, chosen + at)),
                testing::AllOf(HasSubstr("verification.threshold"), HasSubstr("counted at calibrated thresholds")))
        << policy;
  }
  EXPECT_THAT(complaint(audited("real", 3, "[verification]\npolicy = \"toploc\"\n" + at)), HasSubstr("(none)"));
}

TEST(BadInput, ACastThatNobodyCanPlay) {
  const std::string mix = "[behaviour]\npolicy = \"mix\"\n";
  EXPECT_THAT(complaint(mix + "members = { honest = 1.0, int5 = 1.0 }\n"),
              testing::AllOf(HasSubstr("no behaviour 'int5' to play"), HasSubstr("'int4'")));
  EXPECT_THAT(complaint(mix + "members = { mix = 1.0 }\n"), HasSubstr("no behaviour 'mix' to play"));
  EXPECT_THAT(complaint(mix + "members = {}\n"), HasSubstr("members"));
  EXPECT_THAT(complaint(mix + "members = { honest = -1.0 }\n"), HasSubstr("members"));
  EXPECT_THAT(complaint(mix + "settings = { exit_scam = { honest_requests = 5 } }\n"),
              testing::AllOf(HasSubstr("test.toml:3:"), HasSubstr("which nobody plays")));
  EXPECT_THAT(complaint(mix + "members = { exit_scam = 1.0 }\nsettings = { exit_scam = { honest_request = 5 } }\n"),
              testing::AllOf(HasSubstr("test.toml:4:"), HasSubstr("'honest_requests'")));
  EXPECT_THAT(complaint(mix + "rate = 1.5\n"), testing::AllOf(HasSubstr("test.toml:3:"), HasSubstr("rate")));
}

TEST(BadInput, StoppingAtTheEndOfATextThatIsNotComputed) {
  EXPECT_THAT(complaint("[serving]\nstop = \"eos\"\n"), HasSubstr("computes no text"));
}

TEST(BadInput, RatesOfNodesInAUniformNetwork) {
  EXPECT_THAT(complaint("[swarm]\nnode = [{ device = \"t4\", up_mbit = 5 }]\n[network]\nkind = \"uniform\"\n"),
              HasSubstr("have no effect"));
}

TEST(BadInput, NoRequestEverArrives) {
  EXPECT_THAT(complaint("[workload]\nrequests = 0\nduration_s = 1\nrate = 1e-6\n"),
              HasSubstr("no request ever arrives"));
}

}  // namespace
}  // namespace orrery::sim::serving
