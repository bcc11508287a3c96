// Randomness is a pure function of (seed, stream, entity, index): no generator is stored, so partition, migration,
// threads and restarts cannot change a draw. Philox4x32-10 from Random123 (Salmon et al., SC'11).
#pragma once

#include <array>
#include <cstdint>

namespace orrery::sim {

// Who draws. Streams keep the uses apart: adding a draw to one never shifts another.
enum class Stream : std::uint32_t {
  swarm = 1,    // composition: device, region, access link of a node
  life = 2,     // session and absence lengths, crash or leave
  network = 3,  // jitter
  arrival = 4,  // inter-arrival times
  length = 5,   // prompt and output lengths, prompt position
  sharding = 6,
  routing = 7,
  sampling = 8,  // next-token draws
  behaviour = 9,
  verification = 10,
  incentive = 11,
  service = 12,  // service-time variation of a node
  design = 90,   // points of a sweep
  test = 100,
};

// 128 random bits.
std::array<std::uint32_t, 4> random_bits(std::uint64_t seed, Stream stream, std::uint32_t entity, std::uint64_t index);

// A cursor over the draws of one (seed, stream, entity): 24 bytes, copyable, and `index` is all of its state.
class Draw {
 public:
  Draw(std::uint64_t seed, Stream stream, std::uint32_t entity, std::uint64_t index = 0)
      : seed_(seed), stream_(stream), entity_(entity), index_(index) {}
  std::uint64_t index() const { return index_; }

  std::uint64_t bits();                        // uniform over 64 bits
  double uniform();                            // [0, 1), multiples of 2^-53
  double uniform(double low, double high);     // [low, high)
  std::uint64_t below(std::uint64_t n);        // [0, n), unbiased; n >= 1
  double exponential(double mean);             // mean > 0
  double normal();                             // mean 0, variance 1
  double lognormal(double mu, double sigma);   // exp(N(mu, sigma^2))
  double weibull(double shape, double scale);  // shape, scale > 0
  double gamma(double shape, double scale);    // shape, scale > 0

 private:
  std::uint64_t seed_;
  Stream stream_;
  std::uint32_t entity_;
  std::uint64_t index_;
};

}  // namespace orrery::sim
