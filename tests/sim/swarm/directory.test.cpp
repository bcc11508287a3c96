#include "sim/swarm/directory.hpp"

#include <algorithm>
#include <vector>

#include <gtest/gtest.h>

#include "sim/random.hpp"

namespace orrery::sim::swarm {
namespace {

NodeView said(std::uint32_t node, double at_s, int queue = 0) {
  NodeView view;
  view.node = NodeId(node);
  view.announced = Time::from_seconds(at_s);
  view.queue = queue;
  return view;
}

std::vector<std::pair<std::uint32_t, int>> entries(const Directory& d) {
  std::vector<std::pair<std::uint32_t, int>> all;
  for (const NodeView& v : d.nodes()) all.emplace_back(v.node.index(), v.queue);
  return all;
}

const Duration minute = Duration::from_seconds(60);

TEST(Directory, KeepsTheNewestAnnouncementOfEachNodeInOrderOfId) {
  Directory d(minute);
  EXPECT_TRUE(d.announce(said(5, 10, 1)));
  EXPECT_TRUE(d.announce(said(2, 11, 2)));
  EXPECT_TRUE(d.announce(said(5, 12, 3)));
  EXPECT_FALSE(d.announce(said(5, 11, 4)));  // late
  EXPECT_FALSE(d.announce(said(5, 12, 5)));  // as old: the first stays
  EXPECT_EQ(entries(d), (std::vector<std::pair<std::uint32_t, int>>{{2, 2}, {5, 3}}));
  EXPECT_EQ(d.find(NodeId(5))->queue, 3);
  EXPECT_EQ(d.find(NodeId(4)), nullptr);
  const SwarmView view = d.view(70, Time::from_seconds(13));
  EXPECT_EQ(view.blocks, 70);
  EXPECT_EQ(view.nodes.size(), 2u);
}

TEST(Directory, ForgetsAfterTheExpiryAndNotBefore) {
  Directory d(minute);
  d.announce(said(1, 0));
  d.announce(said(2, 30));
  EXPECT_EQ(d.expire(Time::from_ns(60'000'000'000 - 1)), 0u);
  EXPECT_EQ(d.expire(Time::from_seconds(60)), 1u);
  EXPECT_EQ(entries(d), (std::vector<std::pair<std::uint32_t, int>>{{2, 0}}));
}

TEST(Directory, AGoodByeOutlivesOlderAnnouncements) {
  Directory d(minute);
  d.announce(said(1, 10));
  EXPECT_TRUE(d.withdraw(NodeId(1), Time::from_seconds(20)));
  EXPECT_TRUE(d.nodes().empty());
  EXPECT_FALSE(d.announce(said(1, 15)));  // was on its way
  EXPECT_FALSE(d.announce(said(1, 20)));  // same instant: the good-bye wins
  EXPECT_TRUE(d.announce(said(1, 21)));   // it came back
  EXPECT_FALSE(d.withdraw(NodeId(1), Time::from_seconds(20)));
  EXPECT_EQ(d.nodes().size(), 1u);
  EXPECT_TRUE(d.withdraw(NodeId(1), Time::from_seconds(21)));
  EXPECT_TRUE(d.nodes().empty());
}

// What a directory holds depends on what was said, not on the order in which it arrived.
TEST(Directory, IsTheSameInEveryOrderOfArrival) {
  struct Message {
    bool farewell;
    NodeView view;
  };
  for (std::uint32_t round = 0; round < 300; ++round) {
    Draw draw(8, Stream::test, round);
    std::vector<Message> messages;
    for (int i = 0; i < 30; ++i) {
      const auto node = static_cast<std::uint32_t>(draw.below(4));
      // Announcements of one node differ in time, as a node's do; a good-bye may share an announcement's instant.
      const double at = static_cast<double>(i) - (draw.uniform() < 0.2 ? 1 : 0);
      messages.push_back({at != i, said(node, at, i)});
    }
    Directory in_order(minute), shuffled(minute), left(minute), right(minute);
    const auto tell = [](Directory& d, const Message& m) {
      if (m.farewell) {
        d.withdraw(m.view.node, m.view.announced);
      } else {
        d.announce(m.view);
      }
    };
    for (const Message& m : messages) tell(in_order, m);
    for (std::size_t i = messages.size(); i > 1; --i) std::swap(messages[i - 1], messages[draw.below(i)]);
    for (std::size_t i = 0; i < messages.size(); ++i) {
      tell(shuffled, messages[i]);
      tell(i % 2 == 0 ? left : right, messages[i]);
    }
    left.merge(right);
    EXPECT_EQ(entries(in_order), entries(shuffled));
    EXPECT_EQ(entries(in_order), entries(left));
  }
}

}  // namespace
}  // namespace orrery::sim::swarm
