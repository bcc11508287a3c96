// TOML text to a Value tree; toml.cpp is the only file that knows the TOML library.
#pragma once

#include <string>
#include <string_view>

#include "sim/config/value.hpp"

namespace orrery::sim::config {

// Parses TOML; `file` names it in messages. Throws InputError at file:line:col. Dates are not part of the grammar here.
Value parse_toml(std::string_view text, const std::string& file);

// Reads and parses a file; throws InputError if it cannot be read.
Value read_toml(const std::string& path);

// Sets a dotted key ("routing.policy") to a TOML value text ("\"petals\""), as the command line's --set does; creates
// missing tables. The place of the value is the argument itself. A bare word (petals) is a string, since shells eat
// quotes.
void set_key(Value& root, std::string_view key, std::string_view value);
// The same with a value that is parsed already and knows its place.
void set_value(Value& root, std::string_view key, Value value);

}  // namespace orrery::sim::config
