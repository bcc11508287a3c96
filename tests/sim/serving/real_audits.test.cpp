// Audits over real activations: who is found is who was found in the laboratory, and the clock is none the wiser.
#include <cmath>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sim/detection/statistics.hpp"
#include "sim/detection/table.hpp"
#include "tests/sim/serving/scenarios.hpp"

namespace orrery::sim::serving {
namespace {

using tests::audited;
using tests::metrics_of;
using tests::mix;
using tests::policy;
using tests::ranks;
using tests::scenario;

using Metrics = std::map<std::string, double>;

// Empty on ranks that do not simulate.
Metrics metrics(const std::string& toml) { return metrics_of(run(scenario(toml), ranks())); }

constexpr const char* three_cheats = "honest = 0.4, int4 = 0.2, layer_skip = 0.2, random_output = 0.2";

void expect_same(const Metrics& a, const Metrics& b, const std::set<std::string>& except = {}) {
  ASSERT_EQ(a.size(), b.size());
  for (const auto& [name, value] : a) {
    if (except.contains(name)) continue;
    EXPECT_TRUE(value == b.at(name) || (std::isnan(value) && std::isnan(b.at(name))))
        << name << ": " << value << " and " << b.at(name);
  }
}

// What the laboratory counted on the whole model, with texts as long as here.
detection::DetectionTable::Rate counted(const std::string& detector, const std::string& behaviour) {
  return detection::DetectionTable::embedded().rate({"embedded", "canonical", detector}, behaviour, {1, 79, 1}, "test");
}
bool always_found(const std::string& detector) {
  for (const char* cheat : {"int4", "layer_skip", "random_output"}) {
    const auto rate = counted(detector, cheat);
    if (rate.rejected != rate.trials) return false;
  }
  return true;
}

class Protocol : public testing::TestWithParam<std::string> {};

TEST_P(Protocol, FindsWhomTheLaboratoryFound) {
  const auto m = metrics(audited("real", 16, policy(GetParam()) + mix(three_cheats)));
  if (m.empty()) return;
  EXPECT_EQ(m.at("audits"), 16);
  EXPECT_EQ(m.at("audits_accepted") + m.at("audits_rejected"), 16);
  ASSERT_GT(m.at("cheated_claims"), 4);
  ASSERT_LT(m.at("cheated_claims"), 16);
  ASSERT_TRUE(always_found(GetParam()));
  EXPECT_EQ(m.at("detection_rate"), 1);
  EXPECT_EQ(m.at("undetected_cheat_rate"), 0);
  // None at a rate of zero: canonical devices agree in every bit. Rows that are rounded on their way do not.
  const auto wronged = static_cast<std::int64_t>(m.at("false_rejections"));
  const auto honest = static_cast<std::int64_t>(m.at("audits") - m.at("cheated_claims"));
  EXPECT_LE(detection::clopper_pearson(wronged, honest, 0.999).low, counted(GetParam(), "honest").value());
}

INSTANTIATE_TEST_SUITE_P(RealAudits, Protocol,
                         testing::Values("toploc", "activation_difr", "redundancy", "cdv", "hash_challenge", "sampling",
                                         "refereed"),
                         [](const auto& named) { return named.param; });

TEST(RealAudits, ATextIsJudgedByItsTokens) {
  const std::string drawn = "temperature = 0.8\nsampling = \"shared_seed\"\n";
  std::string toml = audited("real", 16, policy("token_difr") + mix("honest = 0.5, random_output = 0.5"));
  toml.insert(toml.find("[sharding]"), drawn);
  const auto m = metrics(toml);
  if (m.empty()) return;
  EXPECT_EQ(m.at("audits"), 16);
  ASSERT_GT(m.at("cheated_claims"), 3);
  EXPECT_EQ(m.at("detection_rate"), 1);
  EXPECT_EQ(m.at("false_rejections"), 0) << "the verifier draws the very tokens again";
}

TEST(RealAudits, StagesAreJudgedOneByOne) {
  // Four blocks a node: cheats and honest nodes are links of one chain, and the blame falls on the cheats alone.
  const auto m = metrics(audited("real", 8, policy("toploc") + mix("honest = 0.6, int4 = 0.4"), "", 4, 24));
  if (m.empty()) return;
  EXPECT_GT(m.at("audits"), 16) << "at least three stages a request";
  ASSERT_GT(m.at("cheated_claims"), 2);
  EXPECT_EQ(m.at("detection_rate"), 1);
  EXPECT_EQ(m.at("false_rejections"), 0);
}

// Devices that sum in other orders: exact comparison rejects honest ones, as it did in the laboratory; the threshold of
// the population that they are, found by their numerics, spares most of them.
TEST(RealAudits, HonestDevicesOfOtherOrdersFailExactProtocols) {
  const std::string swarm = "numerics = { canonical = 1.0, tile64 = 1.0, tile16 = 1.0 }\n";
  const auto exact = metrics(audited("real", 12, policy("hash_challenge"), swarm));
  const auto tolerant = metrics(audited("real", 12, policy("toploc"), swarm));
  if (exact.empty()) return;
  EXPECT_GT(exact.at("false_rejections"), 3);
  EXPECT_LT(2 * tolerant.at("false_rejections"), exact.at("false_rejections"));
}

TEST(RealAudits, TakeTheVirtualTimeThatTheModelSays) {
  const std::string sections = policy("toploc", "verifiers = 2\n") + mix("honest = 0.5, int4 = 0.5");
  const auto real = metrics(audited("real", 20, sections));
  const auto model = metrics(audited("model", 20, sections));
  if (real.empty()) return;
  EXPECT_GT(model.at("audits_rejected"), 3);
  expect_same(real, model);
}

TEST(RealAudits, AreTheSameOnAnyNumberOfRanks) {
  const std::string toml = audited(
      "real", 10, policy("freivalds", "verifiers = 2\n") + mix(three_cheats) + "[failover]\npolicy = \"replay\"\n",
      "lifetime = \"exponential\"\nlifetime_mean_s = 20\nabsence_mean_s = 20\n"
      "announce_period_s = 5\nview_refresh_s = 5\n",
      6, 24);
  std::string reviewed = toml;
  reviewed.insert(reviewed.find("[sharding]"), "review_texts = true\n");
  const RunResult here = run(scenario(reviewed), ranks());
  if (here.metrics.empty()) return;
  Context alone;
  const RunResult there = run(scenario(reviewed), alone);
  expect_same(metrics_of(here), metrics_of(there));
  EXPECT_EQ(here.texts, there.texts);
  EXPECT_GT(metrics_of(here).at("audits_rejected"), 0);
}

TEST(RealAudits, AVerifierWhoDoesNotLookFindsNothing) {
  const auto m = metrics(audited("real", 12, policy("toploc") + mix("int4 = 0.5, lazy_verifier = 0.5")));
  if (m.empty()) return;
  EXPECT_LT(m.at("recomputations"), m.at("audits"));
  EXPECT_LT(m.at("detection_rate"), 1);
  EXPECT_EQ(m.at("false_rejections"), 0);
}

// Every rank says so: on several of them, none may be left waiting.
std::string complaint(const std::string& toml) {
  try {
    run(scenario(toml), ranks());
  } catch (const InputError& e) {
    return e.what();
  }
  return "no complaint";
}

TEST(RealAudits, WhatCannotBeLookedAtIsRefusedOnEveryRank) {
  using testing::HasSubstr;
  EXPECT_THAT(complaint(audited("real", 5, policy("toploc", "verifiers = 12\n"))), HasSubstr("12 verifiers"));
  EXPECT_THAT(complaint(audited("real", 5, policy("toploc") + "[audit]\nrates_of = \"llama-3-8b\"\n")),
              HasSubstr("measured models: embedded"));
  EXPECT_THAT(complaint(audited("real", 5, policy("toploc") + mix("honest = 0.5, wrong_seed = 0.5"))),
              HasSubstr("clients draw their tokens themselves"));
  for (const std::string cheat : {"wrong_seed", "wrong_temperature"})
    EXPECT_THAT(complaint(audited("real", 5, "[behaviour]\npolicy = \"" + cheat + "\"\n")),
                testing::AllOf(HasSubstr("clients draw their tokens themselves"), HasSubstr(cheat)))
        << "also where nobody looks";
  EXPECT_THAT(complaint(audited("real", 5, policy("freivalds", "field = \"int8\"\n"))), HasSubstr("weights"));
  EXPECT_THAT(complaint(audited("real", 5, "[verification]\npolicy = \"zk\"\n")), HasSubstr("makes no proof"));
}

TEST(RealAudits, ATextThatCannotBeDrawnAgainIsNotJudged) {
  using testing::HasSubstr;
  const auto with = [](const std::string& execution) {
    std::string toml = audited("real", 5, policy("token_difr"));
    const auto at = toml.find("[sharding]");
    return complaint(toml.insert(at, execution));
  };
  EXPECT_THAT(with("temperature = 0.5\n"), HasSubstr("execution.sampling"));
  EXPECT_THAT(with("temperature = 0.5\nsampling = \"shared_seed\"\ntop_p = 0.9\n"), HasSubstr("execution.top_p"));
}

TEST(RealAudits, ABillOfTwiceTheWorkIsRejectedByWhoCounts) {
  const std::string twice = "[behaviour]\npolicy = \"work_inflation\"\nfactor = 2.0\n";
  const auto counted = metrics(audited("real", 6, policy("token_difr") + twice));
  const auto not_counted = metrics(audited("real", 6, policy("toploc") + twice));
  if (counted.empty()) return;
  EXPECT_EQ(counted.at("audits_rejected"), 6);
  EXPECT_EQ(not_counted.at("audits_rejected"), 0) << "every proof about the activations is honest";
}

TEST(TextReview, TellsGoodTextsFromJunk) {
  const auto reviewed = [](const std::string& sections) {
    std::string toml = audited("real", 8, sections);
    toml.insert(toml.find("[sharding]"), "review_texts = true\n");
    return metrics(toml);
  };
  const auto honest = reviewed("");
  const auto junk = reviewed("[behaviour]\npolicy = \"random_output\"\n");
  const auto none = metrics(audited("real", 2, ""));
  if (honest.empty()) return;
  EXPECT_EQ(honest.at("token_agreement"), 1) << "fp32 on the wire: every token is the one that one machine gives";
  EXPECT_LT(junk.at("token_agreement"), 0.2);
  EXPECT_GT(honest.at("text_perplexity"), 1);
  EXPECT_GT(junk.at("text_perplexity"), 10 * honest.at("text_perplexity"));
  EXPECT_NEAR(honest.at("quality_tokens_per_coin"), honest.at("tokens_delivered") / honest.at("coins_charged"), 1e-9);
  EXPECT_LT(junk.at("quality_tokens_per_coin"), honest.at("quality_tokens_per_coin"));
  EXPECT_EQ(honest.at("junk_by_output_share"), 0);
  EXPECT_GT(junk.at("junk_by_output_share"), 0.8);
  EXPECT_LE(junk.at("junk_by_output_share"), 1);
  EXPECT_TRUE(std::isnan(none.at("junk_by_output_share")));
  EXPECT_TRUE(std::isnan(none.at("token_agreement")));
  EXPECT_TRUE(std::isnan(none.at("quality_tokens_per_coin")));
}

}  // namespace
}  // namespace orrery::sim::serving
