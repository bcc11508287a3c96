#include "experiments/sweep/sweep.hpp"

#include <csignal>
#include <fstream>
#include <utility>

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "experiments/files.hpp"
#include "experiments/hash.hpp"
#include "experiments/results.hpp"
#include "experiments/sweep/spool.hpp"
#include "sim/routing/policy.hpp"
#include "tests/experiments/scratch.hpp"

namespace orrery::experiments::sweep {
namespace {

using experiments::tests::message_of;
using sim::routing::RoutingPolicy;

const std::string base =
    "[swarm]\nnodes = 12\ndevices = {a40 = 1}\n[network]\nkind = \"uniform\"\n"
    "[workload]\nrequests = 5\noutput_tokens = 4\n";
const std::string two_axes =
    base +
    "[sweep]\nreplicas = 2\n[sweep.over]\nworkload.rate = [1, 2, 3]\nrouting.policy = [\"petals\", \"random\"]\n";

// Every rank sees the files of the lowest, as on a shared disk.
class SweepTest : public experiments::tests::Scratch {
 protected:
  const Ranks ranks{orrery::tests::communicator()};
  const std::string folder = ranks.on_root([&] { return path(""); });
  std::string shared(const std::string& name) const { return folder + name; }
  void write(const std::string& name, const std::string& text) const {
    ranks.on_root([&] {
      std::ofstream(shared(name)) << text;
      return std::string();
    });
  }
  SweepArguments arguments(const std::string& text, const std::string& out) const {
    write("s.toml", text);
    SweepArguments a;
    a.scenario = shared("s.toml");
    a.out = shared(out);
    a.quiet = true;
    return a;
  }
  int sweep(const std::string& text, const std::string& out = "r.h5") const {
    return run_sweep(arguments(text, out), ranks);
  }
  std::string bytes(const std::string& name) const {
    return ranks.on_root([&] { return read_file(shared(name)); });
  }
  std::string hash(const std::string& name) const { return hash_hex(bytes(name), 16); }
  bool exists(const std::string& name) const {
    return ranks.on_root([&] { return std::string(std::filesystem::exists(shared(name)) ? "yes" : ""); }) == "yes";
  }
};

TEST_F(SweepTest, AnyNumberOfRanksWritesTheFileOfOne) {
  EXPECT_EQ(sweep(two_axes), 0);
  const SweepArguments alone = arguments(two_axes, "alone.h5");
  ranks.on_root([&] {
    EXPECT_EQ(run_sweep(alone, Ranks(MPI_COMM_NULL)), 0);
    return std::string();
  });
  EXPECT_EQ(hash("r.h5"), hash("alone.h5"));
  const StoredResults r = read_results(bytes("r.h5"), "r.h5");
  EXPECT_EQ(r.status, std::vector<Status>(12, Status::done));
  EXPECT_EQ(r.point_number, (std::vector<std::int64_t>{0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5}));
  EXPECT_FALSE(exists("r.h5.rows")) << "a finished sweep leaves its file and its log";
}

TEST_F(SweepTest, RanksThatComputeTogetherChangeNothing) {
  const std::string real = base +
                           "[model]\nname = \"embedded\"\nkv = \"fp32\"\ncompute = \"fp32\"\nclient = \"fp32\"\n"
                           "[execution]\nmode = \"real\"\n[sweep]\nreplicas = 3\nrequests = true\nseries = true\n";
  EXPECT_EQ(sweep(real + "ranks_per_run = 1\n", "one.h5"), 0);
  EXPECT_EQ(sweep(real + "ranks_per_run = 2\n", "two.h5"), 0);
  const StoredRows one = read_rows(bytes("one.h5"), ""), two = read_rows(bytes("two.h5"), "");
  EXPECT_FALSE(one.results.texts.empty() || one.series.empty());
  ResultsBuilder first, second;
  for (std::size_t i = 0; i < 3; ++i) {
    first.add(one.row(i));
    second.add(two.row(i));
  }
  EXPECT_TRUE(first.image({}) == second.image({}));
}

// Breaks runs, or has a bug, as it is told.
struct Fussy final : RoutingPolicy {
  struct Params {
    std::int64_t fussy = 0;
    static sim::config::Fields<Params> fields() {
      return sim::config::Fields<Params>().integer("fussy", &Params::fussy, "1", "0 calm, 1 breaks, 2 is a bug", 0, 2);
    }
  };
  static sim::config::About about() { return {"fussy", "breaks the run", "For the tests of failed runs.", "ours"}; }
  explicit Fussy(const Params& p) : params(p) {}
  sim::routing::RouteOutcome route(const sim::routing::RouteRequest& request, const sim::routing::RoutingView& view,
                                   sim::routing::RoutingMemory& memory, sim::Draw& draw) const override {
    if (params.fussy == 1) throw RunError("the first request broke it");
    if (params.fussy == 2) throw std::out_of_range("a bug");
    return calm->route(request, view, memory, draw);
  }
  Params params;
  std::unique_ptr<RoutingPolicy> calm = sim::config::Registry<RoutingPolicy>::instance().make("random");
};
ORRERY_REGISTER(RoutingPolicy, Fussy);

TEST_F(SweepTest, RunsThatBreakAreFailedRowsAndTheOthersGoOn) {
  const std::string text = base + "[sweep]\n[sweep.over]\nrouting.fussy = [0, 1, 2]\n[routing]\npolicy = \"fussy\"\n";
  testing::internal::CaptureStderr();
  EXPECT_EQ(sweep(text), 1);
  const std::string said = testing::internal::GetCapturedStderr();
  const StoredResults r = read_results(bytes("r.h5"), "");
  EXPECT_EQ(r.status, (std::vector<Status>{Status::done, Status::failed, Status::failed}));
  EXPECT_EQ(r.reason, (std::vector<std::string>{"", "the first request broke it", "a defect of Orrery: a bug"}));
  if (ranks.speaks()) {
    EXPECT_NE(said.find("failed row 1 (" + r.id[1] + "): the first request broke it\n"), std::string::npos) << said;
  }
  EXPECT_EQ(sweep(text), 1) << "a failed row stays failed";
  SweepArguments again = arguments(text, "r.h5");
  again.retry = true;
  EXPECT_EQ(run_sweep(again, ranks), 1);
}

// Writes down whose first request it sees: the order in which one rank starts its runs.
struct Scribe final : RoutingPolicy {
  struct Params {
    std::int64_t mark = 0;
    static sim::config::Fields<Params> fields() {
      return sim::config::Fields<Params>().integer("mark", &Params::mark, "1", "what it writes down", 0, 9);
    }
  };
  static sim::config::About about() { return {"scribe", "tells runs apart", "For the tests of order.", "ours"}; }
  explicit Scribe(const Params& p) : params(p) {}
  sim::routing::RouteOutcome route(const sim::routing::RouteRequest& request, const sim::routing::RoutingView& view,
                                   sim::routing::RoutingMemory& memory, sim::Draw& draw) const override {
    if (!std::exchange(wrote, true)) marks.push_back(params.mark);
    return calm->route(request, view, memory, draw);
  }
  static std::vector<std::int64_t> marks;
  Params params;
  mutable bool wrote = false;  // a run has a policy of its own
  std::unique_ptr<RoutingPolicy> calm = sim::config::Registry<RoutingPolicy>::instance().make("random");
};
std::vector<std::int64_t> Scribe::marks;
ORRERY_REGISTER(RoutingPolicy, Scribe);

TEST_F(SweepTest, TheCostliestRunsStartFirst) {
  std::string text = base + "[routing]\npolicy = \"scribe\"\n[sweep]\nreplicas = 2\n";
  for (const auto& [mark, requests] : {std::pair{1, 5}, {2, 40}, {3, 5}, {4, 20}}) {
    text += fmt::format(
        "[[sweep.variant]]\naxis = \"size\"\nname = \"{0}\"\n"
        "set = {{ routing.mark = {0}, workload.requests = {1} }}\n",
        mark, requests);
  }
  const SweepArguments alone = arguments(text, "r.h5");
  ranks.on_root([&] {
    Scribe::marks.clear();
    EXPECT_EQ(run_sweep(alone, Ranks(MPI_COMM_NULL)), 0);
    EXPECT_EQ(Scribe::marks, (std::vector<std::int64_t>{2, 2, 4, 4, 1, 1, 3, 3})) << "equal ones in the plan's order";
    return std::string();
  });
  const StoredResults r = read_results(bytes("r.h5"), "");
  EXPECT_EQ(r.point_number, (std::vector<std::int64_t>{0, 0, 1, 1, 2, 2, 3, 3})) << "the file keeps the plan's order";
}

TEST_F(SweepTest, PartsOfASweepAreRowsOfTheWhole) {
  EXPECT_EQ(sweep(two_axes, "whole.h5"), 0);
  SweepArguments part = arguments(two_axes, "part.h5");
  part.part = 1;
  part.parts = 3;
  EXPECT_EQ(run_sweep(part, ranks), 0);
  const StoredResults r = read_results(bytes("part.h5"), "");
  EXPECT_EQ(r.status[0], Status::todo);
  EXPECT_EQ(r.status[1], Status::done);
  EXPECT_EQ(std::count(r.status.begin(), r.status.end(), Status::done), 4);
  part.parts = 1;
  part.part = 0;
  EXPECT_EQ(run_sweep(part, ranks), 0) << "the rest goes into the same file";
  EXPECT_EQ(hash("part.h5"), hash("whole.h5"));
}

TEST_F(SweepTest, ReplicasFollowFromTheData) {
  const std::string text =
      base +
      "[sweep]\nreplicas = 3\nstop_metric = \"latency_mean\"\nstop_half_width = 0.02\nmax_replicas = 12\n"
      "[sweep.over]\nworkload.rate = [0.01, 5]\n";
  const std::string message = message_of([&] { sweep(text, "none.h5"); });
  EXPECT_NE(message.find("sweep.stop_metric = \"latency_mean\" is defined in no run"), std::string::npos) << message;
  std::string defined = text;
  defined.replace(defined.find("latency_mean"), 12, "latency_p50");
  EXPECT_EQ(sweep(defined), 0);
  const StoredResults r = read_results(bytes("r.h5"), "");
  const auto count = [&](std::int64_t point) {
    return std::count(r.point_number.begin(), r.point_number.end(), point);
  };
  EXPECT_GE(count(0), 3);
  EXPECT_GT(count(0) + count(1), 6) << "some point needed more";
  EXPECT_LE(std::max(count(0), count(1)), 12);
  EXPECT_EQ(std::count(r.status.begin(), r.status.end(), Status::done), count(0) + count(1))
      << "and no row is left to do";
}

TEST_F(SweepTest, AnotherSweepsFileIsLeftAlone) {
  EXPECT_EQ(sweep(two_axes), 0);
  const std::string before = hash("r.h5");
  std::string edited = two_axes;
  edited.replace(edited.find("[1, 2, 3]"), 9, "[1, 2, 4]");
  const std::string message = message_of([&] { sweep(edited); });
  EXPECT_EQ(message,
            shared("r.h5") +
                ": holds other rows than this sweep would write (the scenario file, --set or --seed were different "
                "when it was written). Undo the change to go on with it, or choose another --out.");
  EXPECT_EQ(hash("r.h5"), before);
  EXPECT_FALSE(exists("r.h5.rows"));
  EXPECT_EQ(sweep("# A comment is no change.\n" + two_axes), 0);
  write("r.h5", "text");
  EXPECT_NE(message_of([&] { sweep(two_axes); }).find("would be overwritten (it exists and is not"), std::string::npos);
  EXPECT_EQ(bytes("r.h5"), "text");
}

TEST_F(SweepTest, AnUnfinishedSweepOfAnotherPlanIsLeftAlone) {
  ranks.on_root([&] {
    std::filesystem::create_directories(shared("r.h5.rows"));
    const JournalWriter writer(shared("r.h5.rows/rows.0.0"), Identity{"other plan", "c", 3}.encode());
    return std::string();
  });
  const std::string message = message_of([&] { sweep(two_axes); });
  EXPECT_NE(message.find("r.h5.rows: holds rows of another sweep (the scenario file,"), std::string::npos) << message;
  EXPECT_TRUE(exists("r.h5.rows/rows.0.0"));
  EXPECT_FALSE(exists("r.h5"));
}

TEST_F(SweepTest, TwoSweepsDoNotWriteOneFile) {
  std::unique_ptr<Spool> other;
  ranks.on_root([&] {
    other = std::make_unique<Spool>(shared("r.h5"), Identity{"p", "c", 1});
    return std::string();
  });
  const std::string message = message_of([&] { sweep(two_axes); });
  EXPECT_TRUE(message.starts_with(shared("r.h5") + ": is being written by another sweep (host ")) << message;
  EXPECT_TRUE(exists("r.h5.rows/lock")) << "who is turned away takes nothing with it";
  EXPECT_NE(message.find(", process " + ranks.on_root([] { return std::to_string(::getpid()); })), std::string::npos);
  other.reset();
  EXPECT_EQ(sweep(two_axes), 0) << "the lock goes with its holder";
}

TEST_F(SweepTest, AFullDiskIsOneMessageAndTheSameCommandGoesOn) {
  EXPECT_EQ(sweep(two_axes, "good.h5"), 0);
  rlimit before;
  getrlimit(RLIMIT_FSIZE, &before);
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  const rlimit small{24 << 10, before.rlim_max};  // a few rows' worth
  SweepArguments a = arguments(two_axes, "r.h5");
  setrlimit(RLIMIT_FSIZE, &small);
  const std::string message = message_of([&] { run_sweep(a, ranks); });
  setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, handler);
  EXPECT_NE(message.find("cannot be written (File too large)"), std::string::npos) << message;
  EXPECT_FALSE(exists("r.h5"));
  EXPECT_TRUE(exists("r.h5.rows")) << "finished rows are kept";
  EXPECT_EQ(run_sweep(a, ranks), 0);
  EXPECT_EQ(hash("r.h5"), hash("good.h5"));
}

TEST_F(SweepTest, BadPointsAreKnownBeforeAnythingIsWritten) {
  const std::string text = base + "[sweep]\n[sweep.over]\nworkload.rate = [1, 2, 3, -4, 5, -6]\n";
  const std::string message = message_of([&] { sweep(text); });
  EXPECT_NE(message.find("In point workload.rate = -4."), std::string::npos)
      << "the first one, on every rank: " << message;
  EXPECT_NE(message_of([&] {
              sweep(base + "[sweep.over]\nswarm.nodes = [3, 4, 3]\n");
            }).find("rows 0 and 2 are the same run"),
            std::string::npos);
  EXPECT_FALSE(exists("r.h5.rows") || exists("r.h5"));
  EXPECT_EQ(message_of([] { read_part("3/3"); }),
            "--part 3/3: is no part (it is K/N with K from 0 to N-1). Write --part 0/4, say.");
}

}  // namespace
}  // namespace orrery::experiments::sweep
