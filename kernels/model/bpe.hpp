// Byte-pair encoding: repeatedly joins the neighbouring pair of lowest rank, the leftmost of equal ones.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace orrery::kernels::model {

struct Merge {
  double rank;  // lower joins earlier
  int id;       // what the two become
};

// The merge of two neighbouring tokens, if the model has one.
using MergeOf = std::function<std::optional<Merge>(int left, int right)>;

// Cost: O(n log n) look-ups for n symbols.
std::vector<int> merge_pairs(const std::vector<int>& symbols, const MergeOf& merge_of);

// What SentencePiece calls the token of a byte: "<0x0A>".
std::string byte_name(int byte);

}  // namespace orrery::kernels::model
