// fp32 products: against OpenBLAS and oneDNN, on AVX2 against OpenBLAS for Haswell, and the order of sums against
// others.
#include <algorithm>

#include "experiments/bench_kernels.hpp"
#include "experiments/bench_peers.hpp"
#include "experiments/bench_products.hpp"

namespace orrery::experiments {
namespace {

using kernels::Isa;
using kernels::Matrix;
using kernels::PackedMatrix;
using kernels::WeightType;
using kernels::Workspace;

struct Product {
  explicit Product(ProductShape shape)
      : x(numbers(shape.m, shape.k, 1)), w(numbers(shape.n, shape.k, 2)), packed(w), ours(shape.m, shape.n) {}
  void run(Workspace& workspace) { kernels::gemm(x, packed, ours, workspace); }
  std::string wrong() const { return differs_from_twin(x, w, WeightType::fp32, ours); }
  int rounds() const {
    return rounds_for(2.0 * x.rows() * static_cast<double>(w.size()) / 30e9);  // three products of some 90 GF/s
  }

  Matrix x, w;
  PackedMatrix packed;
  Matrix ours;
};

// fp32 sums of k terms in another order.
constexpr double other_order = 1e-5;

std::vector<KernelRow> against_peers(ProductShape shape) {
  Product product(shape);
  Matrix blas_y(shape.m, shape.n), dnn_y(shape.m, shape.n);
  Workspace workspace;
  std::string no_blas, no_dnn;
  const auto blas = OpenBlas::open(no_blas);
  const auto dnn = OneDnnProduct::fp32(product.x, product.w, dnn_y, no_dnn);
  const auto times = interleaved(product.rounds(), {[&] { product.run(workspace); },
                                                    [&] {
                                                      if (blas) blas->multiply(product.x, product.w, blas_y);
                                                    },
                                                    [&] {
                                                      if (dnn) dnn->run();
                                                    }});
  const std::string name = "fp32 GEMM " + text(shape), wrong = product.wrong();
  const auto blas_wrong = blas ? differs_from_ours(blas_y, product.ours, other_order) : "";
  const auto dnn_wrong = dnn ? differs_from_ours(dnn_y, product.ours, other_order) : "";
  const std::string blas_name = blas ? "OpenBLAS " + blas->core() : "OpenBLAS";
  if (shape.m >= 64) {
    return {{name, blas_name, times[0], times[1], 1.2, no_blas, wrong + blas_wrong},
            {name, "oneDNN", times[0], times[2], 0.95, no_dnn, wrong + dnn_wrong}};
  }
  // Few rows: the better of the two.
  const bool dnn_better = dnn && (!blas || times[2] < times[1]);
  const std::string absent = blas && dnn ? "" : no_blas + (no_blas.empty() || no_dnn.empty() ? "" : ", ") + no_dnn;
  return {{name, dnn_better ? "oneDNN (the better)" : blas_name + " (the better)", times[0], times[dnn_better ? 2 : 1],
           1.0, absent, wrong + blas_wrong + dnn_wrong}};
}

// In a process in which OpenBLAS was told to take its kernels for Haswell.
std::vector<KernelRow> avx2_against_openblas(ProductShape shape) {
  Product product(shape);
  Matrix blas_y(shape.m, shape.n);
  Workspace workspace({Isa::avx2, 1});
  std::string absent;
  const auto blas = OpenBlas::open(absent);
  if (blas && blas->core() != "Haswell") absent = "OpenBLAS has no kernels for Haswell here, but for " + blas->core();
  const auto times = interleaved(product.rounds(), {[&] { product.run(workspace); },
                                                    [&] {
                                                      if (blas) blas->multiply(product.x, product.w, blas_y);
                                                    }});
  const std::string wrong = product.wrong() + (blas ? differs_from_ours(blas_y, product.ours, other_order) : "");
  return {{"fp32 GEMM on AVX2 " + text(shape), "OpenBLAS Haswell", times[0], times[1], 1.0, absent, wrong}};
}

// Our own products with longer blocks of sums, down to one chain for each element.
std::vector<KernelRow> against_other_orders(ProductShape shape) {
  Product product(shape);
  Workspace workspace;
  std::vector<Workspace> others;
  for (const int k_block : {512, 1024, shape.k}) others.emplace_back(workspace.cpu, kernels::Numerics{k_block});
  std::vector<std::function<void()>> runs;
  for (Workspace& other : others) runs.emplace_back([&] { product.run(other); });
  runs.emplace_back([&] { product.run(workspace); });  // the last one, so that its answer stays
  const auto times = interleaved(product.rounds(), runs);
  const double fastest = *std::min_element(times.begin(), times.end() - 1);
  return {{"fp32 GEMM canonical order " + text(shape), "ours, fastest order", times.back(), fastest, 0.95, "",
           product.wrong()}};
}

}  // namespace

std::vector<KernelCase> gemm_cases() {
  std::vector<KernelCase> out;
  const auto each = [&](const std::vector<int>& rows, const auto& add) {
    for (const auto& [k, n] : {std::pair(4096, 4096), {2048, 5632}, {4096, 11008}})
      for (const int m : rows) add(ProductShape{m, k, n});
  };
  each({4, 16, 64, 256, 512}, [&](ProductShape shape) {
    out.push_back({"fp32 GEMM " + text(shape), [shape] { return against_peers(shape); }});
  });
  each({64, 256, 512}, [&](ProductShape shape) {
    out.push_back({"fp32 GEMM on AVX2 " + text(shape),
                   [shape] { return avx2_against_openblas(shape); },
                   {{"OPENBLAS_CORETYPE", "Haswell"}}});
  });
  for (const int m : {1, 64, 256})
    out.push_back({"fp32 GEMM canonical order " + text({m, 2048, 5632}), [m] {
                     return against_other_orders({m, 2048, 5632});
                   }});
  return out;
}

}  // namespace orrery::experiments
