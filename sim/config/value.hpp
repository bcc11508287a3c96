// What a scenario file holds after parsing, each value with the place where the user wrote it. Only toml.cpp knows
// TOML; everything else reads this tree.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace orrery::sim::config {

// Where a value stands. line 0: not in a file (a default, or set on the command line; `file` then names which).
struct Place {
  std::string file;
  int line = 0;
  int column = 0;
  std::string text() const;  // "scenario.toml:14:3"
};

class Value;
struct Entry;
using Array = std::vector<Value>;
using Table = std::vector<Entry>;  // in the order of the file; keys are unique

class Value {
 public:
  std::variant<bool, std::int64_t, double, std::string, Array, Table> data;
  Place place;

  bool is_table() const { return std::holds_alternative<Table>(data); }
  bool is_array() const { return std::holds_alternative<Array>(data); }
  const Table& table() const { return std::get<Table>(data); }
  const Array& array() const { return std::get<Array>(data); }
  std::string_view type_name() const;  // "a boolean", "an integer", "a number", "a string", "an array", "a table"
  // The entry of this key in a table, or nullptr.
  const Value* find(std::string_view key) const;
};

struct Entry {
  std::string key;
  Place place;  // of the key
  Value value;
};

// The name in `candidates` nearest to `word` by edit distance, or empty if none is near.
std::string nearest(std::string_view word, const std::vector<std::string>& candidates);
// "Did you mean 'x'? " when a candidate is near, then "Valid: a, b, c."
std::string suggest(std::string_view word, const std::vector<std::string>& candidates);

}  // namespace orrery::sim::config
