#include "sim/swarm/trace.hpp"

#include <cstdlib>

#include <gtest/gtest.h>

#include "tests/sim/written_file.hpp"

namespace orrery::sim::swarm {
namespace {

std::string fault(const std::string& text) {
  const WrittenFile file(text);
  return complaint([&] { read_session_trace(file.path()); }, file.path());
}

TEST(SessionTrace, ReadsColumnsByNameInAnyOrder) {
  const WrittenFile file("end_s,node,extra,start_s\n10,7,x,0\n5,3,x,2.5\n30,7,x,10\n", true);
  const SessionTrace trace = read_session_trace(file.path());
  ASSERT_EQ(trace.hosts.size(), 2u);
  ASSERT_EQ(trace.hosts[0].size(), 2u);
  EXPECT_EQ(trace.hosts[0][1].start_s, 10);
  EXPECT_EQ(trace.hosts[0][1].end_s, 30);
  EXPECT_EQ(trace.hosts[1][0].start_s, 2.5);
}

TEST(SessionTrace, StartsLaterAndScales) {
  const WrittenFile file("node,start_s,end_s\n1,0,10\n1,20,40\n2,0,15\n3,50,60\n");
  const SessionTrace trace = read_session_trace(file.path()).from(30, 0.5);
  ASSERT_EQ(trace.hosts.size(), 3u);
  ASSERT_EQ(trace.hosts[0].size(), 1u);
  EXPECT_EQ(trace.hosts[0][0].start_s, 0);
  EXPECT_EQ(trace.hosts[0][0].end_s, 5);
  EXPECT_TRUE(trace.hosts[1].empty());
  EXPECT_EQ(trace.hosts[2][0].start_s, 10);
  EXPECT_EQ(trace.hosts[2][0].end_s, 15);
}

TEST(SessionTrace, EveryFaultHasItsPlaceAndReason) {
  const std::string head = "node,start_s,end_s\n1,0,10\n";
  EXPECT_EQ(fault(""), ":0: is empty (a session trace begins with the line node,start_s,end_s).");
  EXPECT_EQ(fault("node,start_s\n1,0\n"),
            ":1: has no column 'end_s' (a session trace begins with the line node,start_s,end_s).");
  EXPECT_EQ(fault("node,start_s,end_s\n"), ": has no sessions (nobody would ever be on line).");
  EXPECT_EQ(fault(head + "1,20\n"), ":3: 'end_s' is missing (the line has 2 columns).");
  EXPECT_EQ(fault(head + "1,20,soon\n"), ":3: 'end_s' is 'soon' (it must be a finite number).");
  EXPECT_EQ(fault(head + "x,20,30\n"), ":3: 'node' is 'x' (it must be a finite number).");
  EXPECT_EQ(fault(head + "2,-1,30\n"), ":3: 'start_s' is negative (times count from the start of the trace).");
  EXPECT_EQ(fault(head + "2,30,30\n"), ":3: 'end_s' is not after 'start_s' (a session takes time).");
  EXPECT_EQ(fault(head + "2,30,1e10\n"),
            ":3: 'end_s' is beyond 4e9 s (times are seconds from the start of the trace).");
  EXPECT_EQ(fault(head + "1,9,30\n"), ":3: node 1 is on line already (sessions of one node must not overlap).");
  EXPECT_EQ(fault(head + "1,20,30\n1,12,15\n"),
            ":4: node 1 goes back in time (sessions of one node must be in order).");
}

TEST(SessionTrace, ReadsTheTorNetworkOfEarly2023) {
  const char* data = std::getenv("ORRERY_DATA");
  if (data == nullptr) GTEST_SKIP() << "ORRERY_DATA is not set: the Tor trace is not at hand";
  const SessionTrace trace = read_session_trace(std::string(data) + "/churn/tor2023q1_sessions.csv.gz");
  EXPECT_EQ(trace.hosts.size(), 20336u);
  std::size_t sessions = 0, online_at_start = 0;
  for (const auto& host : trace.hosts) {
    sessions += host.size();
    online_at_start += host.front().start_s == 0 ? 1 : 0;
  }
  EXPECT_EQ(sessions, 73318u);
  EXPECT_EQ(online_at_start, 5435u);  // the first row of tor2023q1_snapshots.csv.gz
}

}  // namespace
}  // namespace orrery::sim::swarm
