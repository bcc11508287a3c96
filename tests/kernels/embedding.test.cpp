#include "kernels/embedding.hpp"

#include <gtest/gtest.h>

#include "tests/kernels/random_matrix.hpp"

namespace orrery::kernels {
namespace {

TEST(Embed, CopiesRows) {
  Numbers numbers(1);
  const Matrix table = random_matrix(numbers, 10, 7);
  const std::vector<int> tokens{3, 0, 9, 3};
  Matrix out(4, 7);
  embed(table, tokens, out);
  for (int r = 0; r < 4; ++r)
    EXPECT_TRUE(
        same_bits(out.view().slice_rows(r, 1), table.view().slice_rows(tokens[static_cast<std::size_t>(r)], 1)));
}

TEST(Embed, RefusesUnknownTokens) {
  const Matrix table(10, 7);
  Matrix out(1, 7);
  EXPECT_THROW(embed(table, std::vector{10}, out), ContractError);
  EXPECT_THROW(embed(table, std::vector{-1}, out), ContractError);
}

}  // namespace
}  // namespace orrery::kernels
