// Inference on encrypted data, as published times.
#include "sim/verification/cost_model.hpp"

namespace orrery::sim::verification {
namespace {

class Fhe final : public CostModel {
 public:
  struct Params {
    double seconds = 37.3;
    double traffic_mb = 164;
    double parameters = 110e6;
    double positions = 128;
    static Fields<Params> fields() {
      return Fields<Params>()
          .real("seconds", &Params::seconds, "s", "computing time of the published run (NEXUS: 37.3 on a GPU)", 0, 1e9)
          .real("traffic_mb", &Params::traffic_mb, "MB", "its traffic, in one round (NEXUS: 164)", 0, 1e9)
          .real("parameters", &Params::parameters, "1",
                "of the model it ran; NEXUS says a BERT-based model, taken as BERT-base", 1, 1e13)
          .real("positions", &Params::positions, "token", "that it ran (taken as 128)", 1, 1e6);
    }
  };
  static About about() {
    return {
        "fhe", "the server computes on ciphertexts, as a cost",
        "The client encrypts, the server computes without seeing anything, in one round. Seconds and ciphertexts are "
        "scaled by parameters x positions from one published system; the ciphertexts travel over the swarm's network. "
        "It hides the data; that the right function was computed it does not prove by itself: every claim is "
        "accepted. The figure leaves such a proof out, so this is the cheapest that it could be.",
        "NEXUS (NDSS 2025), abstract; the size of its model is our reading"};
  }
  explicit Fhe(const Params& params) : params_(params) {}

  // Ciphertexts hide what the server was given and say nothing about what it did with that.
  std::optional<double> power() const override { return 0; }
  std::string detector() const override { return "fhe"; }
  Cost cost(const Shape& shape) const override {
    const CryptoFigure figure{"", params_.parameters, params_.positions, 0, 0, 0, 0, 0, 1};
    const double factor = scale(figure, shape);
    return {.prove_s = factor * params_.seconds,
            .rounds = 1,
            .dialogue = Bytes(factor * params_.traffic_mb * 1e6),
            .passes = 0};
  }

 private:
  Params params_;
};

ORRERY_REGISTER(VerificationPolicy, Fhe);

}  // namespace
}  // namespace orrery::sim::verification
