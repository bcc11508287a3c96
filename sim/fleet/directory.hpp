// The directory of a large swarm: the last announcement of every node in 48 bytes, until it expires. It never hands out
// the whole: a client gets a sample, a joining node gets sums.
//
// A sample is drawn for the blocks that a client asks about, in order: at each block that fewer than swarm.sample of
// the nodes drawn so far serve, others that serve it are drawn, each with the same probability, until that many do or
// there are no more. So a block is in the sample if anybody announced it, and with swarm.sample as large as the swarm
// the sample is the whole view.
#pragma once

#include <vector>

#include "sim/fleet/ground.hpp"

namespace orrery::sim::fleet {

class Directory {
 public:
  explicit Directory(Ground& ground);

  void begin();  // registers with the engine
  void on_event(const engine::Event& event);
  // Asks for the memory that an event coming up will touch.
  void foresee(const engine::Event& event, int step) const;
  // What it knows before the run begins.
  void take(const Announce& announcement, Time at);
  // Throughputs that are announced, block by block; exact sums, in whatever order they came.
  std::vector<double> sums() const;
  std::size_t size() const { return entries_.size(); }

 private:
  struct Entry {
    Seen seen;
    std::uint32_t place = 0;     // in its group
    std::uint32_t older = none;  // by announcement
    std::uint32_t newer = none;
    std::uint32_t drawn = 0;  // by the sample of this number, last
  };
  // Everybody who announced the same span.
  struct Group {
    BlockSpan span;
    std::vector<std::uint32_t> entries;
  };

  void receive(const engine::Event& event);
  template <class M>
  void take_in(const M& message, double payload);
  void join_group(std::uint32_t index, Blocks blocks);
  void leave_group(std::uint32_t index);
  void append(std::uint32_t index);  // as the newest
  void unlink(std::uint32_t index);
  void forget(std::uint32_t index);
  void expire();
  void add_load(Blocks blocks, std::uint32_t node, int sign);
  std::vector<Seen> sample(BlockSpan blocks);
  void draw_for(int block, std::size_t wanted, std::vector<std::uint32_t>& drawn);
  std::uint32_t draw_one(int block);
  void answer(const AskSample& ask);
  void answer(const AskSums& ask);

  Ground& ground_;
  Duration expiry_;
  std::size_t wanted_;                                                         // nodes for a block
  std::vector<std::uint32_t, engine::PageAllocator<std::uint32_t>> entry_of_;  // node -> entry
  Slots<Entry> entries_;
  std::uint32_t oldest_ = none, newest_ = none;
  std::vector<Group> groups_;
  std::vector<std::uint32_t> group_of_;               // (begin, end) -> group
  std::vector<std::vector<std::uint32_t>> covering_;  // block -> groups
  std::vector<std::size_t> serving_;                  // block -> nodes
  std::vector<std::int64_t> load_;                    // block -> throughput in 2^-20
  std::uint32_t draws_ = 0;                           // samples
  Draw draw_;
  Link link_;
  std::uint32_t jitter_ = 0;
};

}  // namespace orrery::sim::fleet
