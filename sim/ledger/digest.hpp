// Hashes as chains use them: BLAKE2b with 256 bits (libsodium).
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace orrery::sim::ledger {

using Digest = std::array<std::uint8_t, 32>;
using BytesView = std::span<const std::uint8_t>;

// Of several parts, each preceded by its length, so that no two lists of parts read the same. `purpose` keeps uses
// apart.
class Hasher {
 public:
  explicit Hasher(std::string_view purpose) { add(purpose); }
  Hasher& add(BytesView part);
  Hasher& add(std::string_view part);
  Hasher& add(std::uint64_t number);
  Digest digest() const;

 private:
  std::vector<std::uint8_t> text_;
};

// The first 64 bits, little-endian; and those as a fraction in [0, 1).
std::uint64_t leading_bits(BytesView digest);
double fraction(BytesView digest);

}  // namespace orrery::sim::ledger
