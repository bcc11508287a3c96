#include "experiments/list.hpp"

#include <gtest/gtest.h>

#include "tests/experiments/scratch.hpp"

namespace orrery::experiments {
namespace {

TEST(List, EveryListingHasNames) {
  const std::string all = list_text("");
  for (const std::string& name : listings()) {
    EXPECT_FALSE(list_text(name).empty()) << name;
    EXPECT_NE(("\n" + all).find("\n" + name + "  ("), std::string::npos) << name;
  }
  EXPECT_NE(list_text("routing").find("petals"), std::string::npos);
  EXPECT_NE(list_text("models").find("llama-3-8b"), std::string::npos);
}

TEST(List, UnknownListingsAreRefused) {
  EXPECT_TRUE(tests::message_of([] { list_text("device"); })
                  .starts_with("orrery list: unknown listing 'device' (there is no such kind of name). "
                               "Did you mean 'devices'? Valid: sharding, rebalancing, "));
}

}  // namespace
}  // namespace orrery::experiments
