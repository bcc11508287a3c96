#include "sim/detection/foreign.hpp"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <cstring>
#include <limits>

#include "kernels/model/tensors.hpp"
#include "sim/execution/gumbel.hpp"

namespace orrery::sim::detection {

namespace model = kernels::model;
using kernels::ConstMatrixView;
using kernels::Matrix;

namespace {

// Texts up to so many times longer or shorter than those of the table take its thresholds, as runs do by default.
constexpr double reach = 1.5;

// A protocol asked for something that a file of rows does not hold.
struct Unrecorded {};

class ForeignTrace final : public execution::Trace {
 public:
  ForeignTrace(Bench& bench, const Setting& setting, const ForeignTraces& traces, std::uint32_t sequence)
      : bench_(bench),
        setting_(setting),
        traces_(traces),
        sequence_(sequence),
        agreement_(agreement(setting, sequence)) {}

  BlockSpan blocks() const override { return setting_.blocks; }
  int rows() const override { return traces_.rows(); }
  int prompt() const override { return traces_.prompt; }
  ConstMatrixView tap(int depth) const override {
    const auto found = traces_.taps.find(depth);
    if (found == traces_.taps.end()) throw Unrecorded();
    return found->second.view().slice_rows(static_cast<int>(sequence_) * rows(), rows());
  }
  const execution::Operators& operators(int) const override { throw Unrecorded(); }
  std::vector<float> readout(int row) const override {
    return model::head(bench_.store().head(), tap(blocks().size()).row_span(row), bench_.workspace());
  }
  std::span<const int> tokens() const override { return traces_.tokens[sequence_]; }
  std::uint64_t sampling_seed() const override { return agreement_.sampling_seed; }
  double temperature() const override { return agreement_.temperature; }
  double claimed_rows() const override { return rows(); }
  // No platform of ours measured what ran.
  std::vector<std::uint64_t> program() const override { throw Unrecorded(); }
  std::uint32_t operator_number() const override { throw Unrecorded(); }
  const model::Config& config() const override { return bench_.model().config(); }
  const execution::Block& agreed(int block) const override { return bench_.store().block(block, agreed_weights()); }
  Weights agreed_weights() const override { return agreement_.weights; }

 private:
  Bench& bench_;
  const Setting& setting_;
  const ForeignTraces& traces_;
  std::uint32_t sequence_;
  execution::Agreement agreement_;
};

execution::Message text_of(const std::vector<int>& tokens) {
  execution::Message m(tokens.size() * sizeof(int));
  std::memcpy(m.data(), tokens.data(), m.size());
  return m;
}

// One dialogue; nothing where the protocol cannot be had with rows alone.
std::optional<execution::Judgement> converse(const verification::VerificationPolicy& policy,
                                             const execution::Trace& executor, const execution::Trace& verifier,
                                             const Draw& draw) {
  try {
    execution::Dialogue said;
    said.commitment = policy.commit(executor);
    for (int round = 0; round < policy.rounds(executor.blocks()); ++round) {
      said.questions.push_back(policy.ask(said, verifier, draw));
      said.answers.push_back(policy.answer(said, executor));
    }
    return policy.judge(said, verifier, draw);
  } catch (const Unrecorded&) {
    return std::nullopt;
  }
}

std::vector<std::vector<int>> read_tokens(const std::string& place, const Matrix& numbers, int vocabulary) {
  std::vector<std::vector<int>> list(static_cast<std::size_t>(numbers.rows()));
  for (int s = 0; s < numbers.rows(); ++s) {
    for (const float value : numbers.view().row_span(s)) {
      VALIDATE(value >= 0 && value < static_cast<float>(vocabulary) && value == std::floor(value), place,
               "tensor 'tokens' has the number " + std::to_string(value) + " in sequence " + std::to_string(s),
               "tokens are 0 to " + std::to_string(vocabulary - 1));
      list[static_cast<std::size_t>(s)].push_back(static_cast<int>(value));
    }
  }
  return list;
}

// A safetensors file of fp32 tensors.
class Writer {
 public:
  void add(const std::string& name, int rows, int cols, const std::vector<float>& values) {
    EXPECT(values.size() == static_cast<std::size_t>(rows) * static_cast<std::size_t>(cols));
    header_ += (header_.empty() ? "{\"" : ",\"") + name + R"(":{"dtype":"F32","shape":[)" + std::to_string(rows) + "," +
               std::to_string(cols) + R"(],"data_offsets":[)" + std::to_string(data_.size()) + ",";
    data_.append(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(float));
    header_ += std::to_string(data_.size()) + "]}";
  }
  std::string bytes() const {
    std::string header = header_ + "}";
    header.resize((header.size() + 7) / 8 * 8, ' ');
    const std::uint64_t size = header.size();
    return std::string(reinterpret_cast<const char*>(&size), sizeof size) + header + data_;
  }

 private:
  std::string header_, data_;
};

}  // namespace

ForeignTraces ForeignTraces::parse(const std::string& place, std::string_view bytes, const model::Config& config) {
  const model::TensorTable table = model::parse_safetensors(place, bytes);
  ForeignTraces made;
  const Matrix prompt = table.read("prompt"), tokens = table.read("tokens");
  made.tokens = read_tokens(place, tokens, config.vocab);
  VALIDATE(prompt.size() == 1 && tokens.rows() > 0 && tokens.cols() > prompt.view().row_span(0)[0] &&
               prompt.view().row_span(0)[0] >= 1,
           place, "tensor 'prompt' is not a number of tokens below those of a sequence",
           "a sequence is its prompt and at least one token after it");
  made.prompt = static_cast<int>(prompt.view().row_span(0)[0]);
  const int rows = tokens.rows() * made.rows();
  for (const auto& [name, tensor] : table.tensors) {
    if (!name.starts_with("tap.")) continue;
    const std::string number = name.substr(4);
    VALIDATE(!number.empty() && number.size() < 6 && std::all_of(number.begin(), number.end(), ::isdigit) &&
                 std::stoi(number) <= config.layers,
             place, "tensor '" + name + "' is no depth of the model",
             "it has " + std::to_string(config.layers) + " blocks");
    VALIDATE(
        tensor.rows() == rows && tensor.cols() == config.hidden, place,
        "tensor '" + name + "' has shape " + model::shape_text(tensor.shape),
        "its sequences and the model ask for [" + std::to_string(rows) + ", " + std::to_string(config.hidden) + "]");
    made.taps.emplace(std::stoi(number), table.read(name));
  }
  VALIDATE(made.taps.contains(config.layers), place, "there is no tensor 'tap." + std::to_string(config.layers) + "'",
           "every protocol looks at the rows after the last block");
  if (table.tensors.contains("identical")) {
    const Matrix shares = table.read("identical");
    VALIDATE(shares.size() == 2, place, "tensor 'identical' is not two shares", "decode and batch were expected");
    made.identical = Identical{shares.span()[0], shares.span()[1]};
  }
  return made;
}

std::string ForeignTraces::bytes() const {
  Writer writer;
  const int n = static_cast<int>(tokens.size());
  if (identical)
    writer.add("identical", 1, 2, {static_cast<float>(identical->decode), static_cast<float>(identical->batch)});
  writer.add("prompt", 1, 1, {static_cast<float>(prompt)});
  for (const auto& [depth, matrix] : taps) {
    writer.add("tap." + std::to_string(depth), matrix.rows(), matrix.cols(),
               {matrix.span().begin(), matrix.span().end()});
  }
  std::vector<float> text;
  for (const auto& sequence : tokens) text.insert(text.end(), sequence.begin(), sequence.end());
  writer.add("tokens", n, rows() + 1, text);
  return writer.bytes();
}

std::string foreign_questions(const Bench& bench, const Setting& setting, std::uint32_t sequences) {
  std::vector<float> prompts, noise;
  const int vocab = bench.model().config().vocab;
  for (std::uint32_t s = 0; s < sequences; ++s) {
    for (const int token : bench.window(setting, s, setting.prompt)) prompts.push_back(static_cast<float>(token));
    const std::uint64_t seed = agreement(setting, s).sampling_seed;
    for (int i = 0; i < setting.generated; ++i) {
      for (int v = 0; v < vocab; ++v)
        noise.push_back(
            static_cast<float>(execution::gumbel_noise(seed, static_cast<std::uint32_t>(setting.prompt + i), v)));
    }
  }
  Writer writer;
  const int n = static_cast<int>(sequences);
  writer.add("noise", n * setting.generated, vocab, noise);
  writer.add("prompts", n, setting.prompt, prompts);
  writer.add("temperature", 1, 1, {static_cast<float>(setting.temperature)});
  return writer.bytes();
}

std::vector<ForeignCell> judge_foreign(Bench& bench, const Setting& setting, const ForeignTraces& traces,
                                       const std::vector<std::unique_ptr<verification::VerificationPolicy>>& protocols,
                                       const DetectionTable& table, std::string_view model) {
  std::vector<std::vector<execution::Judgement>> judgements(protocols.size());
  for (std::uint32_t s = 0; s < traces.tokens.size(); ++s) {
    const ForeignTrace executor(bench, setting, traces, s);
    const auto verifier = bench.recompute(setting, text_of(traces.tokens[s]), s);
    for (std::size_t p = 0; p < protocols.size(); ++p) {
      const Draw draw(setting.seed, Stream::verification, s, std::uint64_t{p} << 40);
      if (auto judgement = converse(*protocols[p], executor, *verifier, draw)) judgements[p].push_back(*judgement);
    }
  }
  std::vector<ForeignCell> cells;
  for (std::size_t p = 0; p < protocols.size(); ++p) {
    if (judgements[p].empty()) continue;
    const std::string detector = protocols[p]->detector();
    const Extent extent{.share = 1, .rows = static_cast<double>(traces.rows()), .reach = reach};
    const double threshold =
        table.threshold({std::string(model), setting.population->name, detector}, extent, "foreign traces");
    ForeignCell own{.detector = detector, .threshold = threshold};
    ForeignCell published{.detector = detector + ":published", .threshold = std::numeric_limits<double>::quiet_NaN()};
    std::vector<double> scores;
    for (const execution::Judgement& j : judgements[p]) {
      scores.push_back(j.malformed ? std::numeric_limits<double>::infinity() : j.score);
      ++own.trials;
      own.rejected += j.malformed || !(j.score <= threshold);
      if (!j.as_published) continue;
      ++published.trials;
      published.rejected += !*j.as_published;
    }
    own.score_median = published.score_median = median(scores);
    cells.push_back(own);
    if (published.trials > 0) cells.push_back(published);
  }
  return cells;
}

ForeignDrift foreign_drift(Bench& bench, const Setting& setting, const ForeignTraces& traces) {
  double differences = 0, size = 0;
  ForeignDrift drift;
  std::int64_t drawn = 0, same = 0;
  for (std::uint32_t s = 0; s < traces.tokens.size(); ++s) {
    const auto canonical = bench.recompute(setting, text_of(traces.tokens[s]), s);
    const ForeignTrace executor(bench, setting, traces, s);
    const int last = setting.blocks.size();
    for (int r = 0; r < traces.rows(); ++r) {
      const auto a = executor.tap(last).row_span(r), b = canonical->tap(last).row_span(r);
      for (std::size_t i = 0; i < a.size(); ++i) {
        const double own = b[i], off = a[i] - own;
        differences += off * off;
        size += own * own;
      }
    }
    for (std::size_t at = static_cast<std::size_t>(traces.prompt); at < traces.tokens[s].size(); ++at) {
      ++drawn;
      same += traces.tokens[s][at] == execution::sample_gumbel(canonical->readout(static_cast<int>(at) - 1),
                                                               setting.temperature, canonical->sampling_seed(),
                                                               static_cast<std::uint32_t>(at));
    }
  }
  drift.relative_error = std::sqrt(differences / size);
  drift.same_token = static_cast<double>(same) / static_cast<double>(drawn);
  return drift;
}

}  // namespace orrery::sim::detection
