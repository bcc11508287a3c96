#include "sim/engine/list.hpp"

#include <algorithm>
#include <list>
#include <vector>

#include <gtest/gtest.h>

#include "sim/random.hpp"

namespace orrery::sim::engine {
namespace {

struct RedTag;
struct BlueTag;
struct Member : Link<RedTag>, Link<BlueTag> {
  int value = 0;
};

TEST(List, KeepsOrderUnderErasureAnywhere) {
  std::vector<Member> members(50);
  for (int i = 0; i < 50; ++i) members[i].value = i;
  List<Member, RedTag> red;
  List<Member, BlueTag> blue;  // the same members, in another order
  std::list<int> expected;
  Draw draw(1, Stream::test, 0);
  for (int i = 49; i >= 0; --i) blue.push_back(members[i]);
  for (int round = 0; round < 5000; ++round) {
    Member& member = members[draw.below(50)];
    Link<RedTag>& link = member;
    if (link.linked()) {
      red.erase(member);
      expected.remove(member.value);
    } else {
      red.push_back(member);
      expected.push_back(member.value);
    }
    ASSERT_EQ(red.empty(), expected.empty());
    std::vector<int> order;
    red.find([&](const Member& m) {
      order.push_back(m.value);
      return false;
    });
    ASSERT_TRUE(std::equal(order.begin(), order.end(), expected.begin(), expected.end()));
  }
  for (int i = 49; i >= 0; --i) EXPECT_EQ(blue.pop_front().value, i);
  EXPECT_TRUE(blue.empty());
  EXPECT_THROW(blue.front(), ContractError);
  EXPECT_THROW(blue.erase(members[0]), ContractError);
}

TEST(List, FindsTheFirstFromTheFront) {
  std::vector<Member> members(5);
  List<Member, RedTag> list;
  for (int i = 0; i < 5; ++i) {
    members[i].value = i;
    list.push_back(members[i]);
  }
  EXPECT_EQ(list.find([](const Member& m) { return m.value >= 2; }), &members[2]);
  EXPECT_EQ(list.find([](const Member& m) { return m.value > 9; }), nullptr);
}

}  // namespace
}  // namespace orrery::sim::engine
