#include "experiments/results.hpp"

#include <algorithm>
#include <limits>
#include <map>

#include "experiments/hdf5.hpp"
#include "experiments/version.hpp"
#include "kernels/contract.hpp"

namespace orrery::experiments {
namespace {

constexpr std::string_view format_name = "orrery-results";
constexpr std::size_t id_width = 16;
constexpr std::size_t reason_width = 512;
constexpr double missing = std::numeric_limits<double>::quiet_NaN();

// Columns that several rows fill: in the order in which they first appear, missing until filled.
struct Filled {
  std::string name;
  std::string unit;
  std::string what;
  std::vector<double> values;
  std::vector<std::string> labels{};  // of a column that holds text
  std::int64_t axis = -1;
};
class Columns {
 public:
  explicit Columns(std::size_t size) : size_(size) {}
  std::vector<double>& operator()(const std::string& name, const std::string& unit, const std::string& what) {
    return filled(name, unit, what).values;
  }
  void point(std::size_t row, const Point& p) {
    Filled& column = filled(p.key, p.unit, p.what);
    column.axis = p.axis;
    column.values[row] = p.value;
    if (p.label.empty()) return;
    column.labels.resize(size_);
    column.labels[row] = p.label;
  }
  const std::vector<Filled>& list() const { return list_; }

 private:
  Filled& filled(const std::string& name, const std::string& unit, const std::string& what) {
    const auto [found, added] = index_.try_emplace(name, list_.size());
    if (added) list_.push_back({name, unit, what, std::vector<double>(size_, missing)});
    return list_[found->second];
  }
  std::size_t size_;
  std::map<std::string, std::size_t> index_;
  std::vector<Filled> list_;
};

void write_columns(hdf5::Writer& file, const std::string& group, const Columns& columns, std::size_t width = 0) {
  for (const Filled& filled : columns.list()) {
    const std::string path = group + "/" + filled.name;
    if (filled.labels.empty()) {
      file.numbers(path, filled.values, width);
    } else {
      std::size_t longest = 1;
      for (const std::string& label : filled.labels) longest = std::max(longest, label.size());
      file.strings(path, filled.labels, longest);
    }
    if (filled.axis >= 0) file.attribute(path, "axis", filled.axis);
    file.attribute(path, "unit", filled.unit);
    file.attribute(path, "what", filled.what);
  }
}

std::size_t length(const std::vector<sim::Column>& table) { return table.empty() ? 0 : table.front().values.size(); }

void write_rows(hdf5::Writer& file, const std::vector<Row>& rows) {
  std::vector<std::string> ids, scenarios, reasons;
  std::vector<std::uint8_t> status;
  std::vector<std::int64_t> point_numbers, replicas;
  Columns points(rows.size()), metrics(rows.size());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const Row& row = rows[i];
    EXPECT(row.id.size() == id_width);
    ids.push_back(row.id);
    scenarios.push_back(row.scenario);
    reasons.push_back(row.reason);
    status.push_back(static_cast<std::uint8_t>(row.status));
    point_numbers.push_back(row.point_number);
    replicas.push_back(row.replica);
    for (const Point& p : row.point) points.point(i, p);
    for (const sim::Metric& m : row.result.metrics) metrics(m.name, m.unit, m.what)[i] = m.value;
  }
  file.strings("id", ids, id_width);
  file.texts("scenario", scenarios);
  file.strings("reason", reasons, reason_width);
  file.bytes("status", status);
  file.attribute("status", "what", "0 to do, 1 done, 2 failed");
  file.integers("sweep/point", point_numbers);
  file.attribute("sweep/point", "what", "rows with the same number differ in their seed only");
  file.integers("sweep/replica", replicas);
  file.attribute("sweep/replica", "what", "counted from 0 within a point");
  write_columns(file, "point", points);
  write_columns(file, "metric", metrics);
}

void write_series(hdf5::Writer& file, const std::vector<Row>& rows) {
  std::size_t samples = 0;
  for (const Row& row : rows) samples = std::max(samples, length(row.result.timeline));
  if (samples == 0) return;
  Columns series(rows.size() * samples);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    for (const sim::Column& c : rows[i].result.timeline) {
      EXPECT(c.values.size() == length(rows[i].result.timeline));
      std::vector<double>& filled = series(c.name, c.unit, c.what);
      std::copy(c.values.begin(), c.values.end(), filled.begin() + static_cast<std::ptrdiff_t>(i * samples));
    }
  }
  write_columns(file, "series", series, samples);
}

void write_requests(hdf5::Writer& file, const std::vector<Row>& rows) {
  std::vector<std::int64_t> run;
  for (std::size_t i = 0; i < rows.size(); ++i)
    run.insert(run.end(), length(rows[i].result.requests), static_cast<std::int64_t>(i));
  if (run.empty()) return;
  Columns requests(run.size());
  std::vector<std::string> texts(run.size());
  bool any_text = false;
  std::size_t first = 0;
  for (const Row& row : rows) {
    const std::size_t count = length(row.result.requests);
    for (const sim::Column& c : row.result.requests) {
      EXPECT(c.values.size() == count);
      std::vector<double>& filled = requests(c.name, c.unit, c.what);
      std::copy(c.values.begin(), c.values.end(), filled.begin() + static_cast<std::ptrdiff_t>(first));
    }
    EXPECT(row.result.texts.empty() || row.result.texts.size() == count);
    any_text = any_text || !row.result.texts.empty();
    std::copy(row.result.texts.begin(), row.result.texts.end(), texts.begin() + static_cast<std::ptrdiff_t>(first));
    first += count;
  }
  file.integers("request/run", run);
  write_columns(file, "request", requests);
  if (any_text) file.texts("text", texts);
}

std::vector<StoredColumn> read_columns(const hdf5::Reader& file, const std::string& group, std::size_t rows) {
  std::vector<StoredColumn> columns;
  if (!file.has(group)) return columns;
  for (const std::string& name : file.names(group)) {
    const std::string path = group + "/" + name;
    StoredColumn column{name, file.text_attribute(path, "unit"), file.text_attribute(path, "what"), {}};
    if (file.is_text(path)) {
      column.labels = file.strings(path);
    } else {
      column.values = file.numbers(path);
    }
    if (file.has_attribute(path, "axis")) column.axis = file.integer_attribute(path, "axis");
    if (column.values.size() + column.labels.size() != rows) throw RunError(path + " has not one value a row");
    columns.push_back(std::move(column));
  }
  return columns;
}

StoredResults read_rows(const hdf5::Reader& file) {
  StoredResults results{file.text_attribute("/", "program"),
                        file.text_attribute("/", "commit"),
                        file.text_attribute("/", "config"),
                        file.strings("id"),
                        file.strings("reason"),
                        {},
                        {},
                        {},
                        {},
                        file.integers("sweep/point"),
                        file.integers("sweep/replica")};
  for (const double code : file.numbers("status")) results.status.push_back(static_cast<Status>(code));
  const std::size_t rows = results.id.size();
  if (results.status.size() != rows || results.reason.size() != rows || results.point_number.size() != rows ||
      results.replica.size() != rows)
    throw RunError("columns differ in length");
  results.points = read_columns(file, "point", rows);
  results.metrics = read_columns(file, "metric", rows);
  if (file.has("text")) results.texts = file.texts("text");
  return results;
}

}  // namespace

std::string results_image(const std::string& config, const std::vector<Row>& rows,
                          const std::vector<std::string>& changes) {
  hdf5::Writer file;
  file.attribute("/", "format", format_name);
  file.attribute("/", "version", std::int64_t{results_format});
  file.attribute("/", "program", "orrery " + std::string(version()));
  file.attribute("/", "commit", commit());
  file.attribute("/", "config", config);
  std::string lines;
  for (const std::string& change : changes) lines += change + "\n";
  file.attribute("/", "changes", lines);
  write_rows(file, rows);
  write_series(file, rows);
  write_requests(file, rows);
  return file.image();
}

StoredResults read_results(const std::string& bytes, const std::string& name) {
  VALIDATE(is_results(bytes), name, "is not an Orrery results file",
           "it is not HDF5, or its format attribute is not " + std::string(format_name));
  try {
    const hdf5::Reader file(bytes);
    const std::int64_t found = file.integer_attribute("/", "version");
    VALIDATE(found == results_format, name, "has version " + std::to_string(found) + " of the results format",
             "this program reads version " + std::to_string(results_format),
             "Read it with the program that wrote it (commit " + file.text_attribute("/", "commit") + ").");
    return read_rows(file);
  } catch (const RunError& error) {
    fail_input(name, "is a damaged results file", error.what());
  }
}

bool is_results(const std::string& bytes) {
  try {
    const hdf5::Reader file(bytes);
    return file.has_attribute("/", "format") && file.text_attribute("/", "format") == format_name;
  } catch (const RunError&) {
    return false;
  }
}

}  // namespace orrery::experiments
