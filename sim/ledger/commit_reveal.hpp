// Commit, then reveal: answers that nobody can copy. Every member first shows a hash of its answer, a nonce and its own
// name, then, when no more hashes are taken, the answer. What comes late does not count.
#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "sim/id.hpp"
#include "sim/ledger/digest.hpp"
#include "sim/units.hpp"

namespace orrery::sim::ledger {

// The name is part of the hash: a hash that is copied cannot be revealed by the copier.
Digest commitment(RequestId task, NodeId member, std::uint64_t nonce, BytesView answer);

enum class Reveal : std::uint8_t {
  valid,
  no_commit,   // nothing, or too late
  no_reveal,   // committed, then nothing, or too late
  mismatched,  // revealed something else than it had committed to
};

class CommitReveal {
 public:
  CommitReveal(RequestId task, std::vector<NodeId> members, Time commit_by, Time reveal_by);

  // False where it does not count: not a member, too late, or the second time.
  bool commit(NodeId member, const Digest& digest, Time now);
  // False where it does not count: nothing was committed, before the last commit was possible, too late, or again.
  bool reveal(NodeId member, std::uint64_t nonce, BytesView answer, Time now);

  // By member, in the order given.
  std::vector<Reveal> outcome() const;

 private:
  struct Seat {
    bool committed = false, revealed = false, matches = false;
    Digest digest{};
  };
  RequestId task_;
  std::vector<NodeId> members_;
  Time commit_by_, reveal_by_;
  std::map<NodeId, Seat> seats_;
};

}  // namespace orrery::sim::ledger
