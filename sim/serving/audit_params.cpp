#include "sim/serving/audit_params.hpp"

namespace orrery::sim::serving {

config::Fields<AuditingParams> AuditingParams::fields() {
  using P = AuditingParams;
  return config::Fields<P>()
      .text("rates_of", &P::rates_of,
            "model whose measured rates of detection and thresholds are taken; empty: model.name, which then has to be "
            "in the table")
      .text("population", &P::population,
            "population of honest devices whose rates are taken (orrery calibrate detection); empty: the first one "
            "that has every device of the swarm")
      .text("table", &P::table,
            "table of rates that `orrery calibrate detection --table` wrote; empty: the one in the program")
      .real("reach", &P::reach, "1",
            "rates and thresholds measured on a stage, or on a text, up to so many times larger or smaller are taken "
            "for the claim's; beyond it the run is refused. The workload's mean length counts, since lengths are drawn",
            1, 1e6)
      .choice("votes", &P::votes, {"sealed", "open"},
              "of committees. sealed: verifiers commit to their votes, and show them when all have; open: each says "
              "what it found at once, for the others to read")
      .real("vote_timeout_s", &P::vote_timeout_s, "s",
            "time a verifier has for its vote, beside what the evidence takes to make, before another is drawn", 1e-3,
            1e7)
      .real("reveal_timeout_s", &P::reveal_timeout_s, "s",
            "time to show a sealed vote once all have committed; who lets it pass loses the vote", 1e-3, 1e7)
      .integer("redraws", &P::redraws, "nodes", "verifiers that are replaced in one audit before it is given up", 0,
               1000)
      .choice("silence", &P::silence, {"unfinished", "rejected"},
              "what becomes of a claim whose executor shows no evidence while verifiers wait for it, half of "
              "vote_timeout_s. unfinished: nothing is said of it, since honest nodes crash, too; rejected: whoever "
              "hides is taken for a cheat")
      .real("device_price", &P::device_price, "coin",
            "what an hour of a device's time costs its owner, serving or auditing; ours, to be swept", 0, 1e6);
}

}  // namespace orrery::sim::serving
