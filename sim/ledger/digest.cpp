#include "sim/ledger/digest.hpp"

#include <sodium.h>

#include "kernels/contract.hpp"

namespace orrery::sim::ledger {

Hasher& Hasher::add(std::uint64_t number) {
  for (int byte = 0; byte < 8; ++byte) text_.push_back(static_cast<std::uint8_t>(number >> (8 * byte)));
  return *this;
}

Hasher& Hasher::add(BytesView part) {
  add(static_cast<std::uint64_t>(part.size()));
  text_.insert(text_.end(), part.begin(), part.end());
  return *this;
}

Hasher& Hasher::add(std::string_view part) {
  return add(BytesView(reinterpret_cast<const std::uint8_t*>(part.data()), part.size()));
}

Digest Hasher::digest() const {
  Digest out{};
  crypto_generichash(out.data(), out.size(), text_.data(), text_.size(), nullptr, 0);
  return out;
}

std::uint64_t leading_bits(BytesView digest) {
  EXPECT(digest.size() >= 8);
  std::uint64_t bits = 0;
  for (int byte = 7; byte >= 0; --byte) bits = (bits << 8) | digest[static_cast<std::size_t>(byte)];
  return bits;
}

double fraction(BytesView digest) { return static_cast<double>(leading_bits(digest) >> 11) * 0x1.0p-53; }

}  // namespace orrery::sim::ledger
