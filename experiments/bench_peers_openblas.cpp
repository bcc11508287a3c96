#include <cstdlib>

#include <dlfcn.h>

#include "experiments/bench_peers.hpp"

namespace orrery::experiments {

struct OpenBlas::Symbols {
  using Sgemm = void(int order, int transpose_a, int transpose_b, int m, int n, int k, float alpha, const float* a,
                     int lda, const float* b, int ldb, float beta, float* c, int ldc);
  Sgemm* sgemm = nullptr;
  char* (*core)() = nullptr;
};

std::unique_ptr<OpenBlas> OpenBlas::open(std::string& why) {
  setenv("OPENBLAS_NUM_THREADS", "1", 1);  // read when the library is loaded: no threads beside ours
  void* library = dlopen("libopenblas.so.0", RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) return why = "no libopenblas.so.0 (Debian: libopenblas0)", nullptr;
  auto symbols = std::make_shared<Symbols>();
  symbols->sgemm = reinterpret_cast<Symbols::Sgemm*>(dlsym(library, "cblas_sgemm"));
  symbols->core = reinterpret_cast<char* (*)()>(dlsym(library, "openblas_get_corename"));
  if (symbols->sgemm == nullptr || symbols->core == nullptr) return why = "libopenblas.so.0 lacks cblas_sgemm", nullptr;
  return std::unique_ptr<OpenBlas>(new OpenBlas(std::move(symbols)));
}

std::string OpenBlas::core() const { return symbols_->core(); }

void OpenBlas::multiply(kernels::ConstMatrixView x, kernels::ConstMatrixView w, kernels::MatrixView y) const {
  constexpr int row_major = 101, plain = 111, transposed = 112;  // the numbers of the CBLAS interface
  symbols_->sgemm(row_major, plain, transposed, x.rows, w.rows, x.cols, 1.0F, x.data, static_cast<int>(x.stride),
                  w.data, static_cast<int>(w.stride), 0.0F, y.data, static_cast<int>(y.stride));
}

}  // namespace orrery::experiments
