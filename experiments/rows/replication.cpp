// Trust that is earned by being right: what it saves, and what it lets through.
#include <cmath>

#include <fmt/format.h>

#include "experiments/rows/row.hpp"
#include "experiments/rows/scene.hpp"
#include "sim/verification/policy.hpp"

namespace orrery::experiments::rows {
namespace {

using sim::verification::History;
using sim::verification::VerificationPolicy;

bool replicates(const VerificationPolicy& boinc, const History& host, sim::Draw& draw) {
  return boinc.select({.count = 1}, host, draw).recomputations > 0;
}

// Results of an honest host that are replicated in its next `jobs`, once it has ten valid ones.
Mean replicated(const VerificationPolicy& boinc, int jobs, int hosts) {
  Mean mean;
  sim::Draw draw(7, sim::Stream::verification, static_cast<std::uint32_t>(jobs));
  for (int h = 0; h < hosts; ++h) {
    History host{.consecutive_valid = 10};
    double count = 0;
    for (int j = 0; j < jobs; ++j) {
      if (!replicates(boinc, host, draw)) continue;
      ++host.consecutive_valid;
      ++count;
    }
    mean.add(count);
  }
  return mean;
}

// Ten honest jobs, then junk until one is caught, then again: the share of all results that is accepted junk.
double junk_share(const VerificationPolicy& boinc) {
  sim::Draw draw(7, sim::Stream::verification, 0);
  History host;
  double junk = 0;
  constexpr int jobs = 2'000'000;
  for (int j = 0; j < jobs; ++j) {
    const bool cheats = host.consecutive_valid >= 10;
    const bool checked = replicates(boinc, host, draw);
    if (checked) host.consecutive_valid = cheats ? 0 : host.consecutive_valid + 1;
    junk += cheats && !checked;
  }
  return junk / jobs;
}

}  // namespace

Rows replication_rows() {
  const auto boinc = sim::config::Registry<VerificationPolicy>::instance().make("adaptive_replication");
  Rows rows;
  for (const auto& [jobs, hosts] : {std::pair{100, 4000}, {1000, 1000}, {10'000, 200}}) {
    const Mean mean = replicated(*boinc, jobs, hosts);
    const double expected = std::sqrt(100 + 2.0 * jobs) - 10;
    rows.push_back({"V9", fmt::format("adaptive replication: of {} jobs of a trusted host, replicated ones", jobs),
                    expected, mean.value(), mean.half_width(), 0.03 * expected});
  }
  rows.push_back({"V9", "adaptive replication: accepted junk of hosts that build trust, then cheat until caught", 0.45,
                  junk_share(*boinc), 0.001, 0.003});
  return rows;
}

}  // namespace orrery::experiments::rows
