#include "kernels/codec.hpp"

#include <bit>
#include <cmath>

#include <gtest/gtest.h>

#include "tests/kernels/random_matrix.hpp"

namespace orrery::kernels {
namespace {

const WireFormat formats[] = {WireFormat::fp32, WireFormat::bf16, WireFormat::int8};

std::vector<std::byte> encoded(WireFormat format, ConstMatrixView x) {
  std::vector<std::byte> bytes(encoded_bytes(format, x.rows, x.cols));
  encode(format, x, bytes);
  return bytes;
}

Matrix round_trip(WireFormat format, ConstMatrixView x) {
  Matrix out(x.rows, x.cols);
  decode(format, encoded(format, x), out);
  return out;
}

// Every exponent, subnormals, zeros of both signs.
Matrix wild(Numbers& numbers, int rows, int cols) {
  Matrix out(rows, cols);
  for (float& value : out.span()) {
    value = std::bit_cast<float>(static_cast<std::uint32_t>(numbers.bits()));
    if (!std::isfinite(value)) value = -0.0F;
  }
  return out;
}

TEST(Codec, Sizes) {
  EXPECT_EQ(encoded_bytes(WireFormat::fp32, 3, 130), 3U * 520);
  EXPECT_EQ(encoded_bytes(WireFormat::bf16, 3, 130), 3U * 260);
  EXPECT_EQ(encoded_bytes(WireFormat::int8, 3, 130), 3U * (130 + 3 * 4));
  EXPECT_EQ(encoded_bytes(WireFormat::int8, 3, 0), 0U);
}

TEST(Codec, EqualsTheTwinBitForBit) {
  Numbers numbers(1);
  for (const WireFormat format : formats) {
    for (int cols = 1; cols < 200; cols += 9) {
      for (const bool extreme : {false, true}) {
        const Matrix x = extreme ? wild(numbers, 3, cols) : random_matrix(numbers, 3, cols, 20.0F);
        const auto bytes = encoded(format, x);
        std::vector<std::byte> want(bytes.size());
        ref::encode(format, x, want);
        EXPECT_EQ(bytes, want) << name(format) << " " << cols;
        Matrix a(3, cols), b(3, cols);
        decode(format, bytes, a);
        ref::decode(format, bytes, b);
        EXPECT_TRUE(same_bits(a, b));
      }
    }
  }
}

TEST(Codec, Fp32IsTheIdentity) {
  Numbers numbers(2);
  Matrix x = wild(numbers, 5, 77);
  x(0, 0) = std::bit_cast<float>(0x7FA00001U);  // a signalling NaN with a payload
  x(1, 1) = -HUGE_VALF;
  EXPECT_TRUE(same_bits(round_trip(WireFormat::fp32, x), x));
}

TEST(Codec, Bf16RoundsToNearestEven) {
  const std::pair<std::uint32_t, std::uint32_t> cases[] = {
      {0x3F800000, 0x3F800000}, {0x3F808000, 0x3F800000}, {0x3F818000, 0x3F820000}, {0x3F808001, 0x3F810000},
      {0x7F7FFFFF, 0x7F800000}, {0xFF800000, 0xFF800000}, {0x80000000, 0x80000000}, {0x7F800001, 0x7FC00000}};
  for (const auto& [from, to] : cases) {
    Matrix x(1, 1);
    x(0, 0) = std::bit_cast<float>(from);
    EXPECT_EQ(std::bit_cast<std::uint32_t>(round_trip(WireFormat::bf16, x)(0, 0)), to) << std::hex << from;
  }
  Numbers numbers(3);
  const Matrix x = random_matrix(numbers, 4, 1000, 50.0F), y = round_trip(WireFormat::bf16, x);
  for (std::size_t i = 0; i < x.size(); ++i)
    EXPECT_LE(std::abs(y.data()[i] - x.data()[i]), std::abs(x.data()[i]) * 0x1p-8);
}

TEST(Codec, Int8ErrorIsHalfAStep) {
  Numbers numbers(4);
  for (const bool extreme : {false, true}) {
    const Matrix x = extreme ? wild(numbers, 4, 200) : random_matrix(numbers, 4, 200, 30.0F);
    const Matrix y = round_trip(WireFormat::int8, x);
    for (int r = 0; r < 4; ++r) {
      for (int i = 0; i < 200; ++i) {
        double absmax = 0.0;
        for (int j = i / 64 * 64; j < std::min(200, i / 64 * 64 + 64); ++j)
          absmax = std::max<double>(absmax, std::abs(x(r, j)));
        ASSERT_LE(std::abs(static_cast<double>(y(r, i)) - x(r, i)), 0.51 * absmax / 127);
      }
    }
  }
}

TEST(Codec, Int8KeepsTheSignOfTinyBlocksAndZeros) {
  Matrix x(1, 3);
  x(0, 0) = 0x1p-149F;  // its scale rounds to zero
  const Matrix none = round_trip(WireFormat::int8, x);
  for (const float value : none.span()) EXPECT_EQ(value, 0.0F);
  x(0, 0) = 0x1p-140F, x(0, 1) = -0x1p-140F;
  const Matrix y = round_trip(WireFormat::int8, x);
  EXPECT_GT(y(0, 0), 0.0F);
  EXPECT_LT(y(0, 1), 0.0F);
}

TEST(Codec, Int8ShowsPoison) {
  for (const float poison : {NAN, HUGE_VALF, -HUGE_VALF}) {
    Matrix x(1, 130);
    for (float& value : x.span()) value = 1.0F;
    x(0, 70) = poison;
    const Matrix y = round_trip(WireFormat::int8, x);
    for (int i = 0; i < 130; ++i) EXPECT_EQ(std::isnan(y(0, i)), i / 64 == 1) << i;
  }
}

TEST(Codec, ARowHasTheSameBytesInAnyBatch) {
  Numbers numbers(5);
  const Matrix x = random_matrix(numbers, 6, 100);
  for (const WireFormat format : formats) {
    const auto all = encoded(format, x);
    std::vector<std::byte> joined;
    for (int r = 0; r < 6; ++r) {
      const auto one = encoded(format, x.view().slice_rows(r, 1));
      joined.insert(joined.end(), one.begin(), one.end());
    }
    EXPECT_EQ(all, joined) << name(format);
  }
}

TEST(Codec, RefusesBytesOfAnotherSize) {
  Matrix x(2, 10);
  std::vector<std::byte> bytes(79);
  EXPECT_THROW(encode(WireFormat::fp32, x, bytes), ContractError);
  EXPECT_THROW(decode(WireFormat::fp32, bytes, x), ContractError);
}

}  // namespace
}  // namespace orrery::kernels
