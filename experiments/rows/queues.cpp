// Waiting, by the engine's own processes and resources: queues, and the price in time of asking several and waiting for
// some.
#include <algorithm>
#include <cmath>
#include <functional>

#include <fmt/format.h>

#include "experiments/rows/row.hpp"
#include "experiments/rows/scene.hpp"
#include "sim/engine/resource.hpp"
#include "sim/engine/simulation.hpp"

namespace orrery::experiments::rows {
namespace {

using sim::Draw;
using sim::Duration;
using sim::Time;
namespace engine = sim::engine;

using Service = std::function<double(Draw&)>;

struct Queue : engine::Host {
  Queue(engine::Simulation& simulation, int servers) : Host(simulation), slots(*this, servers) {}
  ~Queue() override { kill_all(); }
  // Counts who is there, from the end of the warm-up on.
  void change(int by);
  engine::Resource slots;
  Mean wait, stay;
  int present = 0;
  double present_s = 0;  // customers x seconds
  Time counted;
};

constexpr double warm_s = 1000;

void Queue::change(int by) {
  const Time from = std::max(counted, Time::from_seconds(warm_s));
  if (now() > from) present_s += present * (now() - from).seconds();
  counted = now();
  present += by;
}

engine::Process customer(Queue& queue, double service_s) {
  const Time arrived = queue.now();
  queue.change(1);
  auto queueing = queue.slots.acquire(1);
  co_await queueing;
  const double waited = (queue.now() - arrived).seconds();
  auto served = queue.sleep(Duration::from_seconds(service_s));
  co_await served;
  queue.slots.release(1);
  queue.change(-1);
  if (arrived < Time::from_seconds(warm_s)) co_return;
  queue.wait.add(waited);
  queue.stay.add((queue.now() - arrived).seconds());
}

engine::Process arrive(Queue& queue, Draw gaps, Draw lengths, double rate, Service service) {
  for (;;) {
    auto gap = queue.sleep(Duration::from_seconds(gaps.exponential(1 / rate)));
    co_await gap;
    queue.spawn(customer(queue, service(lengths)));
  }
}

struct Waits {
  Mean mean;    // of the mean waits of replicas
  Mean little;  // customers present over arrivals x time in the system, each counted on its own
};

// Enough of both that intervals are narrower than 2.5 % of the means to either side.
Waits waits(int servers, double load, const Service& service) {
  constexpr std::uint32_t replicas = 24;
  constexpr double customers = 120'000;
  Waits over_replicas;
  for (std::uint32_t replica = 0; replica < replicas; ++replica) {
    engine::Simulation simulation(Duration::from_ms(1));
    Queue queue(simulation, servers);
    const double rate = load * servers;
    queue.spawn(
        arrive(queue, Draw(7, sim::Stream::arrival, replica), Draw(7, sim::Stream::service, replica), rate, service));
    simulation.run(Time::from_seconds(warm_s + customers / rate));
    over_replicas.mean.add(queue.wait.value());
    over_replicas.little.add(queue.present_s / (queue.stay.count() * queue.stay.value()));
  }
  return over_replicas;
}

Rows queues() {
  const auto memoryless = [](Draw& draw) { return draw.exponential(1); };
  Rows rows;
  for (const auto& [servers, expected] : {std::pair{1, 4.0}, {2, 1.778}, {4, 0.7456}, {8, 0.2861}}) {
    const auto [mean, little] = waits(servers, 0.8, memoryless);
    rows.push_back({"Q1", fmt::format("M/M/{}: mean wait at load 0.8 [s]", servers), expected, mean.value(),
                    mean.half_width(), 0.03 * expected});
    rows.push_back({"Q1", fmt::format("M/M/{}: Little's law, customers present over arrivals x time spent", servers), 1,
                    little.value(), little.half_width(), 0.001});
  }
  const Mean fixed = waits(1, 0.8, [](Draw&) { return 1.0; }).mean;
  rows.push_back({"Q1", "M/D/1: mean wait at load 0.8, half of M/M/1 [s]", 2, fixed.value(), fixed.half_width(), 0.06});
  return rows;
}

struct Asker : engine::Host {
  explicit Asker(engine::Simulation& simulation) : Host(simulation) {}
  ~Asker() override { kill_all(); }
  int answers = 0;
  int needed = 0;
  Time asked;
  Mean latency;
};

engine::Process worker(Asker& asker, double seconds) {
  auto working = asker.sleep(Duration::from_seconds(seconds));
  co_await working;
  if (++asker.answers == asker.needed) asker.latency.add((asker.now() - asker.asked).seconds());
}

// Until `needed` of `asked` workers with exponential times have answered.
Row redundant(int asked, int needed, double expected) {
  engine::Simulation simulation(Duration::from_ms(1));
  Asker asker(simulation);
  asker.needed = needed;
  Draw draw(7, sim::Stream::service, static_cast<std::uint32_t>(100 * asked + needed));
  for (int task = 0; task < 40'000; ++task) {
    asker.answers = 0;
    asker.asked = simulation.now();
    for (int w = 0; w < asked; ++w) asker.spawn(worker(asker, draw.exponential(1)));
    simulation.run(simulation.now() + Duration::from_seconds(60));
  }
  return {"Q2",
          fmt::format("{} of {} replicas with exponential times: mean latency", needed, asked),
          expected,
          asker.latency.value(),
          asker.latency.half_width(),
          0.02 * expected};
}

}  // namespace

Rows queue_rows() {
  Rows rows = queues();
  for (const auto& [asked, needed, expected] :
       {std::tuple{2, 2, 1.5}, {3, 3, 11.0 / 6}, {5, 5, 2.28333}, {3, 2, 5.0 / 6}, {5, 3, 0.78333}}) {
    rows.push_back(redundant(asked, needed, expected));
  }
  return rows;
}

}  // namespace orrery::experiments::rows
