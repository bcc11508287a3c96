#include "sim/csv.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/sim/written_file.hpp"

namespace orrery::sim {
namespace {

using ::testing::ElementsAre;

TEST(CsvReader, ReadsPlainAndGzippedFilesAlike) {
  const std::string text = "a,b\r\n# a comment\n\n 1 , 2.5\n-3,\n4";
  for (const bool gzipped : {false, true}) {
    const WrittenFile file(text, gzipped);
    CsvReader csv(file.path());
    ASSERT_TRUE(csv.next());
    EXPECT_THAT(csv.cells(), ElementsAre("a", "b"));
    ASSERT_TRUE(csv.next());
    EXPECT_EQ(csv.integer(0, "a"), 1);
    EXPECT_EQ(csv.real(1, "b"), 2.5);
    EXPECT_EQ(csv.place(), file.path() + ":4");
    ASSERT_TRUE(csv.next());
    EXPECT_EQ(csv.integer(0, "a"), -3);
    EXPECT_THAT(csv.cells(), ElementsAre("-3", ""));
    ASSERT_TRUE(csv.next());
    EXPECT_THAT(csv.cells(), ElementsAre("4"));
    EXPECT_FALSE(csv.next());
    EXPECT_FALSE(csv.next());
  }
}

TEST(CsvReader, LinesLongerThanTheBufferStayWhole) {
  const WrittenFile file(std::string(10000, '7') + ",1\n2,3\n");
  CsvReader csv(file.path());
  ASSERT_TRUE(csv.next());
  EXPECT_EQ(csv.cells()[0].size(), 10000u);
  ASSERT_TRUE(csv.next());
  EXPECT_EQ(csv.place(), file.path() + ":2");
}

TEST(CsvReader, NamesPlaceAndReasonOfEveryBadCell) {
  const WrittenFile file("1,x,nan,1e999,2.5,3 4\n");
  CsvReader csv(file.path());
  ASSERT_TRUE(csv.next());
  const auto message = [&](const auto& call) { return complaint(call, file.path()); };
  EXPECT_EQ(message([&] { csv.real(1, "b"); }), ":1: 'b' is 'x' (it must be a finite number).");
  EXPECT_EQ(message([&] { csv.real(2, "c"); }), ":1: 'c' is 'nan' (it must be a finite number).");
  EXPECT_EQ(message([&] { csv.real(3, "d"); }), ":1: 'd' is '1e999' (it must be a finite number).");
  EXPECT_EQ(message([&] { csv.integer(4, "e"); }), ":1: 'e' is '2.5' (it must be a whole number).");
  EXPECT_EQ(message([&] { csv.real(5, "f"); }), ":1: 'f' is '3 4' (it must be a finite number).");
  EXPECT_EQ(message([&] { csv.real(6, "g"); }), ":1: 'g' is missing (the line has 6 columns).");
}

TEST(CsvReader, RefusesWhatIsNoTrace) {
  EXPECT_EQ(complaint([] { CsvReader csv("/nonexistent/trace.csv"); }),
            "/nonexistent/trace.csv: cannot be opened (no such file, or no permission to read it).");
  const WrittenFile blob(std::string(70000, '1'));
  EXPECT_EQ(complaint([&] { CsvReader(blob.path()).next(); }, blob.path()),
            ":1: line is longer than 65536 bytes (this is no trace in text form).");
}

TEST(CsvReader, NoticesATruncatedGzipStream) {
  std::string text;
  for (int i = 0; i < 20000; ++i) text += std::to_string(i * 7919 % 100003) + "," + std::to_string(i) + "\n";
  const WrittenFile whole(text, true);
  std::ifstream in(whole.path(), std::ios::binary);
  const std::string packed((std::istreambuf_iterator<char>(in)), {});
  const WrittenFile half(packed.substr(0, packed.size() / 2));
  CsvReader csv(half.path());
  int lines = 0;
  const std::string message = complaint([&] {
    while (csv.next()) ++lines;
  });
  EXPECT_GT(lines, 100);
  EXPECT_LT(lines, 20000);
  EXPECT_THAT(message, ::testing::HasSubstr("cannot be read on (the gzip stream ends too early)."));
}

}  // namespace
}  // namespace orrery::sim
