// Measured rates, as runs with execution.mode = "model" draw from them and as thresholds are taken from them.
//
// data/detection.toml is written by `orrery calibrate detection` and holds counts, not opinions: of so many trials so
// many were rejected. What was never measured is not guessed.
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sim/detection/rates.hpp"

namespace orrery::sim::detection {

// What a rate depends on.
struct Circumstances {
  std::string model;       // "embedded"
  std::string population;  // of devices
  std::string detector;    // VerificationPolicy::detector()
};

class DetectionTable {
 public:
  // Reads a table's text; InputError where it is none.
  static DetectionTable parse(std::string_view text, const std::string& file);
  // The one that travels in the program.
  static const DetectionTable& embedded();

  struct Rate {
    std::int64_t rejected = 0;
    std::int64_t trials = 0;
    double value() const { return static_cast<double>(rejected) / static_cast<double>(trials); }
  };
  // A stage of `share` of the model's blocks takes the rates of the measured stage whose share is nearest; the larger
  // one of two. InputError at `place` that says what was measured instead, where this was not.
  Rate rate(const Circumstances& at, std::string_view behaviour, double share, std::string_view place) const;
  double threshold(const Circumstances& at, double share, std::string_view place) const;
  // Everything that was measured, settings in the file's order, then by behaviour and detector.
  struct Entry {
    Circumstances at;
    std::string behaviour;
    double share = 0;
    Rate rate;
  };
  std::vector<Entry> entries() const;
  // Does the table know this combination at any share?
  bool knows(const Circumstances& at, std::string_view behaviour) const;

 private:
  struct Setting {
    std::string model, population;
    double share = 0;                                                                     // of the model's blocks
    std::map<std::string, double, std::less<>> thresholds;                                // by detector
    std::map<std::string, std::map<std::string, Rate, std::less<>>, std::less<>> counts;  // by behaviour and detector
  };
  const Setting& setting(const Circumstances& at, double share, std::string_view behaviour,
                         std::string_view place) const;
  std::vector<Setting> settings_;
};

// The text of a table, from one model's cells. `note` goes into its first lines as a comment.
std::string write_table(std::string_view note, std::string_view model, int model_blocks,
                        const std::vector<Cell>& cells);

}  // namespace orrery::sim::detection
