// Weights W[n, k] as gemm reads them: packed once, at load, into panels of 32 output columns.
//
// A panel is read front to back, one cache line after the other; what is past n or k is zero. Within panel p, column c
// of it (0 .. 31) stands for row 32 p + c of W:
//
//   fp32   for each i of k: 32 floats.
//   bf16   for each i: 16 words; word l holds column l in its low and column l + 16 in its high half.
//   int8   for each block of 32 along k: 8 x 128 bytes, then 32 fp16 scales. Byte (4 g + t) of column c lies at
//          g * 128 + c * 4 + t and holds q + 128, unsigned, as the byte products of AVX-512 VNNI want it.
//   int4   for each block: 4 x 128 bytes, then 32 fp16 scales. Byte h * 128 + c * 4 + t holds q + 8 of (8 h + t) in its
//          low and of (8 h + 4 + t) in its high half.
#pragma once

#include <cstddef>
#include <memory>

#include "kernels/quant.hpp"
#include "kernels/tensor.hpp"

namespace orrery::kernels {

class PackedMatrix {
 public:
  static constexpr int panel = 32;

  PackedMatrix() = default;
  PackedMatrix(int n, int k, WeightType type = WeightType::fp32);  // all zeros; fill with set_rows
  explicit PackedMatrix(ConstMatrixView w, WeightType type = WeightType::fp32);
  explicit PackedMatrix(const EncodedView& w);

  // Rows first .. first + w.rows - 1 of W; w.cols == k. Several weights packed side by side make one gemm.
  void set_rows(int first, ConstMatrixView w);     // encoded as type() wants it (quant.hpp)
  void set_rows(int first, const EncodedView& w);  // w.type == type(): moved, not rounded again

  WeightType type() const { return type_; }
  int n() const { return n_; }
  int k() const { return k_; }
  int panels() const { return (n_ + panel - 1) / panel; }
  std::size_t bytes() const { return static_cast<std::size_t>(panels()) * panel_bytes_; }

  const std::byte* data() const { return data_.get(); }
  std::size_t panel_bytes() const { return panel_bytes_; }
  // W(c, i): for int8 and int4 the product d q, rounded to fp32.
  float at(int c, int i) const;

 private:
  void set_row(int c, std::span<const std::byte> row);

  struct Free {
    void operator()(std::byte* memory) const;
  };
  WeightType type_ = WeightType::fp32;
  int n_ = 0, k_ = 0;
  std::size_t panel_bytes_ = 0;
  std::unique_ptr<std::byte[], Free> data_;
};

// Bytes of a panel for k steps along the row: where step k of a panel starts, k a multiple of 32 for int8 and int4.
constexpr std::size_t packed_bytes(WeightType type, int k) {
  const auto steps = static_cast<std::size_t>(k);
  const std::size_t blocks = (steps + weight_block - 1) / weight_block, scales = PackedMatrix::panel * 2;
  switch (type) {
    case WeightType::fp32:
      return steps * PackedMatrix::panel * 4;
    case WeightType::bf16:
      return steps * PackedMatrix::panel * 2;
    case WeightType::int8:
      return blocks * (PackedMatrix::panel * weight_block + scales);
    case WeightType::int4:
      return blocks * (PackedMatrix::panel * weight_block / 2 + scales);
  }
  return 0;
}

}  // namespace orrery::kernels
