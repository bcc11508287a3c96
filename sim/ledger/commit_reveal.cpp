#include "sim/ledger/commit_reveal.hpp"

#include "kernels/contract.hpp"

namespace orrery::sim::ledger {

Digest commitment(RequestId task, NodeId member, std::uint64_t nonce, BytesView answer) {
  return Hasher("commit").add(task.index()).add(member.index()).add(nonce).add(answer).digest();
}

CommitReveal::CommitReveal(RequestId task, std::vector<NodeId> members, Time commit_by, Time reveal_by)
    : task_(task), members_(std::move(members)), commit_by_(commit_by), reveal_by_(reveal_by) {
  EXPECT(commit_by < reveal_by);
  for (NodeId member : members_) seats_[member];
  EXPECT(seats_.size() == members_.size());
}

bool CommitReveal::commit(NodeId member, const Digest& digest, Time now) {
  const auto seat = seats_.find(member);
  if (seat == seats_.end() || seat->second.committed || now > commit_by_) return false;
  seat->second.committed = true;
  seat->second.digest = digest;
  return true;
}

bool CommitReveal::reveal(NodeId member, std::uint64_t nonce, BytesView answer, Time now) {
  const auto seat = seats_.find(member);
  if (seat == seats_.end() || !seat->second.committed || seat->second.revealed) return false;
  // An answer shown while others may still commit could be copied.
  if (now <= commit_by_ || now > reveal_by_) return false;
  seat->second.revealed = true;
  seat->second.matches = commitment(task_, member, nonce, answer) == seat->second.digest;
  return true;
}

std::vector<Reveal> CommitReveal::outcome() const {
  std::vector<Reveal> list;
  for (NodeId member : members_) {
    const Seat& seat = seats_.at(member);
    list.push_back(!seat.committed  ? Reveal::no_commit
                   : !seat.revealed ? Reveal::no_reveal
                   : seat.matches   ? Reveal::valid
                                    : Reveal::mismatched);
  }
  return list;
}

}  // namespace orrery::sim::ledger
