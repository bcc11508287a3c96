#include "experiments/results.hpp"

#include <cmath>

#include <gtest/gtest.h>

#include "experiments/hdf5.hpp"
#include "experiments/version.hpp"
#include "tests/experiments/scratch.hpp"

namespace orrery::experiments {
namespace {

using tests::message_of;

Row done_row(double offset, std::size_t requests, std::size_t samples) {
  Row row{"0123456789abcdef",
          "workload.rate = 1.0\n",
          Status::done,
          "",
          {{"workload.rate", "request/s", "arrivals", offset}},
          {}};
  row.result.metrics = {{"goodput", "request/s", "requests served a second", 2 + offset},
                        {"ttft_p50", "s", "median", NAN}};
  row.result.requests = {{"arrival", "s", "when", std::vector<double>(requests, offset)},
                         {"status", "", "how", std::vector<double>(requests, 0)}};
  row.result.timeline = {{"time", "s", "when", std::vector<double>(samples, offset)}};
  row.result.texts.assign(requests, "héllo");
  return row;
}

Row failed_row() {
  return {"fedcba9876543210",    "workload.rate = 9.0\n",        Status::failed,
          "block 3 has no node", {{"workload.rate", "", "", 9}}, {}};
}

TEST(Results, WhatWasWrittenIsRead) {
  const std::string bytes = results_image("rate = 1\n", {done_row(0.5, 3, 4), failed_row()});
  EXPECT_TRUE(is_results(bytes));
  const StoredResults r = read_results(bytes, "r.h5");
  EXPECT_EQ(r.program, "orrery " + std::string(version()));
  EXPECT_EQ(r.commit, commit());
  EXPECT_EQ(r.config, "rate = 1\n");
  EXPECT_EQ(r.id, (std::vector<std::string>{"0123456789abcdef", "fedcba9876543210"}));
  EXPECT_EQ(r.status, (std::vector<Status>{Status::done, Status::failed}));
  EXPECT_EQ(r.reason, (std::vector<std::string>{"", "block 3 has no node"}));
  ASSERT_EQ(r.points.size(), 1u);
  EXPECT_EQ(r.points[0].name, "workload.rate");
  EXPECT_EQ(r.points[0].unit, "request/s");
  EXPECT_EQ(r.points[0].values, (std::vector<double>{0.5, 9}));
  ASSERT_EQ(r.metrics.size(), 2u);
  EXPECT_EQ(r.metrics[0].name, "goodput");
  EXPECT_EQ(r.metrics[0].what, "requests served a second");
  EXPECT_EQ(r.metrics[0].values[0], 2.5);
  EXPECT_TRUE(std::isnan(r.metrics[0].values[1])) << "a failed row has no number";
}

TEST(Results, APointMayBeTextAndAnAxis) {
  Row first = done_row(1, 0, 0), second = done_row(2, 0, 0);
  first.point.push_back({"router", "", "", NAN, "petals", 0});
  second.point.push_back({"router", "", "", NAN, "least_loaded", 0});
  second.point_number = 3;
  second.replica = 1;
  const StoredResults r = read_results(results_image("", {first, second}), "");
  ASSERT_EQ(r.points.size(), 2u);
  EXPECT_EQ(r.points[0].axis, -1);
  EXPECT_EQ(r.points[1].labels, (std::vector<std::string>{"petals", "least_loaded"}));
  EXPECT_EQ(r.points[1].axis, 0);
  EXPECT_TRUE(r.points[1].values.empty());
  EXPECT_EQ(r.point_number, (std::vector<std::int64_t>{0, 3}));
  EXPECT_EQ(r.replica, (std::vector<std::int64_t>{0, 1}));
}

TEST(Results, RowsGoFromOneFileIntoAnotherWithoutALoss) {
  Row first = done_row(1, 3, 4), second = failed_row(), third = done_row(2, 2, 6), fourth = done_row(3, 0, 0);
  first.point.push_back({"router", "", "", NAN, "petals", 0});
  third.point.push_back({"alpha", "s", "", 7, "", 1});
  third.result.metrics.push_back({"extra", "1", "of this row only", 8});
  ResultsBuilder once;
  for (const Row& row : {first, second, third, fourth}) once.add(row);
  const std::string bytes = once.image({"config", "a.b=1\n", "plan"});
  const StoredRows stored = read_rows(bytes, "");
  EXPECT_EQ(stored.results.changes, "a.b=1\n");
  EXPECT_EQ(stored.results.plan, "plan");
  ResultsBuilder again;
  for (std::size_t i = 0; i < stored.size(); ++i) again.add(stored.row(i));
  EXPECT_TRUE(again.image({"config", "a.b=1\n", "plan"}) == bytes);
  EXPECT_EQ(stored.row(2).result.timeline[0].values.size(), 6u);
  EXPECT_EQ(stored.row(0).result.timeline[0].values.size(), 4u);
  EXPECT_EQ(stored.row(2).result.requests[0].values, (std::vector<double>{2, 2}));
}

TEST(Results, RequestsAndSeriesOfSeveralRowsShareTheirColumns) {
  const hdf5::Reader file(results_image("", {done_row(1, 3, 4), failed_row(), done_row(2, 2, 6)}));
  EXPECT_EQ(file.numbers("request/run"), (std::vector<double>{0, 0, 0, 2, 2}));
  EXPECT_EQ(file.numbers("request/arrival"), (std::vector<double>{1, 1, 1, 2, 2}));
  EXPECT_EQ(file.text_attribute("request/arrival", "unit"), "s");
  EXPECT_EQ(file.shape("series/time"), (std::vector<std::uint64_t>{3, 6}));
  const std::vector<double> time = file.numbers("series/time");
  EXPECT_EQ(time[3], 1);
  EXPECT_TRUE(std::isnan(time[4]) && std::isnan(time[6])) << "shorter and missing rows end in NaN";
  EXPECT_EQ(time[17], 2);
  EXPECT_EQ(file.shape("text"), (std::vector<std::uint64_t>{5}));
}

TEST(Results, TheSameRowsGiveTheSameBytes) {
  const auto image = [] { return results_image(std::string(200000, '#'), {done_row(1, 1000, 50)}); };
  const std::string first = image();
  std::string other = results_image("other", {failed_row()});  // what was in memory between does not matter
  EXPECT_EQ(first, image());
  EXPECT_NE(first, other);
  EXPECT_EQ(read_results(first, "").config.size(), 200000u) << "a long scenario fits into its attribute";
}

TEST(Results, LongReasonsAreCutAtACharacter) {
  Row row = failed_row();
  row.reason = std::string(511, 'a') + "é";
  EXPECT_EQ(read_results(results_image("", {row}), "").reason[0], std::string(511, 'a'));
}

TEST(Results, OtherFilesAreRefusedWithTheReason) {
  EXPECT_EQ(message_of([] { read_results("no hdf5", "x.h5"); }),
            "x.h5: is not an Orrery results file (it is not HDF5, or its format attribute is not orrery-results).");
  EXPECT_EQ(message_of([] { read_results("", "x.h5"); }),
            "x.h5: is not an Orrery results file (it is not HDF5, or its format attribute is not orrery-results).");
  hdf5::Writer foreign;
  foreign.attribute("/", "format", "statepoint");
  EXPECT_FALSE(is_results(foreign.image()));

  hdf5::Writer newer;
  newer.attribute("/", "format", "orrery-results");
  newer.attribute("/", "version", std::int64_t{99});
  newer.attribute("/", "commit", "abc");
  EXPECT_EQ(message_of([&] { read_results(newer.image(), "x.h5"); }),
            "x.h5: has version 99 of the results format (this program reads version 2). "
            "Read it with the program that wrote it (commit abc).");

  hdf5::Writer hollow;
  hollow.attribute("/", "format", "orrery-results");
  hollow.attribute("/", "version", std::int64_t{results_format});
  EXPECT_TRUE(
      message_of([&] { read_results(hollow.image(), "x.h5"); }).starts_with("x.h5: is a damaged results file ("));
}

TEST(Results, ATruncatedFileIsNoCrash) {
  const std::string bytes = results_image("", {done_row(1, 3, 4)});
  for (std::size_t keep = 0; keep < bytes.size(); keep += 97) {
    EXPECT_NE(message_of([&] { read_results(bytes.substr(0, keep), "x.h5"); }), "no InputError") << keep;
  }
}

}  // namespace
}  // namespace orrery::experiments
