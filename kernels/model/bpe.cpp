#include "kernels/model/bpe.hpp"

#include <queue>
#include <tuple>

namespace orrery::kernels::model {
namespace {

struct Symbol {
  int id;
  int before, after;  // neighbours that are still alive, -1 at the ends
  bool alive = true;
};

// A pair as it stood when it was queued. One of its symbols may have been joined since: then it is stale.
struct Candidate {
  double rank;
  int left, right;        // indices of symbols; the left one breaks ties
  int left_id, right_id;  // what they were
  int id;                 // what they become

  bool operator>(const Candidate& other) const { return std::tie(rank, left) > std::tie(other.rank, other.left); }
};

}  // namespace

std::vector<int> merge_pairs(const std::vector<int>& symbols, const MergeOf& merge_of) {
  const int count = static_cast<int>(symbols.size());
  std::vector<Symbol> list;
  list.reserve(symbols.size());
  for (int i = 0; i < count; ++i)
    list.push_back({symbols[static_cast<std::size_t>(i)], i - 1, i + 1 < count ? i + 1 : -1});
  const auto at = [&list](int i) -> Symbol& { return list[static_cast<std::size_t>(i)]; };
  std::priority_queue<Candidate, std::vector<Candidate>, std::greater<>> queue;
  const auto offer = [&](int left, int right) {
    if (left < 0 || right < 0) return;
    const auto merge = merge_of(at(left).id, at(right).id);
    if (merge) queue.push({merge->rank, left, right, at(left).id, at(right).id, merge->id});
  };
  for (int i = 0; i + 1 < count; ++i) offer(i, i + 1);
  while (!queue.empty()) {
    const Candidate best = queue.top();
    queue.pop();
    Symbol &left = at(best.left), &right = at(best.right);
    if (!left.alive || !right.alive || left.after != best.right || left.id != best.left_id || right.id != best.right_id)
      continue;
    left.id = best.id;
    left.after = right.after;
    right.alive = false;
    if (left.after >= 0) at(left.after).before = best.left;
    offer(left.before, best.left);
    offer(best.left, left.after);
  }
  std::vector<int> out;
  for (const Symbol& symbol : list)
    if (symbol.alive) out.push_back(symbol.id);
  return out;
}

std::string byte_name(int byte) {
  constexpr const char* digits = "0123456789ABCDEF";
  return std::string("<0x") + digits[byte / 16] + digits[byte % 16] + ">";
}

}  // namespace orrery::kernels::model
