// The files of data/ that travel inside the library: facts as TOML and the embedded model.
#pragma once

#include <span>
#include <string_view>

namespace orrery::data {

struct Fact {
  std::string_view name;   // path below data/, such as "devices.toml" or "model/config.json"
  std::string_view bytes;  // its content; lives as long as the program
};

// All embedded files in alphabetical order.
std::span<const Fact> facts();

// The content of one file; throws ContractError if no file of this name was embedded.
std::string_view fact(std::string_view name);

}  // namespace orrery::data
