#include <algorithm>
#include <cmath>
#include <optional>

#include "experiments/hdf5.hpp"
#include "experiments/results.hpp"
#include "kernels/contract.hpp"

namespace orrery::experiments {
namespace {

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

StoredResults read_light(const hdf5::Reader& file) {
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
                        file.integers("sweep/replica"),
                        file.text_attribute("/", "changes"),
                        file.text_attribute("/", "plan")};
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

// The file that `open` opens, if it is one of ours.
template <class Open>
std::optional<hdf5::Reader> ours(Open&& open) {
  try {
    hdf5::Reader file = open();
    if (file.has_attribute("/", "format") && file.text_attribute("/", "format") == results_format_name) return file;
  } catch (const RunError&) {
  }
  return std::nullopt;
}

// Runs `read` on the file that `open` opens; whatever is wrong with it becomes an InputError.
template <class Open, class Read>
auto opened(Open&& open, const std::string& name, Read&& read) {
  const std::optional<hdf5::Reader> there = ours(open);
  VALIDATE(there.has_value(), name, "is not an Orrery results file",
           "it is not HDF5, or its format attribute is not " + std::string(results_format_name));
  const hdf5::Reader& file = *there;
  try {
    const std::int64_t found = file.integer_attribute("/", "version");
    VALIDATE(found == results_format, name, "has version " + std::to_string(found) + " of the results format",
             "this program reads version " + std::to_string(results_format),
             "Read it with the program that wrote it (commit " + file.text_attribute("/", "commit") + ").");
    return read(file);
  } catch (const RunError& error) {
    fail_input(name, "is a damaged results file", error.what());
  }
}

StoredRows read_all(const hdf5::Reader& file) {
  StoredRows all;
  all.results = read_light(file);
  all.scenario = file.texts("scenario");
  if (all.scenario.size() != all.size()) throw RunError("columns differ in length");
  if (file.has("series")) {
    for (const std::string& name : file.names("series")) all.samples = file.shape("series/" + name).at(1);
    all.series = read_columns(file, "series", all.size() * all.samples);
  }
  if (file.has("request/run")) {
    all.run = file.integers("request/run");
    all.requests = read_columns(file, "request", all.run.size());
    std::erase_if(all.requests, [](const StoredColumn& c) { return c.name == "run"; });
    if (!std::is_sorted(all.run.begin(), all.run.end())) throw RunError("request/run does not ascend");
    if (!all.results.texts.empty() && all.results.texts.size() != all.run.size())
      throw RunError("columns differ in length");
  }
  return all;
}

std::vector<double> slice(const std::vector<double>& values, std::size_t first, std::size_t count) {
  const auto begin = values.begin() + static_cast<std::ptrdiff_t>(first);
  return {begin, begin + static_cast<std::ptrdiff_t>(count)};
}

// The samples of a row before its padding.
std::size_t samples_of(const StoredRows& all, std::size_t row) {
  std::size_t count = 0;
  for (const StoredColumn& c : all.series) {
    for (std::size_t s = count; s < all.samples; ++s) {
      if (!std::isnan(c.values[row * all.samples + s])) count = s + 1;
    }
  }
  return count;
}

}  // namespace

StoredResults read_results(const std::string& bytes, const std::string& name) {
  return opened([&] { return hdf5::Reader(bytes); }, name, read_light);
}

StoredRows read_rows(const std::string& bytes, const std::string& name) {
  return opened([&] { return hdf5::Reader(bytes); }, name, read_all);
}

StoredIndex read_index(const std::string& path, const std::string& metric) {
  return opened([&] { return hdf5::Reader::at(path); }, path,
                [&](const hdf5::Reader& file) {
                  StoredIndex index{file.text_attribute("/", "commit"),
                                    file.text_attribute("/", "plan"),
                                    file.strings("id"),
                                    {},
                                    file.strings("reason"),
                                    {}};
                  for (const double code : file.numbers("status")) index.status.push_back(static_cast<Status>(code));
                  index.value.assign(index.id.size(), NAN);
                  if (!metric.empty() && file.has("metric/" + metric)) index.value = file.numbers("metric/" + metric);
                  if (index.status.size() != index.id.size() || index.reason.size() != index.id.size() ||
                      index.value.size() != index.id.size())
                    throw RunError("columns differ in length");
                  return index;
                });
}

Row StoredRows::row(std::size_t i) const {
  Row row{results.id[i],           scenario[i],       results.status[i], results.reason[i], {}, {},
          results.point_number[i], results.replica[i]};
  for (const StoredColumn& c : results.points) {
    const bool text = !c.labels.empty();
    if (!text && std::isnan(c.values[i])) continue;  // a key that this row has not
    row.point.push_back({c.name, c.unit, c.what, text ? NAN : c.values[i], text ? c.labels[i] : "", c.axis});
  }
  if (row.status != Status::done) return row;
  for (const StoredColumn& c : results.metrics) row.result.metrics.push_back({c.name, c.unit, c.what, c.values[i]});
  if (const std::size_t count = samples_of(*this, i); count > 0) {
    for (const StoredColumn& c : series) {
      row.result.timeline.push_back({c.name, c.unit, c.what, slice(c.values, i * samples, count)});
    }
  }
  const auto [begin, end] = std::equal_range(run.begin(), run.end(), static_cast<std::int64_t>(i));
  const auto first = static_cast<std::size_t>(begin - run.begin());
  const auto count = static_cast<std::size_t>(end - begin);
  if (count == 0) return row;
  for (const StoredColumn& c : requests) {
    row.result.requests.push_back({c.name, c.unit, c.what, slice(c.values, first, count)});
  }
  if (!results.texts.empty()) {
    const auto text = results.texts.begin() + static_cast<std::ptrdiff_t>(first);
    row.result.texts.assign(text, text + static_cast<std::ptrdiff_t>(count));
  }
  return row;
}

bool is_results(const std::string& bytes) {
  return ours([&] { return hdf5::Reader(bytes); }).has_value();
}

bool is_results_file(const std::string& path) {
  return ours([&] { return hdf5::Reader::at(path); }).has_value();
}

}  // namespace orrery::experiments
