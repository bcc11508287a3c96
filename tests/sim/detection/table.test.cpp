#include "sim/detection/table.hpp"

#include <cmath>
#include <functional>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "kernels/contract.hpp"

namespace orrery::sim::detection {
namespace {

using testing::AllOf;
using testing::HasSubstr;

const Circumstances at{"embedded", "canonical", "activation_difr:uniform"};
const Circumstances made{"m", "p", "d"};

// Of a model of twelve blocks; `rejected` of a hundred cheats tells which setting was taken.
std::string setting(int blocks, int prompt, int generated, int rejected) {
  return "[[setting]]\nmodel = \"m\"\npopulation = \"p\"\nblocks = " + std::to_string(blocks) +
         "\nof = 12\nprompt = " + std::to_string(prompt) + "\ngenerated = " + std::to_string(generated) +
         "\ntemperature = 0.5\ndetectors = [\"d\"]\nthresholds = [0." + std::to_string(rejected) +
         "]\n[setting.trials]\nhonest = 100\ncheat = 100\n[setting.rejected]\nhonest = [1]\ncheat = [" +
         std::to_string(rejected) + "]\n";
}

std::string refusal(const std::function<void()>& call) {
  try {
    call();
  } catch (const InputError& error) {
    return error.what();
  }
  return "none";
}

std::int64_t taken(const DetectionTable& table, double blocks, double rows, double reach = 1.5) {
  return table.rate(made, "cheat", {blocks / 12, rows, reach}, "here").rejected;
}

TEST(Table, TheOneInTheProgramSaysAtWhatLengthsItWasMeasured) {
  const auto entries = DetectionTable::embedded().entries();
  std::set<double> shares;
  for (const DetectionTable::Entry& e : entries) {
    EXPECT_EQ(e.rows, 79);
    EXPECT_EQ(e.temperature, 0.8);
    shares.insert(e.share);
  }
  EXPECT_TRUE(shares.contains(0.25) && shares.contains(1));
}

TEST(Table, AStageWithinReachTakesTheNearestRates) {
  const DetectionTable table = DetectionTable::parse(setting(12, 48, 32, 12) + setting(3, 48, 32, 3), "t.toml");
  for (const double blocks : {2.0, 3.0, 4.0, 4.5}) EXPECT_EQ(taken(table, blocks, 79), 3) << blocks;
  for (const double blocks : {8.0, 10.0, 12.0}) EXPECT_EQ(taken(table, blocks, 79), 12) << blocks;
  for (const double blocks : {1.0, 1.9, 5.0, 6.0, 7.0})
    EXPECT_THROW(taken(table, blocks, 79), InputError) << blocks << " blocks are too far from 3 and from 12";
  EXPECT_EQ(taken(table, 6, 79, 2), 12) << "the larger of two";
  EXPECT_EQ(table.threshold(made, {0.25, 79, 1}, "here"), 0.3);
  EXPECT_THROW(table.threshold(made, {0.5, 79, 1.5}, "here"), InputError);
}

TEST(Table, ATextWithinReachTakesThem) {
  const DetectionTable table = DetectionTable::parse(setting(12, 48, 32, 12), "t.toml");
  for (const double rows : {52.7, 79.0, 118.4}) EXPECT_EQ(taken(table, 12, rows), 12) << rows;
  for (const double rows : {31.0, 52.6, 118.6, 2047.0}) EXPECT_THROW(taken(table, 12, rows), InputError) << rows;
  EXPECT_EQ(taken(table, 12, 2047, 26), 12);
  EXPECT_THROW(table.threshold(made, {1, 2047, 25}, "here"), InputError);
}

TEST(Table, OfStagesOfOneSizeTheNearestTextCounts) {
  const DetectionTable table =
      DetectionTable::parse(setting(12, 48, 32, 12) + setting(12, 400, 113, 51) + setting(3, 400, 113, 3), "t.toml");
  EXPECT_EQ(taken(table, 12, 79), 12);
  EXPECT_EQ(taken(table, 12, 500), 51);
  EXPECT_EQ(taken(table, 3, 500), 3);
  EXPECT_THROW(taken(table, 3, 79), InputError) << "a stage of three was not measured on such texts";
}

TEST(Table, ARefusalSaysWhatWasMeasuredAndWhatWasAsked) {
  const DetectionTable& table = DetectionTable::embedded();
  EXPECT_THAT(refusal([&] {
                table.rate(at, "int4", {0.7, 79, 1.3}, "verification");
              }),
              AllOf(HasSubstr("verification: nobody measured 'int4'"), HasSubstr("0.7 of the model's blocks"),
                    HasSubstr("stages of 1, 2, 3, 6 and 12 of 12 blocks"), HasSubstr("texts of 79 positions"),
                    HasSubstr("audit.reach")));
  EXPECT_THAT(refusal([&] {
                table.rate(at, "layer_skip", {0.25, 31, 1.5}, "x");
              }),
              AllOf(HasSubstr("stages of 6 and 12 of 12 blocks"), HasSubstr("texts of 31 positions")))
      << "three blocks were measured, but not with this cheat";
  EXPECT_THAT(refusal([&] {
                table.rate(at, "int5", {1, 79, 1.5}, "x");
              }),
              AllOf(HasSubstr("nobody measured 'int5'"), HasSubstr("measured behaviours: ")));
  EXPECT_THAT(refusal([&] {
                table.rate({"m", "canonical", "tee"}, "int4", {1, 79, 1.5}, "x");
              }),
              HasSubstr("measured models: embedded"));
}

TEST(Table, KnowsWhatItWouldAnswer) {
  const DetectionTable& table = DetectionTable::embedded();
  EXPECT_TRUE(table.knows(at, "layer_skip", {1, 79, 1}));
  EXPECT_FALSE(table.knows(at, "layer_skip", {0.25, 79, 1.5}));
  EXPECT_TRUE(table.knows(at, "layer_skip", {0.25, 79, 4}));
  EXPECT_FALSE(table.knows(at, "layer_skip", {1, 31, 1.5}));
  EXPECT_FALSE(table.knows(at, "int5", {1, 79, 1e6}));
}

TEST(Table, ASettingWithoutItsSizeIsRefused) {
  const auto without = [](const std::string& line, const std::string& instead) {
    std::string text = setting(12, 48, 32, 12);
    const std::size_t found = text.find(line);
    EXPECT_NE(found, std::string::npos);
    text.replace(found, line.size(), instead);
    return refusal([&] { DetectionTable::parse(text, "t.toml"); });
  };
  EXPECT_THAT(without("prompt = 48\n", ""), AllOf(HasSubstr("t.toml:1:"), HasSubstr("has no 'prompt'")));
  EXPECT_THAT(without("generated = 32\n", ""), HasSubstr("has no 'generated'"));
  EXPECT_THAT(without("temperature = 0.5\n", ""), HasSubstr("has no 'temperature'"));
  EXPECT_THAT(without("prompt = 48", "prompt = 0"), AllOf(HasSubstr("t.toml:6:"), HasSubstr("at least 1")));
  EXPECT_THAT(without("generated = 32", "generated = 3.5"), HasSubstr("t.toml:7:"));
  EXPECT_THAT(without("temperature = 0.5", "temperature = -0.5"), HasSubstr("temperature below 0"));
  EXPECT_THAT(without("of = 12", "of = 11"), HasSubstr("a stage larger than the model"));
  EXPECT_THAT(without("", ""), testing::Eq("none"));
}

TEST(Table, WhatWasWrittenIsRead) {
  Plan plan;
  plan.prompt = 20, plan.generated = 13, plan.temperature = 0.7;
  std::vector<Cell> cells;
  for (const BlockSpan blocks : {BlockSpan{0, 12}, BlockSpan{5, 6}}) {
    for (const char* behaviour : {"honest", "int4"}) {
      Cell cell{"bf16", behaviour, "toploc", blocks};
      cell.rejected = blocks.size(), cell.trials = 50, cell.threshold = 0.25;
      cells.push_back(cell);
    }
  }
  const DetectionTable table = DetectionTable::parse(write_table("# note\n", "m", 12, plan, cells), "t.toml");
  const auto entries = table.entries();
  ASSERT_EQ(entries.size(), 4U);
  for (const DetectionTable::Entry& e : entries) {
    EXPECT_EQ(e.rows, 32);
    EXPECT_EQ(e.temperature, 0.7);
    EXPECT_EQ(e.rate.trials, 50);
    EXPECT_EQ(e.rate.rejected, std::lround(12 * e.share));
  }
  EXPECT_EQ(table.threshold({"m", "bf16", "toploc"}, {1.0 / 12, 32, 1}, "here"), 0.25);
}

}  // namespace
}  // namespace orrery::sim::detection
