// Bandwidth sharing in windows beside exact max-min sharing, on the platform on which reference figures of SimGrid were
// taken: hosts with 1 Gbit/s up and down, flows between random pairs of them. Behind `./orrery validate sharing`.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sim/network/max_min.hpp"
#include "sim/units.hpp"

namespace orrery::experiments::rows {

struct FlowLoad {
  std::vector<sim::BytesPerSecond> capacities;  // by link: the up links of all hosts, then their down links
  std::vector<sim::network::Path> paths;
  std::vector<double> bytes;
  std::vector<sim::Time> starts;  // ascending
};

// `flows` of 1 to 20 MB among a quarter as many hosts, which start at random within `over_s` (0: together).
FlowLoad flow_load(std::uint32_t flows, double over_s, std::uint64_t seed);

// End of each flow [s]: with rates solved in windows, as the simulator shares links, and from the definition, with
// rates solved at every start and end.
std::vector<double> windowed_ends(const FlowLoad& load);
std::vector<double> exact_ends(const FlowLoad& load);

// Tab-separated with a head line, one load a row: flows, over_s, mean_error and worst_error of the times from start to
// end against exact sharing (nan for large loads), us_per_completion of CPU.
std::string sharing_text();
// Tab-separated with a head line, one flow a row: from, to (hosts), start_s, bytes, windowed_s, exact_s.
std::string flows_text(std::uint32_t flows, double over_s);

}  // namespace orrery::experiments::rows
