#include "experiments/hash.hpp"

#include <array>

#include <fmt/format.h>
#include <sodium.h>

#include "kernels/contract.hpp"

namespace orrery::experiments {

std::string hash_hex(std::string_view text, std::size_t bytes) {
  std::array<unsigned char, crypto_generichash_BYTES> hash;
  EXPECT(bytes <= hash.size());
  const int failed = crypto_generichash(hash.data(), hash.size(), reinterpret_cast<const unsigned char*>(text.data()),
                                        text.size(), nullptr, 0);
  ENSURE(failed == 0);
  std::string hex;
  for (std::size_t i = 0; i < bytes; ++i) hex += fmt::format("{:02x}", hash[i]);
  return hex;
}

}  // namespace orrery::experiments
