// The kernels' pinned cases: perf_kernels CASE [TIMES] prepares a case and runs it. analysis/perf_guard.py counts the
// instructions of measured() and what it calls. AVX2, because Valgrind knows no wider registers; one thread.
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <map>
#include <string>

#include "kernels/gemm.hpp"

namespace {

using namespace orrery::kernels;

Matrix numbers(int rows, int cols, unsigned seed) {
  Matrix out(rows, cols);
  for (float& value : out.span())
    value = static_cast<float>(static_cast<int>((seed = seed * 1664525U + 1013904223U) >> 16)) * 0x1p-16F - 0.5F;
  return out;
}

std::function<void()> product(WeightType type, int m) {
  struct State {
    Matrix x, y;
    PackedMatrix w;
    Workspace workspace{{Isa::avx2, 1}};
  };
  constexpr int k = 512, n = 192;
  auto state = std::make_shared<State>(State{numbers(m, k, 1), Matrix(m, n), PackedMatrix(numbers(n, k, 2), type)});
  const auto run = [state] { gemm(state->x, state->w, state->y, state->workspace); };
  run();  // the workspace grows at first use
  return run;
}

std::map<std::string, std::function<std::function<void()>()>> cases() {
  std::map<std::string, std::function<std::function<void()>()>> out;
  for (const WeightType type : {WeightType::fp32, WeightType::bf16, WeightType::int8, WeightType::int4})
    for (const int m : {1, 16, 64})
      out[std::string("gemm_") + name(type) + "_m" + std::to_string(m)] = [type, m] { return product(type, m); };
  out["encode_int8"] = [] {
    return [w = std::make_shared<Matrix>(numbers(64, 512, 3))] { encode(WeightType::int8, *w); };
  };
  out["encode_int4"] = [] {
    return [w = std::make_shared<Matrix>(numbers(64, 512, 3))] { encode(WeightType::int4, *w); };
  };
  return out;
}

}  // namespace

// What callgrind counts: from entry to return.
extern "C" __attribute__((noinline)) void measured(const std::function<void()>* run) {
  (*run)();
  asm volatile("" ::: "memory");  // so that it returns here and is no jump
}

int main(int argc, char** argv) {
  const auto all = cases();
  const auto found = argc >= 2 ? all.find(argv[1]) : all.end();
  if (found == all.end()) {
    std::fprintf(stderr, "usage: perf_kernels CASE [TIMES]; cases:\n");
    for (const auto& [name, make] : all) std::fprintf(stderr, "  %s\n", name.c_str());
    return 2;
  }
  const std::function<void()> run = found->second();
  for (int left = argc >= 3 ? std::atoi(argv[2]) : 1; left > 0; --left) measured(&run);
  return 0;
}
