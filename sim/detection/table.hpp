// Measured rates, as runs with execution.mode = "model" draw from them and as thresholds are taken from them.
//
// data/detection.toml is written by `orrery calibrate detection` and holds counts, not opinions: of so many trials so
// many were rejected. What was never measured is not guessed: not for a stage or a text of quite another size, either.
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sim/config/value.hpp"
#include "sim/detection/rates.hpp"

namespace orrery::sim::detection {

// What a rate depends on.
struct Circumstances {
  std::string model;       // "embedded"
  std::string population;  // of devices
  std::string detector;    // VerificationPolicy::detector()
};

// How large the stage and the text are that a rate is wanted for.
struct Extent {
  double share = 1;  // of the model's blocks
  double rows = 0;   // positions of the text; of one with a prompt of p and g generated tokens p + g - 1
  double reach = 1;  // what was measured on up to so many times more or fewer blocks and positions is taken; >= 1
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
  // Those of the measured stage whose share is nearest, by its logarithm; of two the larger, and of equal ones that
  // with the nearest text. InputError at `place` where that is out of reach, or was never measured; it says what was.
  Rate rate(const Circumstances& at, std::string_view behaviour, const Extent& extent, std::string_view place) const;
  double threshold(const Circumstances& at, const Extent& extent, std::string_view place) const;
  // Would rate() answer?
  bool knows(const Circumstances& at, std::string_view behaviour, const Extent& extent) const;
  // Everything that was measured, settings in the file's order, then by behaviour and detector.
  struct Entry {
    Circumstances at;
    std::string behaviour;
    double share = 0;        // of the model's blocks
    double rows = 0;         // positions of each text
    double temperature = 0;  // that texts were drawn at
    Rate rate;
  };
  std::vector<Entry> entries() const;

 private:
  struct Setting {
    std::string model, population;
    std::int64_t blocks = 0, of = 0;         // of the stage, and of the model
    std::int64_t prompt = 0, generated = 0;  // [token], of each text
    double temperature = 0;
    std::map<std::string, double, std::less<>> thresholds;                                // by detector
    std::map<std::string, std::map<std::string, Rate, std::less<>>, std::less<>> counts;  // by behaviour and detector
    double share() const { return static_cast<double>(blocks) / static_cast<double>(of); }
    double rows() const { return static_cast<double>(prompt + generated - 1); }
    bool has(const Circumstances& at, std::string_view behaviour) const;
    bool within(const Extent& extent) const;
  };
  static Setting read_setting(const config::Value& entry);
  // Null: nobody measured it at any size.
  const Setting* nearest(const Circumstances& at, std::string_view behaviour, const Extent& extent) const;
  const Setting& setting(const Circumstances& at, std::string_view behaviour, const Extent& extent,
                         std::string_view place) const;
  [[noreturn]] void fail_unknown(const Circumstances& at, std::string_view behaviour, std::string_view place) const;
  [[noreturn]] void fail_out_of_reach(const Circumstances& at, std::string_view behaviour, const Extent& extent,
                                      std::string_view place) const;
  std::vector<Setting> settings_;
};

// The text of a table, from one model's cells and the plan they were measured by. `note` goes into its first lines as a
// comment.
std::string write_table(std::string_view note, std::string_view model, int model_blocks, const Plan& plan,
                        const std::vector<Cell>& cells);

}  // namespace orrery::sim::detection
