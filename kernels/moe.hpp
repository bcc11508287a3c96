// A mixture of experts: every row goes through the `active` experts that a router likes best (Shazeer et al., 2017;
// as in Mixtral, Jiang et al., 2024).
//
//   y = sum over the chosen e of p_e E_e(x),   E_e(x) = W_down,e (silu(W_gate,e x) * W_up,e x),   logits l = W_router x
//
// Choice: the largest logits; of equal ones the lower expert; NaN below every number. p_e = exp(l_e - max) / sum over
// the chosen ones, max the largest of their logits, the sum in ascending order of experts. Order: y(i) is the chain  y
// = fma(p_e, E_e(x)(i), y)  from +0 over the chosen experts in ascending order; what an expert adds depends on its row
// alone (gemm.hpp). So a row's bits depend on no batch, no thread, no instruction set, and not on where or in which
// order the experts were run. Numerics::activations rounds logits, p, the results of an expert's products and gate, and
// y. Cost of a row: 6 active hidden ffn + 2 experts hidden flops; a batch reads the weights of those experts that any
// of its rows chose.
#pragma once

#include <span>

#include "kernels/gemm.hpp"
#include "kernels/mlp.hpp"
#include "kernels/rounding.hpp"
#include "kernels/workspace.hpp"

namespace orrery::kernels {

struct ExpertWeights {
  PackedMatrix gate_up;  // [2 ffn, hidden]: gate, up
  PackedMatrix down;     // [hidden, ffn]
  std::size_t bytes() const { return gate_up.bytes() + down.bytes(); }
};

// Who runs the experts, wherever their weights are. Rows first[e] .. first[e + 1] - 1 of x and y [n, hidden] are expert
// e's; y does not overlap x.
class Experts {
 public:
  virtual ~Experts() = default;
  virtual void run(ConstMatrixView x, std::span<const int> first, MatrixView y, Workspace& workspace) = 0;
};

// Those whose weights are at hand; the weights outlive it.
class LocalExperts final : public Experts {
 public:
  explicit LocalExperts(std::span<const ExpertWeights> weights) : weights_(weights) {}
  void run(ConstMatrixView x, std::span<const int> first, MatrixView y, Workspace& workspace) override;

 private:
  std::span<const ExpertWeights> weights_;
};

// Of row r: experts [r * active, (r + 1) * active) in ascending order, and their weights.
struct Routing {
  int active = 0;
  std::span<int> expert;
  std::span<float> weight;
};

// logits [n, experts]; out.expert and out.weight hold n * out.active, 1 <= out.active <= experts <= 1024.
void route(ConstMatrixView logits, const Routing& out);

// Pairs (row, chosen expert) in ascending order of expert, then row: pair p of the routing stands at place[p], and the
// pairs of expert e at first[e] .. first[e + 1] - 1. first holds experts + 1, place as many as routing.expert.
void group(const Routing& routing, std::span<int> first, std::span<int> place);

// y(r) = the chain above over rows place[r * active], ... of `results`.
void combine(ConstMatrixView results, const Routing& routing, std::span<const int> place, MatrixView y, const Cpu& cpu);

// One expert alone: y = E(x), x and y [n, hidden]; y may be x.
void expert(ConstMatrixView x, const ExpertWeights& weights, MatrixView y, Workspace& workspace);

// The whole layer: x, y [n, hidden], router [experts, hidden]; y may be x.
void moe(ConstMatrixView x, const PackedMatrix& router, int active, Experts& experts, MatrixView y,
         Workspace& workspace);

// A gated feed-forward layer around its products: gate_up(x, both) gives [n, 2 ffn] and down(gated, y) y, both rounded.
// y may be x.
template <class GateUp, class Down>
void gated_mlp(ConstMatrixView x, int ffn, MatrixView y, Workspace& workspace, const GateUp& gate_up,
               const Down& down) {
  Workspace::Scope scope(workspace);
  const MatrixView both = scope.matrix(x.rows, 2 * ffn), gated = both.slice_cols(0, ffn);
  gate_up(x, both);
  swiglu(gated, both.slice_cols(ffn, ffn), gated, workspace.cpu);
  round_to(workspace.numerics.activations, gated);
  down(ConstMatrixView(gated), y);
}

namespace ref {
struct Expert {
  EncodedView gate, up, down;
};
void route(ConstMatrixView logits, const Routing& out);
// Row after row, no groups.
void moe(ConstMatrixView x, ConstMatrixView router, int active, std::span<const Expert> experts, MatrixView y,
         const Numerics& numerics = {});
}  // namespace ref

}  // namespace orrery::kernels
