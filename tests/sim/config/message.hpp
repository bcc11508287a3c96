// The text of the InputError that a call must throw.
#pragma once

#include <string>

#include "kernels/contract.hpp"

namespace orrery::sim::config::tests {

template <class Call>
std::string message_of(Call&& call) {
  try {
    call();
  } catch (const InputError& error) {
    return error.what();
  }
  return "no InputError";
}

}  // namespace orrery::sim::config::tests
