#include "sim/execution/tape.hpp"

#include <algorithm>

#include "sim/execution/stage.hpp"

namespace orrery::sim::execution {

namespace model = kernels::model;
using kernels::ConstMatrixView;
using kernels::Matrix;

Tape::Tape(BlockStore& store, kernels::Workspace& workspace, BlockSpan blocks, int prompt, int capacity,
           const Agreement& agreement, ExpertRows* experts)
    : store_(store),
      workspace_(workspace),
      blocks_(blocks),
      prompt_(prompt),
      capacity_(capacity),
      agreement_(agreement),
      experts_(experts),
      cache_(store.model().config(), blocks.begin, blocks.end, capacity),
      taps_(static_cast<std::size_t>(blocks.size()) + 1) {
  EXPECT(!blocks.empty());
}

void Tape::record(int depth, ConstMatrixView x) {
  std::vector<float>& to = taps_[static_cast<std::size_t>(depth)];
  for (int r = 0; r < x.rows; ++r) to.insert(to.end(), x.row(r), x.row(r) + x.cols);
}

Matrix Tape::run(const Conduct& conduct, ConstMatrixView input, Draw noise) {
  EXPECT(rows_ + input.rows <= capacity_);
  Matrix x = Matrix::copy(input);
  run_stage(
      store_, conduct, blocks_, rows_, x, cache_, workspace_, noise,
      [this](int depth, ConstMatrixView rows) { record(depth, rows); }, experts_);
  if (!runs_.empty() && runs_.back().conduct == conduct) {
    runs_.back().count += x.rows();
  } else {
    runs_.push_back({conduct, rows_, x.rows()});
  }
  rows_ += x.rows();
  operators_.clear();
  forget();
  return x;
}

std::unique_ptr<Tape> Tape::honest_twin(const Arithmetic& arithmetic) const {
  auto twin = std::make_unique<Tape>(store_, workspace_, blocks_, prompt_, capacity_, agreement_, experts_);
  twin->run({.honest = arithmetic}, tap(0), Draw(0, Stream::behaviour, 0));
  twin->tokens_ = tokens_;
  twin->claimed_ = claimed_;
  twin->operator_ = operator_;
  return twin;
}

ConstMatrixView Tape::tap(int depth) const {
  EXPECT(depth >= 0 && depth <= blocks_.size());
  const int hidden = config().hidden;
  return {taps_[static_cast<std::size_t>(depth)].data(), rows_, hidden, hidden};
}

const Operators& Tape::operators(int block) const {
  EXPECT(blocks_.contains(block));
  if (config().experts > 0)
    throw RunError("a protocol asked for the inner values of block " + std::to_string(block) +
                   " (the model is a mixture of experts, whose inner values are not kept)");
  const auto found = operators_.find(block);
  if (found != operators_.end()) return found->second;
  // Whoever passed a block over still has to show something: what it would have computed there.
  const Conduct& conduct = runs_.back().conduct;
  const Arithmetic& arithmetic = conduct.arithmetic(block);
  Matrix x = Matrix::copy(tap(block - blocks_.begin));
  model::KvCache cache(config(), block, block + 1, capacity_);
  Operators made;
  forward(config(), store_.block(block, arithmetic.weights), arithmetic, x, 0, cache, block, workspace_, &made);
  return operators_.emplace(block, std::move(made)).first->second;
}

std::vector<std::uint64_t> Tape::program() const {
  std::vector<std::uint64_t> words;
  for (const Run& run : runs_) {
    // Each way in which the stage was run; the agreed one, run all through, gives execution::program().
    for (int b = blocks_.begin; b < blocks_.end; ++b) {
      const Arithmetic& a = run.conduct.arithmetic(b);
      words.push_back(run.conduct.runs(blocks_, b) ? static_cast<std::uint64_t>(b) : ~std::uint64_t{0});
      words.push_back(pack({.weights = a.weights, .kv = a.kv}));
    }
  }
  return words;
}

std::vector<float> Tape::readout(int row) const {
  return model::head(store_.head(), tap(blocks_.size()).row_span(row), workspace_);
}

Message spoken(Message honest, bool forges) {
  if (forges) std::fill(honest.begin(), honest.end(), std::byte{});
  return honest;
}

}  // namespace orrery::sim::execution
