#include "experiments/results.hpp"

#include <algorithm>

#include "experiments/columns.hpp"
#include "experiments/hdf5.hpp"
#include "experiments/version.hpp"
#include "kernels/contract.hpp"

namespace orrery::experiments {
namespace {

constexpr std::size_t id_width = 16;
constexpr std::size_t reason_width = 512;

std::size_t length(const std::vector<sim::Column>& table) { return table.empty() ? 0 : table.front().values.size(); }

void write_columns(hdf5::Writer& file, const std::string& group, const std::string& what,
                   const std::vector<const Filled*>& columns, std::size_t width = 0) {
  for (const Filled* filled : columns) {
    const std::string path = group + "/" + filled->name;
    if (filled->labels.empty()) {
      file.numbers(path, filled->values, width);
    } else {
      std::size_t longest = 1;
      for (const std::string& label : filled->labels) longest = std::max(longest, label.size());
      file.strings(path, filled->labels, longest);
    }
    if (filled->axis >= 0) file.attribute(path, "axis", filled->axis);
    file.attribute(path, "unit", filled->unit);
    file.attribute(path, "what", filled->what);
  }
  if (!columns.empty()) file.attribute(group, "what", what);
}

}  // namespace

// Everything but the points and metrics, whose columns rows fill one value at a time, is kept as it will be written.
struct ResultsBuilder::Content {
  std::vector<std::string> ids, scenarios, reasons;
  std::vector<std::uint8_t> status;
  std::vector<std::int64_t> point_numbers, replicas;
  Columns points, metrics;
  std::vector<std::vector<sim::Column>> timelines;
  std::vector<std::int64_t> run;  // of every request
  Columns requests;
  std::vector<std::string> texts;
  bool any_text = false;

  void add_requests(const sim::RunResult& result, std::size_t row);
  void write_rows(hdf5::Writer& file);
  void write_series(hdf5::Writer& file);
  void write_requests(hdf5::Writer& file);
};

void ResultsBuilder::Content::add_requests(const sim::RunResult& result, std::size_t row) {
  const std::size_t first = run.size();
  const std::size_t count = length(result.requests);
  run.insert(run.end(), count, static_cast<std::int64_t>(row));
  for (const sim::Column& c : result.requests) {
    EXPECT(c.values.size() == count);
    requests.values(c.name, c.unit, c.what, first, c.values);
  }
  EXPECT(result.texts.empty() || result.texts.size() == count);
  any_text = any_text || !result.texts.empty();
  texts.insert(texts.end(), result.texts.begin(), result.texts.end());
  texts.resize(run.size());
}

void ResultsBuilder::Content::write_rows(hdf5::Writer& file) {
  file.strings("id", ids, id_width);
  file.attribute("id", "what", "hash of the run's canonical text and of the results version");
  file.texts("scenario", scenarios);
  file.attribute("scenario", "what", "canonical text of the run: every key with its value, as TOML");
  file.strings("reason", reasons, reason_width);
  file.attribute("reason", "what", "why a run failed");
  file.bytes("status", status);
  file.attribute("status", "what", "0 to do, 1 done, 2 failed");
  file.integers("sweep/point", point_numbers);
  file.attribute("sweep/point", "what", "rows with the same number differ in their seed only");
  file.integers("sweep/replica", replicas);
  file.attribute("sweep/replica", "what", "counted from 0 within a point");
  write_columns(
      file, "point",
      "where a run stands in parameter space, as numbers or text: the numeric keys of its scenario that are no "
      "policy's parameters, and whatever a sweep varies; axis counts what it varies, from 0",
      points.finish(ids.size()));
  write_columns(file, "metric", "what came out; NaN: not defined in this run, or not run", metrics.finish(ids.size()));
}

void ResultsBuilder::Content::write_series(hdf5::Writer& file) {
  std::size_t samples = 0;
  for (const auto& timeline : timelines) samples = std::max(samples, length(timeline));
  if (samples == 0) return;
  Columns series;
  for (std::size_t i = 0; i < timelines.size(); ++i) {
    for (const sim::Column& c : timelines[i]) {
      EXPECT(c.values.size() == length(timelines[i]));
      series.values(c.name, c.unit, c.what, i * samples, c.values);
    }
  }
  write_columns(file, "series", "one sample an interval of virtual time, and NaN after the last",
                series.finish(ids.size() * samples), samples);
}

void ResultsBuilder::Content::write_requests(hdf5::Writer& file) {
  if (run.empty()) return;
  file.integers("request/run", run);
  file.attribute("request/run", "unit", "");
  file.attribute("request/run", "what", "the row that a request belongs to");
  write_columns(file, "request", "one element a request, those of a run together", requests.finish(run.size()));
  if (!any_text) return;
  file.texts("text", texts);
  file.attribute("text", "what", "what the user of each request received, where a run produced text");
}

ResultsBuilder::ResultsBuilder() : content_(std::make_unique<Content>()) {}
ResultsBuilder::~ResultsBuilder() = default;

void ResultsBuilder::add(const Row& row) {
  EXPECT(row.id.size() == id_width);
  Content& c = *content_;
  const std::size_t here = c.ids.size();
  c.ids.push_back(row.id);
  c.scenarios.push_back(row.scenario);
  c.reasons.push_back(row.reason);
  c.status.push_back(static_cast<std::uint8_t>(row.status));
  c.point_numbers.push_back(row.point_number);
  c.replicas.push_back(row.replica);
  for (const Point& p : row.point) c.points.point(here, p);
  for (const sim::Metric& m : row.result.metrics) c.metrics.values(m.name, m.unit, m.what, here, {&m.value, 1});
  c.timelines.push_back(row.result.timeline);
  c.add_requests(row.result, here);
}

std::string ResultsBuilder::image(const Origin& origin) {
  hdf5::Writer file;
  file.attribute("/", "format", results_format_name);
  file.attribute("/", "version", std::int64_t{results_format});
  file.attribute("/", "program", "orrery " + std::string(version()));
  file.attribute("/", "commit", commit());
  file.attribute("/", "config", origin.config);
  file.attribute("/", "changes", origin.changes);
  file.attribute("/", "plan", origin.plan);
  content_->write_rows(file);
  content_->write_series(file);
  content_->write_requests(file);
  return file.image();
}

std::string results_image(const std::string& config, const std::vector<Row>& rows) {
  ResultsBuilder builder;
  for (const Row& row : rows) builder.add(row);
  return builder.image({config, "", ""});
}

}  // namespace orrery::experiments
