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
    if (u < 0.45) {
      ring.push_back(std::make_unique<int>(i));
      expected.push_back(i);
    } else if (u < 0.5) {
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
