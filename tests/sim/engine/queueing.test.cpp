#include "sim/engine/resource.hpp"

// Queueing theory as a test of the whole engine: processes, sleeps, resources and random streams together must give the
// closed forms. Each check runs independent replicas with fixed seeds and asks for the theory inside a confidence
// interval of their mean that would be missed once in ten thousand seeds (t, 15 degrees of freedom: 5.2 standard
// errors).

#include <cmath>
#include <functional>
#include <vector>

#include <gtest/gtest.h>

#include "sim/random.hpp"

namespace orrery::sim::engine {
namespace {

struct Station : Host {
  Station(Simulation& simulation, int servers) : Host(simulation), slots(*this, servers) {}
  ~Station() override { kill_all(); }
  Resource slots;
  Time measure_from;
  std::int64_t waits = 0;
  double waited = 0;     // [s]
  double sojourn = 0;    // [s]
  double in_system = 0;  // time integral of customers present [s]
  int present = 0;
  Time last_change;

  void change(int by) {
    const Time from = std::max(last_change, measure_from);
    if (now() > from) in_system += present * (now() - from).seconds();
    present += by;
    last_change = now();
  }
};

using Service = std::function<double(Draw&)>;

Process customer(Station& station, Duration service) {
  const Time arrived = station.now();
  station.change(+1);
  co_await station.slots.acquire(1);
  const Duration wait = station.now() - arrived;
  co_await station.sleep(service);
  station.slots.release(1);
  station.change(-1);
  if (arrived < station.measure_from) co_return;
  ++station.waits;
  station.waited += wait.seconds();
  station.sojourn += (station.now() - arrived).seconds();
}

Process arrivals(Station& station, Draw gaps, Draw lengths, double rate, Service service) {
  for (;;) {
    co_await station.sleep(Duration::from_seconds(gaps.exponential(1 / rate)));
    station.spawn(customer(station, Duration::from_seconds(service(lengths))));
  }
}

struct Estimate {
  double mean = 0;
  double error = 0;  // standard error
};

Estimate estimate(const std::vector<double>& x) {
  Estimate e;
  for (double v : x) e.mean += v / static_cast<double>(x.size());
  double squares = 0;
  for (double v : x) squares += (v - e.mean) * (v - e.mean);
  const auto n = static_cast<double>(x.size());
  e.error = std::sqrt(squares / (n - 1) / n);
  return e;
}

struct Replicas {
  std::vector<double> wait, customers, little;
};

// Service has mean 1 s, so `rate` is the offered load.
Replicas replicas(int servers, double rate, const Service& service) {
  constexpr int count = 16;
  const Time warm = Time::from_seconds(1000);
  const Time end = Time::from_seconds(7000);
  Replicas out;
  for (std::uint32_t replica = 0; replica < count; ++replica) {
    Simulation simulation(Duration::from_ms(1));
    Station station(simulation, servers);
    station.measure_from = warm;
    station.spawn(
        arrivals(station, Draw(1, Stream::arrival, replica), Draw(1, Stream::service, replica), rate, service));
    simulation.run(end);
    station.change(0);
    const double length = (end - warm).seconds();
    const auto served = static_cast<double>(station.waits);
    out.wait.push_back(station.waited / served);
    out.customers.push_back(station.in_system / length);
    out.little.push_back(station.in_system / length - served / length * (station.sojourn / served));
  }
  return out;
}

constexpr double five_sigma = 5.2;

void expect_theory(const std::vector<double>& measured, double theory, double tightness) {
  const Estimate e = estimate(measured);
  EXPECT_NEAR(e.mean, theory, five_sigma * e.error);
  EXPECT_LT(e.error, tightness * theory) << "too noisy to test anything";
}

double exponential(Draw& draw) { return draw.exponential(1); }

TEST(Queueing, MM1WaitAndNumber) {
  const double load = 0.7;
  const Replicas r = replicas(1, load, exponential);
  expect_theory(r.wait, load / (1 - load), 0.04);
  expect_theory(r.customers, load / (1 - load), 0.04);
}

TEST(Queueing, MMcWaitIsErlangC) {
  const int servers = 5;
  const double load = 4;  // erlangs
  double term = 1, sum = 0;
  for (int k = 0; k < servers; ++k) {
    sum += term;
    term *= load / (k + 1);
  }
  const double queued = term * servers / (servers - load);
  const double erlang_c = queued / (sum + queued);
  EXPECT_NEAR(erlang_c, 0.5541, 5e-5);  // C(5 servers, 4 erlangs)
  expect_theory(replicas(servers, load, exponential).wait, erlang_c / (servers - load), 0.06);
}

TEST(Queueing, MD1WaitIsPollaczekKhinchine) {
  const double load = 0.8;
  expect_theory(replicas(1, load, [](Draw&) { return 1.0; }).wait, load / (2 * (1 - load)), 0.04);
}

// L = lambda W holds on every path up to the customers cut off at the two ends of the window: with at most ~30 of them
// and 6000 s, |L - lambda W| stays below a few hundredths.
TEST(Queueing, LittlesLawOnEveryReplica) {
  for (double difference : replicas(2, 1.2, exponential).little) EXPECT_NEAR(difference, 0, 0.03);
}

}  // namespace
}  // namespace orrery::sim::engine
