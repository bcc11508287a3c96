// From rows that were noted, here and there, to a results file.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "experiments/results.hpp"
#include "experiments/sweep/plan.hpp"
#include "experiments/sweep/spool.hpp"

namespace orrery::experiments::sweep {

// How far an existing results file has come with this sweep; nothing where there is no file. InputError where the file
// is no results file, or one of another sweep.
std::optional<StoredIndex> earlier_results(const std::string& path, const std::string& plan_hash,
                                           const std::string& metric);

struct Assembled {
  std::string image;  // empty: of what is there already
  std::size_t done = 0;
  std::vector<std::string> failures;  // "row 7 (id): reason"
};
// The end of a sweep whose rows at `slots` are those of the file, in this order; nothing where they are not.
std::optional<Assembled> assembled_already(const std::vector<std::string>& ids, const std::vector<std::size_t>& slots,
                                           const StoredIndex& stored);
// The rows at `slots`, in this order; what was noted goes before what was stored, and what is neither is still to do.
Assembled assemble(const Plan& plan, const std::vector<std::string>& ids, const std::vector<std::size_t>& slots,
                   const Noteds& noted, const std::optional<StoredRows>& stored, const Origin& origin);

}  // namespace orrery::experiments::sweep
