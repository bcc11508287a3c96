#include "experiments/progress.hpp"

#include <gtest/gtest.h>

namespace orrery::experiments {
namespace {

class ProgressTest : public testing::Test {
 protected:
  double clock = 100;
  std::vector<std::string> written;
  Progress progress() {
    return Progress([this](std::string_view bytes) { written.emplace_back(bytes); }, [this] { return clock; });
  }
};

TEST_F(ProgressTest, AShortRunSaysNothing) {
  {
    Progress p = progress();
    clock += 0.4;
    p.update(0.9, sim::Time::from_seconds(1));
  }
  EXPECT_TRUE(written.empty());
}

TEST_F(ProgressTest, ALongRunIsThrottledEstimatedAndCleared) {
  {
    Progress p = progress();
    for (int i = 1; i <= 1000; ++i) {
      clock += 0.01;
      p.update(i * 0.0005, sim::Time::from_seconds(i));
    }
  }
  // 10 s at four lines a second, less the quiet start; and the line that clears.
  EXPECT_GE(written.size(), 30u);
  EXPECT_LE(written.size(), 41u);
  EXPECT_EQ(written.back(), "\r\x1b[K");
  const std::string& last = written[written.size() - 2];
  EXPECT_TRUE(last.starts_with("\r\x1b[K 4") || last.starts_with("\r\x1b[K 5")) << last;
  EXPECT_NE(last.find("s of virtual time"), std::string::npos);
  EXPECT_TRUE(last.ends_with("0:10 left") || last.ends_with("0:11 left")) << last;
}

TEST_F(ProgressTest, SecondsAreSpelledAsAClock) {
  EXPECT_EQ(spell_seconds(0), "0:00");
  EXPECT_EQ(spell_seconds(6.2), "0:07");
  EXPECT_EQ(spell_seconds(754), "12:34");
  EXPECT_EQ(spell_seconds(3723), "1:02:03");
  EXPECT_EQ(spell_seconds(-1), "0:00");
}

}  // namespace
}  // namespace orrery::experiments
