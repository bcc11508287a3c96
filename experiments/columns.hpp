// Columns that rows fill one after another, not all of them each.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "experiments/results.hpp"

namespace orrery::experiments {

struct Filled {
  std::string name;
  std::string unit;
  std::string what;
  std::vector<double> values;         // NaN where nothing was filled in
  std::vector<std::string> labels{};  // of a column that holds text
  std::int64_t axis = -1;
  std::size_t rank = 0;  // of its first value that is one, over all columns
};

class Columns {
 public:
  // Cells from `first` on.
  void values(const std::string& name, const std::string& unit, const std::string& what, std::size_t first,
              std::span<const double> cells);
  void point(std::size_t row, const Point& p);

  // All columns at the length of `size`, in the order in which values (not NaN) first appeared in them, and then those
  // that have none, by name: the same whether rows come from the runs or from files that hold some of them.
  std::vector<const Filled*> finish(std::size_t size);

 private:
  Filled& filled(const std::string& name, const std::string& unit, const std::string& what, std::size_t size);
  std::map<std::string, std::size_t> index_;
  std::vector<Filled> list_;
  std::size_t next_rank_ = 1;
};

}  // namespace orrery::experiments
