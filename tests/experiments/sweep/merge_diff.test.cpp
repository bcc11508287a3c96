#include <cmath>
#include <fstream>

#include <gtest/gtest.h>

#include "experiments/files.hpp"
#include "experiments/hash.hpp"
#include "experiments/run_id.hpp"
#include "experiments/sweep/diff.hpp"
#include "experiments/sweep/merge.hpp"
#include "experiments/sweep/spool.hpp"
#include "experiments/sweep/sweep.hpp"
#include "experiments/sweep/welch.hpp"
#include "experiments/version.hpp"
#include "sim/random.hpp"
#include "tests/experiments/scratch.hpp"

namespace orrery::experiments::sweep {
namespace {

using experiments::tests::message_of;

class MergeTest : public experiments::tests::Scratch {
 protected:
  const Ranks alone{MPI_COMM_NULL};

  void sweep(const std::string& rates, const std::string& out, std::int64_t part = 0, std::int64_t parts = 1) const {
    std::ofstream(path("s.toml"))
        << "[swarm]\nnodes = 12\ndevices = {a40 = 1}\n[network]\nkind = \"uniform\"\n"
           "[workload]\nrequests = 5\noutput_tokens = 4\n[sweep]\nreplicas = 2\nrequests = true\n"
           "[sweep.over]\nworkload.rate = "
        << rates << "\nrouting.policy = [\"petals\", \"random\"]\n";
    SweepArguments a;
    a.scenario = path("s.toml");
    a.out = path(out);
    a.quiet = true;
    a.part = part;
    a.parts = parts;
    run_sweep(a, alone);
  }
  // What a sweep that was killed leaves: these rows of a whole one, noted in this order by two ranks, and a torn end.
  void leave_unfinished(const std::string& name, const StoredRows& whole, const std::vector<std::size_t>& rows,
                        const std::string& program) const {
    std::filesystem::create_directories(spool_folder(path(name)));
    const std::string header = Identity{"plan", program, whole.size()}.encode();
    JournalWriter even(journal_path(path(name), 0, 0), header), odd(journal_path(path(name), 0, 1), header);
    for (std::size_t i = 0; i < rows.size(); ++i) (i % 2 == 0 ? even : odd).add(whole.row(rows[i]), 0);
    std::ofstream(journal_path(path(name), 0, 1), std::ios::app) << "ORRJr";
  }
  std::string hash(const std::string& name) const { return hash_hex(read_file(path(name)), 16); }
};

TEST_F(MergeTest, PartsGiveTheFileOfTheWhole) {
  sweep("[1, 2, 3]", "whole.h5");
  for (const char* part : {"0", "1", "2"}) sweep("[1, 2, 3]", std::string("part") + part, part[0] - '0', 3);
  EXPECT_EQ(merge({path("part0"), path("part1"), path("part2")}, path("merged.h5")),
            path("merged.h5") + ": 12 rows from 3 files, 12 done\n");
  EXPECT_EQ(hash("merged.h5"), hash("whole.h5"));
  merge({path("part0"), path("part2")}, path("gap.h5"));
  const StoredResults gap = read_results(read_file(path("gap.h5")), "");
  EXPECT_EQ(std::count(gap.status.begin(), gap.status.end(), Status::todo), 4);
  merge({path("whole.h5"), path("gap.h5")}, path("again.h5"));
  EXPECT_EQ(hash("again.h5"), hash("whole.h5")) << "a run that both have stands once";
}

TEST_F(MergeTest, OtherSweepsFollowOneAnother) {
  sweep("[1, 2]", "a.h5");
  sweep("[2, 3]", "b.h5");
  merge({path("a.h5"), path("b.h5")}, path("m.h5"));
  const StoredRows m = read_rows(read_file(path("m.h5")), "");
  EXPECT_EQ(m.size(), 12u) << "four runs are in both";
  EXPECT_EQ(m.results.plan, "") << "it is no sweep that could be gone on with";
  std::map<std::int64_t, int> points;
  for (const std::int64_t p : m.results.point_number) points[p] += 1;
  for (const auto& [point, count] : points) EXPECT_EQ(count, 2) << point;
}

TEST_F(MergeTest, AnUnfinishedSweepCountsWithWhatItHas) {
  sweep("[1, 2, 3]", "whole.h5");
  const StoredRows whole = read_rows(read_file(path("whole.h5")), "");
  leave_unfinished("half.h5", whole, {7, 2, 4}, std::string(commit()));
  EXPECT_EQ(merge({path("half.h5")}, path("m.h5")), path("m.h5") + ": 3 rows from 1 files, 3 done\n");
  const StoredRows m = read_rows(read_file(path("m.h5")), "");
  const auto& id = whole.results.id;
  EXPECT_EQ(m.results.id, (std::vector<std::string>{id[2], id[4], id[7]})) << "in the order of the sweep";
  EXPECT_EQ(m.row(2).result.requests.at(0).values, whole.row(7).result.requests.at(0).values);
  EXPECT_EQ(m.results.plan, "") << "it is no sweep that could be gone on with";
  EXPECT_EQ(m.results.commit, commit());
  EXPECT_FALSE(std::filesystem::exists(path("half.h5")));
  EXPECT_TRUE(std::filesystem::exists(journal_path(path("half.h5"), 0, 1))) << "who reads it takes nothing from it";
  merge({path("whole.h5"), path("half.h5")}, path("both.h5"));
  EXPECT_EQ(read_results(read_file(path("both.h5")), "").id, id) << "a run that both have stands once";
}

TEST_F(MergeTest, AnUnfinishedSweepWithoutRowsOrOfAnotherProgramIsRefused) {
  sweep("[1]", "whole.h5");
  std::filesystem::create_directories(path("empty.h5.rows"));
  EXPECT_EQ(message_of([&] { merge({path("empty.h5")}, path("m.h5")); }),
            path("empty.h5") + ": has no rows yet (no run of it has ended).");
  leave_unfinished("other.h5", read_rows(read_file(path("whole.h5")), ""), {0}, "another");
  const std::string message = message_of([&] { merge({path("whole.h5"), path("other.h5")}, path("m.h5")); });
  EXPECT_TRUE(message.starts_with(path("other.h5") + ": comes from another program than " + path("whole.h5")))
      << message;
  EXPECT_FALSE(std::filesystem::exists(path("m.h5")));
}

TEST_F(MergeTest, FilesThatDisagreeAreRefused) {
  const std::string canonical = "a = 1\n";
  const auto write = [&](const char* name, double value) {
    Row row{run_id(canonical), canonical, Status::done, "", {}, {}};
    row.result.metrics = {{"goodput", "request/s", "", value}};
    OutputFile(path(name), "a results file", is_results_file).commit(results_image("", {row}));
  };
  write("a.h5", 1);
  write("b.h5", 1.5);
  EXPECT_EQ(
      message_of([&] {
        merge({path("a.h5"), path("b.h5")}, path("m.h5"));
      }),
      path("b.h5") + ": run " + run_id(canonical) + " differs from the one in " + path("a.h5") +
          " (goodput is 1.5 here and 1 there, though the same scenario ran). `orrery diff` shows all differences; one "
          "of the programs is wrong.");
  EXPECT_FALSE(std::filesystem::exists(path("m.h5")));
}

// `count` replicas of two points; the metric of the second is `shift` higher.
StoredRows replicas(std::uint64_t seed, std::size_t count, double shift, const std::string& scenario) {
  ResultsBuilder builder;
  for (std::size_t i = 0; i < 2 * count; ++i) {
    sim::Draw draw(seed, sim::Stream::test, static_cast<std::uint32_t>(i));
    Row row{"0000000000000000", scenario + std::to_string(i), Status::done, "", {}, {}};
    row.point = {{"router", "", "", NAN, i < count ? "petals" : "random", 0}};
    row.result.metrics = {{"ttft", "s", "", draw.normal() + (i < count ? 0 : shift)},
                          {"noise", "s", "", draw.normal()}};
    builder.add(row);
  }
  return read_rows(builder.image({"", "", ""}), "");
}

TEST(Diff, RunsOfTheSameScenarioAreComparedNumberByNumber) {
  const StoredRows a = replicas(1, 3, 0, "s");
  EXPECT_TRUE(diff(a, a, {}).equal);
  EXPECT_EQ(diff(a, a, {}).text, "6 runs in both, 0 of them differ; 0 only in the first, 0 only in the second\n");
  StoredRows b = a;
  b.results.metrics[0].values[2] *= 1 + 1e-9;
  EXPECT_FALSE(diff(a, b, {}).equal);
  EXPECT_TRUE(diff(a, b, {1e-8, 0.05}).equal) << "within the tolerance";
  b.results.metrics[0].values[2] = NAN;
  EXPECT_FALSE(diff(a, b, {1e-8, 0.05}).equal) << "no tolerance covers a number that is gone";
}

TEST(Diff, OtherRunsAreComparedPointByPoint) {
  const Diff d = diff(replicas(1, 20, 0, "a"), replicas(2, 20, 3, "b"), {});
  EXPECT_FALSE(d.equal);
  EXPECT_NE(d.text.find("0 runs in both, 0 of them differ; 40 only in the first, 40 only in the second\n"
                        "4 means compared (Welch, Holm, 0.05 in all): 1 differ\n  router = random: ttft: mean "),
            std::string::npos)
      << d.text;
}

// Welch's test is exact enough where both are normal: of tests without a difference, so many alarms as were allowed.
TEST(Welch, FalseAlarmsAreAsRareAsAsked) {
  int alarms = 0, together = 0;
  const int trials = 3000;
  for (int t = 0; t < trials; ++t) {
    sim::Draw draw(3, sim::Stream::test, static_cast<std::uint32_t>(t));
    std::vector<double> p;
    for (int test = 0; test < 4; ++test) {
      std::vector<double> a, b;
      for (int i = 0; i < 6; ++i) a.push_back(draw.normal());
      for (int i = 0; i < 9; ++i) b.push_back(3 * draw.normal());
      p.push_back(welch(a, b).p);
    }
    alarms += p[0] < 0.05 ? 1 : 0;
    const std::vector<bool> significant = holm(p, 0.05);
    together += std::count(significant.begin(), significant.end(), true) > 0 ? 1 : 0;
  }
  EXPECT_NEAR(alarms / double{trials}, 0.05, 0.014);  // 3.5 standard errors
  EXPECT_LT(together / double{trials}, 0.05 + 0.014);
}

// Closed form: two values a side with equal spread have two degrees of freedom.
TEST(Welch, IsTheTextbooks) {
  const Welch w = welch({0, 2}, {10, 12});
  EXPECT_EQ(w.difference, 10);
  const double t = 10 / std::sqrt(2.0);
  EXPECT_NEAR(w.p, 2 * (0.5 - t / (2 * std::sqrt(2 + t * t))), 1e-14);
  EXPECT_TRUE(std::isnan(welch({1}, {2, 3}).p));
  EXPECT_TRUE(std::isnan(welch({1, 1}, {2, 2}).p)) << "without a spread there is no scale to test on";
  EXPECT_EQ(holm({0.01, NAN, 0.04, 0.03}, 0.05), (std::vector<bool>{true, false, false, false}));
}

}  // namespace
}  // namespace orrery::experiments::sweep
