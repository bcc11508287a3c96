#include "sim/fleet/directory.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "sim/engine/prefetch.hpp"
#include "sim/serving/registrar.hpp"
#include "sim/serving/sizes.hpp"

namespace orrery::sim::fleet {
namespace {

constexpr double load_unit = 1.0 / (1 << 20);

void directory_event(void* directory, void*, const engine::Event& event) {
  static_cast<Directory*>(directory)->on_event(event);
}
void directory_coming(void* directory, void*, const engine::Event& event, int step) {
  static_cast<const Directory*>(directory)->foresee(event, step);
}

}  // namespace

Directory::Directory(Ground& ground)
    : ground_(ground),
      expiry_(serving::announcement_expiry(ground.scenario.swarm)),
      wanted_(static_cast<std::size_t>(ground.scenario.swarm.sample)),
      entry_of_(ground.nodes, none),
      group_of_(std::size_t{most_blocks + 1} * (most_blocks + 1), none),
      covering_(ground.model.blocks.size()),
      serving_(ground.model.blocks.size(), 0),
      load_(ground.model.blocks.size(), 0),
      draw_(ground.seed, Stream::routing, ground.directory().index()) {}

void Directory::begin() {
  ground_.simulation().add(this, directory_event, this);
  ground_.simulation().prefetch_by(directory_coming, directory_event, this);
}

// An announcement leads to the node's entry, and that to its neighbours in the order of announcements. It is asked for
// as it comes in: from there to its own event is too short a time.
void Directory::foresee(const engine::Event& event, int step) const {
  if (event.kind != Announce::kind) return;
  std::uint32_t node = 0;
  std::memcpy(&node, event.payload.data(), sizeof node);
  if (step == 0) {
    engine::fetch_line(&entry_of_[node]);
    return ground_.foresee(node);
  }
  const std::uint32_t index = entry_of_[node];
  if (index == none) return;
  const Entry& entry = entries_[index];
  if (step == 1) {
    engine::fetch_ends(&entry, sizeof entry);
  } else if (step == 2) {
    if (entry.older != none) engine::fetch_line(&entries_[entry.older].newer);
    if (entry.newer != none) engine::fetch_line(&entries_[entry.newer].older);
  }
}

// Whatever comes in queues on the down link, and comes again from the directory itself when it is in.
template <class M>
void Directory::take_in(const M& message, double payload) {
  const Time in = ground_.take_in(ground_.directory(), link_, payload);
  ground_.simulation().timer(ground_.directory(), in - ground_.now(), message);
}

void Directory::on_event(const engine::Event& event) {
  if (event.from == event.to) return receive(event);
  switch (event.kind) {
    case Announce::kind:
      return take_in(event.as<Announce>(), serving::announcement_bytes);
    case Withdraw::kind:
      return take_in(event.as<Withdraw>(), serving::control_bytes);
    case AskSample::kind:
      return take_in(event.as<AskSample>(), serving::control_bytes);
    default:
      return take_in(event.as<AskSums>(), serving::control_bytes);
  }
}

void Directory::receive(const engine::Event& event) {
  switch (event.kind) {
    case Announce::kind:
      return take(event.as<Announce>(), ground_.now());
    case Withdraw::kind: {
      const std::uint32_t index = entry_of_[event.as<Withdraw>().node];
      if (index != none) forget(index);
      return;
    }
    case AskSample::kind:
      return answer(event.as<AskSample>());
    default:
      return answer(event.as<AskSums>());
  }
}

void Directory::take(const Announce& a, Time at) {
  std::uint32_t index = entry_of_[a.node];
  if (index == none) {
    entry_of_[a.node] = index = entries_.take();
    entries_[index].seen.node = a.node;
    join_group(index, a.blocks);
  } else {
    unlink(index);
    if (entries_[index].seen.blocks.span() != a.blocks.span()) {
      leave_group(index);
      join_group(index, a.blocks);
    }
  }
  entries_[index].seen = {at,     a.node,  a.cache_left, a.block_latency_s, a.online_since_s,
                          a.busy, a.queue, a.sessions,   a.blocks};
  append(index);
}

void Directory::add_load(Blocks blocks, std::uint32_t node, int sign) {
  const double throughput = ground_.kind(node).throughput[static_cast<std::size_t>(blocks.span().size())];
  const std::int64_t load = sign * std::llround(throughput / load_unit);
  for (int b = blocks.begin; b < blocks.end; ++b) {
    load_[static_cast<std::size_t>(b)] += load;
    serving_[static_cast<std::size_t>(b)] += static_cast<std::size_t>(sign);
  }
}

void Directory::join_group(std::uint32_t index, Blocks blocks) {
  std::uint32_t& known = group_of_[std::size_t{blocks.begin} * (most_blocks + 1) + blocks.end];
  if (known == none) {
    known = static_cast<std::uint32_t>(groups_.size());
    groups_.push_back({blocks.span(), {}});
    for (int b = blocks.begin; b < blocks.end; ++b) covering_[static_cast<std::size_t>(b)].push_back(known);
  }
  std::vector<std::uint32_t>& entries = groups_[known].entries;
  entries_[index].seen.blocks = blocks;
  entries_[index].place = static_cast<std::uint32_t>(entries.size());
  entries.push_back(index);
  add_load(blocks, entries_[index].seen.node, 1);
}

void Directory::leave_group(std::uint32_t index) {
  const Entry& entry = entries_[index];
  const Blocks blocks = entry.seen.blocks;
  add_load(blocks, entry.seen.node, -1);
  auto& entries = groups_[group_of_[std::size_t{blocks.begin} * (most_blocks + 1) + blocks.end]].entries;
  entries_[entries.back()].place = entry.place;
  entries[entry.place] = entries.back();
  entries.pop_back();
}

void Directory::append(std::uint32_t index) {
  entries_[index].older = newest_;
  entries_[index].newer = none;
  (newest_ == none ? oldest_ : entries_[newest_].newer) = index;
  newest_ = index;
}

void Directory::unlink(std::uint32_t index) {
  const Entry& entry = entries_[index];
  (entry.older == none ? oldest_ : entries_[entry.older].newer) = entry.newer;
  (entry.newer == none ? newest_ : entries_[entry.newer].older) = entry.older;
}

void Directory::forget(std::uint32_t index) {
  unlink(index);
  leave_group(index);
  entry_of_[entries_[index].seen.node] = none;
  entries_.give_back(index);
}

void Directory::expire() {
  while (oldest_ != none && ground_.now() - entries_[oldest_].seen.announced >= expiry_) forget(oldest_);
}

std::vector<double> Directory::sums() const {
  std::vector<double> sums;
  for (std::int64_t load : load_) sums.push_back(static_cast<double>(load) * load_unit);
  return sums;
}

std::uint32_t Directory::draw_one(int block) {
  std::size_t rank = draw_.below(serving_[static_cast<std::size_t>(block)]);
  for (std::uint32_t group : covering_[static_cast<std::size_t>(block)]) {
    const std::vector<std::uint32_t>& entries = groups_[group].entries;
    if (rank < entries.size()) return entries[rank];
    rank -= entries.size();
  }
  fail_contract("invariant", "a rank below the number of nodes that serve a block", __FILE__, __LINE__);
}

// `wanted` more that serve the block and are not drawn yet, or all of them.
void Directory::draw_for(int block, std::size_t wanted, std::vector<std::uint32_t>& drawn) {
  const auto b = static_cast<std::size_t>(block);
  std::size_t others = serving_[b];
  for (std::uint32_t index : drawn) others -= entries_[index].seen.blocks.span().contains(block) ? 1 : 0;
  wanted = std::min(wanted, others);
  if (4 * wanted <= serving_[b]) {  // most of those who could be drawn are new: try
    for (std::size_t found = 0; found < wanted;) {
      const std::uint32_t index = draw_one(block);
      if (entries_[index].drawn == draws_) continue;
      entries_[index].drawn = draws_;
      drawn.push_back(index);
      ++found;
    }
    return;
  }
  std::vector<std::uint32_t> rest;
  for (std::uint32_t group : covering_[b]) {
    for (std::uint32_t index : groups_[group].entries) {
      if (entries_[index].drawn != draws_) rest.push_back(index);
    }
  }
  for (std::size_t i = 0; i < wanted; ++i) {
    std::swap(rest[i], rest[i + draw_.below(rest.size() - i)]);
    entries_[rest[i]].drawn = draws_;
    drawn.push_back(rest[i]);
  }
}

std::vector<Seen> Directory::sample(BlockSpan blocks) {
  expire();
  ++draws_;
  std::vector<std::uint32_t> drawn;
  for (int block = blocks.begin; block < blocks.end; ++block) {
    const auto here = static_cast<std::size_t>(std::count_if(drawn.begin(), drawn.end(), [&](std::uint32_t index) {
      return entries_[index].seen.blocks.span().contains(block);
    }));
    if (here < wanted_) draw_for(block, wanted_ - here, drawn);
  }
  std::sort(drawn.begin(), drawn.end(),
            [this](std::uint32_t a, std::uint32_t b) { return entries_[a].seen.node < entries_[b].seen.node; });
  std::vector<Seen> seen;
  seen.reserve(drawn.size());
  for (std::uint32_t index : drawn) seen.push_back(entries_[index].seen);
  return seen;
}

void Directory::answer(const AskSample& ask) {
  std::vector<Seen> seen = sample(ask.blocks.span());
  const double payload = serving::announcement_bytes * static_cast<double>(seen.size());
  ground_.post(ground_.directory(), link_, jitter_, engine::EntityId(ask.client), payload,
               Sample{ask.request, ask.slot, ground_.samples.put(std::move(seen))});
}

void Directory::answer(const AskSums& ask) {
  expire();
  const double payload = sizeof(double) * static_cast<double>(load_.size());
  ground_.post(ground_.directory(), link_, jitter_, ground_.node(ask.node), payload, Sums{ground_.sums.put(sums())});
}

}  // namespace orrery::sim::fleet
