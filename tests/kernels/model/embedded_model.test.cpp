// The model that travels inside the program, held to the numbers that its training recorded
// (data/model/reference.json).
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "data/facts.hpp"
#include "kernels/model/model.hpp"
#include "kernels/sample.hpp"
#include "tests/kernels/model/whole.hpp"
#include "tests/kernels/random_matrix.hpp"

namespace orrery::kernels::model {
namespace {

// Both sides compute in fp32 in different orders. The file records how far the other side is from fp64; we get ten
// times that, and at least 5e-5, for being another fp32 order over twelve layers.
double tolerance(const nlohmann::json& reference) {
  return std::max(5e-5, 10 * reference["log_probabilities"]["largest_difference_from_fp64"].get<double>());
}

class Embedded : public ::testing::Test {
 protected:
  const std::shared_ptr<const Model> model = Model::open_bytes(
      data::fact("model/config.json"), data::fact("model/model.safetensors"), data::fact("model/tokenizer.json"));
  const nlohmann::json reference = nlohmann::json::parse(data::fact("model/reference.json"));

  std::vector<int> prefix() const {
    const auto ids = reference["tokens_of_first_512_bytes"].get<std::vector<int>>();
    return {ids.begin(), ids.begin() + 64};
  }

  // The `count` likeliest next tokens, one after the other.
  std::vector<int> continued(const std::vector<int>& tokens, std::size_t count, Isa isa) const {
    Whole run(model, {isa});
    Matrix logits = run.logits(tokens, 0, static_cast<int>(tokens.size()));
    std::vector<int> got;
    while (got.size() < count) {
      got.push_back(sample_greedy(logits.view().row_span(logits.rows() - 1)));
      logits = run.logits(std::span(got).last(1), static_cast<int>(tokens.size() + got.size()) - 1, 1);
    }
    return got;
  }
};

TEST_F(Embedded, TokenizesAsRecorded) {
  const Tokenizer& words = *model->tokenizer();
  for (const auto& test : reference["tokenizer_cases"]) {
    const auto text = test["text"].get<std::string>();
    EXPECT_EQ(words.encode(text), test["ids"].get<std::vector<int>>()) << text;
    EXPECT_EQ(words.decode(words.encode(text)), text);
  }
  const auto text = data::fact("model/heldout.txt");
  EXPECT_EQ(words.encode(text.substr(0, 512)), reference["tokens_of_first_512_bytes"].get<std::vector<int>>());
  EXPECT_EQ(words.encode(text).size(), reference["excerpt"]["tokens"].get<std::size_t>());
  EXPECT_EQ(words.decode(words.encode(text)), text);
}

TEST_F(Embedded, GivesTheRecordedLogProbabilitiesAndLogits) {
  Whole run(model);
  auto tokens = reference["tokens_of_first_512_bytes"].get<std::vector<int>>();
  const Matrix logits = run.logits(std::span(tokens).first(65), 0, 65);
  const auto want = reference["log_probabilities"]["values"].get<std::vector<double>>();
  for (std::size_t i = 0; i < want.size(); ++i)
    EXPECT_NEAR(log_probability(logits.view().row_span(static_cast<int>(i)), tokens[i + 1]), want[i],
                tolerance(reference))
        << i;
  const auto first = reference["logits"]["values"].get<std::vector<double>>();  // after token 63
  for (std::size_t i = 0; i < first.size(); ++i)
    EXPECT_NEAR(logits(63, static_cast<int>(i)), first[i], tolerance(reference));
}

TEST_F(Embedded, PredictsHeldOutTextAsWellAsRecorded) {
  const nlohmann::json& excerpt = reference["excerpt"];
  const int window = excerpt["window_tokens"];
  const auto ids = model->tokenizer()->encode(data::fact("model/heldout.txt"));
  Whole run(model);
  double nats = 0.0;
  int scored = 0;
  for (int at = 0; at + window <= static_cast<int>(ids.size()); at += window) {
    const auto tokens = std::span(ids).subspan(static_cast<std::size_t>(at), static_cast<std::size_t>(window));
    const Matrix logits = run.logits(tokens.first(static_cast<std::size_t>(window - 1)), 0, window);
    for (int i = 0; i + 1 < window; ++i, ++scored)
      nats -= log_probability(logits.view().row_span(i), tokens[static_cast<std::size_t>(i) + 1]);
  }
  EXPECT_EQ(scored, excerpt["scored_tokens"].get<int>());
  EXPECT_NEAR(nats / scored, excerpt["nats_a_token"].get<double>(), 1e-5);
}

TEST_F(Embedded, ContinuesGreedilyAsRecordedOnEveryPath) {
  for (const auto& test : reference["greedy"]) {
    // Where the two best tokens lie closer together than the tolerance, either is right.
    if (test["smallest_logit_margin"].get<double>() < 2 * tolerance(reference)) continue;
    const auto tokens = model->tokenizer()->encode(test["prompt"].get<std::string>());
    EXPECT_EQ(tokens, test["prompt_ids"].get<std::vector<int>>());
    const auto want = test["ids"].get<std::vector<int>>();
    for (const Isa isa : isas()) {
      const std::vector<int> got = continued(tokens, want.size(), isa);
      EXPECT_EQ(got, want) << name(isa);
      EXPECT_EQ(model->tokenizer()->decode(got), test["text"].get<std::string>()) << name(isa);
    }
  }
}

TEST_F(Embedded, HasTheSameBitsOnEveryPathAndInAnyChunks) {
  const auto tokens = prefix();
  const Matrix want = Whole(model).logits(tokens, 0, 64);
  for (const Isa isa : isas()) {
    Whole run(model, {isa});
    for (const int chunk : {64, 1, 13})
      EXPECT_TRUE(same_bits(run.logits(tokens, 0, chunk), want)) << name(isa) << " " << chunk;
  }
}

}  // namespace
}  // namespace orrery::kernels::model
