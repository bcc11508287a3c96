#include "sim/engine/ring.hpp"

#include <deque>
#include <memory>

#include <gtest/gtest.h>

#include "sim/random.hpp"

namespace orrery::sim::engine {
namespace {

TEST(Ring, BehavesLikeADeque) {
  Ring<std::unique_ptr<int>> ring;
  std::deque<int> expected;
  Draw draw(1, Stream::test, 0);
  for (int i = 0; i < 20000; ++i) {
    const double u = draw.uniform();
    const bool filling = i / 1000 % 2 == 0;  // to hundreds of items and back, so that dead heads are dropped on the way
    if (u < (filling ? 0.7 : 0.2)) {
      ring.push_back(std::make_unique<int>(i));
      expected.push_back(i);
    } else if (u < (filling ? 0.75 : 0.25)) {
      ring.push_front(std::make_unique<int>(i));
      expected.push_front(i);
    } else if (!expected.empty()) {
      ASSERT_EQ(*ring.pop_front(), expected.front());
      expected.pop_front();
    }
    ASSERT_EQ(ring.size(), expected.size());
    ASSERT_EQ(ring.empty(), expected.empty());
  }
  while (!ring.empty()) ring.pop_front();
  EXPECT_THROW(ring.pop_front(), ContractError);
}

}  // namespace
}  // namespace orrery::sim::engine
