#include "experiments/calibrate_detection.hpp"

#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/experiments/scratch.hpp"

namespace orrery::experiments {
namespace {

using testing::AllOf;
using testing::HasSubstr;

class CalibrateDetection : public tests::Scratch {
 protected:
  const Ranks ranks{orrery::tests::communicator()};

  // What is said to a plan with these stages of the embedded model, which has twelve blocks.
  std::string said(const std::string& stages) {
    std::ofstream(path("p.toml")) << "[detection]\nfpr = 0.4\nhonest = 4\nstages = " << stages << "\n";
    DetectionArguments arguments;
    arguments.plan = path("p.toml");
    return tests::message_of([&] { calibrate_detection(arguments, ranks); });
  }
};

TEST_F(CalibrateDetection, StagesArePartsOfTheModel) {
  for (const char* blocks : {"12", "13"})
    EXPECT_THAT(said(std::string("[1, ") + blocks + "]"),
                AllOf(HasSubstr("detection.stages"), HasSubstr(std::string("a stage of ") + blocks + " blocks"),
                      HasSubstr("is not a part of the model"), HasSubstr("it has 12 blocks")));
}

TEST_F(CalibrateDetection, StagesAreWholeBlocksAndMeasuredOnce) {
  EXPECT_THAT(said("[2.5]"), AllOf(HasSubstr("a stage of 2.5 blocks"), HasSubstr("whole blocks")));
  EXPECT_THAT(said("[3, 6, 3]"), AllOf(HasSubstr("a stage of 3 blocks"), HasSubstr("twice")));
  EXPECT_THAT(said("[0]"), AllOf(HasSubstr("p.toml:4:"), HasSubstr("'stages'")));
  EXPECT_THAT(said("6"), AllOf(HasSubstr("p.toml:4:"), HasSubstr("an array of numbers")));
}

}  // namespace
}  // namespace orrery::experiments
