#include "sim/execution/profile.hpp"

#include <gtest/gtest.h>

#include "sim/execution/roofline.hpp"
#include "tests/sim/config/message.hpp"
#include "tests/sim/written_file.hpp"

namespace orrery::sim::execution {
namespace {

constexpr const char* two_points = R"([[profile]]
name = "p"
prompt_tokens = [0, 100, 200]
prompt_s = [0, 0.1, 0.4]
decode_tokens = [0, 1, 11]
decode_s = [0, 0.02, 0.03]
kv_tokens = [1000, 400]
)";

Profile read_one(const std::string& text) {
  const WrittenFile file(text);
  return read_profiles(file.path()).front();
}

TEST(Profile, InterpolatesAndGoesOn) {
  const Profile p = read_one(two_points);
  EXPECT_DOUBLE_EQ(p.block_s(0, 0), 0);
  EXPECT_DOUBLE_EQ(p.block_s(50, 0), 0.05);
  EXPECT_DOUBLE_EQ(p.block_s(150, 0), 0.25);
  EXPECT_DOUBLE_EQ(p.block_s(300, 0), 0.7);
  EXPECT_DOUBLE_EQ(p.block_s(100, 6), 0.1 + 0.025);
  EXPECT_EQ(p.most_blocks(), 2);
  EXPECT_DOUBLE_EQ(Profile::at(p.kv_tokens, 2, 7), 400);
  EXPECT_DOUBLE_EQ(Profile::at(p.max_prompts, 2, 7), 7);
}

TEST(Profile, TakesTheRooflinesPlace) {
  const Profile p = read_one(two_points);
  workload::ModelGraph model;
  model.blocks.resize(4);
  Machine machine{FlopsPerSecond(1), BytesPerSecond(1), 0.5, 9, 2, &p};
  const Work batch[] = {{{0, 4}, 7, 1}, {{1, 3}, 0, 100}};
  // Blocks 0 and 3 have one decode step, 1 and 2 the prompt as well; twice as slow, and the overhead once.
  EXPECT_NEAR(stage_cost(model, machine, 1, batch).time.seconds(), 0.5 + 2 * (4 * 0.02 + 2 * 0.1), 1e-9);
}

TEST(Profile, BadFilesAreOneClearError) {
  const auto fails = [](const std::string& text) { return config::tests::message_of([&] { read_one(text); }); };
  const std::string head = "[[profile]]\nname = \"p\"\nprompt_tokens = [0, 1]\nprompt_s = [0, 1]\n";
  EXPECT_NE(fails("").find("has no profile"), std::string::npos);
  EXPECT_NE(fails(head).find("decode points that are no pairs"), std::string::npos);
  EXPECT_NE(fails(head + "decode_tokens = [1, 1]\ndecode_s = [1, 2]\n").find("do not ascend"), std::string::npos);
  EXPECT_NE(fails(std::string(two_points) + two_points).find("is there twice"), std::string::npos);
  EXPECT_NE(fails(std::string(two_points) + "max_prompts = [1]\n").find("unequal length"), std::string::npos);
  EXPECT_NE(fails(std::string(two_points) + "kv_tokns = [1]\n").find("kv_tokens"), std::string::npos);
}

}  // namespace
}  // namespace orrery::sim::execution
