#include "experiments/rows/row.hpp"

#include <cmath>

#include <fmt/format.h>

namespace orrery::experiments::rows {

bool met(const Row& row) { return std::fabs(row.simulated - row.expected) <= row.tolerance; }

std::string text(const Rows& rows) {
  std::string lines = "id\twhat\texpected\tsimulated\thalf_width\ttolerance\tmet\n";
  for (const Row& r : rows) {
    lines += fmt::format("{}\t{}\t{:.9g}\t{:.9g}\t{:.3g}\t{:.3g}\t{}\n", r.id, r.what, r.expected, r.simulated,
                         r.half_width, r.tolerance, met(r) ? 1 : 0);
  }
  return lines;
}

Rows trust() {
  Rows all;
  for (Rows (*part)() : {probe_rows, evidence_rows, matrix_rows, precision_rows, committee_rows, replication_rows,
                         order_rows, deterrence_rows, bridge_rows, checker_rows, consensus_rows, market_rows,
                         reputation_rows, queue_rows, wire_rows}) {
    for (Row& row : part()) all.push_back(std::move(row));
  }
  return all;
}

}  // namespace orrery::experiments::rows
