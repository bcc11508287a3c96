#include "experiments/run_id.hpp"

#include <array>

#include <fmt/format.h>
#include <sodium.h>

#include "experiments/version.hpp"
#include "kernels/contract.hpp"

namespace orrery::experiments {

std::string run_id(std::string_view canonical) {
  const std::string text = fmt::format("orrery results {}\n{}", results_version, canonical);
  std::array<unsigned char, crypto_generichash_BYTES> hash;
  const int failed = crypto_generichash(hash.data(), hash.size(), reinterpret_cast<const unsigned char*>(text.data()),
                                        text.size(), nullptr, 0);
  ENSURE(failed == 0);
  std::string id;
  for (std::size_t i = 0; i < 8; ++i) id += fmt::format("{:02x}", hash[i]);
  return id;
}

}  // namespace orrery::experiments
