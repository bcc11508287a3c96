// A finished row as bytes. Names, units and meanings of columns are the same in most rows, so they are numbered in a
// list that rows share and only new ones are stored.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "experiments/results.hpp"

namespace orrery::experiments::sweep {

class Names {
 public:
  std::uint32_t number(const std::string& text);        // of a text, which is added if it is new
  const std::string& text(std::uint32_t number) const;  // RunError for a number without a text
  std::size_t size() const { return texts_.size(); }
  void add(const std::string& text) { number(text); }

 private:
  std::vector<std::string> texts_;
  std::unordered_map<std::string, std::uint32_t> numbers_;
};

// Adds the names that it needs to `names`.
std::string encode_row(const Row& row, Names& names);
// Throws RunError where the bytes are no row.
Row decode_row(std::string_view bytes, const Names& names);

// What a resume and a status need, without the rest: the beginning of the same bytes.
struct RowHead {
  std::int64_t point_number = 0;
  std::int64_t replica = 0;
  Status status = Status::todo;
  std::string id;
};
RowHead decode_head(std::string_view bytes);
// The value of one metric; NaN where the row has none of this name.
double decode_metric(std::string_view bytes, const Names& names, std::string_view metric);

}  // namespace orrery::experiments::sweep
