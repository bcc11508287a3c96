// Expected beside simulated: what `orrery rows` prints and `./orrery validate` checks. A row runs the mechanism; it
// does not evaluate the formula that it is compared with.
#pragma once

#include <string>
#include <vector>

namespace orrery::experiments::rows {

struct Row {
  std::string id;  // as the list of closed forms numbers it: "I2"
  std::string what;
  double expected = 0;
  double simulated = 0;
  double half_width = 0;  // of the 95 % interval of `simulated`; 0: no randomness is in it
  double tolerance = 0;   // most distance allowed
};
using Rows = std::vector<Row>;

bool met(const Row& row);

// Tab-separated, one row a line, with a head line.
std::string text(const Rows& rows);

// Every closed form of trust and economics. Takes half a minute.
Rows trust();

// What each detector that was measured sees, as expected or why not, and what it can deter: a line for each population,
// detector and cheat.
std::string bridge_text();

// Its parts.
Rows replication_rows();  // V9
Rows deterrence_rows();   // I1 I2 I3 I7
Rows checker_rows();      // I4 I5 I6
Rows consensus_rows();    // I8 I10 I11 V10
Rows market_rows();       // I12 I13 I15 I16
Rows reputation_rows();   // I9 I14
Rows committee_rows();    // V7 V8 V12
Rows queue_rows();        // Q1 Q2
Rows probe_rows();        // V1 V2
Rows evidence_rows();     // V3 V4 V5 V6
Rows order_rows();        // V11
Rows wire_rows();         // Q3
Rows bridge_rows();       // I1 with the rates that were measured
Rows matrix_rows();       // M: cheats and verifiers
Rows precision_rows();    // V3 V5 with the rates that were measured

}  // namespace orrery::experiments::rows
