#include "experiments/trace.hpp"

#include <map>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace orrery::experiments {
namespace {

using nlohmann::json;

json events_of(const std::vector<sim::TraceSpan>& spans) {
  const std::string text = trace_json(spans);
  EXPECT_TRUE(is_trace(text));
  return json::parse(text).at("traceEvents");
}

TEST(Trace, TracksAreThreadsInTheOrderOfTheirNumbers) {
  const json events = events_of(
      {{"node 10", "decode", 5'000, 7'500}, {"client 3", "request", 0, 9'000}, {"node 2", "prefill", 1, 2'000}});
  std::vector<std::string> processes, threads;
  for (const json& e : events) {
    if (e.at("name") == "process_name") processes.push_back(e.at("args").at("name"));
    if (e.at("name") == "thread_name") threads.push_back(e.at("args").at("name"));
  }
  EXPECT_EQ(processes, (std::vector<std::string>{"client", "node"}));
  EXPECT_EQ(threads, (std::vector<std::string>{"client 3", "node 2", "node 10"}));
}

TEST(Trace, TimesAreMicrosecondsWithoutLoss) {
  const json events = events_of({{"node 1", "decode", 1'234'567'891, 1'234'567'892}});
  EXPECT_NE(
      trace_json({{"node 1", "decode", 1'234'567'891, 1'234'567'892}}).find("\"ts\": 1234567.891, \"dur\": 0.001"),
      std::string::npos);
  EXPECT_EQ(events.back().at("ph"), "X");
}

// On every thread, spans either nest or are apart: that is what a viewer can draw.
TEST(Trace, OverlappingSpansAreSpreadOverThreads) {
  std::vector<sim::TraceSpan> spans;
  for (int i = 0; i < 200; ++i) {
    const std::int64_t begin = (i * 7919) % 1000, length = 1 + (i * 104729) % 300;
    spans.push_back({"client 1", "r" + std::to_string(i), begin, begin + length});
  }
  std::map<int, std::vector<std::pair<std::int64_t, std::int64_t>>> threads;
  std::size_t shown = 0;
  for (const json& e : events_of(spans)) {
    if (e.at("ph") != "X") continue;
    const auto begin = std::llround(e.at("ts").get<double>() * 1000);
    threads[e.at("tid")].emplace_back(begin, begin + std::llround(e.at("dur").get<double>() * 1000));
    ++shown;
  }
  EXPECT_EQ(shown, spans.size());
  EXPECT_GT(threads.size(), 1u);
  for (const auto& [tid, list] : threads) {
    for (std::size_t i = 0; i < list.size(); ++i) {
      for (std::size_t j = 0; j < i; ++j) {
        const auto [a, b] = list[i];
        const auto [c, d] = list[j];
        const bool apart = b <= c || d <= a;
        const bool nested = (a <= c && d <= b) || (c <= a && b <= d);
        EXPECT_TRUE(apart || nested) << "thread " << tid << ": [" << a << ", " << b << ") and [" << c << ", " << d
                                     << ")";
      }
    }
  }
}

TEST(Trace, NamesAreEscapedAndNothingIsValid) {
  const json events = events_of({{"node \"1\"", "a\\b\n\xff", 0, 1}});
  EXPECT_EQ(events.back().at("name"), "a\\b\n\xef\xbf\xbd");
  EXPECT_TRUE(events_of({}).empty());
  EXPECT_FALSE(is_trace("{\"traceEvents\": []}"));
}

}  // namespace
}  // namespace orrery::experiments
