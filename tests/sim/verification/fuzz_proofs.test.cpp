// Damaged proofs: whatever another party says, it is judged, and nothing else happens. Every policy that makes a proof,
// with each of its choices, over traces of a real model. Also built as fuzz_proofs, under the sanitizers.
#include <algorithm>
#include <bit>
#include <cstring>
#include <map>

#include <gtest/gtest.h>

#include "sim/config/toml.hpp"
#include "sim/verification/cost_model.hpp"
#include "tests/policies/tapes.hpp"
#include "tests/sim/verification/damage.hpp"

namespace orrery::sim::verification {
namespace {

using execution::Dialogue;
using execution::Message;
using execution::Tape;
using tests::Damage;
using tests::TapeMaker;
using Registry = config::Registry<VerificationPolicy>;

using Made = config::Made<VerificationPolicy>;

// A policy's section of a scenario.
struct Protocol {
  std::string name, text;
  Made make() const {
    const config::Value root = config::parse_toml("[verification]\n" + text, "test.toml");
    return Registry::instance().make(*root.find("verification"), "verification", "none");
  }
  friend std::ostream& operator<<(std::ostream& out, const Protocol& protocol) { return out << protocol.name; }
};

// A cost model makes no proof, and where nobody is asked nothing is said.
bool speaks(const VerificationPolicy& policy) {
  return dynamic_cast<const CostModel*>(&policy) == nullptr && policy.committee() > 0;
}

std::vector<Protocol> protocols() {
  std::vector<Protocol> all;
  for (const auto& [name, record] : Registry::instance().records()) {
    const Protocol plain{name, "policy = \"" + name + "\"\n"};
    const Made made = plain.make();
    if (!speaks(*made.policy)) continue;
    all.push_back(plain);
    for (const config::FieldInfo& field : record.fields) {
      for (const std::string& choice : field.choices) {
        const Protocol other{name + "_" + choice, plain.text + field.name + " = \"" + choice + "\"\n"};
        if (other.make().canonical != made.canonical) all.push_back(other);
      }
    }
  }
  return all;
}

// The loosest of all calibrated thresholds, whatever devices and stage they are for; where nobody calibrated, one that
// an honest twin keeps by far.
double loosest(const VerificationPolicy& policy) {
  if (policy.threshold()) return *policy.threshold();
  static const config::Value root = config::parse_toml(data::fact("detection.toml"), "detection.toml");
  double most = -1;
  for (const config::Value& setting : root.find("setting")->array()) {
    const config::Array& names = setting.find("detectors")->array();
    for (std::size_t i = 0; i < names.size(); ++i) {
      if (std::get<std::string>(names[i].data) == policy.detector())
        most = std::max(most, std::get<double>(setting.find("thresholds")->array()[i].data));
    }
  }
  return most < 0 ? 0.02 : most;
}

// The whole model run by two executors, on two texts, and a verifier of the first.
struct Stage {
  std::unique_ptr<Tape> executor, other, verifier;
};

enum class Least { judged, rejected, malformed };

class Proofs : public testing::TestWithParam<Protocol> {
 protected:
  static TapeMaker& tapes() {
    static TapeMaker maker;
    return maker;
  }
  static const Stage& stage(Weights agreed) {
    static std::map<Weights, Stage> made;
    Stage& stage = made[agreed];
    if (!stage.executor) {
      stage.executor = tapes().generate({.honest = {.weights = agreed}}, 34, agreed);
      stage.other = tapes().generate({.honest = {.weights = agreed}}, 34, agreed, 5);
      stage.verifier = tapes().prefill(*stage.executor, {.weights = agreed});
    }
    return stage;
  }

  // Byte by byte would be most of the time that this takes under the sanitizers.
  static bool same(const Message& a, const Message& b) {
    return a.size() == b.size() && (a.empty() || std::memcmp(a.data(), b.data(), a.size()) == 0);
  }
  // What came back for `said`, the verifier having asked whatever that made it ask.
  void expect(const Dialogue& said, Least least, const std::string& what) const {
    Dialogue heard{said.commitment, {}, {}};
    for (std::size_t round = 0; round < said.answers.size(); ++round) {
      heard.questions.push_back(policy_->ask(heard, verifier_, draw_));
      EXPECT_EQ(heard.questions.back().size(), honest_.questions[round].size()) << what;
      heard.answers.push_back(said.answers[round]);
    }
    const execution::Judgement j = policy_->judge(heard, verifier_, draw_);
    EXPECT_GE(j.score, 0) << what;  // a NaN is not
    const Finding finding = decide(*policy_, j, loosest_);
    if (std::equal(said.answers.begin(), said.answers.end(), honest_.answers.begin(), honest_.answers.end(), same) &&
        same(said.commitment, honest_.commitment)) {
      EXPECT_EQ(finding, Finding::accepted) << what << ": " << j.score;
      return;
    }
    if (least != Least::judged) {
      EXPECT_EQ(finding, Finding::rejected) << what << ": " << j.score;
    }
    if (least == Least::malformed) {
      EXPECT_TRUE(j.malformed) << what;
    }
  }
  // Each message of the dialogue in turn.
  template <class Make>
  void damage_each(Make&& make, Least commitment, Least answer) {
    for (Damage& d : make(honest_.commitment)) {
      Dialogue bad = honest_;
      bad.commitment = std::move(d.message);
      expect(bad, commitment, "commitment, " + d.what);
    }
    for (std::size_t i = 0; i < honest_.answers.size(); ++i) {
      for (Damage& d : make(honest_.answers[i])) {
        Dialogue bad = honest_;
        bad.answers[i] = std::move(d.message);
        expect(bad, answer, "answer " + std::to_string(i) + ", " + d.what);
      }
    }
  }
  bool interactive() const { return !honest_.answers.empty(); }
  // Does it look at rows of this stage, and not at a text or at what a platform has signed?
  bool looks_at_rows() const { return policy_->scope() == Scope::stage && !policy_->sees_what_ran(); }
  // Comparisons without tolerance.
  Least exact() const { return policy_->threshold() ? Least::rejected : Least::judged; }

  const std::unique_ptr<VerificationPolicy> policy_ = GetParam().make().policy;
  const Weights agreed_ = policy_->needs().value_or(Weights::full);
  const Tape& executor_ = *stage(agreed_).executor;
  const Tape& verifier_ = *stage(agreed_).verifier;
  const Draw draw_{17, Stream::verification, 3};
  const Dialogue honest_ = tests::talk(*policy_, executor_, verifier_, draw_);
  const double loosest_ = loosest(*policy_);
  Draw chance_{23, Stream::test, 1};
};

TEST_P(Proofs, TheHonestOneIsAccepted) { expect(honest_, Least::judged, "honest"); }

TEST_P(Proofs, OnesOfAnotherLengthAreMalformed) {
  damage_each([this](const Message& m) { return tests::cut(m, chance_); }, Least::malformed, Least::malformed);
  damage_each([this](const Message& m) { return tests::grown(m, chance_); }, Least::malformed, Least::malformed);
}

// Of what answers are checked against, no bit is free.
TEST_P(Proofs, FlippedBitsOfHashesAreRejected) {
  const Least commitment = interactive() ? Least::rejected : exact();
  damage_each([this](const Message& m) { return tests::flipped(m, chance_); }, commitment, exact());
}

TEST_P(Proofs, NullProofsAndOnesFullOfNaNsAreRejected) {
  damage_each([](const Message& m) { return tests::filled(m); }, Least::rejected, Least::rejected);
}

TEST_P(Proofs, OneNaNIsRejected) {
  damage_each([this](const Message& m) { return tests::poisoned(m, chance_); }, Least::rejected, Least::rejected);
}

TEST_P(Proofs, WoundedOnesAreJudged) {
  damage_each([this](const Message& m) { return tests::wounded(m, chance_); }, exact(), exact());
}

TEST_P(Proofs, WordsFromElsewhereAreRejected) {
  const Dialogue other = tests::talk(*policy_, *stage(agreed_).other, verifier_, draw_);
  if (looks_at_rows()) {
    Dialogue bad = honest_;
    bad.commitment = other.commitment;
    EXPECT_FALSE(same(bad.commitment, honest_.commitment));
    expect(bad, Least::rejected, "the commitment of another text");
  }
  for (std::uint32_t draw = 0; draw < 8; ++draw) {
    const Dialogue late = tests::talk(*policy_, executor_, verifier_, Draw(17, Stream::verification, 100 + draw));
    for (std::size_t i = 0; i < honest_.answers.size(); ++i) {
      Dialogue bad = honest_;
      bad.answers[i] = late.answers[i];
      expect(bad, Least::rejected, "an answer to another verifier");
    }
  }
  for (std::size_t i = 0; i < honest_.answers.size(); ++i) {
    for (const Message& m : {other.answers[i], honest_.answers[(i + 1) % honest_.answers.size()], honest_.questions[i],
                             honest_.commitment, Message{}}) {
      Dialogue bad = honest_;
      bad.answers[i] = m;
      expect(bad, Least::rejected, "what was said elsewhere for answer " + std::to_string(i));
    }
  }
}

// Whoever computed nonsense and proves it by the rules.
TEST_P(Proofs, HonestProofsOfNaNsAreRejected) {
  if (!looks_at_rows()) GTEST_SKIP() << "looks at no rows";
  if (agreed_ == Weights::w8a8) GTEST_SKIP() << "an int8 is always a number";
  for (const std::uint32_t word : tests::no_number) {
    kernels::Matrix x = kernels::Matrix::copy(executor_.tap(0));
    for (float& v : x.span()) v = std::bit_cast<float>(word);
    const auto tape = tapes().empty(executor_.blocks(), executor_.rows(), agreed_);
    tape->run({}, x, TapeMaker::noise());
    expect(tests::talk(*policy_, *tape, verifier_, draw_), Least::rejected, "rows of " + std::to_string(word));
  }
}

// An executor faces questions from anybody, too, and says no more than the protocol has it say.
TEST_P(Proofs, ExecutorsSurviveAnyQuestion) {
  for (std::size_t round = 0; round < honest_.questions.size(); ++round) {
    Dialogue so_far = honest_;
    so_far.questions.resize(round + 1);
    so_far.answers.resize(round);
    const auto ask = [&](const std::vector<Damage>& questions) {
      for (const Damage& d : questions) {
        so_far.questions.back() = d.message;
        const Message answer = policy_->answer(so_far, executor_);
        EXPECT_LE(answer.size(), honest_.answers[round].size()) << d.what;
        if (same(d.message, honest_.questions[round])) {
          EXPECT_TRUE(same(answer, honest_.answers[round])) << d.what;
        }
      }
    };
    const Message& honest = honest_.questions[round];
    ask({{"honest", honest}});
    ask(tests::cut(honest, chance_));
    ask(tests::grown(honest, chance_));
    ask(tests::filled(honest));
    ask(tests::wounded(honest, chance_));
    ask(tests::misaddressed(honest));
  }
}

INSTANTIATE_TEST_SUITE_P(Every, Proofs, testing::ValuesIn(protocols()),
                         [](const auto& param_info) { return param_info.param.name; });

}  // namespace
}  // namespace orrery::sim::verification
