#include "experiments/sweep_section.hpp"

namespace orrery::experiments {

using sim::config::Fields;

const char* const sweep_help =
    R"(A scenario with this section describes many runs: every combination of the levels of its axes (a point), each with
`replicas` seeds: experiment.seed, experiment.seed + 1, ... All points share these seeds, so that differences between
points can be taken seed by seed. The scenario around the section says everything that no axis changes.

An axis is a key with the values it takes, as a list or as a range whose ends are both part of it, or a list of variants:
named bundles of settings, for what cannot vary alone, such as policies that have different parameters.

    [sweep]
    replicas = 5
    [sweep.over]
    workload.rate = [1, 2, 4]
    swarm.nodes = { from = 25, to = 400, steps = 5, scale = "log" }
    [[sweep.variant]]
    axis = "router"
    name = "petals"
    set = { routing.policy = "petals" }
    [[sweep.variant]]
    axis = "router"
    name = "random"
    set = { routing.policy = "random" }

A range between two integers has integer steps (rounded). Points vary in the order in which axes are written, the last one
fastest; variants come after keys. In results every axis is a column /point/<key or name>, numbers as numbers and
everything else as text. Every row carries the resolved scenario that `orrery run` would take.)";

sim::config::Value empty_table() {
  sim::config::Value value;
  value.data = sim::config::Table{};
  return value;
}

Fields<Variant> Variant::fields() {
  return Fields<Variant>()
      .text("axis", &Variant::axis, "name of the axis; variants of one axis stand for one another")
      .text("name", &Variant::name, "what this level is called in results and figures")
      .table("set", &Variant::set, "sections and keys that this level sets");
}

Fields<SweepParams> SweepParams::fields() {
  using P = SweepParams;
  return Fields<P>()
      .integer("replicas", &P::replicas, "run", "runs of each point, with seeds that follow experiment.seed", 1, 1e6)
      .table("over", &P::over, "axes: section.key = [values] or {from, to, steps, scale = \"linear\" or \"log\"}")
      .rows("variant", &P::variant, "levels of axes that set several keys at once")
      .boolean("series", &P::series, "keep the time series of every run")
      .boolean("requests", &P::requests, "keep the table of requests of every run");
}

}  // namespace orrery::experiments
