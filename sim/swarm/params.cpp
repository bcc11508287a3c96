#include "sim/swarm/params.hpp"

#include "sim/arithmetic.hpp"
#include "sim/network/access.hpp"
#include "sim/network/region.hpp"
#include "sim/swarm/device.hpp"
#include "sim/swarm/distribution.hpp"
#include "sim/swarm/systems.hpp"

namespace orrery::sim::swarm {
namespace {

constexpr double year_s = 365.25 * 24 * 3600;

bool is_family(const std::string& name) {
  for (const std::string& family : family_names()) {
    if (family == name) return true;
  }
  return false;
}

void validate_composition(const SwarmParams& p) {
  for (const auto& [name, weight] : p.devices) device_named(name, "swarm.devices");
  for (const auto& [name, weight] : p.regions) network::regions().named(name, "swarm.regions");
  for (const auto& [name, weight] : p.numerics) numerics_profile(name, "swarm.numerics");
  for (const auto& [name, weight] : p.access) network::access(name, "swarm.access");
  VALIDATE(p.node.empty() || p.devices.empty(), "swarm.devices", "has no effect", "[[swarm.node]] rows replace the mix",
           "Remove one of the two.");
  for (std::size_t i = 0; i < p.node.size(); ++i) {
    const NodeRow& row = p.node[i];
    const std::string place = "swarm.node[" + std::to_string(i) + "]";
    VALIDATE(!row.device.empty(), place, "has no device", "a node needs a class from data/devices.toml");
    device_named(row.device, place + ".device");
    if (!row.numerics.empty()) numerics_profile(row.numerics, place + ".numerics");
    if (!row.region.empty()) network::regions().named(row.region, place + ".region");
  }
}

void validate_life(const SwarmParams& p) {
  const bool drawn = p.lifetime != "none" && p.lifetime != "trace";
  VALIDATE((p.lifetime == "trace") == !p.trace.empty(), "swarm.trace", p.trace.empty() ? "is missing" : "has no effect",
           p.trace.empty() ? "lifetime = \"trace\" needs a file" : "lifetime is not \"trace\"");
  VALIDATE(p.lifetime == "trace" || p.trace_start_s == 0, "swarm.trace_start_s", "has no effect",
           "lifetime is not \"trace\"");
  VALIDATE(drawn || (p.lifetime_mean_s == 0 && p.absence_mean_s == 0 && p.absence == "same"), "swarm.lifetime",
           "is \"" + p.lifetime + "\"", "lifetime_mean_s, absence and absence_mean_s belong to drawn lifetimes");
  VALIDATE(p.lifetime != "none" || p.initially_online < 0, "swarm.initially_online", "has no effect",
           "without churn every node is on line");
  VALIDATE(p.lifetime != "trace" || p.initially_online < 0, "swarm.initially_online", "has no effect",
           "a trace says who is on line");
  VALIDATE(p.initially_online == -1 || p.initially_online >= 0, "swarm.initially_online", "is below 0",
           "it is a share of nodes", "Use -1 for the long-run share.");
  if (!drawn) return;
  if (is_family(p.lifetime)) {
    VALIDATE(p.lifetime_mean_s > 0, "swarm.lifetime_mean_s", "is missing",
             "a " + p.lifetime + " lifetime needs its mean");
  } else {
    cycle_of(p.lifetime, "swarm.lifetime");
  }
  if (p.absence == "forever") {
    VALIDATE(p.absence_mean_s == 0, "swarm.absence_mean_s", "has no effect", "absence is \"forever\"");
  } else if (p.absence != "same" || is_family(p.lifetime)) {
    VALIDATE(p.absence_mean_s > 0, "swarm.absence_mean_s", "is missing",
             "absences of the family '" + (p.absence == "same" ? p.lifetime : p.absence) + "' need their mean",
             "Use absence = \"forever\" for nodes that never come back.");
  }
}

}  // namespace

config::Fields<NodeRow> NodeRow::fields() {
  using P = NodeRow;
  return config::Fields<P>()
      .text("device", &P::device, "device class")
      .text("region", &P::region, "region; empty draws one from swarm.regions")
      .real("up_mbit", &P::up_mbit, "Mbit/s", "upload rate; 0 takes the access link that swarm.access gives", 0, 1e6)
      .real("down_mbit", &P::down_mbit, "Mbit/s", "download rate; 0 likewise", 0, 1e6)
      .integer("count", &P::count, "nodes", "how many such nodes", 1, 1e7)
      .integer("blocks", &P::blocks, "blocks", "most blocks a node serves; 0 as many as fit", 0, 1e4)
      .text("numerics", &P::numerics, "numerics profile; empty draws one from swarm.numerics")
      .text("profile", &P::profile,
            "name of a [[profile]] in the file execution.profiles: measured times in place of the device's roofline");
}

config::Fields<SwarmParams> SwarmParams::fields() {
  using P = SwarmParams;
  std::vector<std::string> absences{"same", "forever"};
  absences.insert(absences.end(), family_names().begin(), family_names().end());
  return config::Fields<P>()
      .integer("nodes", &P::nodes, "nodes", "how many nodes there are; [[swarm.node]] rows replace it", 1, 1e7)
      .mix("devices", &P::devices,
           "device class = weight; empty takes consumers' machines (Steam Hardware Survey of April 2026)")
      .mix("regions", &P::regions,
           "region = weight; empty takes the shares of real peer-to-peer networks (data/regions.toml)")
      .mix("access", &P::access, "access class = weight; empty takes the mean speeds of each node's country")
      .mix("numerics", &P::numerics,
           "numerics profile = weight: how honest nodes differ in their last bits (execution.mode = real); empty makes "
           "all canonical")
      .rows("node", &P::node, "nodes one by one, instead of nodes and devices")
      .real("slow_share", &P::slow_share, "1", "share of nodes that are slower than their class", 0, 1)
      .real("slow_factor", &P::slow_factor, "1", "times of a slow node over those of its class", 1, 1000)
      .text("lifetime", &P::lifetime,
            "how long sessions last: none (no churn), exponential, weibull, lognormal, gamma, trace, or a measured "
            "system "
            "of data/lifetimes.toml such as tor2023, skype06 or skype06:gamma")
      .real("lifetime_mean_s", &P::lifetime_mean_s, "s",
            "mean session; needed by a family, and stretches a system's sessions if not 0", 0, 100 * year_s)
      .real("lifetime_shape", &P::lifetime_shape, "1", "shape of Weibull and gamma, sigma of lognormal sessions", 0.05,
            20)
      .choice("absence", &P::absence, absences,
              "how long nodes stay away: same as the lifetime (family or system), forever, or a family of its own")
      .real("absence_mean_s", &P::absence_mean_s, "s",
            "mean absence; needed by a family, and stretches a system's absences if not 0", 0, 100 * year_s)
      .real("absence_shape", &P::absence_shape, "1", "shape of Weibull and gamma, sigma of lognormal absences", 0.05,
            20)
      .real("time_scale", &P::time_scale, "1", "multiplies all sessions and absences; below 1 churn is faster", 1e-6,
            1e6)
      .real("crash_share", &P::crash_share, "1", "share of leaves without a good-bye", 0, 1)
      .real("initially_online", &P::initially_online, "1", "share of nodes on line at the start; -1 the long-run share",
            -1, 1)
      .text("trace", &P::trace, "lifetime = trace: CSV of sessions with columns node,start_s,end_s; may be gzipped")
      .real("trace_start_s", &P::trace_start_s, "s", "lifetime = trace: where in the trace the run begins", 0,
            100 * year_s)
      .real("announce_period_s", &P::announce_period_s, "s",
            "between two announcements of a node (Petals' servers: 120 s by the command line)", 0.1, 1e6)
      .real("announce_expiry_s", &P::announce_expiry_s, "s",
            "how long the directory believes an announcement; 0 takes two periods, as Petals does", 0, 1e7)
      .real("view_refresh_s", &P::view_refresh_s, "s",
            "between two looks of a client into the directory (Petals: 60 s)", 0.1, 1e6)
      .choice("form", &P::form, {"whole", "large"},
              "whole: every client holds the whole directory, every node is an object; large: for millions of nodes: "
              "nodes are rows of tables, a client asks the directory for a sample (see sample) whenever it looks for a "
              "chain, and a joining node asks for sums of throughput, block by block. Devices, links, lives, batches, "
              "messages and failover are the same in both")
      .integer(
          "sample", &P::sample, "nodes",
          "form = large: how many announced nodes, drawn at random, a sample has for every block of the model that "
          "as many serve",
          1, 1000);
}

void validate(const SwarmParams& params) {
  VALIDATE(params.form == "large" || params.sample == SwarmParams().sample, "swarm.sample", "has no effect",
           "clients hold the whole directory", "Set swarm.form = \"large\".");
  validate_composition(params);
  validate_life(params);
}

}  // namespace orrery::sim::swarm
