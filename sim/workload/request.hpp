#pragma once

#include <cstdint>

#include "sim/id.hpp"
#include "sim/units.hpp"

namespace orrery::sim::workload {

// Tokens that the requests of one group begin with: a system prompt, a document, what was said before.
struct Prefix {
  std::uint32_t group = 0;
  Tokens tokens = 0;  // 0: this request shares nothing
  explicit operator bool() const { return tokens > 0; }
  friend bool operator==(const Prefix&, const Prefix&) = default;
};

// One request for `output` tokens after a prompt of `prompt` tokens; both at least 1.
struct Request {
  RequestId id;
  ClientId client;
  Time arrival;
  Tokens prompt = 1;
  Tokens output = 1;
  Prefix prefix{};  // the head of the prompt, shorter than it
  friend bool operator==(const Request&, const Request&) = default;
};

}  // namespace orrery::sim::workload
