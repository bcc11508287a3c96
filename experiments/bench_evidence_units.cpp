// The units of evidence's costs: the protocols' own code at the sizes of large models, each checked by its answer.
#include <algorithm>
#include <array>
#include <cmath>

#include <sodium.h>

#include "experiments/bench_evidence.hpp"
#include "experiments/rows/sheet.hpp"
#include "sim/config/toml.hpp"
#include "sim/execution/gumbel.hpp"
#include "sim/ledger/vrf.hpp"
#include "sim/verification/evidence_cost.hpp"
#include "sim/verification/freivalds_check.hpp"
#include "sim/verification/merkle.hpp"
#include "sim/verification/output_rows.hpp"
#include "sim/verification/policy.hpp"
#include "sim/verification/toploc_proof.hpp"

namespace orrery::experiments {
namespace {

namespace verification = sim::verification;
namespace toploc = sim::verification::toploc;
namespace freivalds = sim::verification::freivalds;
namespace vrf = sim::ledger::vrf;
using sim::Draw;
using verification::evidence_cost::units;

using Rows = std::vector<EvidenceRow>;

std::unique_ptr<verification::VerificationPolicy> protocol(const std::string& lines) {
  const auto root = sim::config::parse_toml("[verification]\n" + lines + "\n", "bench");
  return sim::config::Registry<verification::VerificationPolicy>::instance()
      .make(*root.find("verification"), "verification", "none")
      .policy;
}

kernels::Matrix noise(int rows, int cols, std::uint32_t which) {
  Draw draw(7, sim::Stream::test, which);
  kernels::Matrix x(rows, cols);
  for (float& v : x.span()) v = static_cast<float>(draw.normal());
  return x;
}

Rows hashes() {
  // FIPS 180-4's own example.
  constexpr std::array<unsigned char, 4> begin{0xba, 0x78, 0x16, 0xbf};
  const std::array<char, 3> abc{'a', 'b', 'c'};
  const verification::Hash of_abc = verification::hash_bytes(std::as_bytes(std::span(abc)));
  const bool example = std::equal(begin.begin(), begin.end(), of_abc.begin(),
                                  [](unsigned char a, std::byte b) { return a == std::to_integer<unsigned char>(b); });
  const std::vector<std::byte> text(std::size_t{1} << 20, std::byte{0x5a});
  verification::Hash hash{};
  const double a_byte = time_s([&] { hash = verification::hash_bytes(text); }) / static_cast<double>(text.size());
  const std::vector<verification::Hash> leaves(1024, hash);
  verification::MerkleTree tree(leaves);
  const double a_pair = time_s([&] { tree = verification::MerkleTree(leaves); }) / 1023;
  const bool leads = verification::merkle_root(hash, 77, tree.path(77)) == tree.root();
  return {{"a hashed byte", a_byte, units.hashed_byte, example, "SHA-256 of 1 MiB"},
          {"a hashed pair", a_pair, units.hashed_pair, leads, "tree of 1,024 leaves"}};
}

Rows polynomials() {
  constexpr int k = 128;
  constexpr double square = k * k;
  const kernels::Matrix x = noise(32, 4096, 1);
  toploc::Top top;
  const double scan = time_s([&] { top = toploc::top_k(x, k); });
  const float least = std::fabs(x.span()[top.positions.back()]);
  const auto larger =
      std::count_if(x.span().begin(), x.span().end(), [least](float v) { return std::fabs(v) > least; });
  toploc::Proof proof;
  const double fit = time_s([&] { proof = toploc::prove(top); });
  bool through = proof.modulus != 0;
  for (std::size_t i = 0; i < top.positions.size(); ++i)
    through = through && toploc::evaluate(proof, top.positions[i]) == top.values[i];
  double distance = 1;
  const double evaluate = time_s([&] { distance = toploc::compare(proof, top)->distance; });
  return {{"a scanned value", scan / static_cast<double>(x.span().size()), units.scanned_value, larger == k - 1,
           "128 largest of 32 x 4096"},
          {"k^2 of a polynomial's fit", fit / square, units.fitted_square, through, "k = 128"},
          {"a term of its value", evaluate / square, units.evaluated_term, distance == 0, "128 points of 128 terms"}};
}

// A matrix is drawn for each commitment, whatever the number of rows: two sizes tell the two apart.
Rows projections() {
  constexpr int width = 2048, few = 8, many = 136;
  const auto policy = protocol("policy = \"activation_difr\"\nprojections = 8\ncheckpoints = 1\nthreshold = 0.5");
  rows::Sheet small(1, few, width, 2), large(1, many, width, 3), other(1, many, width, 3);
  other.change_from_depth(1);
  const Draw draw(7, sim::Stream::verification, 1);
  sim::execution::Message y;
  const double of_few = time_s([&] { y = policy->commit(small); }),
               of_many = time_s([&] { y = policy->commit(large); });
  const double term = (of_many - of_few) / (8.0 * width * (many - few));
  const double normal = of_few / (8.0 * width) - few * term;
  const bool tells =
      policy->judge({y, {}, {}}, large, draw).score == 0 && policy->judge({y, {}, {}}, other, draw).score > 0;
  return {{"a Gaussian number drawn", normal, units.drawn_normal, tells, "8 x 2048"},
          {"a term of a projection", term, units.projected_term, tells, "8 directions, 128 rows of 2048"}};
}

Rows inner_products() {
  constexpr int n = 1024;
  const kernels::Matrix w = noise(n, n, 4), x = noise(1, n, 5);
  const kernels::PackedMatrix packed(w);
  std::vector<float> z(n, 0.0F);
  for (int c = 0; c < n; ++c) {
    double sum = 0;
    for (int i = 0; i < n; ++i) sum += static_cast<double>(w(c, i)) * x(0, i);
    z[static_cast<std::size_t>(c)] = static_cast<float>(sum);
  }
  Draw draw(7, sim::Stream::verification, 2);
  const auto gauss = freivalds::gauss_probe(packed, draw);
  double left = 1;
  const double real = time_s([&] { left = freivalds::residual(gauss, x.span(), z); });
  std::vector<float> wrong = z;
  wrong[7] += 3;
  const bool real_tells = std::fabs(left) < 1e-2 && std::fabs(freivalds::residual(gauss, x.span(), wrong)) > 1e-2;
  const auto w8 = sim::execution::to_int8_rows(w), x8 = sim::execution::to_int8_rows(x);
  std::vector<std::int32_t> sums = sim::execution::multiply(x8, w8);
  const auto field = freivalds::field_probe(w8, draw);
  bool passes = false;
  const double exact = time_s([&] { passes = freivalds::passes(field, x8.values, sums); });
  sums[7] += 1;
  const bool field_tells = passes && !freivalds::passes(field, x8.values, sums);
  return {{"a term of an inner product", real / (2 * n), units.real_term, real_tells, "in doubles, 1024 x 1024"},
          {"the same in integers", exact / (2 * n), units.field_term, field_tells, "over GF(2^32 - 5)"}};
}

Rows values() {
  const rows::Sheet sheet(1, 32, 4096, 6);
  constexpr double all = 32 * 4096;
  sim::execution::Message message;
  const double write = time_s([&] { message = verification::commit_rows(sheet); });
  double score = 1;
  const double compare = time_s([&] { score = verification::compare_rows(message, sheet).score; });
  // bf16 has 8 bits.
  const bool near = score > 0 && score < 0x1p-8;
  std::vector<std::vector<float>> logits(1);
  const kernels::Matrix drawn = noise(1, 32768, 7);
  logits[0].assign(drawn.span().begin(), drawn.span().end());
  const rows::Sheet one(1, 1, 8, 8);
  const ReadTrace read(one, logits);
  const auto cdv = protocol("policy = \"cdv\"\nthreshold = 0.5");
  const double likely = time_s([&] { message = cdv->commit(read); });
  const double same = cdv->judge({message, {}, {}}, read, Draw(7, sim::Stream::verification, 3)).score;
  const int sampled = sim::execution::sample_gumbel(logits[0], 0.8, 99, 5);
  double margin = 1;
  const double gumbel = time_s([&] { margin = sim::execution::gumbel_margin(logits[0], 0.8, 99, 5, sampled); });
  const auto tokens = protocol("policy = \"token_difr\"\nthreshold = 0.5");
  const double short_message = time_s([&] { message = tokens->commit(sheet); });
  return {{"a value written as bf16", write / all, units.written_value, near, "32 x 4096"},
          {"a value compared", compare / all, units.compared_value, near, "32 x 4096"},
          {"a logit among the likely", likely / 32768, units.likely_value, same < 1e-3, "softmax, 16 of 32,768"},
          {"a logit with its noise", gumbel / 32768, units.gumbel_value, margin == 0, "32,768 tokens"},
          {"a message of 8 bytes", short_message, units.written_message, message.size() == 8, ""}};
}

Rows signatures() {
  std::array<unsigned char, crypto_sign_PUBLICKEYBYTES> open;
  std::array<unsigned char, crypto_sign_SECRETKEYBYTES> secret;
  const std::array<unsigned char, crypto_sign_SEEDBYTES> seed{7};
  crypto_sign_seed_keypair(open.data(), secret.data(), seed.data());
  std::array<unsigned char, 64> text{1, 2, 3};
  std::array<unsigned char, crypto_sign_BYTES> signature;
  const double sign =
      time_s([&] { crypto_sign_detached(signature.data(), nullptr, text.data(), text.size(), secret.data()); });
  int refused = 1;
  const double check =
      time_s([&] { refused = crypto_sign_verify_detached(signature.data(), text.data(), text.size(), open.data()); });
  const vrf::SecretKey key{7};
  const vrf::PublicKey known = vrf::public_key(key);
  vrf::Proof proof{};
  const double prove = time_s([&] { proof = vrf::prove(key, text); });
  std::optional<vrf::Output> output;
  const double verify = time_s([&] { output = vrf::verify(known, text, proof); });
  text[0] ^= 1;
  const bool tells =
      refused == 0 && crypto_sign_verify_detached(signature.data(), text.data(), text.size(), open.data()) != 0;
  const bool drawn = output && *output == vrf::output(proof) && !vrf::verify(known, text, proof);
  return {{"a signature", sign, units.signature, tells, "Ed25519, 64 bytes"},
          {"a signature checked", check, units.checked_signature, tells, ""},
          {"a draw proven", prove, units.drawn_proof, drawn, "ECVRF, RFC 9381"},
          {"a draw checked", verify, units.checked_draw, drawn, ""}};
}

}  // namespace

std::vector<EvidenceRow> evidence_units() {
  Rows all;
  for (const Rows& part : {hashes(), polynomials(), projections(), inner_products(), values(), signatures()})
    all.insert(all.end(), part.begin(), part.end());
  return all;
}

}  // namespace orrery::experiments
