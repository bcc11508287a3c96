#include "experiments/sweep_section.hpp"

#include "kernels/contract.hpp"

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

A range between two integers has integer steps (rounded). With sample = "random" or "latin_hypercube" there are `samples`
points instead of all combinations: every axis gives each of them a value, a range anywhere between its ends (`steps` is
not needed), a list or variants one of theirs.

With `stop_metric` the number of replicas follows from the data: all points get `replicas`, then, in rounds, those whose
interval is still too wide get as many as the square-root law says, at most twice what they have. A round ends before the
next is decided, so that the same runs are made on any number of ranks.

Points vary in the order in which axes are written, the last one
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
      .text(
          "stop_metric", &P::stop_metric,
          "metric whose mean decides how many replicas a point gets, from `replicas` to `max_replicas`; empty: all get "
          "`replicas`")
      .real("stop_half_width", &P::stop_half_width, "1",
            "a point has enough replicas when half the width of the 95 % interval of its mean is at most this share of "
            "it",
            1e-6, 10)
      .integer("max_replicas", &P::max_replicas, "run", "with stop_metric: most replicas of a point", 0, 1e6)
      .choice(
          "sample", &P::sample, {"grid", "random", "latin_hypercube"},
          "which points there are: every combination of levels; independent draws from every axis; or draws of which "
          "each axis gets one in each of `samples` equal parts (McKay, Beckman and Conover 1979)")
      .integer("samples", &P::samples, "point", "random, latin_hypercube: how many points", 0, 1e6)
      .integer("sample_seed", &P::sample_seed, "1", "random, latin_hypercube: seed of the draws", 0, 9e15)
      .integer(
          "ranks_per_run", &P::ranks_per_run, "rank",
          "ranks that compute one run together (fewer where there are fewer): for execution = real. Changes no result.",
          1, 65536)
      .table("over", &P::over, "axes: section.key = [values] or {from, to, steps, scale = \"linear\" or \"log\"}")
      .rows("variant", &P::variant, "levels of axes that set several keys at once")
      .boolean("series", &P::series, "keep the time series of every run")
      .boolean("requests", &P::requests, "keep the table of requests of every run");
}

// Places are found by key.
void validate(const SweepParams& p) {
  VALIDATE(p.stops() || p.max_replicas == 0, "sweep.max_replicas", "has no effect", "there is no stop_metric",
           "Name the metric whose precision decides.");
  VALIDATE(!p.stops() || p.replicas >= 2, "sweep.replicas", "is too small", "one replica has no interval",
           "Begin with 3 or more.");
  VALIDATE(!p.stops() || p.max_replicas >= p.replicas, "sweep.max_replicas", "is below replicas",
           "every point gets those first");
  VALIDATE((p.sample == "grid") == (p.samples == 0), "sweep.samples",
           p.sample == "grid" ? "has no effect" : "is missing",
           p.sample == "grid" ? "a grid has as many points as it has combinations"
                              : "sample = \"" + p.sample + "\" needs it",
           "Write sample = \"latin_hypercube\" with samples = 100, or neither.");
}

}  // namespace orrery::experiments
