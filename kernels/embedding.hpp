// Token embedding: row r of out is row tokens[r] of the table, copied bit for bit.
#pragma once

#include <span>

#include "kernels/tensor.hpp"

namespace orrery::kernels {

// table [vocab, hidden], out [tokens.size(), hidden]; 0 <= token < vocab.
void embed(ConstMatrixView table, std::span<const int> tokens, MatrixView out);

}  // namespace orrery::kernels
