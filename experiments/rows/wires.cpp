// What of a cryptographic protocol's time is spent on the wire.
#include "experiments/rows/row.hpp"
#include "experiments/rows/scene.hpp"
#include "sim/config/toml.hpp"
#include "sim/verification/policy.hpp"

namespace orrery::experiments::rows {
namespace {

using sim::verification::Shape;
using sim::verification::VerificationPolicy;

// What the cost model `mpc` charges for the run that was published.
sim::verification::Cost cost(const std::string& system, const Shape& shape, double mbit) {
  const std::string lines =
      "[verification]\npolicy = \"mpc\"\nsystem = \"" + system + "\"\nbandwidth_mbit = " + std::to_string(mbit);
  const auto root = sim::config::parse_toml(lines + "\n", "validation");
  return sim::config::Registry<VerificationPolicy>::instance()
      .make(*root.find("verification"), "verification", "none")
      .policy->cost(shape);
}

// Rounds wait for each other and are not in the seconds: whoever has a network plays them there.
double seconds(const std::string& system, const Shape& shape, double mbit, double rtt_ms) {
  const sim::verification::Cost c = cost(system, shape, mbit);
  return c.prove_s + c.rounds * rtt_ms * 1e-3;
}

// Two links tell computing and wire apart: only the second part is inverse to the bandwidth.
double on_the_wire(const std::string& system, const Shape& shape) {
  const double at_5 = seconds(system, shape, 5000, 0), at_10 = seconds(system, shape, 10'000, 0);
  return 2 * (at_5 - at_10);
}

}  // namespace

Rows wire_rows() {
  const Shape gpt2{.blocks = 12, .prompt = 32, .rows = 32, .parameters = 124e6};
  const Shape bert{.blocks = 12, .prompt = 128, .rows = 128, .parameters = 110e6};
  return {{"Q3", "PUMA, GPT2-base: seconds of the published 15.5 on a link of 5 Gbit/s", 6.04,
           on_the_wire("puma-gpt2-base", gpt2), 0, 0.02},
          {"Q3", "PUMA, BERT-base: seconds of the published 33.9 on a link of 5 Gbit/s", 17.24,
           on_the_wire("puma-bert-base", bert), 0, 0.02},
          {"Q3", "PUMA, GPT2-base: 600 rounds (ours) over 100 ms more of round trip", 60,
           seconds("puma-gpt2-base", gpt2, 5000, 101) - seconds("puma-gpt2-base", gpt2, 5000, 1), 0, 1e-6}};
}

}  // namespace orrery::experiments::rows
