// Which cheat each measured detector was expected to see, what was measured, and why where the two differ.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "sim/detection/statistics.hpp"
#include "sim/detection/table.hpp"

namespace orrery::experiments::rows {

// A cheat on the whole model against a detector: how often it was rejected, and how often honest work was.
struct Measured {
  sim::detection::Circumstances at;
  std::string cheat;
  sim::detection::DetectionTable::Rate d, f;
  sim::detection::Interval d_range() const { return sim::detection::clopper_pearson(d.rejected, d.trials); }
  sim::detection::Interval f_range() const { return sim::detection::clopper_pearson(f.rejected, f.trials); }
  // Either rate lies in the other's interval: nothing says that the cheat is rejected more often than honest work.
  bool blind() const { return d.value() <= f_range().high || d_range().low <= f.value(); }
  // The intervals do not touch. Stricter than not being blind: over a hundred cells of a matrix chance alone puts a
  // rate outside of the other's interval now and then.
  bool apart() const { return d_range().low > f_range().high; }
};

// Of the table that travels in the program, in its order.
std::vector<Measured> measured_pairs();

enum class Expected {
  none,     // no part of the matrix
  measure,  // part of it, but nothing published says what comes out
  sees,
  blind,
};
Expected expected(const Measured& cell);
// Whether it came out so; true where nothing was expected.
bool as_expected(const Measured& cell);
// Why it did not; empty where nobody wrote why.
std::string_view why(const Measured& cell);

}  // namespace orrery::experiments::rows
