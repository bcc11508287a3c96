// `orrery sweep`: many runs of one scenario file, into one results file.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "experiments/ranks.hpp"
#include "experiments/scenario_file.hpp"

namespace orrery::experiments::sweep {

struct SweepArguments {
  std::string scenario;              // path
  std::vector<std::string> changes;  // --set
  std::optional<std::int64_t> seed;
  std::string out;        // results file
  std::int64_t part = 0;  // of `parts`: rows whose number leaves this remainder
  std::int64_t parts = 1;
  bool retry = false;  // rows that failed
  bool quiet = false;
  int threads = 1;
  std::vector<std::string> command;  // argv, for the side log
};

// Returns 0, or 1 where runs failed (they are listed, and their rows say why). Collective. InputError is thrown on
// every rank alike, before anything is written or, where the disk fails later, with every finished row kept.
//
// State and order: all ranks agree on which slots are finished (known from an earlier session or a round before) and on
// the list of those to do; each takes the next from the shared counter, runs it, notes it in its journal. A round ends
// when all ranks have found the counter at its end. Then, where replicas follow from the data, ranks exchange the
// values that decide and come to the same next list. At the end rank 0 reads all journals and puts the results file
// together in the order of slots: it never matters who ran what, or when.
int run_sweep(const SweepArguments& arguments, const Ranks& ranks);

// "3/10": part and parts. InputError.
std::pair<std::int64_t, std::int64_t> read_part(const std::string& text);

}  // namespace orrery::experiments::sweep
