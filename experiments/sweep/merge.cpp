#include "experiments/sweep/merge.hpp"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <map>
#include <sstream>
#include <unordered_map>

#include <fmt/format.h>

#include "experiments/files.hpp"
#include "experiments/results.hpp"
#include "experiments/sweep/spool.hpp"
#include "experiments/version.hpp"
#include "kernels/contract.hpp"

namespace orrery::experiments::sweep {
namespace {

// The rows of one file, or of an unfinished sweep of its name.
struct Source {
  std::string path;
  StoredRows stored;
};

StoredRows read_unfinished(const std::string& path) {
  const Noteds noted = read_spool(spool_folder(path));
  VALIDATE(noted.identity, path, "has no rows yet", "no run of it has ended");
  std::vector<Row> rows;
  for (const Noted& n : noted.rows) rows.push_back(decode_row(noted.bytes(n), noted.names(n)));
  std::sort(rows.begin(), rows.end(), [](const Row& a, const Row& b) {
    return std::pair(a.point_number, a.replica) < std::pair(b.point_number, b.replica);
  });
  ResultsBuilder builder;
  for (const Row& row : rows) builder.add(row);
  // Not the whole plan, so not its hash: nobody may take this for a sweep that can be gone on with.
  StoredRows stored = read_rows(builder.image({"", "", ""}), path);
  stored.results.commit = noted.identity->commit;
  return stored;
}

Source read_source(const std::string& path) {
  if (!std::filesystem::exists(path) && std::filesystem::exists(spool_folder(path))) {
    return {path, read_unfinished(path)};
  }
  return {path, read_rows(read_file(path), path)};
}

bool same(double a, double b) { return a == b || (std::isnan(a) && std::isnan(b)); }

// Equal ids say that everything that affects the numbers is equal, so the numbers must be.
void check_same(const Row& a, const std::string& file_a, const Row& b, const std::string& file_b) {
  std::map<std::string, double> first;
  for (const sim::Metric& m : a.result.metrics) first[m.name] = m.value;
  for (const sim::Metric& m : b.result.metrics) {
    const auto found = first.find(m.name);
    const double other = found == first.end() ? NAN : found->second;
    VALIDATE(same(other, m.value), file_b, fmt::format("run {} differs from the one in {}", b.id, file_a),
             fmt::format("{} is {} here and {} there, though the same scenario ran", m.name, m.value, other),
             "`orrery diff` shows all differences; one of the programs is wrong.");
  }
}

struct Place {
  std::size_t source = 0;
  std::size_t row = 0;
};

}  // namespace

std::string merge(const std::vector<std::string>& files, const std::string& out) {
  std::vector<Source> sources;
  for (const std::string& file : files) sources.push_back(read_source(file));
  std::vector<Place> places;
  std::unordered_map<std::string, std::size_t> index;
  std::vector<std::int64_t> offsets;  // of the sources' point numbers: those of different sweeps stay apart
  std::map<std::string, std::int64_t> offset_of_plan;
  std::int64_t next_point = 0;
  for (std::size_t s = 0; s < sources.size(); ++s) {
    const StoredResults& r = sources[s].stored.results;
    VALIDATE(r.commit == sources[0].stored.results.commit, sources[s].path,
             "comes from another program than " + sources[0].path,
             "commits " + r.commit + " and " + sources[0].stored.results.commit, "Compare them with `orrery diff`.");
    const bool known = !r.plan.empty() && offset_of_plan.count(r.plan) > 0;
    offsets.push_back(known ? offset_of_plan[r.plan] : next_point);
    offset_of_plan[r.plan] = offsets.back();
    for (std::size_t row = 0; row < r.id.size(); ++row) {
      next_point = std::max(next_point, offsets.back() + r.point_number[row] + 1);
      const auto [found, added] = index.try_emplace(r.id[row], places.size());
      if (added) {
        places.push_back({s, row});
        continue;
      }
      Place& earlier = places[found->second];
      const Status there = sources[earlier.source].stored.results.status[earlier.row];
      if (there == Status::done && r.status[row] == Status::done) {
        check_same(sources[earlier.source].stored.row(earlier.row), sources[earlier.source].path,
                   sources[s].stored.row(row), sources[s].path);
      } else if (r.status[row] == Status::done || there == Status::todo) {
        earlier = {s, row};
      }
    }
  }
  const StoredResults& first = sources[0].stored.results;
  const bool one_plan = std::all_of(sources.begin(), sources.end(), [&](const Source& s) {
    const StoredResults& r = s.stored.results;
    return r.plan == first.plan && r.config == first.config && r.changes == first.changes;
  });
  Origin origin{first.config, first.changes, one_plan ? first.plan : ""};
  for (std::size_t s = 1; !one_plan && s < sources.size(); ++s) {
    const StoredResults& r = sources[s].stored.results;
    origin.config += fmt::format("\n# ---- {} ----\n", sources[s].path);
    std::istringstream changes(r.changes);
    for (std::string change; std::getline(changes, change);) origin.config += "# --set " + change + "\n";
    origin.config += r.config;
  }
  ResultsBuilder builder;
  std::size_t done = 0;
  for (const Place& place : places) {
    Row row = sources[place.source].stored.row(place.row);
    row.point_number += offsets[place.source];
    done += row.status == Status::done ? 1 : 0;
    builder.add(row);
  }
  OutputFile file(out, "an Orrery results file", is_results_file);
  file.commit(builder.image(origin));
  return fmt::format("{}: {} rows from {} files, {} done\n", out, places.size(), files.size(), done);
}

}  // namespace orrery::experiments::sweep
