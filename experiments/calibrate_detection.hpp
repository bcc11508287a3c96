// `orrery calibrate detection`: every behaviour against every protocol on real activations.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "experiments/ranks.hpp"

namespace orrery::experiments {

struct DetectionArguments {
  std::string plan;   // an experiment's file, whose section [detection] says the numbers below; empty: they are given
  std::string model;  // a path; empty: the embedded model
  std::string name;   // under which its rates are kept; empty: "embedded", or the path's stem
  std::string text;   // prompts; empty: the embedded held-out text
  std::string out;    // results file, HDF5
  std::string table;  // the summary, TOML
  double fpr = 0.01;  // that calibrated thresholds promise
  std::int64_t honest = 200;  // sequences a population and stage
  std::int64_t cheats = 64;   // sequences of each cheat
  std::int64_t prompt = 48;   // tokens
  std::int64_t tokens = 64;   // generated in each
  double temperature = 0.8;
  std::vector<double> stages = {1, 2, 3, 6};  // blocks, whole numbers, beside the whole model
  bool quick = false;                         // two populations, whole model: what a test does
  int threads = 1;
};

// Every protocol that rates are measured of, as lines of a [verification] section.
std::vector<std::string> standard_protocols();

// On all ranks; returns the exit code.
int calibrate_detection(DetectionArguments arguments, const Ranks& ranks);

}  // namespace orrery::experiments
