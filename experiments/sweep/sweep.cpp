#include "experiments/sweep/sweep.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <limits>
#include <memory>
#include <unordered_map>

#include <fmt/format.h>
#include <unistd.h>

#include "experiments/attempt.hpp"
#include "experiments/files.hpp"
#include "experiments/progress.hpp"
#include "experiments/side_log.hpp"
#include "experiments/sweep/assemble.hpp"
#include "experiments/sweep/catalogue.hpp"
#include "experiments/sweep/spent.hpp"
#include "experiments/sweep/stopping.hpp"
#include "experiments/sweep/tasks.hpp"
#include "experiments/version.hpp"
#include "kernels/contract.hpp"

namespace orrery::experiments::sweep {
namespace {

double seconds_now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

// What all ranks know of every slot: whether it is finished, and its value of the metric that decides about replicas.
struct Known {
  std::vector<std::uint8_t> status;
  std::vector<double> value;
  int session = 0;
};

class Sweep {
 public:
  Sweep(const SweepArguments& arguments, const Ranks& ranks)
      : a_(arguments),
        ranks_(ranks),
        text_(ranks.on_root([&] { return read_file(a_.scenario); })),
        plan_({a_.scenario, text_, a_.changes, a_.seed}),
        all_(catalogue(plan_, ranks)),
        wanted_(plan_.points(), static_cast<std::size_t>(plan_.params().replicas)) {
    VALIDATE(a_.parts == 1 || !plan_.params().stops(), "--part", "cannot be combined with sweep.stop_metric",
             "how many replicas a point gets depends on all of them", "Leave one of them out.");
  }
  int run();

 private:
  void begin();
  void note_earlier();
  void share_known();
  std::vector<std::size_t> todo() const;
  void run_round(const std::vector<std::size_t>& todo);
  Row run_slot(std::size_t slot, const Ranks& group, const std::function<void()>& tick,
               const std::function<void(const Row&)>& note_last) const;
  void exchange(const std::vector<std::uint8_t>& status, const std::vector<double>& value);
  bool extend();
  Assembled assembled_rows(const std::vector<std::size_t>& slots) const;
  int finish();
  void say_end(const Assembled& assembled) const;

  const SweepArguments& a_;
  const Ranks& ranks_;
  std::string text_;
  Plan plan_;
  Catalogue all_;
  std::vector<std::size_t> wanted_;  // replicas of every point
  Known known_;
  std::size_t run_here_ = 0;  // rows of this session, on all ranks
  double start_ = seconds_now();
  double scan_s_ = 0;  // reading what earlier sessions finished
  Spent spent_;        // by all rounds
  // On the rank that speaks:
  std::unique_ptr<Spool> spool_;
  std::optional<StoredIndex> stored_;
};

void Sweep::begin() {
  known_.status.assign(plan_.slots(), 0);
  known_.value.assign(plan_.slots(), std::numeric_limits<double>::quiet_NaN());
  const double scan = seconds_now();
  ranks_.on_root([&] {
    spool_ = std::make_unique<Spool>(a_.out, Identity{all_.plan, std::string(commit()), plan_.slots()});
    stored_ = earlier_results(a_.out, all_.plan, plan_.params().stop_metric);
    const OutputFile log(a_.out + ".log.json", "an Orrery log", is_side_log_file, spool_->temporary("log"));
    known_.session = spool_->session();
    note_earlier();
    scan_s_ = seconds_now() - scan;
    return std::string();
  });
  share_known();
}

// What an earlier session finished, from its journals and from a results file that parts were run into.
void Sweep::note_earlier() {
  std::unordered_map<std::string_view, std::size_t> slot_of;
  for (std::size_t slot = 0; slot < all_.ids.size(); ++slot) slot_of[all_.ids[slot]] = slot;
  const auto note = [&](std::string_view id, Status status, double value) {
    const auto found = slot_of.find(id);
    if (found == slot_of.end() || status == Status::todo || (a_.retry && status == Status::failed)) return;
    known_.status[found->second] = static_cast<std::uint8_t>(status);
    known_.value[found->second] = value;
  };
  const std::string& metric = plan_.params().stop_metric;
  for (std::size_t i = 0; stored_ && i < stored_->id.size(); ++i) {
    note(stored_->id[i], stored_->status[i], stored_->value[i]);
  }
  const Noteds& noted = spool_->noted();
  for (const Noted& n : noted.rows) {
    const double value = decode_metric(noted.bytes(n), noted.names(n), metric);
    note(n.head.id, n.head.status, value);
  }
}

void Sweep::share_known() {
  if (ranks_.comm() == MPI_COMM_NULL) return;
  MPI_Bcast(known_.status.data(), static_cast<int>(known_.status.size()), MPI_UINT8_T, 0, ranks_.comm());
  MPI_Bcast(known_.value.data(), static_cast<int>(known_.value.size()), MPI_DOUBLE, 0, ranks_.comm());
  MPI_Bcast(&known_.session, 1, MPI_INT, 0, ranks_.comm());
}

// What is wanted and not finished, the costliest first, so that no long run is left for the end.
std::vector<std::size_t> Sweep::todo() const {
  std::vector<std::size_t> list;
  for (std::size_t slot = 0; slot < plan_.slots(); ++slot) {
    const bool wanted = slot % plan_.replicas() < wanted_[slot / plan_.replicas()];
    const bool mine = static_cast<std::int64_t>(slot) % a_.parts == a_.part;
    if (wanted && mine && known_.status[slot] == 0) list.push_back(slot);
  }
  std::stable_sort(list.begin(), list.end(), [&](std::size_t x, std::size_t y) {
    return all_.cost[x / plan_.replicas()] > all_.cost[y / plan_.replicas()];
  });
  return list;
}

// `note_last` gets the failed row where this rank is about to end all: the next start would meet the same end.
Row Sweep::run_slot(std::size_t slot, const Ranks& group, const std::function<void()>& tick,
                    const std::function<void(const Row&)>& note_last) const {
  const std::size_t point = slot / plan_.replicas();
  const auto replica = static_cast<std::int64_t>(slot % plan_.replicas());
  const sim::serving::Scenario scenario = plan_.scenario(point, replica);
  Row row = plan_.row(scenario, point, replica);
  const sim::Context context{group.comm(), a_.threads};
  sim::serving::RunOptions options;
  options.progress = [&tick](double, sim::Time) { tick(); };
  const auto last_words = [&](const std::string& reason) {
    Row lost = plan_.row(scenario, point, replica);
    lost.status = Status::failed;
    lost.reason = reason;
    note_last(lost);
  };
  const Ranks::Outcome outcome = attempt(scenario, context, options, group, row.result, last_words);
  row.status = outcome.code == 0 ? Status::done : Status::failed;
  row.reason = outcome.code == 2 ? plan_.with_point(outcome.message, point) : outcome.message;
  if (row.status == Status::failed) row.result = {};
  if (!plan_.params().series) row.result.timeline.clear();
  if (!plan_.params().requests) {
    row.result.requests.clear();
    row.result.texts.clear();
  }
  return row;
}

void Sweep::run_round(const std::vector<std::size_t>& todo) {
  const Group group(ranks_, static_cast<int>(std::min<std::int64_t>(plan_.params().ranks_per_run, ranks_.size())));
  const bool leads = group.ranks().speaks();
  TaskCounter counter(ranks_);
  std::unique_ptr<Progress> progress;
  if (ranks_.speaks() && !a_.quiet && ::isatty(STDERR_FILENO)) {
    progress = std::make_unique<Progress>(
        [](std::string_view bytes) { std::fwrite(bytes.data(), 1, bytes.size(), stderr); }, seconds_now);
  }
  std::vector<std::uint8_t> status(plan_.slots(), 0);
  std::vector<double> value(plan_.slots(), 0);
  std::unique_ptr<JournalWriter> journal;  // of a rank that leads, or that ends all
  const auto note = [&](const Row& row) {
    if (!journal) {
      journal = std::make_unique<JournalWriter>(journal_path(a_.out, known_.session, ranks_.rank()),
                                                Identity{all_.plan, std::string(commit()), plan_.slots()}.encode());
    }
    journal->add(row, seconds_now());
  };
  const auto note_last = [&](const Row& row) {
    note(row);
    journal->sync();
  };
  Ranks::Outcome outcome;
  const Stopwatch watch;
  Spent spent;
  while (true) {
    std::int64_t task = 0;
    if (leads) task = outcome.code == 0 ? counter.next() : TaskCounter::stopped;
    if (group.ranks().comm() != MPI_COMM_NULL) MPI_Bcast(&task, 1, MPI_INT64_T, 0, group.ranks().comm());
    if (task >= static_cast<std::int64_t>(todo.size())) break;
    const std::size_t slot = todo[static_cast<std::size_t>(task)];
    const auto tick = [&] {
      counter.poke();
      const double share = static_cast<double>(task) / static_cast<double>(todo.size());
      if (progress) progress->update(share, fmt::format("{} of {} runs begun", task + 1, todo.size()));
    };
    const Row row = run_slot(slot, group.ranks(), tick, note_last);
    tick();
    if (!leads) continue;
    const Stopwatch noting;
    try {
      note(row);
      spent.journal_s += noting.wall_s();
    } catch (const InputError& error) {
      outcome = {2, error.what()};
      counter.stop();
      continue;
    }
    status[slot] = static_cast<std::uint8_t>(row.status);
    value[slot] = std::numeric_limits<double>::quiet_NaN();
    for (const sim::Metric& m : row.result.metrics) {
      if (m.name == plan_.params().stop_metric) value[slot] = m.value;
    }
  }
  const Stopwatch last;
  try {
    if (journal) journal->sync();
  } catch (const InputError& error) {
    outcome = {2, error.what()};
  }
  spent.journal_s += last.wall_s();
  spent.wall_s = watch.wall_s();
  spent.cpu_s = spent.longest_cpu_s = watch.cpu_s();
  journal.reset();
  known_.session += 1;  // a journal of the next round is another file
  progress.reset();
  const Ranks::Outcome worst = ranks_.settle(outcome);
  if (worst.code != 0) throw InputError(worst.message);
  exchange(status, value);
  spent_.add(over_ranks(spent, ranks_));
}

// Every slot was run by one rank at most; the others add zero.
void Sweep::exchange(const std::vector<std::uint8_t>& status, const std::vector<double>& value) {
  std::vector<std::uint8_t> all_status = status;
  std::vector<double> all_value = value;
  if (ranks_.comm() != MPI_COMM_NULL) {
    const int slots = static_cast<int>(plan_.slots());
    MPI_Allreduce(status.data(), all_status.data(), slots, MPI_UINT8_T, MPI_SUM, ranks_.comm());
    MPI_Allreduce(value.data(), all_value.data(), slots, MPI_DOUBLE, MPI_SUM, ranks_.comm());
  }
  for (std::size_t slot = 0; slot < plan_.slots(); ++slot) {
    if (all_status[slot] == 0) continue;
    known_.status[slot] = all_status[slot];
    known_.value[slot] = all_value[slot];
    run_here_ += 1;
  }
}

// Whether some point gets more replicas.
bool Sweep::extend() {
  if (!plan_.params().stops()) return false;
  bool more = false, any = false;
  for (std::size_t point = 0; point < plan_.points(); ++point) {
    const auto first = known_.value.begin() + static_cast<std::ptrdiff_t>(point * plan_.replicas());
    const std::vector<double> values(first, first + static_cast<std::ptrdiff_t>(wanted_[point]));
    any = any || std::any_of(values.begin(), values.end(), [](double x) { return !std::isnan(x); });
    const std::size_t needed = replicas_needed(values, plan_.params());
    more = more || needed > wanted_[point];
    wanted_[point] = needed;
  }
  VALIDATE(any, a_.scenario, "sweep.stop_metric = \"" + plan_.params().stop_metric + "\" is defined in no run",
           "no finished run has a metric of this name with a value", "`orrery run` prints the names.");
  return more;
}

void Sweep::say_end(const Assembled& assembled) const {
  constexpr std::size_t most = 20;
  for (std::size_t i = 0; i < std::min(assembled.failures.size(), most); ++i) {
    fmt::print(stderr, "failed {}\n", assembled.failures[i]);
  }
  if (assembled.failures.size() > most) {
    fmt::print(stderr, "and {} more; `orrery show {}` lists them\n", assembled.failures.size() - most, a_.out);
  }
}

Assembled Sweep::assembled_rows(const std::vector<std::size_t>& slots) const {
  const Noteds noted = read_spool(spool_folder(a_.out));
  if (stored_ && noted.rows.empty()) {
    if (std::optional<Assembled> already = assembled_already(all_.ids, slots, *stored_)) return *already;
  }
  std::optional<StoredRows> rows;
  if (stored_) rows = read_rows(read_file(a_.out), a_.out);
  std::string changes;
  for (const std::string& change : a_.changes) changes += change + "\n";
  if (a_.seed) changes += fmt::format("experiment.seed={}\n", *a_.seed);
  return assemble(plan_, all_.ids, slots, noted, rows, {text_, changes, all_.plan});
}

int Sweep::finish() {
  std::vector<std::size_t> slots;
  for (std::size_t slot = 0; slot < plan_.slots(); ++slot) {
    if (slot % plan_.replicas() < wanted_[slot / plan_.replicas()]) slots.push_back(slot);
  }
  const double begin = seconds_now();
  const Assembled assembled = assembled_rows(slots);
  OutputFile log(a_.out + ".log.json", "an Orrery log", is_side_log_file, spool_->temporary("log"));
  if (!assembled.image.empty()) {
    OutputFile results(a_.out, "an Orrery results file", is_results_file, spool_->temporary("results"));
    results.commit(assembled.image);
  }
  std::vector<std::string> lines{fmt::format("runs {}", run_here_), fmt::format("scan_s {:.6f}", scan_s_),
                                 fmt::format("assemble_s {:.6f}", seconds_now() - begin)};
  for (std::string& line : spent_.lines()) lines.push_back(std::move(line));
  log.commit(side_log_json({all_.plan, a_.command, ranks_.size(), a_.threads, seconds_now() - start_, lines}));
  spool_->remove();
  say_end(assembled);
  fmt::print("{}: {} rows, {} done, {} failed, {} to do; {} run now\n", a_.out, slots.size(), assembled.done,
             assembled.failures.size(), slots.size() - assembled.done - assembled.failures.size(), run_here_);
  return assembled.failures.empty() ? 0 : 1;
}

int Sweep::run() {
  begin();
  if (ranks_.speaks() && !a_.quiet) {
    fmt::print(stderr, "orrery {} ({}), {} ranks x {} threads, {} points, {} runs to do, sweep {}\n", version(),
               commit(), ranks_.size(), a_.threads, plan_.points(), todo().size(), all_.plan);
  }
  do {
    run_round(todo());
  } while (extend());
  int code = 0;
  ranks_.on_root([&] {
    code = finish();
    return std::string();
  });
  return ranks_.settle({code, ""}).code;
}

}  // namespace

std::pair<std::int64_t, std::int64_t> read_part(const std::string& text) {
  long part = 0, parts = 0;
  int end = 0;
  const bool read = std::sscanf(text.c_str(), "%9ld/%9ld%n", &part, &parts, &end) == 2;
  VALIDATE(read && static_cast<std::size_t>(end) == text.size() && parts >= 1 && part >= 0 && part < parts,
           "--part " + text, "is no part", "it is K/N with K from 0 to N-1", "Write --part 0/4, say.");
  return {part, parts};
}

int run_sweep(const SweepArguments& arguments, const Ranks& ranks) { return Sweep(arguments, ranks).run(); }

}  // namespace orrery::experiments::sweep
