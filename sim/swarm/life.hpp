// The life of a node: sessions on line, one after another, drawn from distributions or read from a trace.
//
// Drawn lives start in the steady state: a node is on line at time 0 with probability E[on] / (E[on] + E[off]) (or
// params.initially_online), and its first session or absence is the rest of one that had begun before. Without this the
// online share would swing for many mean lifetimes (inspection paradox) and every measurement would show it.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "sim/id.hpp"
#include "sim/random.hpp"
#include "sim/swarm/params.hpp"
#include "sim/swarm/systems.hpp"
#include "sim/swarm/trace.hpp"
#include "sim/units.hpp"

namespace orrery::sim::swarm {

class LifeModel;

// Lazy: one node's sessions in order, each beginning at or after the end of the one before. A pure function of
// (parameters, seed, node).
class Life {
 public:
  Life(std::shared_ptr<const LifeModel> model, NodeId node);
  // All that changes as sessions are drawn: what is kept of a life where there are millions.
  struct State {
    Time at;                  // end of the last session
    std::uint32_t count = 0;  // sessions yielded
    std::uint32_t draws = 0;  // made for them
  };
  Life(std::shared_ptr<const LifeModel> model, NodeId node, const State& state);
  State state() const { return {at_, count_, static_cast<std::uint32_t>(draw_.index())}; }
  // The next session; nothing when the node never comes back. leave == Time::never(): it stays to the end.
  std::optional<Session> next();

 private:
  Session session(Time join, double length_s, double past_s = 0);

  std::shared_ptr<const LifeModel> model_;
  NodeId node_;
  Draw draw_;
  Time at_;                  // end of the last session
  std::uint32_t count_ = 0;  // sessions yielded
};

// What all lives of a run share: the distributions, or the trace and which of its hosts each node follows.
class LifeModel {
 public:
  // Validates the parameters; reads the trace if there is one (InputError at file:line).
  LifeModel(const SwarmParams& params, std::uint64_t seed);

  // Long-run share of time on line; 1 without churn; of a trace the share at its start, over its hosts.
  double online_share() const;

 private:
  friend class Life;
  void assign_hosts(std::uint64_t seed);

  std::uint64_t seed_;
  std::optional<Cycle> cycle_;  // none: no churn, or a trace
  bool returns_ = true;         // absences end
  double initially_online_ = 1;
  double crash_share_;
  std::optional<SessionTrace> trace_;
  std::vector<std::uint32_t> hosts_;  // of the trace, shuffled by the seed; node i follows hosts_[i % size]
};

}  // namespace orrery::sim::swarm
