// A large swarm as a whole (swarm.form = "large"): nodes, clients and the directory as tables over one engine, the
// requests that arrive, and what the run was. Nodes and clients are entities as in sim/serving: they share nothing and
// talk by the same messages, through the same links and latencies, with the same lives, batches and failover. What
// differs is what they know (directory.hpp) and what is not modelled: moving to other blocks, copies of KV caches,
// audits, payments; a scenario that asks for one of these is refused (serving/form.hpp).
#pragma once

#include "sim/fleet/clients.hpp"
#include "sim/fleet/nodes.hpp"
#include "sim/serving/run.hpp"

namespace orrery::sim::fleet {

class Fleet {
 public:
  // `scenario` and `model` outlive it. InputError for what cannot work at all.
  Fleet(const serving::Scenario& scenario, const workload::ModelGraph& model,
        engine::EventSet set = engine::EventSet::radix_heap);

  // Runs until every request has ended or experiment.max_time_s is over; returns the end.
  Time run(const serving::RunOptions& options);
  // What the run was; throws RunError where something that must hold in every run does not.
  RunResult result(Time end) const;

  std::uint64_t expected() const { return expected_; }  // requests
  const Nodes& nodes() const { return nodes_; }
  const Clients& clients() const { return clients_; }
  const Directory& directory() const { return directory_; }
  const engine::Simulation& simulation() const { return ground_.simulation(); }
  // Of every event that was handled, every node's state and every request's end.
  std::uint64_t state_hash() const;

 private:
  // Sends requests to their clients as they arrive.
  class Crowd {
   public:
    Crowd(Ground& ground, const workload::Workload& workload) : ground_(ground), arrivals_(workload.arrivals()) {}
    void begin();
    void on_event(const engine::Event& event);

   private:
    void plan();
    Ground& ground_;
    workload::Arrivals arrivals_;
    std::optional<workload::Request> next_;
  };
  // Counts requests as they end and stops the run after the last one.
  struct Referee {
    Ground& ground;
    std::uint64_t expected;
    std::uint64_t ended = 0;
    void on_event(const engine::Event& event);
  };

  void check() const;

  std::shared_ptr<const workload::Workload> workload_;
  std::uint64_t expected_;
  Ground ground_;
  Directory directory_;
  Nodes nodes_;
  Clients clients_;
  Referee referee_;
  Crowd crowd_;
};

// serving::run, or this for swarm.form = "large".
RunResult run(const serving::Scenario& scenario, const Context& context, const serving::RunOptions& options = {});

}  // namespace orrery::sim::fleet
