// Results: 200 rows of 60 metrics as a file image and back, and through a sweep's journal, whose scan is what a resume
// does first. Most of a file image's time is HDF5's, which is not counted: what is, is what we ask of it and how often.
#include "experiments/results.hpp"

#include <filesystem>
#include <memory>
#include <vector>

#include <unistd.h>

#include "experiments/sweep/spool.hpp"
#include "tests/perf/cases.hpp"

namespace orrery::perf {
namespace {

using namespace experiments;
namespace fs = std::filesystem;

constexpr int count = 200;

std::vector<Row> rows() {
  std::vector<Row> all;
  for (int i = 0; i < count; ++i) {
    const int point = i / 10;
    Row row{
        std::to_string(1'000'000'000'000'000 + i), "[workload]\nrate = 1.0\n", Status::done, "", {}, {}, point, i % 10};
    row.point = {{"workload.rate", "request/s", "arrivals", 0.5 * point, "", 0},
                 {"routing.policy", "", "which chain", 0, "petals", 1}};
    for (int m = 0; m < 60; ++m)
      row.result.metrics.push_back({"metric_" + std::to_string(m), "s", "one of sixty", 0.25 * m + i});
    all.push_back(std::move(row));
  }
  return all;
}

// A folder that goes with the last who uses it.
struct Folder {
  fs::path path = fs::temp_directory_path() / ("orrery-perf-" + std::to_string(1'000'000 + ::getpid()));
  Folder() { fs::create_directories(path); }
  ~Folder() {
    std::error_code ignored;
    fs::remove_all(path, ignored);
  }
  std::string results() const { return (path / "r.h5").string(); }
  void clear() const { fs::remove_all(sweep::spool_folder(results())); }
};

void note(const Folder& folder, const std::vector<Row>& all) {
  fs::create_directories(sweep::spool_folder(folder.results()));
  sweep::JournalWriter journal(sweep::journal_path(folder.results(), 0, 0),
                               sweep::Identity{"plan", "commit", count}.encode());
  for (const Row& row : all) journal.add(row, 0);
}

Work write_image() {
  return [all = std::make_shared<std::vector<Row>>(rows())] {
    check(is_results(results_image("", *all)), "this is no results file");
  };
}

Work read_image() {
  return [image = results_image("", rows())] {
    const StoredResults read = read_results(image, "image");
    check(read.id.size() == count && read.metrics.size() == 60 && read.metrics[4].values[3] == 4, "other rows");
  };
}

Work write_journal() {
  return [folder = std::make_shared<Folder>(), all = std::make_shared<std::vector<Row>>(rows())] {
    folder->clear();
    note(*folder, *all);
  };
}

Work scan_journal() {
  auto folder = std::make_shared<Folder>();
  note(*folder, rows());
  return [folder] {
    const sweep::Noteds noted = sweep::read_spool(sweep::spool_folder(folder->results()));
    check(noted.rows.size() == count, "a row is missing");
    for (const sweep::Noted& n : noted.rows)
      check(sweep::decode_metric(noted.bytes(n), noted.names(n), "metric_59") ==
                14.75 + 10.0 * n.head.point_number + n.head.replica,
            "another number");
  };
}

}  // namespace

Cases cases() {
  return {{"image_write", write_image},
          {"image_read", read_image},
          {"journal_write", write_journal},
          {"journal_scan", scan_journal}};
}

}  // namespace orrery::perf
