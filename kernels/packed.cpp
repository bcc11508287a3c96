#include "kernels/packed.hpp"

#include <cstdlib>
#include <cstring>
#include <new>

#include "kernels/pages.hpp"

namespace orrery::kernels {
namespace {

constexpr int panel = PackedMatrix::panel;

std::byte* allocate(std::size_t bytes) {
  constexpr std::size_t huge = 2U << 20U;
  const std::size_t align = bytes >= huge ? huge : 64, size = (bytes + align - 1) / align * align;
  void* memory = std::aligned_alloc(align, size);
  if (memory == nullptr) throw std::bad_alloc();
  prefer_huge_pages(memory, size);
  return static_cast<std::byte*>(memory);
}

// Where weight i of a row and its scale lie in the row's bytes, and where the column's lie in its panel.
struct Place {
  std::size_t encoded, packed, encoded_scale, packed_scale;
  bool encoded_high, packed_high;  // int4: which half of the byte
};
Place place(WeightType type, int c, int i) {
  const auto column = static_cast<std::size_t>(c), step = static_cast<std::size_t>(i);
  if (type == WeightType::fp32) return {step * 4, (step * panel + column) * 4, 0, 0, false, false};
  if (type == WeightType::bf16)
    return {step * 2, (step * panel + column % 16 * 2 + column / 16) * 2, 0, 0, false, false};
  const std::size_t at = step % weight_block, quad = at / 4, byte = column * 4 + at % 4;
  const std::size_t encoded = encoded_bytes(type, 1, weight_block) * (step / weight_block);
  const std::size_t packed = packed_bytes(type, static_cast<int>(step - at));
  const std::size_t scales = packed + packed_bytes(type, weight_block) - panel * 2 + column * 2;
  if (type == WeightType::int8) return {encoded + 2 + at, packed + quad * 128 + byte, encoded, scales, false, false};
  constexpr std::size_t half = weight_block / 2;
  return {encoded + 2 + at % half, packed + quad / 2 * 128 + byte, encoded, scales, at >= half, quad % 2 == 1};
}

}  // namespace

void PackedMatrix::Free::operator()(std::byte* memory) const { std::free(memory); }

PackedMatrix::PackedMatrix(int n, int k, WeightType type) : type_(type), n_(n), k_(k) {
  EXPECT(n >= 0 && k >= 0);
  panel_bytes_ = packed_bytes(type, k);
  data_.reset(allocate(bytes()));
  std::memset(data_.get(), 0, bytes());
}

PackedMatrix::PackedMatrix(ConstMatrixView w, WeightType type) : PackedMatrix(w.rows, w.cols, type) { set_rows(0, w); }
PackedMatrix::PackedMatrix(const EncodedView& w) : PackedMatrix(w.rows, w.cols, w.type) { set_rows(0, w); }

void PackedMatrix::set_rows(int first, ConstMatrixView w) {
  EXPECT(w.cols == k_ && first >= 0 && first + w.rows <= n_);
  for (int r = 0; r < w.rows; ++r) set_row(first + r, encode(type_, w.slice_rows(r, 1)));
}

void PackedMatrix::set_rows(int first, const EncodedView& w) {
  EXPECT(w.type == type_ && w.cols == k_ && first >= 0 && first + w.rows <= n_);
  EXPECT(w.bytes.size() == encoded_bytes(w.type, w.rows, w.cols));
  for (int r = 0; r < w.rows; ++r) set_row(first + r, w.row(r));
}

void PackedMatrix::set_row(int c, std::span<const std::byte> row) {
  std::byte* to = data_.get() + static_cast<std::size_t>(c / panel) * panel_bytes_;
  const std::byte* from = row.data();
  const bool blocks = type_ == WeightType::int8 || type_ == WeightType::int4;
  // The zeros that fill the last block up are weights too: they are moved with it.
  const int steps = blocks ? (k_ + weight_block - 1) / weight_block * weight_block : k_;
  for (int i = 0; i < steps; ++i) {
    const Place at = place(type_, c % panel, i);
    if (type_ == WeightType::fp32) {
      std::memcpy(to + at.packed, from + at.encoded, 4);
    } else if (type_ == WeightType::bf16) {
      std::memcpy(to + at.packed, from + at.encoded, 2);
    } else {
      if (i % weight_block == 0) std::memcpy(to + at.packed_scale, from + at.encoded_scale, 2);
      if (type_ == WeightType::int8) {
        to[at.packed] = from[at.encoded] ^ std::byte{0x80};
      } else {
        const std::byte nibble = at.encoded_high ? from[at.encoded] >> 4 : from[at.encoded] & std::byte{15};
        const std::byte keep = to[at.packed] & std::byte{at.packed_high ? std::uint8_t{0x0F} : std::uint8_t{0xF0}};
        to[at.packed] = keep | (at.packed_high ? nibble << 4 : nibble);
      }
    }
  }
}

float PackedMatrix::at(int c, int i) const {
  const std::byte* from = data_.get() + static_cast<std::size_t>(c / panel) * panel_bytes_;
  const Place at = place(type_, c % panel, i);
  if (type_ == WeightType::fp32) {
    float value = 0.0F;
    std::memcpy(&value, from + at.packed, sizeof value);
    return value;
  }
  std::uint16_t half = 0;
  if (type_ == WeightType::bf16) {
    std::memcpy(&half, from + at.packed, sizeof half);
    return from_bf16(half);
  }
  std::memcpy(&half, from + at.packed_scale, sizeof half);
  const auto byte = std::to_integer<int>(from[at.packed]);
  const int q = type_ == WeightType::int8 ? byte - 128 : (at.packed_high ? byte >> 4 : byte & 15) - 8;
  return from_half(half) * static_cast<float>(q);
}

}  // namespace orrery::kernels
