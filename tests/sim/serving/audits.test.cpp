// Audits inside a run, drawn from measured rates: who is found, at which rate, and what becomes of it.
#include <cmath>

#include <gtest/gtest.h>

#include "sim/detection/statistics.hpp"
#include "sim/detection/table.hpp"
#include "tests/sim/serving/scenarios.hpp"

namespace orrery::sim::serving {
namespace {

using tests::audited;
using tests::metrics_of;
using tests::ranks;
using tests::scenario;

using Metrics = std::map<std::string, double>;

// Empty on ranks that do not simulate.
Metrics metrics(const std::string& toml) { return metrics_of(run(scenario(toml), ranks())); }

double ended(const Metrics& m) {
  return m.at("audits_accepted") + m.at("audits_rejected") + m.at("audits_no_verifier") + m.at("audits_unfinished");
}

TEST(Audits, ACheaterIsFoundAtTheRateOfTheTable) {
  const auto rate =
      detection::DetectionTable::embedded().rate({"embedded", "canonical", "token_difr"}, "int8", {1, 79, 1}, "test");
  ASSERT_GT(rate.rejected, 0);
  ASSERT_LT(rate.rejected, rate.trials / 2) << "a rate between none and all";
  const auto m =
      metrics(audited("model", 400,
                      "[verification]\npolicy = \"token_difr\"\nrate = 1.0\n"
                      "[behaviour]\npolicy = \"mix\"\nmembers = { honest = 0.5, int8 = 0.5 }\nrate = 0.5\n"));
  if (m.empty()) return;
  EXPECT_EQ(m.at("audits"), m.at("requests_served"));
  EXPECT_EQ(ended(m), m.at("audits"));
  const auto cheated = static_cast<std::int64_t>(m.at("cheated_claims"));
  EXPECT_GT(cheated, 50) << "half of the nodes cheat on half of their sessions";
  EXPECT_LT(cheated, 150);
  const auto found = std::llround(m.at("detection_rate") * static_cast<double>(cheated));
  const detection::Interval interval = detection::clopper_pearson(found, cheated, 0.999);
  EXPECT_LT(interval.low, rate.value());
  EXPECT_GT(interval.high, rate.value());
  EXPECT_NEAR(m.at("undetected_cheat_rate"), 1 - static_cast<double>(found) / static_cast<double>(cheated), 1e-12);
  EXPECT_EQ(m.at("false_rejections"), 0) << "none of the honest requests was, in the laboratory";
  EXPECT_GE(m.at("detection_latency_p50"), 0);
  EXPECT_GE(m.at("detection_latency_claims"), 1);
  EXPECT_GT(m.at("junk_revenue_share"), m.at("junk_unseen_share"));
}

TEST(Audits, LookingAtAShareFindsThatShare) {
  const auto m = metrics(audited("model", 400,
                                 "[verification]\npolicy = \"redundancy\"\nrate = 0.25\nverifiers = 2\n"
                                 "[behaviour]\npolicy = \"int4\"\n"));
  if (m.empty()) return;
  EXPECT_EQ(m.at("detection_rate"), 1) << "all are found where somebody looks";
  const detection::Interval looked = detection::clopper_pearson(std::llround(m.at("audits")), 400, 0.999);
  EXPECT_LT(looked.low, 0.25);
  EXPECT_GT(looked.high, 0.25);
  EXPECT_NEAR(m.at("undetected_cheat_rate"), 1 - m.at("audits") / 400, 1e-12);
  EXPECT_EQ(m.at("recomputations"), 2 * m.at("audits"));
}

TEST(Audits, CostWhatAPrefillOfTheClaimCosts) {
  const auto m = metrics(audited("model", 40, "[verification]\npolicy = \"toploc\"\nrate = 1.0\n"));
  const auto none = metrics(audited("model", 40, ""));
  if (m.empty()) return;
  EXPECT_EQ(m.at("audits_accepted"), 40);
  EXPECT_EQ(m.at("recomputations"), 40);
  EXPECT_GT(m.at("audit_device_time"), 0);
  EXPECT_GT(m.at("assurance_flops"), 0);
  // Inputs travel as fp32 rows of 79 positions, 192 wide or whatever the model's width; at least a kilobyte a request.
  EXPECT_GT(m.at("assurance_bytes") * m.at("accepted_tokens"), 40 * 1000);
  EXPECT_NEAR(m.at("assurance_coins"), m.at("assurance_time") * 0.1 / 3600, 1e-15);
  EXPECT_EQ(none.at("audits"), 0);
  EXPECT_EQ(none.at("audit_device_time"), 0);
  EXPECT_EQ(none.at("assurance_bytes"), 0);
  EXPECT_TRUE(std::isnan(none.at("detection_rate")));
}

TEST(Audits, VerifiersWhoLieAreBelievedWhereTheyAreMost) {
  const auto with = [](const std::string& members) {
    return metrics(audited("model", 100,
                           "[verification]\npolicy = \"toploc\"\nrate = 1.0\nverifiers = 1\n[behaviour]\npolicy = "
                           "\"mix\"\nmembers = { " +
                               members + " }\n"));
  };
  const auto lazy = with("int4 = 0.5, lazy_verifier = 0.5");
  const auto griefed = with("honest = 0.5, griefer = 0.5");
  const auto clique = with("honest = 0.3, colluding_clique = 0.7");
  if (lazy.empty()) return;
  EXPECT_LT(lazy.at("detection_rate"), 1);
  EXPECT_GT(lazy.at("detection_rate"), 0);
  EXPECT_LT(lazy.at("recomputations"), lazy.at("audits"));
  EXPECT_GT(griefed.at("false_rejection_rate"), 0.2);
  EXPECT_LT(griefed.at("false_rejection_rate"), 0.8);
  EXPECT_LT(clique.at("detection_rate"), 0.7) << "the clique accepts its own";
}

TEST(Audits, ARecordIsLeftBehindWithTheName) {
  const auto with = [](const std::string& behaviour) {
    return metrics(
        audited("model", 300,
                "[verification]\npolicy = \"adaptive_replication\"\ntrusted_after = 3\n[behaviour]\npolicy = "
                "\"mix\"\nmembers = { honest = 0.5, " +
                    behaviour + " = 0.5 }\n[incentive]\npolicy = \"volume\"\n"));
  };
  const auto whitewasher = with("whitewasher");
  const auto cheat = with("int4");
  if (cheat.empty()) return;
  EXPECT_EQ(whitewasher.at("detection_rate"), 1);
  EXPECT_GT(whitewasher.at("names_taken"), 10);
  EXPECT_EQ(cheat.at("names_taken"), 0);
}

TEST(Audits, TheIncentivePolicysRateIsTheDraws) {
  const auto at = [](const std::string& rate) {
    return metrics(audited("model", 300,
                           "[verification]\npolicy = \"toploc\"\nrate = 1.0\n[incentive]\npolicy = "
                           "\"posp\"\nchallenge_rate = " +
                               rate + "\n"));
  };
  const auto some = at("0.2");
  const auto all = at("1.0");
  if (all.empty()) return;
  EXPECT_EQ(all.at("audits"), 300);
  const detection::Interval drawn = detection::clopper_pearson(std::llround(some.at("audits")), 300, 0.999);
  EXPECT_LT(drawn.low, 0.2);
  EXPECT_GT(drawn.high, 0.2);
}

// Two of three look; the third repeats what it can read.
TEST(Audits, AVoteThatIsSealedCannotBeCopied) {
  const auto with = [](const std::string& votes, const std::string& members) {
    return metrics(audited("model", 200,
                           "[verification]\npolicy = \"redundancy\"\nrate = 1.0\nverifiers = 3\n[audit]\nvotes = \"" +
                               votes + "\"\n[behaviour]\npolicy = \"mix\"\nmembers = { " + members + " }\n"));
  };
  const std::string copiers = "int4 = 0.85, copying_verifier = 0.15";
  const auto open = with("open", copiers);
  const auto sealed = with("sealed", copiers);
  const auto lazy = with("sealed", "int4 = 0.85, lazy_verifier = 0.15");
  const auto nobody = with("sealed", "int4 = 1.0");
  if (open.empty()) return;
  ASSERT_GT(open.at("cheated_claims"), 100);
  EXPECT_EQ(open.at("votes_outvoted"), 0) << "who copies is never alone";
  EXPECT_GT(sealed.at("votes_outvoted"), 20) << "it has to commit itself unseen";
  EXPECT_EQ(open.at("detection_rate"), 1) << "somebody looks in every committee: there are two copiers";
  EXPECT_LT(sealed.at("detection_rate"), 1) << "two copiers of three accept";
  EXPECT_NEAR(sealed.at("votes_outvoted"), lazy.at("votes_outvoted"), 0.5 * lazy.at("votes_outvoted"));
  for (const auto* m : {&open, &sealed, &nobody}) {
    EXPECT_EQ(m->at("audits"), 200);
    EXPECT_EQ(ended(*m), 200);
    EXPECT_EQ(m->at("audits_unfinished"), 0);
  }
  EXPECT_EQ(nobody.at("detection_rate"), 1);
  EXPECT_EQ(nobody.at("votes_outvoted"), 0);
}

TEST(Audits, SealedVotesTakeAnotherRoundAndItsBytes) {
  const auto with = [](const std::string& votes, const std::string& behaviour) {
    return metrics(audited("model", 60,
                           "[verification]\npolicy = \"cdv\"\nrate = 1.0\n[audit]\nvotes = \"" + votes +
                               "\"\n[behaviour]\npolicy = \"" + behaviour + "\"\n"));
  };
  const auto open = with("open", "int4"), sealed = with("sealed", "int4");
  const auto open_honest = with("open", "honest"), sealed_honest = with("sealed", "honest");
  if (open.empty()) return;
  EXPECT_EQ(open.at("audits_rejected"), 60);
  EXPECT_EQ(sealed.at("audits_rejected"), 60);
  EXPECT_GT(sealed.at("detection_latency_p50"), open.at("detection_latency_p50"));
  EXPECT_LT(sealed.at("detection_latency_p50"), open.at("detection_latency_p50") + 12) << "a block or two";
  ASSERT_EQ(open_honest.at("accepted_tokens"), sealed_honest.at("accepted_tokens"));
  const double more =
      (sealed_honest.at("assurance_bytes") - open_honest.at("assurance_bytes")) * open_honest.at("accepted_tokens");
  EXPECT_GT(more, 60 * 3 * (32 + 96)) << "a hash, a nonce and the call to show, for each of three votes";
  EXPECT_LT(more, 60 * 3 * 1000);
}

TEST(Audits, WhoWasSlashedIsLookedAtMore) {
  const auto with = [](const std::string& behaviour) {
    return metrics(
        audited("model", 400,
                "[verification]\npolicy = \"toploc\"\n[behaviour]\npolicy = \"" + behaviour +
                    "\"\n[ledger]\nepoch_s = 12.0\noutput_price = 1e5\ndeposit = 20.0\n[incentive]\npolicy = "
                    "\"assay\"\nslashing = \"each\"\nslash = 10.0\n"));
  };
  const auto honest = with("honest");
  const auto cheats = with("int4");
  if (honest.empty()) return;
  ASSERT_EQ(honest.at("audits_rejected"), 0);
  ASSERT_GT(honest.at("audits"), 20);
  EXPECT_GT(cheats.at("audits"), 1.5 * honest.at("audits")) << "what they could lose is gone";
}

// Nothing else is as fast as not doing the work.
TEST(Audits, ACheatIsFasterByWhatItLeavesOut) {
  const auto with = [](const std::string& behaviour) {
    return metrics(audited("model", 100, "[behaviour]\npolicy = \"" + behaviour + "\"\n"));
  };
  const auto honest = with("honest");
  const auto lazy = with("lazy_verifier");
  const auto half = with("smaller_model");
  const auto int4 = with("int4");
  const auto noise = with("random_output");
  const auto seed = with("wrong_seed");
  if (honest.empty()) return;
  const auto busy = [](const Metrics& m) { return m.at("utilisation") * m.at("duration"); };
  EXPECT_LE(half.at("inter_token_p50"), honest.at("inter_token_p50"));
  EXPECT_LT(noise.at("inter_token_p50"), honest.at("inter_token_p50"));
  EXPECT_LT(busy(noise), busy(half));
  EXPECT_LT(busy(half), busy(honest));
  EXPECT_LT(busy(int4), busy(honest));
  EXPECT_EQ(lazy.at("inter_token_p50"), honest.at("inter_token_p50"));
  EXPECT_EQ(seed.at("inter_token_p50"), honest.at("inter_token_p50"));
}

TEST(Audits, EachEndsOnceThoughNodesComeAndGo) {
  const auto m = metrics(audited("model", 150,
                                 "[verification]\npolicy = \"cdv\"\nrate = 1.0\nverifiers = 3\n[audit]\nvote_timeout_s "
                                 "= 8.0\nredraws = 2\n",
                                 "lifetime = \"exponential\"\nlifetime_mean_s = 40\nabsence_mean_s = 40\n"
                                 "announce_period_s = 5\nview_refresh_s = 5\n"));
  if (m.empty()) return;
  EXPECT_EQ(m.at("audits"), m.at("requests_served"));
  EXPECT_EQ(ended(m), m.at("audits"));
  EXPECT_GT(m.at("audit_redraws"), 0);
  EXPECT_GT(m.at("audits_unfinished"), 0);
  EXPECT_GT(m.at("audits_accepted"), 0);
}

TEST(Audits, AProofThatTakesHoursIsNoneInTime) {
  const std::string zk = "[verification]\npolicy = \"zk\"\n[behaviour]\npolicy = \"int4\"\n";
  const auto m = metrics(audited("model", 10, zk));
  if (m.empty()) return;
  EXPECT_GT(m.at("prove_device_time"), 0);
  EXPECT_EQ(m.at("recomputations") > 0, m.at("audits_rejected") > 0);
  EXPECT_EQ(m.at("audits_accepted"), 0) << "a proof of something else does not exist";
  EXPECT_EQ(m.at("assurance_flops") > 0, false) << "nothing is recomputed";
}

TEST(Audits, CiphertextsProveNothing) {
  const auto m = metrics(audited("model", 10, "[verification]\npolicy = \"fhe\"\n[behaviour]\npolicy = \"int4\"\n"));
  if (m.empty()) return;
  EXPECT_GT(m.at("cheated_claims"), 0);
  EXPECT_EQ(m.at("audits_rejected"), 0) << "the server never said that it computed what was agreed";
  EXPECT_EQ(m.at("undetected_cheat_rate"), 1);
}

// Stages of a size at which a cheat leaves all blocks as they are are honest work, whatever their node is called.
TEST(Audits, ACheatIsRecordedByWhatItDid) {
  const auto with = [](const std::string& behaviour, int blocks) {
    return metrics(audited(
        "model", 40, "[verification]\npolicy = \"toploc\"\nrate = 1.0\n[behaviour]\npolicy = \"" + behaviour + "\"\n",
        {}, blocks, 24));
  };
  const auto skips_none = with("layer_skip", 3), skips_one = with("layer_skip", 4);
  const auto draws_none = with("wrong_seed", 3), draws_all = with("wrong_seed", 12);
  const auto bills_more = with("work_inflation", 3), suffix = with("suffix_cheat", 3);
  if (suffix.empty()) return;
  for (const auto* m : {&skips_none, &suffix, &draws_none}) {
    EXPECT_GT(m->at("audits"), 0);
    EXPECT_EQ(m->at("audits_rejected"), 0) << "drawn as honest work: canonical devices agree in every bit";
    EXPECT_EQ(m->at("cheated_claims"), 0);
    EXPECT_EQ(m->at("nodes_that_cheated"), 0);
    EXPECT_EQ(m->at("junk_revenue_share"), 0);
    EXPECT_TRUE(std::isnan(m->at("undetected_cheat_rate")));
  }
  EXPECT_GT(skips_one.at("cheated_claims"), 0);
  EXPECT_EQ(skips_one.at("detection_rate"), 1);
  EXPECT_EQ(draws_all.at("cheated_claims"), draws_all.at("requests_served"));
  EXPECT_GE(bills_more.at("cheated_claims"), 4 * bills_more.at("requests_served")) << "every stage of every request";
}

TEST(Audits, ABillIsRejectedAtTheMeasuredRateOfWhoCounts) {
  const auto m = metrics(audited("model", 30,
                                 "[verification]\npolicy = \"token_difr\"\nrate = 1.0\n"
                                 "[behaviour]\npolicy = \"work_inflation\"\n"));
  if (m.empty()) return;
  EXPECT_EQ(m.at("audits_rejected"), 30) << "64 of 64 in the laboratory";
}

// The mean over all cheats hides the one that pays.
TEST(Audits, HonestyIsComparedWithTheCheatThatPaidBest) {
  const auto m = metrics(audited("model", 120,
                                 "[verification]\npolicy = \"toploc\"\nrate = 1.0\n"
                                 "[behaviour]\npolicy = \"mix\"\nmembers = { honest = 0.4, int4 = 0.3, work_inflation "
                                 "= 0.3 }\nsettings = { work_inflation = { factor = 1.5 } }\n"
                                 "[incentive]\npolicy = \"posp\"\nchallenge_rate = 1.0\nslash = 5.0\n"));
  if (m.empty()) return;
  EXPECT_GT(m.at("honest_advantage"), 5) << "int4 is slashed for every request";
  EXPECT_LT(m.at("honest_advantage_least"), 0.5 * m.at("honest_advantage")) << "nobody counts bills here";
}

// An operator who holds the platform's key is found by no enclave, in rates no more than where messages are signed.
TEST(Audits, AnEnclaveFindsThoseWhoseKeyIsNotOut) {
  const auto with = [](const std::string& mode, const std::string& compromised) {
    return metrics(audited(
        mode, 24,
        "[verification]\npolicy = \"tee\"\ncompromised = " + compromised + "\n[behaviour]\npolicy = \"int4\"\n"));
  };
  const auto none = with("model", "0.0"), half = with("model", "0.5"), all = with("model", "1.0");
  const auto real = with("real", "0.5");
  if (half.empty()) return;
  EXPECT_EQ(none.at("detection_rate"), 1);
  EXPECT_EQ(all.at("detection_rate"), 0);
  EXPECT_GT(half.at("detection_rate"), 0);
  EXPECT_LT(half.at("detection_rate"), 1);
  for (const char* what : {"audits", "audits_rejected", "audits_accepted", "cheated_claims", "detection_rate"})
    EXPECT_EQ(half.at(what), real.at(what)) << what;
}

// Who takes the cheat that pays best knows the rates, and whether its own key is out.
TEST(Audits, WhoCannotBeFoundCheatsThough) {
  const auto with = [](const std::string& compromised) {
    return metrics(audited("model", 24,
                           "[verification]\npolicy = \"tee\"\ncompromised = " + compromised +
                               "\n[behaviour]\npolicy = \"adaptive_attacker\"\n"));
  };
  const auto none = with("0.0"), half = with("0.5"), all = with("1.0");
  if (half.empty()) return;
  EXPECT_EQ(none.at("cheated_claims"), 0) << "every cheat that saves anything is found";
  EXPECT_GT(half.at("cheated_claims"), 0);
  EXPECT_LT(half.at("cheated_claims"), 24);
  EXPECT_EQ(half.at("audits_rejected"), 0) << "the others know better";
  EXPECT_EQ(all.at("cheated_claims"), 24);
}

TEST(Audits, HappenAlikeOnAnyNumberOfRanks) {
  const std::string toml = audited("model", 60,
                                   "[verification]\npolicy = \"toploc\"\nrate = 0.5\n[behaviour]\npolicy = \"mix\"\n"
                                   "members = { honest = 0.5, exit_scam = 0.5 }\n"
                                   "settings = { exit_scam = { honest_requests = 2 } }\n");
  const auto m = metrics(toml);
  if (m.empty()) return;
  Context alone;
  const auto again = metrics_of(run(scenario(toml), alone));
  ASSERT_EQ(m.size(), again.size());
  for (const auto& [name, value] : m) {
    EXPECT_TRUE(value == again.at(name) || (std::isnan(value) && std::isnan(again.at(name)))) << name;
  }
  EXPECT_GT(m.at("cheated_claims"), 0);
}

}  // namespace
}  // namespace orrery::sim::serving
