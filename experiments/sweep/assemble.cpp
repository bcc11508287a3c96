#include "experiments/sweep/assemble.hpp"

#include <algorithm>
#include <filesystem>
#include <unordered_map>

#include <fmt/format.h>

#include "experiments/files.hpp"
#include "experiments/version.hpp"
#include "kernels/contract.hpp"

namespace orrery::experiments::sweep {

namespace {

void count(Assembled& all, std::size_t place, const std::string& id, Status status, const std::string& reason) {
  all.done += status == Status::done ? 1 : 0;
  if (status == Status::failed) all.failures.push_back(fmt::format("row {} ({}): {}", place, id, reason));
}

}  // namespace

std::optional<StoredIndex> earlier_results(const std::string& path, const std::string& plan_hash,
                                           const std::string& metric) {
  if (!std::filesystem::exists(path)) return std::nullopt;
  VALIDATE(is_results_file(path), path, "would be overwritten", "it exists and is not an Orrery results file",
           "Choose another name, or remove it first.");
  StoredIndex stored = read_index(path, metric);
  VALIDATE(stored.plan == plan_hash, path, "holds other rows than this sweep would write",
           "the scenario file, --set or --seed were different when it was written",
           "Undo the change to go on with it, or choose another --out.");
  VALIDATE(stored.commit == commit(), path, "holds rows of another program",
           "commit " + stored.commit + " wrote it, this is " + std::string(commit()),
           "Go on with that program, or choose another --out.");
  return stored;
}

std::optional<Assembled> assembled_already(const std::vector<std::string>& ids, const std::vector<std::size_t>& slots,
                                           const StoredIndex& stored) {
  const bool same = std::equal(slots.begin(), slots.end(), stored.id.begin(), stored.id.end(),
                               [&](std::size_t slot, const std::string& id) { return ids[slot] == id; });
  if (!same) return std::nullopt;
  Assembled all;
  for (std::size_t i = 0; i < stored.id.size(); ++i) count(all, i, stored.id[i], stored.status[i], stored.reason[i]);
  return all;
}

Assembled assemble(const Plan& plan, const std::vector<std::string>& ids, const std::vector<std::size_t>& slots,
                   const Noteds& noted, const std::optional<StoredRows>& stored, const Origin& origin) {
  std::unordered_map<std::string_view, std::size_t> in_noted, in_stored;
  for (std::size_t i = 0; i < noted.rows.size(); ++i) in_noted[noted.rows[i].head.id] = i;
  for (std::size_t i = 0; stored && i < stored->size(); ++i) in_stored[stored->results.id[i]] = i;
  ResultsBuilder builder;
  Assembled all;
  for (std::size_t i = 0; i < slots.size(); ++i) {
    const std::string& id = ids[slots[i]];
    Row row;
    if (const auto found = in_noted.find(id); found != in_noted.end()) {
      const Noted& n = noted.rows[found->second];
      row = decode_row(noted.bytes(n), noted.names(n));
    } else if (const auto there = in_stored.find(id); there != in_stored.end()) {
      row = stored->row(there->second);
    } else {
      const std::size_t point = slots[i] / plan.replicas();
      const auto replica = static_cast<std::int64_t>(slots[i] % plan.replicas());
      row = plan.row(plan.scenario(point, replica), point, replica);
    }
    ENSURE(row.id == id);
    count(all, i, id, row.status, row.reason);
    builder.add(row);
  }
  all.image = builder.image(origin);
  return all;
}

}  // namespace orrery::experiments::sweep
