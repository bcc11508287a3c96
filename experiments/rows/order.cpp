// Bits and the order of sums: the embedded model's blocks over the same text, cut into batches and pipelines in many
// ways.
#include <algorithm>

#include <fmt/format.h>

#include "data/facts.hpp"
#include "experiments/rows/row.hpp"
#include "sim/execution/tape.hpp"

namespace orrery::experiments::rows {
namespace {

namespace execution = sim::execution;
using sim::Arithmetic;
using sim::BlockSpan;

// How a device sums when so many rows come at once.
using Order = Arithmetic (*)(int rows);

Arithmetic canonical(int) { return {}; }
// What libraries tuned for speed do: short batches go through kernels with longer inner blocks. The sizes are ours;
// that the order hangs on the batch is what makes it a vendor's.
Arithmetic vendor(int rows) {
  if (rows >= 16) return {.k_block = 16, .position_block = 16};
  return {.k_block = rows >= 4 ? 64U : 256U, .position_block = rows >= 4 ? 64U : 256U};
}

class Model {
 public:
  Model()
      : store_(kernels::model::Model::open_bytes(data::fact("model/config.json"), data::fact("model/model.safetensors"),
                                                 data::fact("model/tokenizer.json"))),
        tokens_(store_.model().tokenizer()->encode(data::fact("model/heldout.txt").substr(0, 2000))) {
    tokens_.resize(positions);
  }

  // The last hidden states, from a pipeline of stages of `stage` blocks that are fed `batch` positions at a time.
  std::vector<float> states(Order order, int batch, int stage) {
    const int layers = store_.model().config().layers;
    kernels::Matrix x = kernels::model::embed(store_.embedding(), tokens_);
    for (int begin = 0; begin < layers; begin += stage) {
      execution::Tape tape(store_, workspace_, BlockSpan{begin, std::min(layers, begin + stage)}, 0, positions, {});
      for (int at = 0; at < positions; at += batch) {
        const int rows = std::min(batch, positions - at);
        tape.run({.honest = order(rows)}, x.view().slice_rows(at, rows), sim::Draw(7, sim::Stream::test, 0));
      }
      x = kernels::Matrix::copy(tape.tap(tape.blocks().size()));
    }
    return {x.span().begin(), x.span().end()};
  }
  int layers() const { return store_.model().config().layers; }
  static constexpr int positions = 24;

 private:
  execution::BlockStore store_;
  kernels::Workspace workspace_;
  std::vector<int> tokens_;
};

}  // namespace

Rows order_rows() {
  Model model;
  const auto share = [&model](Order order, const std::vector<int>& batches, const std::vector<int>& stages) {
    const std::vector<float> whole = model.states(order, Model::positions, model.layers());
    double equal = 0, all = 0;
    for (const int batch : batches) {
      for (const int stage : stages) {
        equal += model.states(order, batch, stage) == whole;
        all += 1;
      }
    }
    return equal / all;
  };
  const std::vector<int> batches = {1, 2, 3, 7, 12}, one = {Model::positions};
  const std::vector<int> stages = {1, 2, 3, 5, 6}, all = {model.layers()};
  return {
      {"V11", "canonical order: batch sizes that give the bits of one batch, share of 5", 1,
       share(canonical, batches, all), 0, 0},
      {"V11", "canonical order: pipelines of 2 to 12 nodes that give the bits of one node, share of 5", 1,
       share(canonical, one, stages), 0, 0},
      {"V11", "an order that hangs on the batch: batch sizes that give the bits of one batch, share of 5", 0,
       share(vendor, batches, all), 0, 0},
      {"V11", "the same: pipelines that give the bits of one node, where batches stay", 1, share(vendor, one, stages),
       0, 0},
  };
}

}  // namespace orrery::experiments::rows
