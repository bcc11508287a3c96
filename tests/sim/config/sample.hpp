// A parameter struct with a field of every kind, for the tests of this folder.
#pragma once

#include <string>
#include <vector>

#include "sim/config/fields.hpp"

namespace orrery::sim::config::tests {

struct Row {
  std::string device = "t4";
  std::int64_t count = 1;
  static Fields<Row> fields() {
    return Fields<Row>()
        .text("device", &Row::device, "device")
        .integer("count", &Row::count, "nodes", "how many", 1, 9);
  }
};

struct Sample {
  bool on = false;
  std::int64_t d = 2;
  double rate = 0.5;
  double gain = 1;
  std::string name = "x";
  std::string mode = "fast";
  std::vector<double> points = {1, 2.5};
  Mix devices = {{"t4", 1}, {"rtx 4090", 0.25}};
  Mix regions;
  std::vector<Row> rows = {Row{}};

  static Fields<Sample> fields() {
    return Fields<Sample>()
        .boolean("on", &Sample::on, "whether")
        .integer("d", &Sample::d, "nodes", "nodes probed", 1, 64)
        .real("rate", &Sample::rate, "requests/s", "arrivals", 0, std::numeric_limits<double>::infinity())
        .real("gain", &Sample::gain, "1", "factor", -1, 1)
        .text("name", &Sample::name, "label")
        .choice("mode", &Sample::mode, {"fast", "slow"}, "how")
        .numbers("points", &Sample::points, "s", "samples", 0, 10)
        .mix("devices", &Sample::devices, "who")
        .mix("regions", &Sample::regions, "where; empty: anywhere")
        .rows("rows", &Sample::rows, "groups");
  }
};

}  // namespace orrery::sim::config::tests
