#include "sim/detection/foreign.hpp"

#include <cstring>
#include <functional>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "data/facts.hpp"
#include "kernels/contract.hpp"
#include "sim/detection/lab.hpp"

namespace orrery::sim::detection {
namespace {

constexpr int prompt = 48, generated = 32;  // as in the table whose thresholds are taken

std::shared_ptr<const kernels::model::Model> embedded() {
  return kernels::model::Model::open_bytes(data::fact("model/config.json"), data::fact("model/model.safetensors"),
                                           data::fact("model/tokenizer.json"));
}

class Foreign : public testing::Test {
 protected:
  Foreign() : bench(embedded(), std::string(data::fact("model/heldout.txt")), 1) {}
  Setting setting(const char* devices) const {
    return {&population(devices, "test"), {0, bench.model().config().layers}, prompt, generated, 0.8, 1};
  }
  // What our own executor of a population would have recorded, had it been somewhere else.
  ForeignTraces record(const char* devices, std::uint32_t sequences) {
    ForeignTraces made;
    made.prompt = prompt;
    const Setting s = setting(devices);
    const auto honest = config::Registry<behaviour::BehaviourPolicy>::instance().make("honest");
    const int rows = prompt + generated - 1, hidden = bench.model().config().hidden;
    for (const int depth : {3, 6, 9, 12})
      made.taps.emplace(depth, kernels::Matrix(static_cast<int>(sequences) * rows, hidden));
    for (std::uint32_t i = 0; i < sequences; ++i) {
      const Bench::Work work = bench.execute(s, *honest, i);
      made.tokens.emplace_back(work.tape->tokens().begin(), work.tape->tokens().end());
      for (auto& [depth, matrix] : made.taps) {
        for (int r = 0; r < rows; ++r) {
          const auto from = work.tape->tap(depth).row_span(r);
          std::copy(from.begin(), from.end(), matrix.view().row_span(static_cast<int>(i) * rows + r).begin());
        }
      }
    }
    return made;
  }
  std::vector<ForeignCell> judge(const ForeignTraces& traces, const char* verifiers,
                                 std::vector<std::string> protocols) {
    Plan plan;
    plan.protocols = std::move(protocols);
    return judge_foreign(bench, setting(verifiers), traces, make_protocols(plan), DetectionTable::embedded(),
                         "embedded");
  }
  Bench bench;
};

TEST_F(Foreign, RowsOfTheCanonicalDeviceAreCanonicalAfterAFile) {
  const std::string bytes = record("canonical", 2).bytes();
  const ForeignTraces read = ForeignTraces::parse("file", bytes, bench.model().config());
  const ForeignDrift drift = foreign_drift(bench, setting("canonical"), read);
  EXPECT_EQ(drift.relative_error, 0);
  EXPECT_EQ(drift.same_token, 1);
  const auto cells =
      judge(read, "canonical", {"policy = \"toploc\"", "policy = \"hash_challenge\"", "policy = \"token_difr\""});
  ASSERT_EQ(cells.size(), 4U) << "toploc has a published rule beside its threshold";
  for (const ForeignCell& cell : cells) EXPECT_EQ(cell.rejected, 0) << cell.detector;
}

TEST_F(Foreign, AnotherDeviceIsSeenByWhoeverComparesBits) {
  const ForeignTraces bf16 = record("bf16", 2);
  const ForeignDrift drift = foreign_drift(bench, setting("canonical"), bf16);
  EXPECT_GT(drift.relative_error, 1e-3);
  EXPECT_LT(drift.relative_error, 2e-2);
  const auto cells = judge(bf16, "canonical", {"policy = \"hash_challenge\"", "policy = \"activation_difr\""});
  for (const ForeignCell& cell : cells) EXPECT_EQ(cell.rejected, 2) << cell.detector;
  for (const ForeignCell& cell : judge(bf16, "canonical", {"policy = \"toploc\""})) {
    if (cell.detector != "toploc:published") continue;
    EXPECT_EQ(cell.rejected, 0) << "its rule allows for bf16";
  }
}

TEST_F(Foreign, ProtocolsThatNeedMoreThanRowsAreLeftOut) {
  EXPECT_TRUE(judge(record("canonical", 1), "canonical", {"policy = \"refereed\"", "policy = \"tee\""}).empty());
}

TEST_F(Foreign, QuestionsHoldThePromptsAndTheNoise) {
  const std::string bytes = foreign_questions(bench, setting("canonical"), 2);
  const auto table = kernels::model::parse_safetensors("questions", bytes);
  EXPECT_EQ(table.at("prompts").shape, (std::vector<long long>{2, prompt}));
  EXPECT_EQ(table.at("noise").shape, (std::vector<long long>{2 * generated, bench.model().config().vocab}));
  // Whoever adds the noise to the canonical logits draws the canonical text.
  const ForeignTraces own = record("canonical", 2);
  const kernels::Matrix noise = table.read("noise"), prompts = table.read("prompts");
  const auto verifier = bench.recompute(
      setting("canonical"),
      [&] {
        execution::Message m(own.tokens[1].size() * sizeof(int));
        std::memcpy(m.data(), own.tokens[1].data(), m.size());
        return m;
      }(),
      1);
  for (int i = 0; i < generated; ++i) {
    const std::vector<float> logits = verifier->readout(prompt + i - 1);
    int best = 0;
    double most = -1e30;
    for (int v = 0; v < noise.cols(); ++v) {
      const double x =
          logits[static_cast<std::size_t>(v)] / 0.8 + noise.view().row_span(generated + i)[static_cast<std::size_t>(v)];
      if (x > most) most = x, best = v;
    }
    EXPECT_EQ(best, own.tokens[1][static_cast<std::size_t>(prompt + i)]);
  }
  EXPECT_EQ(prompts.view().row_span(1)[0], static_cast<float>(own.tokens[1][0]));
}

TEST_F(Foreign, FilesThatAreNoTracesHaveOneClearError) {
  const auto message = [this](const std::function<void(ForeignTraces&)>& spoil) {
    ForeignTraces traces = record("canonical", 1);
    spoil(traces);
    try {
      ForeignTraces::parse("t.safetensors", traces.bytes(), bench.model().config());
    } catch (const InputError& error) {
      return std::string(error.what());
    }
    return std::string("accepted");
  };
  using testing::HasSubstr;
  EXPECT_THAT(message([](ForeignTraces& t) { t.tokens[0][3] = 5000; }),
              HasSubstr("tensor 'tokens' has the number 5000"));
  EXPECT_THAT(message([](ForeignTraces& t) { t.prompt = 99; }), HasSubstr("tensor 'prompt'"));
  EXPECT_THAT(message([](ForeignTraces& t) { t.taps.erase(12); }), HasSubstr("no tensor 'tap.12'"));
  EXPECT_THAT(message([](ForeignTraces& t) { t.taps.emplace(13, kernels::Matrix(79, 128)); }),
              HasSubstr("no depth of the model"));
  EXPECT_THAT(message([](ForeignTraces& t) { t.taps.at(12) = kernels::Matrix(78, 128); }),
              HasSubstr("tensor 'tap.12' has shape"));
  EXPECT_THAT(message([](ForeignTraces& t) { t.taps.at(12).span()[7] = 0.0F / 0.0F; }), HasSubstr("NaN"));
  EXPECT_THROW(ForeignTraces::parse("t", std::string("short"), bench.model().config()), InputError);
}

}  // namespace
}  // namespace orrery::sim::detection
