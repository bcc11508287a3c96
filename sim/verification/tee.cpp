// Trusted execution: a signature instead of a recomputation.
#include <array>

#include <sodium.h>

#include "sim/verification/auditing.hpp"
#include "sim/verification/bytes.hpp"
#include "sim/verification/evidence_cost.hpp"
#include "sim/verification/merkle.hpp"

namespace orrery::sim::verification {
namespace {

class Tee final : public Auditing<AuditParams> {
 public:
  struct Params : AuditParams {
    double overhead = 0.07;
    double compromised = 0;
    Params() { rate = 1; }
    static Fields<Params> fields() {
      return audit_fields<Params>()
          .real("overhead", &Params::overhead, "1",
                "share by which the enclave slows execution (H100: below 0.07; CPU enclaves below 0.2 in latency)", 0,
                10)
          .real("compromised", &Params::compromised, "1",
                "share of operators who hold their platform's key (swept; TEE.fail reads it for under $1,000)", 0, 1);
    }
  };
  static About about() {
    return {
        "tee", "an enclave signs what ran in it",
        "The enclave signs (Ed25519) the hash of the outputs together with a measurement of the program, the "
        "arithmetic it computed with; a verifier checks the signature against the platform's key and the measurement "
        "against the agreed program. Nothing is recomputed. An operator who has extracted the key signs what it "
        "likes: `compromised` of them, drawn from the platform's number. The measurement covers the precision of the "
        "weights and of the cache and the blocks that were run; which device summed in which order it does not "
        "name. That the signed rows are those that were delivered is for their receiver to see: nobody here signs one "
        "text and delivers another.",
        "overheads: arXiv 2409.03992, 2509.18886; TEE.fail, October 2025"};
  }
  explicit Tee(const Params& params) : Auditing(params), own_(params) {}

  std::optional<double> threshold() const override { return 0.5; }
  // Operators have the numbers of their nodes.
  bool evades(NodeId executor) const override { return holds_key(executor.index()); }
  bool sees_what_ran() const override { return true; }
  std::string detector() const override { return "tee"; }
  Cost cost(const Shape& shape) const override {
    const Bytes output(4.0 * static_cast<double>(shape.rows) * shape.hidden);
    return {.slowdown = 1 + own_.overhead,
            .prove_s = evidence_cost::hashing_s(output) + evidence_cost::units.signature,
            .evidence = Bytes(static_cast<double>(2 * sizeof(Hash) + signature_bytes)),
            .passes = 0,
            .verify_s = evidence_cost::units.checked_signature};
  }
  // The measurement is of what really ran: the enclave sees to that. Unless the key is out, in which case the agreed
  // measurement is put under whatever was computed.
  Message commit(const execution::Trace& executor) const override {
    const Hash output = hash_rows(executor.tap(executor.blocks().size()));
    const Hash measured = holds_key(executor.operator_number()) ? agreed_program(executor) : program_that_ran(executor);
    ByteWriter body;
    body.put(output);
    body.put(measured);
    Message message = body.take();
    const auto key = platform();
    std::array<std::byte, signature_bytes> signature;
    crypto_sign_detached(reinterpret_cast<unsigned char*>(signature.data()), nullptr,
                         reinterpret_cast<const unsigned char*>(message.data()), message.size(), key.secret.data());
    message.insert(message.end(), signature.begin(), signature.end());
    return message;
  }
  execution::Judgement judge(const execution::Dialogue& said, const execution::Trace& verifier, Draw) const override {
    constexpr std::size_t signed_bytes = 2 * sizeof(Hash);
    if (said.commitment.size() != signed_bytes + signature_bytes) return {.score = 1, .malformed = true};
    const auto* bytes = reinterpret_cast<const unsigned char*>(said.commitment.data());
    const auto key = platform();
    if (crypto_sign_verify_detached(bytes + signed_bytes, bytes, signed_bytes, key.open.data()) != 0)
      return {.score = 1, .malformed = true};
    Hash measured;
    std::memcpy(measured.data(), bytes + sizeof(Hash), sizeof(Hash));
    return {.score = measured == agreed_program(verifier) ? 0.0 : 1.0};
  }

 private:
  static constexpr std::size_t signature_bytes = crypto_sign_BYTES;
  struct Keys {
    std::array<unsigned char, crypto_sign_PUBLICKEYBYTES> open;
    std::array<unsigned char, crypto_sign_SECRETKEYBYTES> secret;
  };
  // One vendor's key stands for all platforms.
  static Keys platform() {
    Keys keys;
    std::array<unsigned char, crypto_sign_SEEDBYTES> seed{};
    seed[0] = 0x7e;
    crypto_sign_seed_keypair(keys.open.data(), keys.secret.data(), seed.data());
    return keys;
  }
  bool holds_key(std::uint32_t operator_number) const {
    return Draw(0x7ee, Stream::behaviour, operator_number).uniform() < own_.compromised;
  }
  static Hash measure(std::span<const std::uint64_t> words) { return hash_bytes(std::as_bytes(words)); }
  static Hash agreed_program(const execution::Trace& trace) {
    const std::vector<std::uint64_t> words = execution::program(trace.blocks(), trace.agreed_weights());
    return measure(words);
  }
  static Hash program_that_ran(const execution::Trace& trace) { return measure(trace.program()); }
  Params own_;
};

ORRERY_REGISTER(VerificationPolicy, Tee);

}  // namespace
}  // namespace orrery::sim::verification
