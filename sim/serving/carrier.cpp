#include "sim/serving/carrier.hpp"

#include <algorithm>

namespace orrery::sim::serving {
namespace {

// Up link of endpoint i, then its down link.
std::vector<BytesPerSecond> capacities(const network::Topology& topology) {
  std::vector<BytesPerSecond> links;
  for (std::uint32_t i = 0; i < topology.size(); ++i) {
    links.push_back(topology.endpoint(i).up);
    links.push_back(topology.endpoint(i).down);
  }
  return links;
}

std::uint32_t up(engine::EntityId endpoint) { return 2 * endpoint.index(); }
std::uint32_t down(engine::EntityId endpoint) { return 2 * endpoint.index() + 1; }

// A line is a flow's name as well: one transfer of it is on its way at a time.
std::uint64_t name(engine::EntityId from, engine::EntityId to) {
  return static_cast<std::uint64_t>(from.index()) << 32 | to.index();
}

}  // namespace

Carrier::Carrier(engine::Simulation& simulation, const network::Topology& topology, Remote* remote)
    : simulation_(simulation),
      topology_(topology),
      remote_(remote),
      id_(simulation.add(*this)),
      flows_(network::Flows::windowed(capacities(topology))),
      coming_(topology.size(), 0) {}

template <class M>
void Carrier::tell(engine::EntityId to, const M& message) {
  dispatch(simulation_, remote_, id_, to, simulation_.lookahead(), message);
}

void Carrier::on_event(const engine::Event& event) {
  advance();
  if (event.kind == Haul::kind) {
    const auto haul = event.as<Haul>();
    const Connection connection{event.from, engine::EntityId(haul.to)};
    Line& line = lines_[connection];
    line.transfers.push_back({haul.number, Bytes(haul.bytes)});
    if (line.transfers.size() == 1) begin(connection, line);
  } else if (event.kind == Through::kind) {
    const auto through = event.as<Through>();
    const auto found = lines_.find({engine::EntityId(through.from), engine::EntityId(through.to)});
    end(found->first, found->second);
  } else if (event.kind == Gone::kind) {
    sever(event.from);
  } else {
    EXPECT(event.kind == Due::kind);
    planned_ = Time::never();
  }
  plan();
}

void Carrier::begin(Connection connection, Line& line) {
  const auto [from, to] = connection;
  const network::Path path = from == to ? network::Path::over(down(to)) : network::Path::over(up(from), down(to));
  line.begun = simulation_.now();
  line.through = {};
  flows_.start(name(from, to), path, line.transfers.front().bytes);
  if (++coming_[to.index()] == 1) tell(to, Coming{1});
}

// Links have carried what they could until now.
void Carrier::advance() {
  const Time now = simulation_.now();
  done_.clear();
  flows_.advance(now, done_);
  for (const auto& [time, id] : done_) {
    const Connection connection{engine::EntityId(static_cast<std::uint32_t>(id >> 32)),
                                engine::EntityId(static_cast<std::uint32_t>(id))};
    Line& line = lines_.at(connection);
    // A connection may be slower than its links (network.link_mbit).
    const Time through = line.begun + topology_.connection_time(line.transfers.front().bytes);
    if (connection.first != connection.second && through > now) {
      line.through =
          simulation_.timer(id_, through - now, Through{connection.first.index(), connection.second.index()});
    } else {
      end(connection, line);
    }
  }
}

void Carrier::end(Connection connection, Line& line) {
  const auto [from, to] = connection;
  tell(from, Hauled{line.transfers.front().number});
  line.transfers.pop_front();
  leave_link(to);
  if (line.transfers.empty()) {
    lines_.erase(connection);
  } else {
    begin(connection, line);
  }
}

void Carrier::leave_link(engine::EntityId to) {
  if (--coming_[to.index()] == 0) tell(to, Coming{0});
}

// Who has gone knows of its own transfers; those that sent to it hear of theirs.
void Carrier::sever(engine::EntityId gone) {
  for (auto at = lines_.begin(); at != lines_.end();) {
    const auto [from, to] = at->first;
    Line& line = at->second;
    if (from != gone && to != gone) {
      ++at;
      continue;
    }
    if (line.through) {
      simulation_.cancel(line.through);
    } else {
      flows_.cancel(name(from, to));
    }
    for (const Transfer& transfer : line.transfers) {
      if (from != gone) tell(from, Severed{transfer.number});
    }
    leave_link(to);
    at = lines_.erase(at);
  }
}

void Carrier::plan() {
  const Time next = flows_.next();
  if (next == planned_) return;
  if (planned_ < Time::never()) simulation_.cancel(timer_);
  planned_ = next;
  if (next < Time::never()) timer_ = simulation_.timer(id_, next - simulation_.now(), Due{});
}

}  // namespace orrery::sim::serving
