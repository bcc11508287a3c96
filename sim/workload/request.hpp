#pragma once

#include "sim/id.hpp"
#include "sim/units.hpp"

namespace orrery::sim::workload {

// One request for `output` tokens after a prompt of `prompt` tokens; both at least 1.
struct Request {
  RequestId id;
  ClientId client;
  Time arrival;
  Tokens prompt = 1;
  Tokens output = 1;
  friend bool operator==(const Request&, const Request&) = default;
};

}  // namespace orrery::sim::workload
