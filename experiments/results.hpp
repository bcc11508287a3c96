// The results file: a table of runs as HDF5, one row a run, created whole.
//
//   /                 attributes format = "orrery-results", version, program, commit, config (the scenario's text),
//                   changes (what --set changed in it, a line each), plan (hash of a sweep's rows; empty for a run)
//   /id        S16    [n]      hash of the row's canonical text and the results version
//   /scenario  string [n]      that text
//   /status    u8     [n]      0 to do, 1 done, 2 failed
//   /reason    S512   [n]      why a row failed
//   /point/<key>      [n]      where the row stands in parameter space, as numbers or text    attributes unit, what,
//                              and axis (counted from 0) where a sweep varies it
//   /sweep/point i64  [n]      rows with the same number differ in their seed only
//   /sweep/replica i64 [n]     counted from 0 within a point
//   /metric/<name>    [n]      NaN: not defined, or not run         attributes unit, what
//   /series/<name>    [n, t]   one sample an interval, NaN-padded   attributes unit, what
//   /request/run      [m]      the row that a request belongs to
//   /request/<column> [m]      one element a request, rows one after another   attributes unit, what
//   /text      string [m]      what each request's user received, where a run produced text
//
// The same rows give the same bytes on any number of ranks: what is volatile (host, wall time, date) is in the side
// log.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "sim/results.hpp"

namespace orrery::experiments {

inline constexpr std::string_view results_format_name = "orrery-results";
inline constexpr int results_format = 2;  // of the layout above

enum class Status : std::uint8_t { todo = 0, done = 1, failed = 2 };

// Where a run stands along one axis of parameter space.
struct Point {
  std::string key;  // "workload.rate"
  std::string unit;
  std::string what;
  double value = 0;
  std::string label{};     // what a point of text says; empty: it is a number
  std::int64_t axis = -1;  // of the sweep; -1: no axis
};

struct Row {
  std::string id;
  std::string scenario;  // canonical text
  Status status = Status::todo;
  std::string reason;  // of a failed row
  std::vector<Point> point;
  sim::RunResult result;  // empty unless done
  std::int64_t point_number = 0;
  std::int64_t replica = 0;
};

// What a file's rows come from.
struct Origin {
  std::string config;   // text of the scenario file
  std::string changes;  // a line each
  std::string plan;
};

// Takes rows one at a time, so that they need not all be there at once.
class ResultsBuilder {
 public:
  ResultsBuilder();
  ~ResultsBuilder();
  void add(const Row& row);
  // The bytes of a results file. Columns are the union over all rows; where a row lacks one it has NaN.
  std::string image(const Origin& origin);

 private:
  struct Content;
  std::unique_ptr<Content> content_;
};
std::string results_image(const std::string& config, const std::vector<Row>& rows);

// What `orrery show` needs of a results file: everything with one value a row, and the texts.
struct StoredColumn {
  std::string name;
  std::string unit;
  std::string what;
  std::vector<double> values;
  std::vector<std::string> labels{};  // of a column of text, which has no values
  std::int64_t axis = -1;
};
struct StoredResults {
  std::string program;
  std::string commit;
  std::string config;
  std::vector<std::string> id;
  std::vector<std::string> reason;
  std::vector<Status> status;
  std::vector<StoredColumn> points;
  std::vector<StoredColumn> metrics;
  std::vector<std::string> texts;  // of all requests, where a run produced text
  std::vector<std::int64_t> point_number;
  std::vector<std::int64_t> replica;
  std::string changes;
  std::string plan;
};

// Throws InputError, with `name` as the place, where the bytes are no results file or one of another version.
StoredResults read_results(const std::string& bytes, const std::string& name);

// All of a results file, so that its rows can go into another one.
struct StoredRows {
  StoredResults results;
  std::vector<std::string> scenario;
  std::vector<StoredColumn> series;  // of `samples` values a row each
  std::size_t samples = 0;
  std::vector<StoredColumn> requests;
  std::vector<std::int64_t> run;  // of every request, ascending

  std::size_t size() const { return results.id.size(); }
  Row row(std::size_t i) const;
};
StoredRows read_rows(const std::string& bytes, const std::string& name);

// How far a results file has come: of each row what it is, how it ended and its value of one metric.
struct StoredIndex {
  std::string commit;
  std::string plan;
  std::vector<std::string> id;
  std::vector<Status> status;
  std::vector<std::string> reason;
  std::vector<double> value;  // NaN: the run has no such metric
};
// Reads no more of the file at `path` than that; throws like read_results.
StoredIndex read_index(const std::string& path, const std::string& metric);

// Whether it is a results file of any version; the second for OutputFile.
bool is_results(const std::string& bytes);
bool is_results_file(const std::string& path);

}  // namespace orrery::experiments
