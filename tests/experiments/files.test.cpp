#include "experiments/files.hpp"

#include <csignal>
#include <fstream>

#include <gtest/gtest.h>
#include <sys/resource.h>

#include "tests/experiments/scratch.hpp"

namespace orrery::experiments {
namespace {

using tests::message_of;
using OutputFileTest = tests::Scratch;

bool anything(const std::string&) { return true; }
bool nothing(const std::string&) { return false; }

TEST_F(OutputFileTest, AppearsWholeAndReplacesOnlyItsOwnKind) {
  const std::string path = this->path("out");
  {
    OutputFile out(path, "a log", nothing);
    EXPECT_FALSE(std::filesystem::exists(path)) << "nothing is visible before commit";
    out.commit("first");
  }
  EXPECT_EQ(read_file(path), "first");
  {
    OutputFile out(path, "a log", [](const std::string& there) { return read_file(there) == "first"; });
    out.commit(std::string(1 << 20, 'x'));
  }
  EXPECT_EQ(read_file(path).size(), std::size_t{1} << 20);
  EXPECT_EQ(message_of([&] { OutputFile out(path, "a log", nothing); }),
            path + ": would be overwritten (it exists and is not a log). Choose another name, or remove it first.");
  EXPECT_EQ(files(), 1u) << "no temporary file is left";
}

TEST_F(OutputFileTest, WithoutCommitNothingChanges) {
  std::ofstream(path("out")) << "old";
  { OutputFile out(path("out"), "a log", anything); }
  EXPECT_EQ(read_file(path("out")), "old");
  EXPECT_EQ(files(), 1u);
}

TEST_F(OutputFileTest, AFolderThatIsNotThereIsKnownAtOnce) {
  const std::string path = this->path("no/such/out");
  EXPECT_EQ(message_of([&] { OutputFile out(path, "a log", anything); }),
            path + ": cannot be written (No such file or directory). Choose another folder.");
  EXPECT_EQ(message_of([&] { OutputFile out(this->path(""), "a log", anything); }),
            this->path("") + ": cannot be written (it is not a regular file). Choose another name.");
}

TEST_F(OutputFileTest, AFullDiskLosesNothing) {
  std::ofstream(path("out")) << "old";
  // A limit on file size stands in for the full disk: write() fails in the same way.
  rlimit before;
  getrlimit(RLIMIT_FSIZE, &before);
  const rlimit small{1 << 16, before.rlim_max};
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  setrlimit(RLIMIT_FSIZE, &small);
  const std::string message = message_of([&] {
    OutputFile out(path("out"), "a log", anything);
    out.commit(std::string(1 << 20, 'x'));
  });
  setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, handler);
  EXPECT_EQ(message, path("out") + ": cannot be written (File too large). What was there before is untouched.");
  EXPECT_EQ(read_file(path("out")), "old");
  EXPECT_EQ(files(), 1u);
}

TEST_F(OutputFileTest, ReadingSaysWhy) {
  EXPECT_EQ(message_of([&] { read_file(path("absent")); }),
            path("absent") + ": cannot be opened (No such file or directory).");
  EXPECT_EQ(message_of([&] { read_file(path("")); }), path("") + ": cannot be read (Is a directory).");
}

}  // namespace
}  // namespace orrery::experiments
