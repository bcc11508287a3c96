// What protocols send and how often they find what was changed: proofs of the largest activations, opened rows, random
// depths, bisection.
#include <cmath>

#include <fmt/format.h>

#include "experiments/rows/row.hpp"
#include "experiments/rows/scene.hpp"
#include "experiments/rows/sheet.hpp"
#include "sim/config/toml.hpp"
#include "sim/verification/bytes.hpp"
#include "sim/verification/merkle.hpp"
#include "sim/verification/policy.hpp"
#include "sim/verification/toploc_proof.hpp"

namespace orrery::experiments::rows {
namespace {

using sim::Draw;
using sim::execution::Dialogue;
using sim::verification::VerificationPolicy;
namespace toploc = sim::verification::toploc;

std::unique_ptr<VerificationPolicy> protocol(const std::string& lines) {
  const auto root = sim::config::parse_toml("[verification]\n" + lines + "\n", "validation");
  return sim::config::Registry<VerificationPolicy>::instance()
      .make(*root.find("verification"), "verification", "none")
      .policy;
}

double half_width(double share, double count) { return 1.96 * std::sqrt(share * (1 - share) / count); }

toploc::Top top_of(std::uint32_t which) {
  // 32 positions of width 4096, as TOPLOC's own proofs are taken from.
  Draw draw(7, sim::Stream::test, which);
  kernels::Matrix x(32, 4096);
  for (float& v : x.span()) v = static_cast<float>(draw.normal());
  return toploc::top_k(x, 128);
}

Rows proofs() {
  Rows rows;
  for (const int k : {16, 128}) {
    const Sheet sheet(1, 32, 64, 300);
    const auto bytes = protocol(fmt::format("policy = \"toploc\"\nk = {}", k))->commit(sheet).size();
    rows.push_back({"V3", fmt::format("TOPLOC: bytes of a proof of {} values for 32 tokens", k), 2.0 + 2 * k,
                    static_cast<double>(bytes), 0, 0});
  }
  const toploc::Top own = top_of(301);
  const toploc::Proof proof = toploc::prove(own);
  double exact = 0;
  for (std::size_t i = 0; i < own.positions.size(); ++i)
    exact += toploc::evaluate(proof, own.positions[i]) == own.values[i];
  rows.push_back({"V3", "TOPLOC: points of 128 that the polynomial gives back bit for bit", 128, exact, 0, 0});
  const toploc::Comparison same = *toploc::compare(proof, own);
  rows.push_back({"V3", "TOPLOC: the same tensor, exponents that differ plus mean plus median distance of mantissas", 0,
                  same.exponent_mismatches + same.mean_mantissa + same.median_mantissa, 0, 0});
  double fewest = 128;
  for (std::uint32_t other = 0; other < 12; ++other)
    fewest = std::min<double>(fewest, toploc::compare(proof, top_of(310 + other))->exponent_mismatches);
  rows.push_back({"V3", "TOPLOC: fewest exponents of 128 that differ from 12 independent tensors, 126 or more", 127,
                  fewest, 0, 1});
  Mean matches;
  Draw draw(7, sim::Stream::test, 330);
  for (int forgery = 0; forgery < 2000; ++forgery) {
    toploc::Proof forged{.modulus = 65497, .coefficients = {}};
    for (int c = 0; c < 128; ++c) forged.coefficients.push_back(static_cast<std::uint16_t>(draw.below(toploc::prime)));
    matches.add(128 - toploc::compare(forged, own)->exponent_mismatches);
  }
  rows.push_back({"V3", "TOPLOC: exponents of 128 that a proof of random coefficients hits", 0.5, matches.value(),
                  matches.half_width(), 2 * matches.half_width()});
  return rows;
}

// Four of 128 positions were cheated on; the verifier of freivalds chooses eight to be opened.
Row openings() {
  const auto freivalds = protocol("policy = \"freivalds\"\nopenings = 8");
  const Sheet sheet(1, 128, 1, 340);
  constexpr int audits = 40'000;
  double found = 0;
  for (std::uint32_t audit = 0; audit < audits; ++audit) {
    const auto question = freivalds->ask({}, sheet, Draw(7, sim::Stream::verification, audit));
    sim::verification::ByteReader in(question);
    bool hit = false;
    for (std::uint32_t block = 0, row = 0; in.get(block) && in.get(row);) hit = hit || row % 32 == 5;
    found += hit;
  }
  const double expected = .22998, half = half_width(expected, audits);
  return {"V4", "opened rows: 8 of 128 meet one of 4 cheated ones", expected, found / audits, half, 2 * half};
}

// A cheat in the last of so many depths, each token audited at a random one.
class RandomDepth {
 public:
  RandomDepth(int depths, const std::string& depth)
      : difr_(protocol(fmt::format("policy = \"activation_difr\"\nprojections = 1\ncheckpoints = {}\ndepth = \"{}\"",
                                   depths, depth))),
        verifier_(depths, 1, 4, 350),
        executor_(depths, 1, 4, 350) {
    executor_.change_from_depth(depths);
    said_.commitment = difr_->commit(executor_);
  }
  // Tokens until the first that is rejected; `most` where none is.
  int survived(std::uint32_t text, int most) const {
    for (int token = 0; token < most; ++token) {
      const Draw draw(7, sim::Stream::verification, text, static_cast<std::uint64_t>(token) << 20);
      if (difr_->judge(said_, verifier_, draw).score > 1e-6) return token;
    }
    return most;
  }

 private:
  std::unique_ptr<VerificationPolicy> difr_;
  Sheet verifier_, executor_;
  Dialogue said_;
};

Rows random_depth(int depths, int tokens, double to_99) {
  constexpr int texts = 40'000;
  const RandomDepth audit(depths, "uniform");
  const int most = 2 * tokens;
  std::vector<double> alive(static_cast<std::size_t>(most) + 1, 0);
  for (std::uint32_t text = 0; text < texts; ++text) {
    const int lived = audit.survived(text, most);
    for (int t = 0; t <= lived; ++t) alive[static_cast<std::size_t>(t)] += 1.0 / texts;
  }
  std::size_t last = 0;
  while (last + 2 < alive.size() && alive[last + 1] > 0.01) ++last;
  const double steps = std::log(alive[last] / 0.01) / std::log(alive[last] / alive[last + 1]);
  const double p = 1.0 / depths, escape = std::pow(1 - p, tokens), half = half_width(escape, texts);
  const double error = half_width(0.01, texts) / 0.01 / -std::log(1 - p);
  return {{"V5", fmt::format("random depth: a suffix cheat at P(d >= c) = {} escapes for {} tokens", p, tokens), escape,
           alive[static_cast<std::size_t>(tokens)], half, 2 * half},
          {"V5", fmt::format("random depth: tokens until 99 % of them are found (P = {})", p), to_99,
           static_cast<double>(last) + steps, error, 1.5 * error}};
}

Row fixed_depth() {
  return {"V5", "fixed shallow depth: tokens of a suffix cheat that pass, of 1000",
          1000, static_cast<double>(RandomDepth(4, "first").survived(0, 1000)),
          0,    0};
}

// A dispute about a stage of so many blocks of eight operators, wrong from one operator on.
Rows bisection(int blocks) {
  const auto refereed = protocol("policy = \"refereed\"");
  const int operators = blocks * sim::execution::Operators::count;
  const Sheet verifier(blocks, 2, 3, 360);
  double rounds = 0, hashes = 0, ended_there = 0, disputes = 0;
  for (int wrong = 0; wrong < operators; wrong += 1 + operators / 40) {
    Sheet executor(blocks, 2, 3, 360);
    executor.change_from_operator(wrong);
    const Draw draw(7, sim::Stream::verification, static_cast<std::uint32_t>(wrong));
    const Dialogue said = talk(*refereed, executor, verifier, draw);
    disputes += 1;
    rounds += static_cast<double>(said.questions.size());
    for (const auto& answer : said.answers)
      hashes += static_cast<double>(answer.size()) / sizeof(sim::verification::Hash);
    // The last question names the pair of operators that the dispute came down to.
    std::uint32_t pair = 0;
    sim::verification::ByteReader in(said.questions.back());
    ended_there +=
        in.get(pair) && static_cast<int>(pair) == wrong / 2 && refereed->judge(said, verifier, draw).score > 0.5;
  }
  const double height = std::ceil(std::log2(operators));
  return {
      {"V6", fmt::format("bisection: rounds of a dispute over {} operators", operators), height, rounds / disputes, 0,
       0},
      {"V6", fmt::format("bisection: hashes opened over {} operators", operators), 2 * height, hashes / disputes, 0, 0},
      {"V6",
       fmt::format("bisection: disputes over {} operators that end at the first wrong one and are lost", operators), 1,
       ended_there / disputes, 0, 0}};
}

}  // namespace

Rows evidence_rows() {
  Rows rows = proofs();
  rows.push_back(openings());
  const auto add = [&rows](Rows more) {
    for (Row& row : more) rows.push_back(std::move(row));
  };
  add(random_depth(10, 44, 43.7));
  add(random_depth(4, 16, 16.0));
  rows.push_back(fixed_depth());
  for (const int blocks : {1, 3, 32}) add(bisection(blocks));
  return rows;
}

}  // namespace orrery::experiments::rows
