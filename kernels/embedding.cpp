#include "kernels/embedding.hpp"

#include <cstring>

namespace orrery::kernels {

void embed(ConstMatrixView table, std::span<const int> tokens, MatrixView out) {
  EXPECT(out.cols == table.cols && static_cast<std::size_t>(out.rows) == tokens.size());
  for (int r = 0; r < out.rows; ++r) {
    const int token = tokens[static_cast<std::size_t>(r)];
    EXPECT(token >= 0 && token < table.rows);
    std::memcpy(out.row(r), table.row(token), static_cast<std::size_t>(table.cols) * sizeof(float));
  }
}

}  // namespace orrery::kernels
