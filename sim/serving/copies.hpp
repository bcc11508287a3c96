// Copies of KV caches that somebody holds for others: per leg, the entries of positions [0, known) of its blocks, in
// the pieces in which they came.
#pragma once

#include <algorithm>
#include <map>
#include <vector>

#include "sim/serving/messages.hpp"

namespace orrery::sim::serving {

struct Copy {
  BlockSpan blocks;
  Tokens known = 0;
  std::vector<execution::CachePiece> pieces;

  BlockSpan overlap(BlockSpan other) const {
    return {std::max(blocks.begin, other.begin), std::min(blocks.end, other.end)};
  }
  // The pieces that cover positions [0, position).
  std::vector<execution::CachePiece> until(Tokens position) const {
    std::vector<execution::CachePiece> some;
    for (const execution::CachePiece& piece : pieces) {
      if (piece.first < position) some.push_back(piece);
    }
    return some;
  }
};

class Copies {
 public:
  // The copy after the piece, or nullptr if the piece does not follow what is known of the leg. A piece at position 0
  // begins a new copy.
  const Copy* add(LegName leg, const execution::CachePiece& piece) {
    if (piece.first == 0) copies_[leg] = {piece.blocks, 0, {}};
    const auto found = copies_.find(leg);
    if (found == copies_.end() || found->second.known != piece.first) return nullptr;
    EXPECT(found->second.blocks == piece.blocks);
    found->second.pieces.push_back(piece);
    found->second.known += piece.count;
    return &found->second;
  }
  const Copy* find(LegName leg) const {
    const auto found = copies_.find(leg);
    return found == copies_.end() ? nullptr : &found->second;
  }
  Tokens known(LegName leg) const {
    const Copy* copy = find(leg);
    return copy ? copy->known : 0;
  }
  bool erase(LegName leg) { return copies_.erase(leg) > 0; }
  void clear() { copies_.clear(); }
  bool empty() const { return copies_.empty(); }
  LegName last() const { return copies_.rbegin()->first; }

 private:
  std::map<LegName, Copy> copies_;
};

}  // namespace orrery::sim::serving
