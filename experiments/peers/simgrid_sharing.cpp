// The flows of `orrery rows flows` in SimGrid: hosts with 1 Gbit/s up and down and no latency, every flow a process
// that sleeps until its start and then sends. Model CM02 without cross traffic is plain max-min sharing. In: the
// table's rows on standard input; out: the end of each flow [s], one a line, in the table's order.
#include <algorithm>
#include <cstdio>
#include <iostream>
#include <sstream>
#include <string>
#include <vector>

#include <simgrid/s4u.hpp>

namespace s4u = simgrid::s4u;

namespace {

struct Flow {
  int from, to;
  double start_s, bytes;
};

std::vector<Flow> read_flows(std::istream& in) {
  std::vector<Flow> flows;
  std::string line;
  std::getline(in, line);  // names of the columns
  while (std::getline(in, line)) {
    Flow f{};
    if (!(std::istringstream(line) >> f.from >> f.to >> f.start_s >> f.bytes))
      throw std::runtime_error("bad row: " + line);
    flows.push_back(f);
  }
  return flows;
}

}  // namespace

int main(int argc, char** argv) {
  s4u::Engine engine(&argc, argv);
  s4u::Engine::set_config("network/model:CM02");
  s4u::Engine::set_config("network/crosstraffic:0");
  const std::vector<Flow> flows = read_flows(std::cin);
  int hosts = 0;
  for (const Flow& f : flows) hosts = std::max({hosts, f.from + 1, f.to + 1});
  // Up and down links stand apart, since a flow may go from a host to itself.
  auto* zone = s4u::create_full_zone("all");
  std::vector<s4u::Host*> senders, receivers;
  std::vector<s4u::Link*> ups, downs;
  for (int h = 0; h < hosts; ++h) {
    senders.push_back(zone->create_host("from" + std::to_string(h), 1e9));
    receivers.push_back(zone->create_host("to" + std::to_string(h), 1e9));
    ups.push_back(zone->create_link("up" + std::to_string(h), 125e6)->set_latency(0)->seal());
    downs.push_back(zone->create_link("down" + std::to_string(h), 125e6)->set_latency(0)->seal());
  }
  std::vector<std::vector<bool>> routed(static_cast<std::size_t>(hosts),
                                        std::vector<bool>(static_cast<std::size_t>(hosts)));
  for (const Flow& f : flows) {
    const auto from = static_cast<std::size_t>(f.from), to = static_cast<std::size_t>(f.to);
    if (routed[from][to]) continue;
    routed[from][to] = true;
    zone->add_route(senders[from]->get_netpoint(), receivers[to]->get_netpoint(), nullptr, nullptr,
                    {s4u::LinkInRoute(ups[from]), s4u::LinkInRoute(downs[to])}, false);
  }
  zone->seal();
  std::vector<double> ends(flows.size());
  for (std::size_t i = 0; i < flows.size(); ++i) {
    s4u::Host* from = senders[static_cast<std::size_t>(flows[i].from)];
    s4u::Host* to = receivers[static_cast<std::size_t>(flows[i].to)];
    s4u::Actor::create("flow" + std::to_string(i), from, [&flows, &ends, from, to, i] {
      s4u::this_actor::sleep_until(flows[i].start_s);
      s4u::Comm::sendto(from, to, static_cast<std::uint64_t>(flows[i].bytes));
      ends[i] = s4u::Engine::get_clock();
    });
  }
  engine.run();
  for (const double end : ends) std::printf("%.9f\n", end);
}
