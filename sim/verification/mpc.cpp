// Secure multi-party inference, as published times.
#include <algorithm>
#include <limits>

#include "sim/verification/cost_model.hpp"

namespace orrery::sim::verification {
namespace {

constexpr double five_gbit = 5e9 / 8;

// PUMA's tables, 3 parties; its LLaMA-7B rows state a bandwidth whose unit is not clear, taken here as Gbit/s.
const std::vector<CryptoFigure>& figures() {
  static const std::vector<CryptoFigure> list{
      {"puma-gpt2-base", 124e6, 32, 15.5, 0, 3.77e9, five_gbit, 0, 0},
      {"puma-gpt2-large", 774e6, 32, 54.2, 0, 11.95e9, five_gbit, 0, 0},
      {"puma-bert-base", 110e6, 128, 33.9, 0, 10.77e9, five_gbit, 0, 0},
      {"puma-llama-7b", 6.74e9, 8, 200.5, 0, 1.79e9, 20e9 / 8, 0, 0},
      {"mpcformer-gpt2-base", 124e6, 32, 34.9, 0, 5.0e9, five_gbit, 0, 0},
  };
  return list;
}

class Mpc final : public CostModel {
 public:
  struct Params {
    std::string system = "puma-gpt2-base";
    double bandwidth_mbit = 5000;
    double rounds_per_block = 50;
    static Fields<Params> fields() {
      std::vector<std::string> names;
      for (const CryptoFigure& f : figures()) names.emplace_back(f.system);
      return Fields<Params>()
          .choice("system", &Params::system, names, "whose published figures are scaled")
          .real("bandwidth_mbit", &Params::bandwidth_mbit, "Mbit/s", "between two parties, who have links of their own",
                0.1, 1e6)
          .real("rounds_per_block", &Params::rounds_per_block, "1",
                "exchanges that a transformer block needs one after another (not published; ours, to be swept)", 0,
                1e5);
    }
  };
  static About about() {
    return {
        "mpc", "three parties compute on shares, as a cost",
        "Nobody sees the input and a lone party cannot bend the result. Time = computing + bytes / bandwidth + "
        "rounds x RTT: the published seconds less their own wire time, scaled by parameters x positions, plus the "
        "published bytes over the given link of the parties' own, plus the rounds, one after another, which take the "
        "round trips of the swarm's network and next to none of its bytes. Over a wide area the rounds alone are "
        "minutes.",
        "PUMA, arXiv 2307.12533, tables 1-4; MPCFormer as measured there; rounds per block are ours"};
  }
  explicit Mpc(const Params& params) : params_(params), figure_(figure_named(figures(), params.system)) {}

  std::string detector() const override { return "mpc"; }
  Cost cost(const Shape& shape) const override {
    const double factor = scale(figure_, shape);
    const double computing = figure_.seconds - figure_.traffic_bytes / figure_.link_bytes_per_s;
    const double wire = figure_.traffic_bytes / (params_.bandwidth_mbit * 1e6 / 8);
    // The prompt is one pass; a generated token cannot start before the one before it is known.
    const double passes = static_cast<double>(std::max<Tokens>(1, shape.rows - std::max<Tokens>(0, shape.prompt - 1)));
    const double rounds = params_.rounds_per_block * shape.blocks * passes;
    // A round trip is no part of the seconds: the network plays the rounds, with a word each way that says so much. The
    // shares themselves pass between the parties. More rounds than can be counted never end anyway.
    constexpr double most = std::numeric_limits<int>::max();
    const int played = static_cast<int>(std::min(rounds, most));
    return {.prove_s = factor * (computing + wire),
            .rounds = played,
            .dialogue = Bytes(2.0 * sizeof(std::uint64_t) * played),
            .between_parties = Bytes(factor * figure_.traffic_bytes),
            .passes = 0};
  }

 private:
  Params params_;
  const CryptoFigure& figure_;
};

ORRERY_REGISTER(VerificationPolicy, Mpc);

}  // namespace
}  // namespace orrery::sim::verification
