// Helix' scheduling: interleaved weighted round robin along the maximum flow, away from nodes short of KV memory.
#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

#include "sim/estimates.hpp"
#include "sim/flow.hpp"
#include "sim/routing/candidates.hpp"

namespace orrery::sim::routing {
namespace {

// A node as the client keeps books about it.
struct Account {
  BlockSpan span;
  double room = 0;  // the largest KV room it announced for this span [token x block]
  double used = 0;  // expected use by this client's requests [token x block]
};

using Link = std::pair<NodeId, NodeId>;  // no node: the client

struct Books {
  std::vector<std::pair<NodeId, BlockSpan>> announced;  // what the flow was worked out for
  std::map<Link, double> flow;                          // [token/s]; links without flow are left out
  std::map<Link, double> sent;                          // work over flow so far [s]
  std::map<NodeId, Account> accounts;
};

class Helix final : public RoutingPolicy {
 public:
  struct Params {
    double high_water = 0.85;
    double expected_output = 240;
    double least_share = 0.05;
    bool midway = true;
    static Fields<Params> fields() {
      return Fields<Params>()
          .real("high_water", &Params::high_water, "1",
                "a node is passed over if the request would fill more of its KV memory than this", 0, 1)
          .real("expected_output", &Params::expected_output, "token",
                "output tokens that a request is expected to need KV memory for", 0, 1e7)
          .real("least_share", &Params::least_share, "1",
                "links with less than this share of what leaves a node are not used", 0, 0.5)
          .boolean("midway", &Params::midway, "the flow may enter a node midway through its span");
    }
  };
  static About about() {
    return {
        "helix", "interleaved weighted round robin along the maximum flow, within KV memory",
        "The announced placement is a flow network (sim/flow.hpp), and its maximum flow says how many tokens a second "
        "should take each link. From node to node, a request goes along the link for which the work sent so far, and "
        "its own prompt, over the link's flow is least, so that links are used as the flow would have it and "
        "evenly in time; every decode step adds a token's work to the links it takes. Links with a small share are "
        "left out, and so are nodes that, were the request to use all of their blocks, would have more than "
        "high_water of their KV memory in use: prompts and expected_output tokens of all running requests of this "
        "client, against the largest room the node has announced. Where no next node is left, there is no "
        "route now. Helix decides hop by hop in the nodes and has one coordinator; here a client decides for the "
        "whole chain with its own books, which is the same thing for one client (ours: each of several has its "
        "own). Repairs, banned nodes, and blocks that the flow does not reach: the node with the largest rate that "
        "serves the "
        "next block, by the same round robin (ours). Latencies are not looked at.",
        "Mei et al., Helix, ASPLOS 2025, arXiv:2406.01566, sections 4 and 5; github.com/Thesys-lab/Helix-ASPLOS25 at "
        "148b733"};
  }
  explicit Helix(const Params& params) : params_(params) {}

  RouteOutcome route(const RouteRequest& request, const RoutingView& view, RoutingMemory& memory,
                     Draw&) const override {
    const Candidates found = find_candidates(request, view);
    if (!found.reason.empty()) return {{}, found.reason};
    Books& books = memory.as<Books>();
    refresh(books, view.swarm);
    const auto before = books.sent;
    RouteOutcome outcome;
    NodeId at = request.before;
    for (int block = request.span.begin; block < request.span.end;) {
      const Candidate* next = choose(books, view.swarm, found.nodes, at, block, request);
      if (!next) {
        books.sent = before;
        return {{}, "no node for block " + std::to_string(block) + " has KV memory below its high-water mark"};
      }
      outcome.route.push_back({next->node->node, {block, next->span.end}});
      at = next->node->node;
      block = next->span.end;
    }
    return outcome;
  }

  // The flow is that of the whole placement.
  bool needs_whole_view() const override { return true; }

  void observe(const Observation& seen, RoutingMemory& memory) const override {
    using What = Observation::What;
    Books& books = memory.as<Books>();
    const double needs = expected(seen.prompt) * seen.hop.span.size();
    if (seen.what == What::step && seen.tokens == 1) {
      const auto flow = books.flow.find({seen.before, seen.hop.node});
      if (flow != books.flow.end()) books.sent[flow->first] += 1 / flow->second;
    } else if (seen.what == What::opened) {
      books.accounts[seen.hop.node].used += needs;
    } else if (seen.what == What::closed || seen.what == What::lost) {
      Account& account = books.accounts[seen.hop.node];
      account.used = std::max(0.0, account.used - needs);
    }
  }

  // The block whose nodes' memory is fullest.
  std::optional<double> load(const RoutingView& view, RoutingMemory& memory) const override {
    Books& books = memory.as<Books>();
    refresh(books, view.swarm);
    std::vector<double> room(static_cast<std::size_t>(view.swarm.blocks), 0.0), used = room;
    for (const auto& [node, span] : books.announced) {
      const Account& account = books.accounts.at(node);
      for (int b = span.begin; b < span.end; ++b) {
        room[static_cast<std::size_t>(b)] += account.room / span.size();
        used[static_cast<std::size_t>(b)] += account.used / span.size();
      }
    }
    double most = 0;
    for (std::size_t b = 0; b < room.size(); ++b) most = std::max(most, room[b] > 0 ? used[b] / room[b] : 1.0);
    return most;
  }

 private:
  double expected(Tokens prompt) const { return std::floor(static_cast<double>(prompt) + params_.expected_output); }

  // The flow belongs to a placement: it is worked out anew when another one is announced.
  void refresh(Books& books, const SwarmView& swarm) const {
    std::vector<std::pair<NodeId, BlockSpan>> announced;
    for (const NodeView& node : swarm.nodes) {
      if (node.span.empty()) continue;
      announced.emplace_back(node.node, node.span);
      Account& account = books.accounts[node.node];
      if (!(account.span == node.span)) account = {node.span, 0, account.used};
      account.room = std::max(account.room, static_cast<double>(node.cache_left));
    }
    if (announced == books.announced) return;
    books.announced = std::move(announced);
    books.flow.clear();
    books.sent.clear();
    std::vector<BlockSpan> spans;
    for (const NodeView& node : swarm.nodes) spans.push_back(node.span);
    const auto id = [&swarm](int i) {
      return i == FlowArc::clients ? NodeId() : swarm.nodes[static_cast<std::size_t>(i)].node;
    };
    for (const FlowArc& arc : max_flow(swarm, spans, params_.midway ? Entry::midway : Entry::at_begin).arcs) {
      if (arc.flow > 0) books.flow[{id(arc.from), id(arc.to)}] = arc.flow;
    }
  }

  bool has_room(const Books& books, const Candidate& c, const RouteRequest& request) const {
    const Account& account = books.accounts.at(c.node->node);
    const double after = account.used + expected(request.prompt) * c.node->span.size();
    return after <= params_.high_water * account.room;
  }

  // The candidate for `block` that the round robin takes next, its work added; null if memory rules all out.
  const Candidate* choose(Books& books, const SwarmView& swarm, const std::vector<Candidate>& nodes, NodeId at,
                          int block, const RouteRequest& request) const {
    double leaving = 0;
    for (const Candidate& c : nodes) {
      if (!c.span.contains(block)) continue;
      const auto flow = books.flow.find({at, c.node->node});
      if (flow != books.flow.end()) leaving += flow->second;
    }
    const Candidate* best = nullptr;
    double least = std::numeric_limits<double>::infinity();
    double weight = 0;
    for (const Candidate& c : nodes) {
      if (!c.span.contains(block)) continue;
      const auto flow = books.flow.find({at, c.node->node});
      const double along = flow != books.flow.end() ? flow->second : 0;
      if (along < params_.least_share * leaving || !has_room(books, c, request)) continue;
      // Where no flow comes by, what the node computes stands in for what the link should carry.
      const double share = leaving > 0 ? along : estimates(swarm).tokens_per_s(*c.node, c.node->span);
      const auto sent = books.sent.find({at, c.node->node});
      const double after = (sent != books.sent.end() ? sent->second : 0.0) +
                           static_cast<double>(std::max<Tokens>(request.prompt, 1)) / share;
      if (share <= 0 || after >= least) continue;
      best = &c;
      least = after;
      weight = share;
    }
    if (best) books.sent[{at, best->node->node}] += static_cast<double>(std::max<Tokens>(request.prompt, 1)) / weight;
    return best;
  }

  Params params_;
};

ORRERY_REGISTER(RoutingPolicy, Helix);

}  // namespace
}  // namespace orrery::sim::routing
