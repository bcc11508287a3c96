// Epochs for tests of incentive policies: empty ones, and random ones that use every part of the record.
#pragma once

#include <vector>

#include "sim/incentive/policy.hpp"

namespace orrery::sim::tests {

using incentive::Epoch;

inline NodeId any_node(const Epoch& epoch, Draw& draw) {
  return epoch.accounts[draw.below(epoch.accounts.size())].node;
}

inline void add_accounts(Epoch& epoch, std::uint32_t nodes, Draw& draw) {
  for (std::uint32_t n = 0; n < nodes; ++n) {
    const bool idle = draw.below(4) == 0;
    incentive::Account account{.node = NodeId(2 * n)};
    if (!idle) {
      account.block_tokens = draw.uniform(0, 1e6);
      account.uptime_s = draw.uniform(0, 3600);
      account.accepted = static_cast<std::int64_t>(draw.below(20));
      account.rejected = static_cast<std::int64_t>(draw.below(3));
      account.timeouts = static_cast<std::int64_t>(draw.below(3));
      if (draw.below(3) != 0) account.quality = draw.uniform();
    }
    account.stake = draw.below(3) == 0 ? 0 : static_cast<MicroCoins>(draw.below(100'000'000));
    account.ask = static_cast<MicroCoins>(draw.below(2'000'000));
    epoch.accounts.push_back(account);
  }
}

// A pipeline of up to four legs over eight blocks; some legs time out and somebody else takes over.
inline void add_request(Epoch& epoch, std::uint32_t id, Draw& draw) {
  incentive::PaidRequest request{.request = RequestId(id), .first_leg = static_cast<std::uint32_t>(epoch.legs.size())};
  request.served = draw.below(10) != 0;
  request.input = static_cast<Tokens>(draw.below(2000));
  request.output = request.served ? 1 + static_cast<Tokens>(draw.below(500)) : 0;
  request.seconds = draw.uniform(0.01, 100);
  request.fee = static_cast<MicroCoins>(draw.below(3) == 0 ? draw.below(5) : draw.below(5'000'000));
  const int legs = 1 << draw.below(3);
  for (int i = 0; i < legs; ++i) {
    const BlockSpan blocks{8 * i / legs, 8 * (i + 1) / legs};
    if (draw.below(8) == 0) epoch.legs.push_back({any_node(epoch, draw), blocks, 0, true});
    epoch.legs.push_back({any_node(epoch, draw), blocks, request.input + request.output, false});
  }
  request.leg_count = static_cast<std::uint32_t>(epoch.legs.size()) - request.first_leg;
  epoch.fees += request.fee;
  epoch.requests.push_back(request);
}

inline void add_audit(Epoch& epoch, const incentive::PaidRequest& request, Draw& draw) {
  const incentive::Leg& leg = epoch.legs[request.first_leg + draw.below(request.leg_count)];
  incentive::Audit audit{.request = request.request, .executor = leg.node, .blocks = leg.blocks};
  audit.verdict = static_cast<incentive::Verdict>(draw.below(3));
  audit.forced_error = draw.below(20) == 0;
  audit.first_vote = static_cast<std::uint32_t>(epoch.votes.size());
  audit.vote_count = static_cast<std::uint32_t>(draw.below(4));
  for (std::uint32_t v = 0; v < audit.vote_count; ++v) {
    epoch.votes.push_back({any_node(epoch, draw), static_cast<incentive::Verdict>(draw.below(3))});
  }
  epoch.audits.push_back(audit);
}

inline Epoch random_epoch(Draw& draw) {
  Epoch epoch;
  add_accounts(epoch, 1 + static_cast<std::uint32_t>(draw.below(12)), draw);
  const std::uint32_t requests = static_cast<std::uint32_t>(draw.below(12));
  for (std::uint32_t r = 0; r < requests; ++r) {
    add_request(epoch, r, draw);
    while (draw.below(2) == 0) add_audit(epoch, epoch.requests.back(), draw);
    const auto answers = draw.below(5);
    for (std::uint64_t a = 0; a < answers; ++a) {
      epoch.contributions.push_back({RequestId(r), any_node(epoch, draw), draw.below(2)});
    }
  }
  const auto scores = draw.below(40);
  for (std::uint64_t s = 0; s < scores; ++s) {
    epoch.scores.push_back({any_node(epoch, draw), any_node(epoch, draw), draw.uniform()});
  }
  epoch.pool = draw.below(2) == 0 ? 0 : static_cast<MicroCoins>(draw.below(10'000'000));
  epoch.seconds = draw.uniform(1, 3600);
  return epoch;
}

inline std::vector<Epoch> epochs() {
  std::vector<Epoch> all(4);
  all[1].pool = 1'000'000;
  all[2].accounts = {{.node = NodeId(0)}};
  all[3].accounts = {{.node = NodeId(3), .block_tokens = 5}};
  all[3].pool = 7;
  Draw draw(21, Stream::test, 0);
  for (int i = 0; i < 200; ++i) all.push_back(random_epoch(draw));
  return all;
}

}  // namespace orrery::sim::tests
