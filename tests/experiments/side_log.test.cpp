#include "experiments/side_log.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace orrery::experiments {
namespace {

TEST(SideLog, SaysWhereAndHow) {
  const std::string text = side_log_json({"0123456789abcdef", {"orrery", "run", "a \"b\""}, 4, 2, 1.5, {"line\xff"}});
  EXPECT_TRUE(is_side_log(text));
  const auto json = nlohmann::json::parse(text);
  EXPECT_EQ(json.at("ranks"), 4);
  EXPECT_EQ(json.at("threads"), 2);
  EXPECT_EQ(json.at("wall_s"), 1.5);
  EXPECT_EQ(json.at("command").at(2), "a \"b\"");
  EXPECT_FALSE(json.at("host").get<std::string>().empty());
  EXPECT_EQ(json.at("date").get<std::string>().size(), std::string("2000-01-01T00:00:00Z").size());
}

TEST(SideLog, OtherFilesAreNone) {
  EXPECT_FALSE(is_side_log("{\"format\": 1}"));
  EXPECT_FALSE(is_side_log("{"));
  EXPECT_FALSE(is_side_log(""));
  EXPECT_FALSE(is_side_log("[1]"));
}

}  // namespace
}  // namespace orrery::experiments
