// One line that says how far a run is: rewritten in place, at most four times a second.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "sim/units.hpp"

namespace orrery::experiments {

class Progress {
 public:
  // `write` puts bytes onto a terminal; `now` is the wall clock [s], from any origin.
  Progress(std::function<void(std::string_view)> write, std::function<double()> now);
  ~Progress();  // clears the line

  // `fraction` of the work is done (0 to 1, never falling), at virtual time `at`. Shows nothing in the first half
  // second.
  void update(double fraction, sim::Time at);
  // The same with what is counted in words: "17 of 200 runs".
  void update(double fraction, std::string_view done);

 private:
  std::function<void(std::string_view)> write_;
  std::function<double()> now_;
  double start_;
  double last_;
  bool shown_ = false;
};

// "0:07", "12:34", "1:02:03"
std::string spell_seconds(double seconds);

}  // namespace orrery::experiments
