// Other people's matrix products, for comparison only: looked for when a benchmark asks for them, never linked.
#pragma once

#include <memory>
#include <string>

#include "kernels/quant.hpp"
#include "kernels/tensor.hpp"

namespace orrery::experiments {

// OpenBLAS, one thread. What libopenblas.so.0 offers on this processor, or, with OPENBLAS_CORETYPE set before the
// library is loaded for the first time, on another.
class OpenBlas {
 public:
  // Null where the library or a symbol is missing; `why` says which.
  static std::unique_ptr<OpenBlas> open(std::string& why);
  std::string core() const;  // the processor that it chose kernels for
  // y = x w^T
  void multiply(kernels::ConstMatrixView x, kernels::ConstMatrixView w, kernels::MatrixView y) const;

 private:
  struct Symbols;
  explicit OpenBlas(std::shared_ptr<const Symbols> symbols) : symbols_(std::move(symbols)) {}
  std::shared_ptr<const Symbols> symbols_;
};

// oneDNN 2.x, one thread: a product whose weights it packed beforehand, in the layout of its choice.
class OneDnnProduct {
 public:
  virtual ~OneDnnProduct() = default;
  // Null where the library is missing, has another interface or refuses; `why` says which.
  static std::unique_ptr<OneDnnProduct> fp32(kernels::ConstMatrixView x, kernels::ConstMatrixView w,
                                             kernels::MatrixView y, std::string& why);
  // y = scales(c) x w^T: x unsigned bytes [m, k], w signed bytes [n, k], y and scales [n] fp32.
  static std::unique_ptr<OneDnnProduct> u8s8(int m, int k, int n, const std::uint8_t* x, const std::int8_t* w,
                                             const float* scales, float* y, std::string& why);
  virtual void run() = 0;
};

}  // namespace orrery::experiments
