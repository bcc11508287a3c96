#include "sim/workload/trace.hpp"

#include <algorithm>
#include <cstdlib>

#include <gtest/gtest.h>

#include "tests/sim/written_file.hpp"

namespace orrery::sim::workload {
namespace {

std::string fault(const std::string& text) {
  const WrittenFile file(text);
  return complaint([&] { read_request_trace(file.path()); }, file.path());
}

TEST(RequestTrace, ReadsBothFormats) {
  const WrittenFile plain("arrival_s,prompt_tokens,output_tokens\n0.5,10,20\n0.5,1,2\n7,3,4\n");
  const auto rows = read_request_trace(plain.path());
  ASSERT_EQ(rows.size(), 3u);
  EXPECT_EQ(rows[0].arrival_s, 0.5);
  EXPECT_EQ(rows[2].prompt, 3);
  EXPECT_EQ(rows[2].output, 4);

  const WrittenFile azure(
      "TIMESTAMP,ContextTokens,GeneratedTokens\n2023-12-31 23:59:59.7500000,10,20\n2024-01-01 00:00:00.2500000,1,2\n",
      true);
  const auto others = read_request_trace(azure.path());
  ASSERT_EQ(others.size(), 2u);
  EXPECT_EQ(others[0].arrival_s, 0);
  EXPECT_EQ(others[1].arrival_s, 0.5);  // over the end of the year
}

TEST(RequestTrace, TimestampsCountDaysOfTheCalendar) {
  std::int64_t seconds = 0;
  double fraction = 0;
  ASSERT_TRUE(parse_timestamp("1970-01-01 00:00:00", seconds, fraction));
  EXPECT_EQ(seconds, 0);
  ASSERT_TRUE(parse_timestamp("2000-03-01 00:00:00", seconds, fraction));
  EXPECT_EQ(seconds, 951868800);  // 2000 is a leap year
  ASSERT_TRUE(parse_timestamp("2023-11-16T18:15:46.6805900", seconds, fraction));
  EXPECT_EQ(seconds, 1700158546);
  EXPECT_DOUBLE_EQ(fraction, 0.68059);
  for (const char* bad : {"", "2023-11-16", "2023-13-01 00:00:00", "2023-11-16 24:00:00", "2023-11-16 18:15:46.",
                          "2023-11-16 18:15:46.5x", "2023/11/16 18:15:46", "2o23-11-16 18:15:46"}) {
    EXPECT_FALSE(parse_timestamp(bad, seconds, fraction)) << bad;
  }
}

TEST(RequestTrace, EveryFaultHasItsPlaceAndReason) {
  const std::string head = "arrival_s,prompt_tokens,output_tokens\n1,2,3\n";
  EXPECT_EQ(fault("").substr(0, 14), ":0: is empty (");
  EXPECT_EQ(fault("a,b,c\n1,2,3\n").substr(0, 54), ":1: column names are not known (use arrival_s,prompt_t");
  EXPECT_EQ(fault("arrival_s,prompt_tokens,output_tokens\n"), ": has no requests (there would be nothing to serve).");
  EXPECT_EQ(fault(head + "2,2\n"), ":3: has 2 columns (there are three).");
  EXPECT_EQ(fault(head + "0.5,2,3\n"),
            ":3: arrival goes back in time (requests must be in the order of their arrival).");
  EXPECT_EQ(fault(head + "-1,2,3\n"), ":3: arrival is out of range (it must be in [0, 4e9] s).");
  EXPECT_EQ(fault(head + "2,0,3\n"), ":3: 'prompt_tokens' is 0 (it must be in [1, 1e8] tokens).");
  EXPECT_EQ(fault(head + "2,2,1.5\n"), ":3: 'output_tokens' is '1.5' (it must be a whole number).");
  EXPECT_EQ(fault(head + "2,2,many\n"), ":3: 'output_tokens' is 'many' (it must be a finite number).");
  EXPECT_EQ(fault("TIMESTAMP,ContextTokens,GeneratedTokens\nyesterday,2,3\n"),
            ":2: 'TIMESTAMP' cannot be read (it must look like 2023-11-16 18:15:46.6805900).");
}

TEST(RequestTrace, ReadsAzuresConversations) {
  const char* data = std::getenv("ORRERY_DATA");
  if (data == nullptr) GTEST_SKIP() << "ORRERY_DATA is not set: Azure's trace is not at hand";
  auto rows = read_request_trace(std::string(data) + "/workload/azure2023_conv.csv.gz");
  ASSERT_EQ(rows.size(), 19366u);
  EXPECT_NEAR(static_cast<double>(rows.size()) / rows.back().arrival_s, 5.53, 0.01);
  std::sort(rows.begin(), rows.end(), [](const TraceRow& a, const TraceRow& b) { return a.prompt < b.prompt; });
  EXPECT_EQ(rows[rows.size() / 2].prompt, 1020);
}

}  // namespace
}  // namespace orrery::sim::workload
