// Zero-knowledge proofs of inference, as published times.
#include "sim/verification/cost_model.hpp"

namespace orrery::sim::verification {
namespace {

// Seconds and sizes as the systems' papers and reports give them; upper bounds ("< 3 s") are taken as the value.
const std::vector<CryptoFigure>& figures() {
  static const std::vector<CryptoFigure> list{
      {"zkllm", 13.0e9, 2048, 803, 200e3, 0, 0, 3, 0},       // LLaMA-2-13B, A100
      {"zkgpt", 124e6, 32, 21.8, 101e3, 0, 0, 0.35, 0},      // GPT-2, 16 cores
      {"deepprove", 124e6, 512, 176.6, 17e6, 0, 0, 1.2, 0},  // GPT-2, 174 token/min, 7-27 MB, 16 cores
      {"zkml", 124e6, 1, 3652, 28e3, 0, 0, 18.7, 0},         // GPT-2 by halo2, 128 vCPU
      {"verinf", 17.0e9, 1000, 51480, 0, 0, 0, 0, 0},        // Llama-4-Maverick: 17 B of 400 B parameters active
  };
  return list;
}

class Zk final : public CostModel {
 public:
  struct Params {
    std::string system = "zkllm";
    static Fields<Params> fields() {
      std::vector<std::string> names;
      for (const CryptoFigure& f : figures()) names.emplace_back(f.system);
      return Fields<Params>().choice("system", &Params::system, names, "whose published figures are scaled");
    }
  };
  static About about() {
    return {"zk", "a zero-knowledge proof with every claim, as a cost",
            "Every claim comes with a succinct proof that one verifier checks without recomputing. Proving time and "
            "nothing else decides whether that is of use: it is the published time of the chosen system, scaled by "
            "parameters x positions, which is how prover time grows; proof bytes and checking time are taken as "
            "published. Sound without error. The hardware is the publication's, not the node's.",
            "zkLLM arXiv 2404.16109; zkGPT; DeepProve (Lagrange); ZKML (EuroSys 2024); VerInf. As quoted in surveys"};
  }
  explicit Zk(const Params& params) : figure_(figure_named(figures(), params.system)) {}

  std::string detector() const override { return "zk"; }
  Cost cost(const Shape& shape) const override {
    return {.prove_s = figure_.seconds * scale(figure_, shape),
            .evidence = Bytes(figure_.proof_bytes),
            .passes = 0,
            .verify_s = figure_.verify_s};
  }

 private:
  const CryptoFigure& figure_;
};

ORRERY_REGISTER(VerificationPolicy, Zk);

}  // namespace
}  // namespace orrery::sim::verification
