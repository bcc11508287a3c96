#include "kernels/conv.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include <gtest/gtest.h>

#include "tests/kernels/random_matrix.hpp"

namespace orrery::kernels {
namespace {

struct Case {
  int in, out, kernel, height, width;
};
const Case cases[] = {{1, 1, 1, 1, 1},    {1, 16, 7, 28, 28}, {3, 5, 3, 6, 15},  {2, 9, 5, 3, 16},  {6, 8, 7, 2, 17},
                      {16, 1, 3, 28, 28}, {11, 3, 7, 5, 33},  {7, 20, 3, 4, 50}, {40, 4, 3, 5, 32}, {2, 12, 9, 4, 3}};

struct Inputs {
  Inputs(Numbers& numbers, const Case& c)
      : x(random_matrix(numbers, c.in, c.height * c.width)),
        w(random_matrix(numbers, c.out, c.in * c.kernel * c.kernel)),
        bias(random_matrix(numbers, 1, c.out)) {}
  Matrix x, w, bias;
};

TEST(Conv, EqualsTheTwinBitForBitOnEveryPathAtAnyAlignment) {
  Numbers numbers(1);
  for (const Case& c : cases) {
    for (const int k_block : {256, 64, 1}) {
      const Inputs in(numbers, c);
      Matrix want(c.out, c.height * c.width);
      ref::conv(in.x, c.height, in.w, c.kernel, in.bias.span(), want, k_block);
      const PackedConv packed(in.w, c.kernel);
      for (const Isa isa : isas()) {
        Strided x(c.in, c.height * c.width, 3, numbers.integer(0, 15));
        Strided y(c.out, c.height * c.width, 5, numbers.integer(0, 15));
        for (int r = 0; r < c.in; ++r) std::copy_n(in.x.row(r), in.x.cols(), x.view().row(r));
        Workspace workspace({isa, 1}, {k_block});
        conv(x.view(), c.height, packed, in.bias.span(), y.view(), workspace);
        EXPECT_TRUE(same_bits(y.view(), want)) << name(isa) << " " << c.in << " to " << c.out << ", " << c.kernel;
        EXPECT_TRUE(y.intact());
      }
    }
  }
}

TEST(Conv, ThreadsChangeNoBits) {
  Numbers numbers(2);
  const Case c{16, 32, 7, 28, 28};
  const Inputs in(numbers, c);
  const PackedConv packed(in.w, c.kernel);
  Matrix one(c.out, 784), other(c.out, 784);
  Workspace single({best_isa(), 1});
  conv(in.x, c.height, packed, in.bias.span(), one, single);
  for (const int threads : {2, 3}) {
    Workspace workspace({best_isa(), threads});
    conv(in.x, c.height, packed, in.bias.span(), other, workspace);
    EXPECT_TRUE(same_bits(one, other)) << threads;
  }
}

// The bound that conv.hpp states, against double arithmetic written another way: each input pixel sends its value to
// the outputs that see it.
TEST(Conv, ErrorStaysWithinTheBound) {
  Numbers numbers(3);
  for (const Case& c : cases) {
    const Inputs in(numbers, c);
    const auto pixels = static_cast<std::size_t>(c.height) * static_cast<std::size_t>(c.width);
    std::vector<double> exact(pixels * static_cast<std::size_t>(c.out)), size(exact.size());
    const int reach = c.kernel / 2;
    for (int o = 0; o < c.out; ++o) {
      double* sum = exact.data() + pixels * static_cast<std::size_t>(o);
      double* most = size.data() + pixels * static_cast<std::size_t>(o);
      for (int p = 0; p < c.height * c.width; ++p) sum[p] = in.bias(0, o), most[p] = std::abs(sum[p]);
      for (int channel = 0; channel < c.in; ++channel)
        for (int v = 0; v < c.height; ++v)
          for (int h = 0; h < c.width; ++h)
            for (int i = 0; i < c.kernel; ++i)
              for (int j = 0; j < c.kernel; ++j) {
                const int to_v = v - i + reach, to_h = h - j + reach;
                if (to_v < 0 || to_v >= c.height || to_h < 0 || to_h >= c.width) continue;
                const double term = static_cast<double>(in.x(channel, v * c.width + h)) *
                                    in.w(o, (channel * c.kernel + i) * c.kernel + j);
                sum[to_v * c.width + to_h] += term, most[to_v * c.width + to_h] += std::abs(term);
              }
    }
    Workspace workspace;
    Matrix y(c.out, c.height * c.width);
    conv(in.x, c.height, PackedConv(in.w, c.kernel), in.bias.span(), y, workspace);
    const int area = c.kernel * c.kernel, group = std::max(1, 256 / area);
    const double roundings = group * area + static_cast<double>(c.in) / group + 2;
    for (std::size_t i = 0; i < exact.size(); ++i) ASSERT_LE(std::abs(y.data()[i] - exact[i]), roundings * u * size[i]);
  }
}

TEST(Conv, ANaNIsSeenWhereTheKernelReachesAndNowhereElse) {
  Numbers numbers(4);
  const Case c{3, 10, 3, 9, 20};
  Inputs in(numbers, c);
  in.x(1, 4 * 20 + 18) = NAN;
  for (const Isa isa : isas()) {
    Workspace workspace({isa, 1});
    Matrix y(c.out, 180);
    conv(in.x, c.height, PackedConv(in.w, c.kernel), in.bias.span(), y, workspace);
    for (int o = 0; o < c.out; ++o)
      for (int p = 0; p < 180; ++p)
        EXPECT_EQ(std::isnan(y(o, p)), std::abs(p / 20 - 4) <= 1 && std::abs(p % 20 - 18) <= 1) << name(isa);
  }
}

TEST(Conv, AllocatesNothingTheSecondTime) {
  Numbers numbers(5);
  const Case c{3, 10, 3, 9, 20};
  const Inputs in(numbers, c);
  const PackedConv packed(in.w, c.kernel);
  Workspace workspace;
  Matrix y(c.out, 180);
  conv(in.x, c.height, packed, in.bias.span(), y, workspace);
  const std::size_t after_first = workspace.allocations();
  conv(in.x, c.height, packed, in.bias.span(), y, workspace);
  EXPECT_EQ(workspace.allocations(), after_first);
}

TEST(Conv, RefusesShapesThatDoNotFit) {
  EXPECT_THROW(PackedConv(Matrix(2, 12), 2), ContractError);
  EXPECT_THROW(PackedConv(Matrix(2, 12), 3), ContractError);
  const PackedConv packed(Matrix(2, 9), 3);
  Matrix x(1, 12), y(2, 12), bias(1, 2);
  Workspace workspace;
  EXPECT_THROW(conv(x, 5, packed, bias.span(), y, workspace), ContractError);
  EXPECT_THROW(conv(Matrix(2, 12), 3, packed, bias.span(), y, workspace), ContractError);
  EXPECT_THROW(conv(x, 3, packed, bias.span().first(1), y, workspace), ContractError);
}

}  // namespace
}  // namespace orrery::kernels
