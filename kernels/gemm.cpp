#include "kernels/gemm.hpp"

#include <algorithm>

#include <omp.h>

#include "kernels/gemm_path.hpp"
#include "kernels/vec.hpp"

namespace orrery::kernels {
namespace {

// Most rows of x in flight. A k block of them (264 KiB) stays in L2 while all panels pass.
constexpr int row_chunk = 264;
// What a thread takes at a time: as many columns as a tile has in registers where these are many.
constexpr int task_panels = 2, task_columns = task_panels * PackedMatrix::panel;
// Below this many multiplications a second thread costs more than it brings.
constexpr double worth_a_thread = 1 << 20;

bool in_blocks(WeightType type) { return type == WeightType::int8 || type == WeightType::int4; }

GemmPath path_for(Isa isa, WeightType type) {
  return in_blocks(type) ? gemm_bytes_path(isa, type == WeightType::int4)
                         : gemm_float_path(isa, type == WeightType::bf16);
}

// Rows of one strip, so that all strips are about equally high: 16 rows are 8 + 8, not 12 + 4.
int strip_height(int rows, int most) {
  const int strips = (rows + most - 1) / most;
  return (rows + strips - 1) / strips;
}

// Rows of one chunk, so that all chunks are about equally high, in whole strips.
int chunk_height(int rows, int strip) {
  const int chunks = std::max(1, (rows + row_chunk - 1) / row_chunk), height = (rows + chunks - 1) / chunks;
  return std::min(rows, (height + strip - 1) / strip * strip);
}

// Words of x that a row takes for a k block once it is packed: quantised, nine for 32 steps and the scale.
std::ptrdiff_t packed_words(WeightType type, std::ptrdiff_t steps) {
  return in_blocks(type) ? (steps + weight_block - 1) / weight_block * 9 + 1 : steps;
}

// The weights that come next, asked for a few lines at a time while others are worked on: whoever comes to them first
// would wait for memory. (Measured: 10 % of a product of bytes with 64 rows and of fp32 on AVX2, 2 and 4 % with 256.)
class NextWeights {
 public:
  NextWeights() = default;  // none
  // `bytes` of each of `panels` panels, in at most `turns` turns.
  NextWeights(const std::byte* first, int panels, std::size_t panel_bytes, std::size_t bytes, int turns)
      : next_(first), end_(first + bytes), panels_(panels), panel_bytes_(panel_bytes) {
    EXPECT(bytes % line == 0);
    const std::size_t count = static_cast<std::size_t>(turns);
    a_turn_ = (bytes / line + count - 1) / count * line;
  }
  void take_turn() {
    const std::byte* stop = next_ + std::min(a_turn_, static_cast<std::size_t>(end_ - next_));
    for (; next_ < stop; next_ += line)
      for (int p = 0; p < panels_; ++p) __builtin_prefetch(next_ + static_cast<std::size_t>(p) * panel_bytes_);
  }

 private:
  static constexpr std::size_t line = 64;
  const std::byte *next_ = nullptr, *end_ = nullptr;  // in the first panel
  int panels_ = 0;
  std::size_t panel_bytes_ = 0, a_turn_ = 0;
};

// One chunk of rows. Where x lies packed: k block by k block, and in each strip by strip.
struct Chunk {
  GemmPath path;
  ConstMatrixView x;
  const PackedMatrix& w;
  MatrixView y;
  int k_block;
  float* packed;

  int strip() const { return strip_height(x.rows, path.rows); }
  int strips() const { return (x.rows + strip() - 1) / strip(); }
  int k_blocks() const { return static_cast<int>((static_cast<std::ptrdiff_t>(w.k()) + k_block - 1) / k_block); }
  int steps(int block) const { return std::min(k_block, w.k() - block * k_block); }
  float* place(int block, int r0) const {
    return packed + packed_words(w.type(), k_block) * block * x.rows + packed_words(w.type(), steps(block)) * r0;
  }

  // Pieces that x is packed in: a strip of a k block each.
  int packs() const { return k_blocks() * strips(); }
  void pack(int piece) const {
    const int block = piece / strips(), r0 = piece % strips() * strip();
    path.pack(x.row(r0) + static_cast<std::ptrdiff_t>(block) * k_block, x.stride, std::min(strip(), x.rows - r0),
              steps(block), place(block, r0));
  }
  void pack() const {
    for (int piece = 0; piece < packs(); ++piece) pack(piece);
  }

  // Whether halves of panels are worth a copy: enough rows read it.
  bool copies() const { return path.copy != nullptr && x.rows >= 4 * path.rows; }

  // Task t: all rows of at most task_panels panels. Every output element is written here and by no other task.
  // The sums of the k blocks so far wait in `scratch`, x.rows * task_columns, those of a tile side by side: rows of y
  // lie far apart, often on the same few places of a cache. Behind them is room for a copy of half a panel.
  void multiply(int t, float* scratch) const {
    const int units = 2 * std::min(task_panels, w.panels() - t * task_panels);
    // Two units are a panel: a strip that is lower than the others may want both of them at once.
    const int lowest = x.rows % strip() == 0 ? strip() : x.rows % strip();
    const int at_once = copies() ? 1 : std::max(path.units[strip() - 1], path.units[lowest - 1]);
    for (int block = 0; block < k_blocks(); ++block) {
      NextWeights next = after(t, block, (units + at_once - 1) / at_once * strips());
      for (int unit = 0; unit < units; unit += at_once)
        multiply(block, t * task_panels, unit, std::min(at_once, units - unit), scratch, next);
    }
  }

 private:
  // What is read after `block` of task t: the task's next one, or the next task's first. A single strip would ask for
  // all of it in one burst: then nothing.
  NextWeights after(int t, int block, int turns) const {
    const bool last = block + 1 == k_blocks();
    const int panel = (last ? t + 1 : t) * task_panels, next = last ? 0 : block + 1;
    if (!path.asks_ahead || strips() == 1 || panel >= w.panels()) return {};
    const std::byte* first = w.data() + static_cast<std::size_t>(panel) * w.panel_bytes();
    return {first + packed_bytes(w.type(), next * k_block), std::min(task_panels, w.panels() - panel), w.panel_bytes(),
            packed_bytes(w.type(), steps(next)), turns};
  }
  // All rows of `count` units, the first of which is `unit` of panel `panel`.
  void multiply(int block, int panel, int unit, int count, float* scratch, NextWeights& next) const {
    const bool last = block + 1 == k_blocks();
    const int column = panel * PackedMatrix::panel + unit * vec_lanes, stride = count * vec_lanes;
    const std::byte* weights =
        w.data() + static_cast<std::size_t>(panel) * w.panel_bytes() + packed_bytes(w.type(), block * k_block);
    if (copies()) {
      float* copy = scratch + static_cast<std::ptrdiff_t>(x.rows) * task_columns;
      path.copy(weights + static_cast<std::size_t>(unit / 2) * w.panel_bytes(), unit % 2, steps(block), copy);
      weights = reinterpret_cast<const std::byte*>(copy);
    }
    for (int r0 = 0; r0 < x.rows; r0 += strip()) {
      next.take_turn();
      const int height = std::min(strip(), x.rows - r0);
      float* sum = scratch + (static_cast<std::ptrdiff_t>(unit) * x.rows + r0 * count) * vec_lanes;
      const GemmBlock what{.x = place(block, r0),
                           .w = weights,
                           .panel_bytes = w.panel_bytes(),
                           .steps = steps(block),
                           .unit = copies() ? 0 : unit,
                           .units = count,
                           .before = block == 0 ? nullptr : sum,
                           .before_stride = stride,
                           .out = last ? y.row(r0) + column : sum,
                           .out_stride = last ? y.stride : stride,
                           .columns = last ? w.n() - column : task_columns};
      (copies() ? path.copied_strips : path.strips)[height - 1](what);
    }
  }
};

// One row: a thread takes neighbouring panels, all k blocks of them.
void one_row(const GemmPath& path, const float* x, int k_block, const PackedMatrix& w, float* y, int threads) {
#pragma omp parallel for num_threads(threads) schedule(static) if (threads > 1)
  for (int t = 0; t < threads; ++t) {
    const auto share = [&](int i) { return static_cast<int>(static_cast<long>(w.panels()) * i / threads); };
    const int first = share(t), column = first * PackedMatrix::panel;
    path.row({.x = x,
              .w = w.data() + static_cast<std::size_t>(first) * w.panel_bytes(),
              .panel_bytes = w.panel_bytes(),
              .k = w.k(),
              .k_block = k_block,
              .panels = share(t + 1) - first,
              .out = y + column,
              .columns = w.n() - column});
  }
}

}  // namespace

void gemm(ConstMatrixView x, const PackedMatrix& w, MatrixView y, Workspace& workspace) {
  EXPECT(x.cols == w.k() && y.rows == x.rows && y.cols == w.n());
  if (w.k() == 0) {
    for (int r = 0; r < y.rows; ++r) std::fill_n(y.row(r), y.cols, 0.0F);
    return;
  }
  const GemmPath path = path_for(workspace.cpu.isa, w.type());
  int k_block = std::min(workspace.numerics.k_block, w.k());
  if (in_blocks(w.type())) k_block = (k_block + weight_block - 1) / weight_block * weight_block;
  const int chunk_rows = chunk_height(x.rows, path.rows);
  Workspace::Scope scope(workspace);
  const std::ptrdiff_t words = packed_words(w.type(), k_block) * ((w.k() + k_block - 1) / k_block) * chunk_rows;
  float* packed = scope.take(static_cast<std::size_t>(words));
  const bool share = static_cast<double>(x.rows) * w.n() * w.k() >= worth_a_thread;
  const int threads = share ? workspace.cpu.threads : 1;
  if (x.rows == 1) {
    const bool as_is = !in_blocks(w.type());  // a single fp32 row lies already as it is wanted
    if (!as_is) Chunk{path, x, w, y, k_block, packed}.pack();
    return one_row(path, as_is ? x.row(0) : packed, k_block, w, y.row(0), threads);
  }
  const std::ptrdiff_t scratch_size =
      static_cast<std::ptrdiff_t>(chunk_rows) * task_columns + (path.copy == nullptr ? 0 : k_block * vec_lanes);
  float* scratch = scope.take(static_cast<std::size_t>(scratch_size * threads));
  for (int r0 = 0; r0 < x.rows; r0 += chunk_rows) {
    const int rows = std::min(chunk_rows, x.rows - r0);
    const Chunk chunk{path, x.slice_rows(r0, rows), w, y.slice_rows(r0, rows), k_block, packed};
    const int tasks = (w.panels() + task_panels - 1) / task_panels, packs = chunk.packs();
    if (threads == 1) {
      chunk.pack();
      for (int t = 0; t < tasks; ++t) chunk.multiply(t, scratch);
    } else {
#pragma omp parallel num_threads(threads)
      {
#pragma omp for schedule(static)
        for (int p = 0; p < packs; ++p) chunk.pack(p);
#pragma omp for schedule(static)
        for (int t = 0; t < tasks; ++t) chunk.multiply(t, scratch + omp_get_thread_num() * scratch_size);
      }
    }
  }
}

}  // namespace orrery::kernels
