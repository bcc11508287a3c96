// Every run that a sweep may make, read and named before any of them runs.
#pragma once

#include <string>
#include <vector>

#include "experiments/ranks.hpp"
#include "experiments/sweep/plan.hpp"

namespace orrery::experiments::sweep {

struct Catalogue {
  std::vector<std::string> ids;  // of every slot
  std::vector<double> cost;      // of every point: larger takes longer; in no unit
  std::string plan;              // hash of the ids and of what is kept of a run
};

// Reads the scenarios of all points, each rank its share. InputError, the same on every rank, for the first point that
// is wrong and for two runs that are the same. Collective.
Catalogue catalogue(const Plan& plan, const Ranks& ranks);

}  // namespace orrery::experiments::sweep
