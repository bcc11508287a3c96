// int8 products against oneDNN's of unsigned and signed bytes.
#include "experiments/bench_kernels.hpp"
#include "experiments/bench_peers.hpp"
#include "experiments/bench_products.hpp"

namespace orrery::experiments {
namespace {

// The peer is given its bytes and has one scale a column; ours quantises x in each call and has one scale for every 32
// weights. Both leave fp32. So the peer does less, and the ratio that is asked for says so.
std::vector<KernelRow> against_onednn(ProductShape shape) {
  const auto [m, k, n] = shape;
  const kernels::Matrix x = numbers(m, k, 1), w = numbers(n, k, 2);
  const kernels::PackedMatrix packed(w, kernels::WeightType::int8);
  kernels::Matrix ours(m, n), peer(m, n);
  // Its bytes: x in [0, 64), so that sums stay exact on every path; w of our first quantised weights.
  std::vector<std::uint8_t> x_bytes(x.size());
  std::vector<std::int8_t> w_bytes(w.size());
  for (std::size_t i = 0; i < x.size(); ++i) x_bytes[i] = static_cast<std::uint8_t>((x.span()[i] + 0.5F) * 63.0F);
  for (std::size_t i = 0; i < w.size(); ++i) w_bytes[i] = static_cast<std::int8_t>(w.span()[i] * 254.0F);
  const std::vector<float> scales(static_cast<std::size_t>(n), 0x1p-10F);
  std::string absent;
  const auto dnn = OneDnnProduct::u8s8(m, k, n, x_bytes.data(), w_bytes.data(), scales.data(), peer.data(), absent);
  kernels::Workspace workspace;
  const auto times =
      interleaved(rounds_for(2.0 * m * k * n / 150e9), {[&] { kernels::gemm(x, packed, ours, workspace); },
                                                        [&] {
                                                          if (dnn) dnn->run();
                                                        }});
  std::string wrong = differs_from_twin(x, w, kernels::WeightType::int8, ours);
  for (const int r : {0, m - 1}) {
    for (int c = 0; dnn && wrong.empty() && c < n; c += n / 50) {
      long dot = 0;
      for (int i = 0; i < k; ++i)
        dot += x_bytes[static_cast<std::size_t>(r) * k + i] * w_bytes[static_cast<std::size_t>(c) * k + i];
      if (static_cast<float>(dot) * 0x1p-10F != peer(r, c)) wrong = "the peer's sum of bytes is another";
    }
  }
  return {{"int8 GEMM " + text(shape), "oneDNN u8s8", times[0], times[1], 0.85, absent, wrong}};
}

}  // namespace

std::vector<KernelCase> gemm_int8_cases() {
  std::vector<KernelCase> out;
  for (const auto& [k, n] : {std::pair(4096, 4096), {2048, 5632}, {4096, 11008}})
    for (const int m : {64, 256, 512})
      out.push_back(
          {"int8 GEMM " + text({m, k, n}), [shape = ProductShape{m, k, n}] { return against_onednn(shape); }});
  return out;
}

}  // namespace orrery::experiments
