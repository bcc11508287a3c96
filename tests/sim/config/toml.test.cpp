#include "sim/config/toml.hpp"

#include <gtest/gtest.h>

#include "kernels/contract.hpp"
#include "tests/sim/config/message.hpp"

namespace orrery::sim::config {
namespace {

using tests::message_of;

std::string error(std::string_view text) {
  return message_of([&] { parse_toml(text, "s.toml"); });
}

TEST(Toml, KeepsTypesPlacesAndTheOrderOfTheFile) {
  const Value root =
      parse_toml("b = 1\na = 2.5\n[zoo]\nlist = [true, \"x\"]\n\n[[row]]\nk = 1\n[[row]]\nk = 2\n", "s.toml");
  ASSERT_TRUE(root.is_table());
  ASSERT_EQ(root.table().size(), 4u);
  EXPECT_EQ(root.table()[0].key, "b");
  EXPECT_EQ(root.table()[1].key, "a");
  EXPECT_EQ(root.table()[2].key, "zoo");
  EXPECT_EQ(root.table()[1].place.text(), "s.toml:2:1");
  EXPECT_EQ(root.find("a")->place.text(), "s.toml:2:5");
  EXPECT_EQ(std::get<std::int64_t>(root.find("b")->data), 1);
  EXPECT_EQ(std::get<double>(root.find("a")->data), 2.5);
  const Value* list = root.find("zoo")->find("list");
  ASSERT_TRUE(list && list->is_array());
  EXPECT_TRUE(std::get<bool>(list->array()[0].data));
  EXPECT_EQ(std::get<std::string>(list->array()[1].data), "x");
  EXPECT_EQ(list->array()[1].place.text(), "s.toml:4:15");
  ASSERT_EQ(root.find("row")->array().size(), 2u);
  EXPECT_EQ(std::get<std::int64_t>(root.find("row")->array()[1].find("k")->data), 2);
  EXPECT_EQ(root.find("nothing"), nullptr);
}

TEST(Toml, SyntaxErrorsStandAtTheirPlaceInOurGrammar) {
  const std::string unclosed = error("a = 1\nb = [1, 2\n");
  EXPECT_TRUE(unclosed.starts_with("s.toml:2:11: not valid TOML (")) << unclosed;
  EXPECT_TRUE(unclosed.ends_with("). See https://toml.io/en/v1.0.0.")) << unclosed;
  const std::string duplicate = error("a = 1\na = 2\n");
  EXPECT_TRUE(duplicate.starts_with("s.toml:2:")) << duplicate;
  EXPECT_NE(duplicate.find("'a'"), std::string::npos) << duplicate;
}

TEST(Toml, WhatTheParserAssertsAgainstIsAnErrorAtItsLine) {
  EXPECT_EQ(error("a = 1\n\n[=]\nb = 2\n"),
            "s.toml:3:1: not valid TOML (this line is malformed beyond what the parser can describe). "
            "See https://toml.io/en/v1.0.0.");
}

TEST(Toml, DatesAreRefused) {
  EXPECT_EQ(error("start = 2024-01-01\n"),
            "s.toml:1:9: dates and times are not used here (virtual time counts seconds from 0). "
            "Give a number of seconds.");
}

TEST(Toml, DeepNestingIsRefused) {
  std::string key = "a";
  for (int i = 0; i < 100; ++i) key += ".a";
  EXPECT_NE(error(key + " = 1\n").find("nested too deeply (more than 64 levels)."), std::string::npos);
}

TEST(Toml, UnreadableFilesAreNamed) {
  EXPECT_EQ(message_of([] { read_toml("/nonexistent/s.toml"); }),
            "/nonexistent/s.toml: cannot be opened (it does not exist or may not be read).");
  EXPECT_EQ(message_of([] { read_toml(ORRERY_SOURCE_DIR); }),
            std::string(ORRERY_SOURCE_DIR) + ": cannot be read (it is a folder, or the disk failed).");
}

TEST(SetKey, ReplacesAndCreates) {
  Value root = parse_toml("[routing]\npolicy = \"petals\"\nd = 2\n", "s.toml");
  set_key(root, "routing.d", "4");
  set_key(root, "routing.policy", "power_of_d");
  set_key(root, "swarm.churn.mean", "1e3");
  set_key(root, "swarm.devices", "{t4 = 1, \"rtx 4090\" = 2}");
  EXPECT_EQ(std::get<std::int64_t>(root.find("routing")->find("d")->data), 4);
  EXPECT_EQ(std::get<std::string>(root.find("routing")->find("policy")->data), "power_of_d");
  EXPECT_EQ(std::get<double>(root.find("swarm")->find("churn")->find("mean")->data), 1e3);
  EXPECT_EQ(root.find("swarm")->find("devices")->table().size(), 2u);
  EXPECT_EQ(root.find("routing")->find("d")->place.text(), "--set routing.d=4");
}

TEST(SetKey, ErrorsNameTheArgument) {
  Value root = parse_toml("[routing]\nd = 2\n", "s.toml");
  const auto set = [&](const char* key, const char* value) { return message_of([&] { set_key(root, key, value); }); };
  EXPECT_EQ(set("routing.d.x", "1"),
            "--set routing.d.x=1: 'x' cannot be set (what it would belong to is not a table).");
  EXPECT_EQ(set("routing..x", "1"),
            "--set routing..x=1: empty key (a part before or after a dot is missing). Write section.key.");
  EXPECT_EQ(set("routing.d", "1\ny = 2"),
            "--set routing.d=1\ny = 2: not one value (the text goes on after its first value). "
            "Repeat --set for each key.");
  const std::string broken = set("routing.d", "[1,");
  EXPECT_TRUE(broken.starts_with("--set routing.d=[1,: not valid TOML (")) << broken;
}

}  // namespace
}  // namespace orrery::sim::config
