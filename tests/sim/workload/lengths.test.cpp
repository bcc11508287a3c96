#include "sim/workload/lengths.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <numeric>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/sim/written_file.hpp"

namespace orrery::sim::workload {
namespace {

constexpr int draws = 40000;

struct Drawn {
  std::vector<double> prompt, output;
};

Drawn draw_all(const WorkloadParams& p, const std::vector<TraceRow>& rows = {}) {
  Drawn d;
  for (std::uint32_t i = 0; i < draws; ++i) {
    const Length length = length_of(p, rows, 17, i);
    d.prompt.push_back(static_cast<double>(length.prompt));
    d.output.push_back(static_cast<double>(length.output));
  }
  return d;
}

double mean(const std::vector<double>& v) {
  return std::accumulate(v.begin(), v.end(), 0.0) / static_cast<double>(v.size());
}

std::vector<double> ranks(const std::vector<double>& v) {
  std::vector<std::size_t> order(v.size());
  std::iota(order.begin(), order.end(), 0);
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return v[a] < v[b]; });
  std::vector<double> r(v.size());
  for (std::size_t i = 0; i < order.size();) {
    std::size_t j = i;
    while (j < order.size() && v[order[j]] == v[order[i]]) ++j;
    for (std::size_t k = i; k < j; ++k) r[order[k]] = static_cast<double>(i + j - 1) / 2;
    i = j;
  }
  return r;
}

double correlation(const std::vector<double>& a, const std::vector<double>& b) {
  const double ma = mean(a), mb = mean(b);
  double ab = 0, aa = 0, bb = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    ab += (a[i] - ma) * (b[i] - mb), aa += (a[i] - ma) * (a[i] - ma), bb += (b[i] - mb) * (b[i] - mb);
  }
  return ab / std::sqrt(aa * bb);
}

// Share of draws at or below a quantile of the table, with 4.5 sigma and what rounding to whole tokens can move.
void expect_quantiles(std::vector<double> drawn, const Quantiles& table) {
  std::sort(drawn.begin(), drawn.end());
  for (const double p : {0.1, 0.25, 0.5, 0.75, 0.9, 0.99}) {
    const double half_width = 4.5 * std::sqrt(p * (1 - p) / draws);
    const auto at = [&](double q) { return drawn[static_cast<std::size_t>(std::clamp(q, 0.0, 1.0) * (draws - 1))]; };
    EXPECT_LE(at(p - half_width), table.at(p) + 0.5) << p;
    EXPECT_GE(at(p + half_width), table.at(p) - 0.5) << p;
  }
}

TEST(Lengths, TablesReproduceTheirQuantilesAndCorrelation) {
  for (const LengthTable& table : length_tables()) {
    SCOPED_TRACE(table.name);
    EXPECT_FALSE(table.source.empty());
    WorkloadParams p;
    p.lengths = table.name;
    const Drawn d = draw_all(p);
    expect_quantiles(d.prompt, table.prompt);
    expect_quantiles(d.output, table.output);
    EXPECT_NEAR(correlation(ranks(d.prompt), ranks(d.output)), table.rank_correlation, 4.5 / std::sqrt(draws));
  }
}

// Medians and means of the traces, as published with them and in the pack's own list.
TEST(Lengths, TablesHaveTheKnownMedians) {
  const LengthTable& azure = length_table("azure_conv_2023", "test");
  EXPECT_EQ(azure.prompt.at(0.5), 1020);
  EXPECT_EQ(azure.output.at(0.5), 129);
  EXPECT_NEAR(azure.prompt.mean(), 1155, 12);
  EXPECT_NEAR(azure.output.mean(), 211, 2);
  EXPECT_EQ(length_table("arxiv", "test").prompt.at(0.5), 2730);
  EXPECT_EQ(length_table("arxiv", "test").output.at(0.5), 167);
}

TEST(Lengths, TablesMatchTheirTraces) {
  const char* data = std::getenv("ORRERY_DATA");
  if (data == nullptr) GTEST_SKIP() << "ORRERY_DATA is not set: Azure's trace is not at hand";
  const auto rows = read_request_trace(std::string(data) + "/workload/azure2023_conv.csv.gz");
  const LengthTable& table = length_table("azure_conv_2023", "test");
  std::vector<double> prompt;
  for (const TraceRow& row : rows) prompt.push_back(static_cast<double>(row.prompt));
  std::sort(prompt.begin(), prompt.end());
  // Between the points of the table straight lines stand for the trace: up to 1 % of requests may lie elsewhere.
  for (double p = 0.05; p < 0.99; p += 0.013) {
    const auto at = [&](double q) {
      return prompt[static_cast<std::size_t>(q * static_cast<double>(prompt.size() - 1))];
    };
    EXPECT_LE(at(p - 0.02), table.prompt.at(p)) << p;
    EXPECT_GE(at(p + 0.01), table.prompt.at(p)) << p;
  }
}

TEST(Lengths, FixedAndLognormalMeetTheirParameters) {
  WorkloadParams p;
  EXPECT_EQ(length_of(p, {}, 1, 5).prompt, 128);
  EXPECT_EQ(length_of(p, {}, 1, 5).output, 64);
  p.lengths = "lognormal";
  p.prompt_tokens = 1000;
  p.output_tokens = 300;
  p.length_cv = 0.5;
  const Drawn d = draw_all(p);
  EXPECT_NEAR(mean(d.prompt), 1000, 4 * 500 / std::sqrt(draws));
  EXPECT_NEAR(mean(d.output), 300, 4 * 150 / std::sqrt(draws));
  double squares = 0;
  for (const double x : d.prompt) squares += (x - 1000) * (x - 1000);
  EXPECT_NEAR(std::sqrt(squares / draws), 500, 25);
}

TEST(Lengths, TraceRowsKeepPromptAndOutputTogether) {
  WorkloadParams p;
  p.lengths = "trace";
  const std::vector<TraceRow> rows{{0, 10, 1000}, {1, 20, 2000}, {2, 30, 3000}};
  const Drawn d = draw_all(p, rows);
  int first = 0;
  for (int i = 0; i < draws; ++i) {
    EXPECT_EQ(d.output[static_cast<std::size_t>(i)], 100 * d.prompt[static_cast<std::size_t>(i)]);
    first += d.prompt[static_cast<std::size_t>(i)] == 10 ? 1 : 0;
  }
  EXPECT_NEAR(first, draws / 3.0, 4.5 * std::sqrt(draws * 2 / 9.0));
}

TEST(Lengths, AreCutAndNeverEmpty) {
  WorkloadParams p;
  p.max_prompt = 512;
  p.max_output = 16;
  const Length cut = limited(p, 9e12, 0.2);
  EXPECT_EQ(cut.prompt, 512);
  EXPECT_EQ(cut.output, 1);
  p.lengths = "azure_conv_2023";
  const Drawn d = draw_all(p);
  EXPECT_EQ(*std::max_element(d.prompt.begin(), d.prompt.end()), 512);
  EXPECT_EQ(*std::max_element(d.output.begin(), d.output.end()), 16);
}

TEST(Lengths, UnknownTableSuggestsTheNearest) {
  EXPECT_THAT(
      complaint([] { length_table("sharegtp", "workload.lengths"); }),
      ::testing::StartsWith("workload.lengths: unknown lengths 'sharegtp' (they are not in data/lengths.toml). Did you "
                            "mean 'sharegpt'?"));
}

}  // namespace
}  // namespace orrery::sim::workload
