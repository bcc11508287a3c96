#include "sim/workload/workload.hpp"

#include <cmath>
#include <cstdlib>
#include <functional>
#include <set>

#include <gtest/gtest.h>

#include "tests/sim/written_file.hpp"

namespace orrery::sim::workload {
namespace {

struct Gaps {
  double mean = 0, cv = 0;
};

Gaps gaps(const std::vector<Request>& requests) {
  double sum = 0, squares = 0, before = 0;
  for (const Request& r : requests) {
    const double gap = r.arrival.seconds() - before;
    sum += gap, squares += gap * gap, before = r.arrival.seconds();
  }
  const double n = static_cast<double>(requests.size());
  return {sum / n, std::sqrt(squares / n - sum * sum / n / n) / (sum / n)};
}

std::vector<Request> all(const WorkloadParams& p, std::uint64_t seed = 1) { return Workload::make(p, seed)->all(); }

TEST(Workload, PoissonArrivalsHaveRateAndVariation) {
  WorkloadParams p;
  p.requests = 40000;
  p.rate = 4;
  const auto requests = all(p);
  ASSERT_EQ(requests.size(), 40000u);
  const Gaps g = gaps(requests);
  EXPECT_NEAR(g.mean, 0.25, 4 * 0.25 / std::sqrt(40000));
  // The standard error of an exponential's coefficient of variation is 1 / sqrt(n).
  EXPECT_NEAR(g.cv, 1, 4.5 / std::sqrt(40000));
}

// Gamma gaps: mean 1/rate and the coefficient asked for. Its standard error from the fourth moment of the gamma
// distribution: cv sqrt((1/2 + 2 cv^2) / n) or less.
TEST(Workload, BurstyArrivalsHaveRateAndVariation) {
  for (const double cv : {0.5, 2.0, 4.0}) {
    WorkloadParams p;
    p.arrival = "bursty";
    p.requests = 40000;
    p.rate = 10;
    p.cv = cv;
    const Gaps g = gaps(all(p));
    EXPECT_NEAR(g.mean, 0.1, 4 * 0.1 * cv / std::sqrt(40000)) << cv;
    EXPECT_NEAR(g.cv, cv, 4.5 * cv * std::sqrt((0.5 + 2 * cv * cv) / 40000)) << cv;
  }
}

TEST(Workload, RequestsAreDenseOrderedAndSpreadOverClients) {
  WorkloadParams p;
  p.requests = 8000;
  p.clients = 4;
  const auto requests = all(p);
  std::vector<int> per_client(4);
  Time before;
  for (std::uint32_t i = 0; i < requests.size(); ++i) {
    EXPECT_EQ(requests[i].id, RequestId(i));
    EXPECT_GE(requests[i].arrival, before);
    before = requests[i].arrival;
    ++per_client[requests[i].client.index()];
  }
  for (const int count : per_client) EXPECT_NEAR(count, 2000, 4.5 * std::sqrt(8000 * 0.25 * 0.75));
}

TEST(Workload, DurationEndsArrivals) {
  WorkloadParams p;
  p.requests = 0;
  p.duration_s = 1000;
  p.rate = 5;
  const auto requests = all(p);
  EXPECT_NEAR(static_cast<double>(requests.size()), 5000, 4.5 * std::sqrt(5000));
  EXPECT_LE(requests.back().arrival, Time::from_seconds(1000));
  p.requests = 10;
  EXPECT_EQ(all(p).size(), 10u);
}

TEST(Workload, IsAFunctionOfParametersAndSeed) {
  WorkloadParams p;
  p.arrival = "bursty";
  p.lengths = "azure_conv_2023";
  EXPECT_EQ(all(p, 5), all(p, 5));
  EXPECT_NE(all(p, 5), all(p, 6));
  // Another rate moves arrivals; who asks for how much stays.
  const auto slow = all(p, 5);
  p.rate = 2;
  const auto fast = all(p, 5);
  for (std::size_t i = 0; i < slow.size(); ++i) {
    EXPECT_EQ(slow[i].client, fast[i].client);
    EXPECT_EQ(slow[i].prompt, fast[i].prompt);
    EXPECT_NEAR(fast[i].arrival.seconds() * 2, slow[i].arrival.seconds(), 1e-6);
  }
  // Lazily or at once, and twice from the same workload.
  const auto workload = Workload::make(p, 5);
  Arrivals lazy = workload->arrivals();
  for (const Request& r : fast) EXPECT_EQ(lazy.next(), r);
  EXPECT_EQ(lazy.next(), std::nullopt);
  EXPECT_EQ(lazy.next(), std::nullopt);
}

TEST(Workload, ClosedLoopSharesRequestsAmongClients) {
  WorkloadParams p;
  p.arrival = "closed";
  p.requests = 10;
  p.clients = 4;
  p.think_s = 3;
  p.lengths = "sharegpt";
  const auto workload = Workload::make(p, 2);
  EXPECT_TRUE(workload->closed());
  std::set<std::uint32_t> ids;
  for (std::uint32_t c = 0; c < 4; ++c) {
    std::uint32_t turns = 0;
    while (const auto request = workload->turn(ClientId(c), turns)) {
      EXPECT_EQ(request->client, ClientId(c));
      EXPECT_EQ(request, workload->turn(ClientId(c), turns));
      ids.insert(request->id.index());
      ++turns;
    }
    EXPECT_EQ(turns, c < 2 ? 3u : 2u);
  }
  EXPECT_EQ(ids.size(), 10u);
  EXPECT_EQ(*ids.rbegin(), 9u);
}

TEST(Workload, PausesHaveTheirMean) {
  WorkloadParams p;
  p.arrival = "closed";
  p.requests = 20000;
  p.clients = 10;
  p.think_s = 3;
  const auto workload = Workload::make(p, 2);
  double sum = 0;
  for (std::uint32_t c = 0; c < 10; ++c) {
    for (std::uint32_t t = 0; t < 2000; ++t) sum += workload->turn(ClientId(c), t)->arrival.seconds();
  }
  EXPECT_NEAR(sum / 20000, 3, 4 * 3 / std::sqrt(20000));
}

TEST(Workload, AClosedLoopTakesRowsAsTheyAreWritten) {
  const WrittenFile file("arrival_s,prompt_tokens,output_tokens\n0,10,20\n4,11,21\n9,12,22\n");
  WorkloadParams p;
  p.arrival = "closed";
  p.lengths = "trace";
  p.trace = file.path();
  p.trace_order = "written";
  p.requests = 7;
  p.clients = 1;
  const auto workload = Workload::make(p, 1);
  for (std::uint32_t turn = 0; turn < 7; ++turn) EXPECT_EQ(workload->turn(ClientId(0), turn)->prompt, 10 + turn % 3);
}

TEST(Workload, TraceGivesTimesAndLengthsRowByRow) {
  const WrittenFile file("arrival_s,prompt_tokens,output_tokens\n0,10,20\n4,11,21\n9,12,22\n");
  WorkloadParams p;
  p.requests = 0;
  p.arrival = p.lengths = "trace";
  p.trace = file.path();
  p.trace_speed = 2;
  p.max_output = 21;
  const auto requests = all(p);
  ASSERT_EQ(requests.size(), 3u);
  EXPECT_EQ(requests[1].arrival, Time::from_seconds(2));
  EXPECT_EQ(requests[2].prompt, 12);
  EXPECT_EQ(requests[2].output, 21);
  p.requests = 2;
  EXPECT_EQ(all(p).size(), 2u);
  p.requests = 99;  // a trace ends when it ends
  EXPECT_EQ(all(p).size(), 3u);
  p.requests = 0;
  p.duration_s = 3;
  EXPECT_EQ(all(p).size(), 2u);
}

TEST(Workload, AzureTraceKeepsItsVariation) {
  const char* data = std::getenv("ORRERY_DATA");
  if (data == nullptr) GTEST_SKIP() << "ORRERY_DATA is not set: Azure's trace is not at hand";
  WorkloadParams p;
  p.requests = 0;
  p.arrival = p.lengths = "trace";
  p.trace = std::string(data) + "/workload/azure2023_conv.csv.gz";
  const auto requests = all(p);
  EXPECT_EQ(requests.size(), 19366u);
  EXPECT_NEAR(gaps(requests).cv, 1.09, 0.01);
}

TEST(Workload, ContradictionsAreRefusedAtTheirKey) {
  const auto fault = [](const std::function<void(WorkloadParams&)>& change) {
    WorkloadParams p;
    change(p);
    return complaint([&] { Workload::make(p, 1); });
  };
  EXPECT_EQ(fault([](WorkloadParams& p) { p.requests = 0; }),
            "workload.requests: is 0 (without duration_s requests would never end).");
  EXPECT_EQ(fault([](WorkloadParams& p) { p.arrival = "closed", p.requests = 0, p.duration_s = 5; }),
            "workload.requests: is 0 (a closed workload needs their number).");
  EXPECT_EQ(fault([](WorkloadParams& p) { p.arrival = "closed", p.duration_s = 5; }),
            "workload.duration_s: has no effect (a closed workload ends after its requests).");
  EXPECT_EQ(fault([](WorkloadParams& p) { p.arrival = "trace"; }),
            "workload.trace: is missing (arrival or lengths is \"trace\").");
  EXPECT_EQ(fault([](WorkloadParams& p) { p.trace = "a.csv"; }),
            "workload.trace: has no effect (neither arrival nor lengths is \"trace\").");
  EXPECT_EQ(
      fault([](WorkloadParams& p) { p.trace_order = "written"; }),
      "workload.trace_order: has no effect (it says how rows become lengths where arrivals are not the trace's).");
  EXPECT_EQ(fault([](WorkloadParams& p) { p.lengths = "azur"; }).substr(0, 40),
            "workload.lengths: unknown lengths 'azur'");
}

}  // namespace
}  // namespace orrery::sim::workload
