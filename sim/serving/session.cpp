#include "sim/serving/session.hpp"

#include <algorithm>

namespace orrery::sim::serving {

const char* name(Cause cause) {
  switch (cause) {
    case Cause::none:
      return "none";
    case Cause::no_route:
      return "no_route";
    case Cause::no_memory:
      return "no_memory";
    case Cause::too_many_failures:
      return "too_many_failures";
    case Cause::timed_out:
      return "timed_out";
    case Cause::horizon:
      return "horizon";
  }
  fail_contract("precondition", "a cause", __FILE__, __LINE__);
}

bool within_objective(const RequestRecord& r, const ServingParams& serving) {
  const double mean_gap_s = r.output > 1 ? r.first_to_last_s / static_cast<double>(r.output - 1) : 0;
  return within_objective(r.status, r.ttft_s, mean_gap_s, serving);
}

bool within_objective(Status status, double ttft_s, double inter_token_mean_s, const ServingParams& serving) {
  return status == Status::served && ttft_s <= serving.slo_ttft_s && inter_token_mean_s <= serving.slo_inter_token_s;
}

bool Inputs::add(Tokens first, Piece piece) {
  EXPECT(piece.count > 0);
  if (first < known_ || !pieces_.try_emplace(first, piece).second) return false;
  for (auto next = pieces_.find(known_); next != pieces_.end(); next = pieces_.find(known_))
    known_ += next->second.count;
  return true;
}

void Inputs::begin_at(Tokens position) {
  EXPECT(pieces_.empty() && known_ == 0);
  known_ = position;
}

std::vector<std::pair<Tokens, Piece>> Inputs::after(Tokens position) const {
  std::vector<std::pair<Tokens, Piece>> list;
  for (auto it = pieces_.lower_bound(position); it != pieces_.end() && it->first < known_; ++it) {
    list.emplace_back(it->first, it->second);
  }
  return list;
}

Piece Inputs::last() const {
  EXPECT(known_ > 0);
  return std::prev(pieces_.lower_bound(known_))->second;
}

std::vector<std::vector<std::pair<Tokens, Piece>>> Inputs::runs(Tokens from, Tokens until, Tokens chunk) const {
  EXPECT(from <= until && until <= known_);
  Tokens covered = from;
  std::vector<std::vector<std::pair<Tokens, Piece>>> list;
  Tokens length = 0;
  for (auto it = pieces_.lower_bound(from); it != pieces_.end() && it->first < until; ++it) {
    if (list.empty() || length + it->second.count > chunk) {
      list.emplace_back();
      length = 0;
    }
    list.back().emplace_back(it->first, it->second);
    length += it->second.count;
    covered += it->second.count;
  }
  ENSURE(covered == until);
  return list;
}

Inputs Inputs::until(Tokens position) const {
  Inputs some;
  for (auto it = pieces_.begin(); it != pieces_.end() && it->first < position; ++it) some.add(it->first, it->second);
  ENSURE(some.known() == position);
  return some;
}

Tokens Inputs::boundary(Tokens position) const {
  EXPECT(position <= known_);
  if (position == known_) return position;
  return std::prev(pieces_.upper_bound(position))->first;
}

Leg* Session::find(std::uint16_t leg) {
  for (std::vector<Leg>* legs : {&chain, &opening, &rival}) {
    for (Leg& l : *legs) {
      if (l.leg == leg) return &l;
    }
  }
  return nullptr;
}

bool Session::any_lost() const {
  return std::any_of(chain.begin(), chain.end(), [](const Leg& l) { return l.lost; });
}

}  // namespace orrery::sim::serving
