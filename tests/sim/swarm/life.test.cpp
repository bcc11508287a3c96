#include "sim/swarm/life.hpp"

#include <cmath>
#include <cstdlib>
#include <functional>

#include <gtest/gtest.h>

#include "tests/sim/written_file.hpp"

namespace orrery::sim::swarm {
namespace {

SwarmParams drawn(const std::string& lifetime, double mean_s, double absence_s, double shape = 1) {
  SwarmParams p;
  p.lifetime = lifetime;
  p.lifetime_mean_s = mean_s;
  p.absence_mean_s = absence_s;
  p.lifetime_shape = p.absence_shape = shape;
  return p;
}

std::shared_ptr<const LifeModel> model(const SwarmParams& params, std::uint64_t seed = 1) {
  return std::make_shared<const LifeModel>(params, seed);
}

std::vector<Session> sessions(const std::shared_ptr<const LifeModel>& m, std::uint32_t node, std::size_t most) {
  Life life(m, NodeId(node));
  std::vector<Session> all;
  while (all.size() < most) {
    const auto session = life.next();
    if (!session) break;
    all.push_back(*session);
  }
  return all;
}

bool online_at(const std::vector<Session>& life, Time t) {
  for (const Session& s : life) {
    if (s.join <= t && t < s.leave) return true;
  }
  return false;
}

void expect_in_order(const std::vector<Session>& life) {
  Time before;
  for (const Session& s : life) {
    EXPECT_LE(before, s.join);
    EXPECT_LT(s.join, s.leave);
    before = s.leave;
  }
}

TEST(Life, WithoutChurnOneSessionLastsForEver) {
  const auto m = model(SwarmParams{});
  EXPECT_EQ(sessions(m, 0, 9), (std::vector<Session>{{Time(), Time::never(), false}}));
  EXPECT_EQ(m->online_share(), 1);
}

TEST(Life, GoesOnFromItsState) {
  const auto m = model(drawn("weibull", 100, 50, 0.6));
  const auto whole = sessions(m, 3, 20);
  Life::State state;
  for (const Session& expected : whole) {
    Life life(m, NodeId(3), state);
    EXPECT_EQ(life.next(), expected);
    state = life.state();
  }
}

// The share of nodes on line is the same at every instant: at the start, within the first mean lifetime (where a start
// with fresh lives would show), and long after. Binomial bounds at 4.5 sigma for all of 8 x 6 checks.
TEST(Life, OnlineShareIsStationary) {
  constexpr int nodes = 4000;
  struct Case {
    const char* name;
    double shape;
  };
  for (const Case c : {Case{"exponential", 1}, Case{"weibull", 0.5}, Case{"lognormal", 1.2}, Case{"gamma", 0.4},
                       Case{"gamma", 4}, Case{"weibull", 3}}) {
    SCOPED_TRACE(c.name);
    const auto m = model(drawn(c.name, 3600, 1800, c.shape), 7);
    const double share = 2.0 / 3;
    EXPECT_NEAR(m->online_share(), share, 1e-9);
    std::vector<std::vector<Session>> lives;
    for (std::uint32_t i = 0; i < nodes; ++i) {
      // Enough sessions to cover ten hours even for lives made of many short ones.
      Life life(m, NodeId(i));
      auto& all = lives.emplace_back();
      while (all.empty() || all.back().leave < Time::from_seconds(36000)) all.push_back(life.next().value());
    }
    for (const double t : {0.0, 300.0, 1000.0, 2000.0, 3600.0, 7200.0, 20000.0, 35000.0}) {
      int online = 0;
      for (const auto& life : lives) online += online_at(life, Time::from_seconds(t)) ? 1 : 0;
      EXPECT_NEAR(online, share * nodes, 4.5 * std::sqrt(nodes * share * (1 - share))) << t;
    }
  }
}

TEST(Life, SessionsAndAbsencesHaveTheirMeans) {
  const auto m = model(drawn("weibull", 3600, 900, 0.6));
  double up = 0, up2 = 0, away = 0, away2 = 0;
  int n = 0;
  for (std::uint32_t i = 0; i < 4000; ++i) {
    const auto life = sessions(m, i, 6);
    expect_in_order(life);
    for (std::size_t k = 1; k < life.size(); ++k) {
      const double u = (life[k].leave - life[k].join).seconds();
      const double a = (life[k].join - life[k - 1].leave).seconds();
      up += u, up2 += u * u, away += a, away2 += a * a, ++n;
    }
  }
  const auto error = [&](double s, double q) { return 4 * std::sqrt((q / n - s * s / n / n) / n); };
  EXPECT_NEAR(up / n, 3600, error(up, up2));
  EXPECT_NEAR(away / n, 900, error(away, away2));
}

TEST(Life, TimeScaleStretchesEverySession) {
  SwarmParams p = drawn("lognormal", 3600, 900);
  const auto normal = sessions(model(p), 5, 5);
  p.time_scale = 0.01;
  const auto fast = sessions(model(p), 5, 5);
  ASSERT_EQ(normal.size(), fast.size());
  for (std::size_t i = 0; i < normal.size(); ++i) {
    EXPECT_NEAR(fast[i].leave.seconds(), normal[i].leave.seconds() * 0.01, 1e-3);
  }
}

TEST(Life, CrashesHaveTheirShare) {
  SwarmParams p = drawn("exponential", 3600, 900);
  p.crash_share = 0.3;
  const auto m = model(p);
  int crashes = 0;
  for (std::uint32_t i = 0; i < 2000; ++i) {
    for (const Session& s : sessions(m, i, 5)) crashes += s.crash ? 1 : 0;
  }
  EXPECT_NEAR(crashes, 3000, 4 * std::sqrt(10000 * 0.3 * 0.7));
}

TEST(Life, InitiallyOnlineAndForever) {
  SwarmParams p = drawn("exponential", 3600, 900);
  p.initially_online = 0;
  for (std::uint32_t i = 0; i < 50; ++i) EXPECT_GT(sessions(model(p), i, 1)[0].join, Time());
  p.initially_online = 1;
  for (std::uint32_t i = 0; i < 50; ++i) EXPECT_EQ(sessions(model(p), i, 1)[0].join, Time());
  p.initially_online = -1;
  p.absence = "forever";
  p.absence_mean_s = 0;
  for (std::uint32_t i = 0; i < 50; ++i) {
    const auto life = sessions(model(p), i, 5);
    ASSERT_EQ(life.size(), 1u);
    EXPECT_EQ(life[0].join, Time());
    EXPECT_NE(life[0].leave, Time::never());
  }
}

TEST(Life, IsAFunctionOfSeedAndNode) {
  const SwarmParams p = drawn("gamma", 3600, 900, 0.5);
  EXPECT_EQ(sessions(model(p, 3), 9, 8), sessions(model(p, 3), 9, 8));
  EXPECT_NE(sessions(model(p, 3), 9, 8), sessions(model(p, 4), 9, 8));
  EXPECT_NE(sessions(model(p, 3), 9, 8), sessions(model(p, 3), 10, 8));
}

TEST(Life, MeasuredSystemsKeepOrMeetTheirMeans) {
  SwarmParams p;
  p.lifetime = "skype06";
  const Cycle cycle = cycle_of("skype06", "test");
  EXPECT_NEAR(model(p)->online_share(), cycle.online.mean() / (cycle.online.mean() + cycle.absent.mean()), 1e-12);
  p.lifetime_mean_s = 3600;
  p.absence_mean_s = 1200;
  EXPECT_NEAR(model(p)->online_share(), 0.75, 1e-12);
  for (const char* heavy : {"seti", "tor2023", "planetlab05:gamma"}) {
    p.lifetime = heavy;
    for (std::uint32_t i = 0; i < 200; ++i) expect_in_order(sessions(model(p), i, 20));
  }
}

TEST(Life, FollowsATrace) {
  const WrittenFile file("node,start_s,end_s\n1,0,10\n1,20,40\n2,5,15\n");
  SwarmParams p;
  p.lifetime = "trace";
  p.trace = file.path();
  p.crash_share = 0;
  const auto m = model(p);
  EXPECT_EQ(m->online_share(), 0.5);
  const auto s = [](double a, double b) { return Session{Time::from_seconds(a), Time::from_seconds(b), false, {}}; };
  const std::vector<Session> one{s(0, 10), s(20, 40)}, two{s(5, 15)};
  const auto first = sessions(m, 0, 9), second = sessions(m, 1, 9);
  EXPECT_TRUE((first == one && second == two) || (first == two && second == one));
  EXPECT_EQ(sessions(m, 2, 9), first);  // more nodes than hosts: they are followed in turn
}

TEST(Life, ASessionThatHadBegunKnowsSinceWhen) {
  const WrittenFile file("node,start_s,end_s\n1,3,10\n");
  SwarmParams p;
  p.lifetime = "trace";
  p.trace = file.path();
  p.trace_start_s = 5;
  EXPECT_EQ(sessions(model(p), 0, 1).at(0).past, Duration::from_seconds(2));
  // Of exponential sessions the past is as long as the rest; what begins later has none.
  const auto m = model(drawn("exponential", 3600, 900));
  double past = 0;
  int n = 0;
  for (std::uint32_t i = 0; i < 4000; ++i) {
    const auto life = sessions(m, i, 2);
    EXPECT_EQ(life.at(1).past, Duration());
    if (life.at(0).join > Time()) continue;
    past += life.at(0).past.seconds();
    ++n;
  }
  EXPECT_NEAR(past / n, 3600, 4 * 3600 / std::sqrt(n));
}

TEST(Life, ContradictionsAreRefusedAtTheirKey) {
  const auto fault = [](const std::function<void(SwarmParams&)>& change) {
    SwarmParams p;
    change(p);
    return complaint([&] { LifeModel(p, 1); });
  };
  EXPECT_EQ(fault([](SwarmParams& p) { p.lifetime = "weibull"; }),
            "swarm.lifetime_mean_s: is missing (a weibull lifetime needs its mean).");
  EXPECT_EQ(
      fault([](SwarmParams& p) { p.lifetime = "gamma", p.lifetime_mean_s = 9; }),
      "swarm.absence_mean_s: is missing (absences of the family 'gamma' need their mean). Use absence = \"forever\" "
      "for nodes that never come back.");
  EXPECT_EQ(fault([](SwarmParams& p) { p.lifetime = "trace"; }),
            "swarm.trace: is missing (lifetime = \"trace\" needs a file).");
  EXPECT_EQ(fault([](SwarmParams& p) { p.trace = "x.csv"; }),
            "swarm.trace: has no effect (lifetime is not \"trace\").");
  EXPECT_EQ(fault([](SwarmParams& p) { p.lifetime_mean_s = 5; }),
            "swarm.lifetime: is \"none\" (lifetime_mean_s, absence and absence_mean_s belong to drawn lifetimes).");
  EXPECT_EQ(fault([](SwarmParams& p) { p.initially_online = 0.5; }),
            "swarm.initially_online: has no effect (without churn every node is on line).");
  EXPECT_EQ(fault([](SwarmParams& p) { p.lifetime = "skype06", p.initially_online = -0.5; }),
            "swarm.initially_online: is below 0 (it is a share of nodes). Use -1 for the long-run share.");
  EXPECT_EQ(fault([](SwarmParams& p) { p.lifetime = "skype06", p.absence = "forever", p.absence_mean_s = 1; }),
            "swarm.absence_mean_s: has no effect (absence is \"forever\").");
}

// Driven by the trace, the swarm has as many hosts on line as the Tor network had.
TEST(Life, TorTraceKeepsItsPopulation) {
  const char* data = std::getenv("ORRERY_DATA");
  if (data == nullptr) GTEST_SKIP() << "ORRERY_DATA is not set: the Tor trace is not at hand";
  SwarmParams p;
  p.lifetime = "trace";
  p.trace = std::string(data) + "/churn/tor2023q1_sessions.csv.gz";
  p.trace_start_s = 30 * 86400;
  p.nodes = 20336;
  const auto m = model(p);
  int online = 0;
  for (std::uint32_t i = 0; i < p.nodes; ++i)
    online += online_at(sessions(m, i, 1000), Time::from_seconds(86400)) ? 1 : 0;
  EXPECT_NEAR(online, 5592, 0.07 * 5592);  // the snapshots stay within 7 % of their median
}

}  // namespace
}  // namespace orrery::sim::swarm
