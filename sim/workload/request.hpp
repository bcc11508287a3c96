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

// One request for `output` tokens after a prompt of `prompt` tokens; both at least 1. Of an image, `prompt` is the rows
// that pass in each step, and `output` the steps.
struct Request {
  RequestId id;
  ClientId client;
  Time arrival;
  Tokens prompt = 1;
  Tokens output = 1;
  Prefix prefix{};       // the head of the prompt, shorter than it
  Tokens retrieved = 0;  // of the prompt: passages that have to be looked up first, behind the prefix
  Tokens question() const { return prompt - prefix.tokens - retrieved; }
  friend bool operator==(const Request&, const Request&) = default;
};

}  // namespace orrery::sim::workload
