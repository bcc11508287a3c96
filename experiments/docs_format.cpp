#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "experiments/docs.hpp"
#include "experiments/hdf5.hpp"
#include "experiments/points.hpp"
#include "experiments/results.hpp"
#include "experiments/run_id.hpp"
#include "experiments/scenario_file.hpp"
#include "experiments/version.hpp"
#include "kernels/contract.hpp"
#include "sim/serving/run.hpp"

namespace orrery::experiments {
namespace {

// Runs that between them write everything there is: texts, series, requests, the measures of a placement; and a game.
constexpr const char* served = R"(
[experiment]
name = "served"
sample_period_s = 1
[model]
name = "embedded"
[swarm]
devices = {a40 = 1}
nodes = 3
[network]
kind = "uniform"
[workload]
requests = 7
prompt_tokens = 4
output_tokens = 2
[serving]
measure_placement = true
[execution]
mode = "real"
)";
constexpr const char* played = R"(
[experiment]
name = "played"
[game]
jobs = 1000
)";

Row run_of(const std::string& text, std::int64_t number) {
  const sim::serving::Scenario scenario = parse_scenario({"orrery docs", text, {}, {}});
  Row row{run_id(scenario.canonical()), scenario.canonical(), Status::done, "", points_of(scenario), {}, number};
  row.point.push_back({"name", "", "as an axis of a sweep that is text", 0, scenario.experiment.name, 0});
  row.result = sim::serving::run(scenario, sim::Context{});
  return row;
}

// The letter of an extent: n rows, t samples, m requests. The runs above are such that no two are equal.
std::string shape_of(const std::vector<std::uint64_t>& extents, const std::map<std::uint64_t, std::string>& letters) {
  std::vector<std::string> names;
  for (const std::uint64_t extent : extents) names.push_back(letters.at(extent));
  return fmt::format("[{}]", fmt::join(names, ", "));
}

constexpr std::array<std::pair<std::string_view, std::string_view>, 7> root_attributes{{
    {"format", "the kind of file: orrery-results"},
    {"version", "of the layout, which a reader checks first"},
    {"program", "its name and version"},
    {"commit", "that it was built from"},
    {"config", "text of the scenario file"},
    {"changes", "what --set and --seed changed in it, a line each"},
    {"plan", "hash of a sweep's rows; empty for a single run"},
}};

// Every attribute that the file has must be in the list: an attribute has no room to say what it is.
std::string_view root_attribute(const std::string& name) {
  const auto* const found = std::find_if(root_attributes.begin(), root_attributes.end(),
                                         [&](const auto& attribute) { return attribute.first == name; });
  EXPECT(found != root_attributes.end());
  return found->second;
}

struct Line {
  std::string path, type, shape, attributes, what;
  bool operator<(const Line& other) const { return path < other.path; }
};

// Data sets that have no meaning of their own and stand in a group with many of their kind are one line.
std::set<Line> lines_of(const hdf5::Reader& file, const std::map<std::uint64_t, std::string>& letters) {
  std::set<Line> lines;
  for (const std::string& path : file.datasets()) {
    const std::string group = path.substr(0, path.find('/'));
    const bool column =
        group != path && file.has_attribute(group, "what") && file.has_attribute(path, "unit") && path != "request/run";
    std::string type = file.type(path);
    if (column && type.starts_with('S')) type = "f64 or text";
    const std::string what = file.text_attribute(column ? group : path, "what");
    const Line line{"/" + (column ? group + "/*" : path), type, shape_of(file.shape(path), letters),
                    fmt::format("{}", fmt::join(file.attributes(path), ", ")), what};
    const auto [found, added] = lines.insert(line);
    // A column of text says more than one of numbers, and so does one that is an axis.
    if (!added && line.attributes.size() + line.type.size() > found->attributes.size() + found->type.size()) {
      lines.erase(found);
      lines.insert(line);
    }
  }
  return lines;
}

template <class Column>
std::string table(const std::string& title, const std::vector<Column>& columns) {
  std::string text = fmt::format("\n## {}\n\n| name | unit | meaning |\n|---|---|---|\n", title);
  for (const Column& c : columns) text += fmt::format("| `{}` | {} | {} |\n", c.name, c.unit, c.what);
  return text;
}

}  // namespace

std::string format_page() {
  const Row serving = run_of(served, 0), game = run_of(played, 1);
  Row failed = serving;
  failed.status = Status::failed;
  failed.reason = "an example";
  failed.result = {};
  ResultsBuilder builder;
  for (const Row& row : {serving, game, failed, failed, failed}) builder.add(row);
  const hdf5::Reader file(builder.image({"", "", ""}));

  const std::uint64_t samples = file.shape("series/time").at(1), requests = serving.result.requests[0].values.size();
  const std::map<std::uint64_t, std::string> letters{{5, "n"}, {samples, "t"}, {requests, "m"}};
  EXPECT(letters.size() == 3);

  std::string text = fmt::format(
      "# Results files\n\nPrinted by `orrery docs format` from a file with a tiny run of each kind. HDF5, layout "
      "version "
      "{}, results version {}.\n`analysis/table.py` reads it. One row is one run: n rows, t samples over time at most, "
      "m "
      "requests of all rows together.\nThe same rows give the same bytes on any number of ranks; host, date and wall "
      "time are in `RESULTS.h5.log.json`.\n\n## Attributes of the root\n\n| name | meaning |\n|---|---|\n",
      results_format, results_version);
  for (const std::string& name : file.attributes("/"))
    text += fmt::format("| `{}` | {} |\n", name, root_attribute(name));
  text += "\n## Data sets\n\n| path | type | shape | attributes | meaning |\n|---|---|---|---|---|\n";
  for (const Line& line : lines_of(file, letters))
    text += fmt::format("| `{}` | {} | {} | {} | {} |\n", line.path, line.type, line.shape, line.attributes, line.what);
  text +=
      "\nTypes: `f64` IEEE double, `i64` and `u8` integers, little-endian; `S16` text of at most 16 bytes; `string` of "
      "any "
      "length. Text is UTF-8.\nThe columns under `/point` are keys of KEYS.md. `orrery cost`, `orrery sample` and "
      "`orrery calibrate detection` write the same\nlayout with measures of their own.\n";
  text += table("/metric of a run that serves requests", serving.result.metrics);
  text += table("/series of a run that serves requests", serving.result.timeline);
  text += table("/request", serving.result.requests);
  text += table("/metric of a game", game.result.metrics);
  return text + table("/series of a game", game.result.timeline);
}

}  // namespace orrery::experiments
