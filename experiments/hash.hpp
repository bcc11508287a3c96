// BLAKE2b, as hexadecimal digits.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace orrery::experiments {

// The first `bytes` (at most 32) bytes of BLAKE2b-256, so twice as many digits.
std::string hash_hex(std::string_view text, std::size_t bytes);

}  // namespace orrery::experiments
