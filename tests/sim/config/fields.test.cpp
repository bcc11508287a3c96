#include "sim/config/fields.hpp"

#include <bit>
#include <limits>

#include <gtest/gtest.h>

#include "sim/config/toml.hpp"
#include "sim/random.hpp"
#include "tests/sim/config/message.hpp"
#include "tests/sim/config/sample.hpp"

namespace orrery::sim::config {
namespace {

using tests::message_of;
using tests::Sample;

Sample read(std::string_view text) {
  Sample sample;
  read_fields(Sample::fields().list(), &sample, parse_toml(text, "s.toml"));
  return sample;
}

std::string error(std::string_view text) {
  return message_of([&] { read(text); });
}

TEST(Fields, ReadsEveryKind) {
  const Sample s = read(
      "on = true\nd = 64\nrate = 3\ngain = -1.0\nname = \"a b\"\nmode = \"slow\"\npoints = [1, 2.5]\n"
      "devices = {h100 = 2, t4 = 0.5}\n[[rows]]\ncount = 9\n[[rows]]\ndevice = \"l4\"\n");
  EXPECT_TRUE(s.on);
  EXPECT_EQ(s.d, 64);
  EXPECT_EQ(s.rate, 3.0);
  EXPECT_EQ(s.gain, -1.0);
  EXPECT_EQ(s.name, "a b");
  EXPECT_EQ(s.mode, "slow");
  EXPECT_EQ(s.points, (std::vector<double>{1, 2.5}));
  EXPECT_EQ(s.devices, (Mix{{"h100", 2}, {"t4", 0.5}}));
  ASSERT_EQ(s.rows.size(), 2u);
  EXPECT_EQ(s.rows[0].device, "t4");
  EXPECT_EQ(s.rows[0].count, 9);
  EXPECT_EQ(s.rows[1].device, "l4");
}

struct Wrong {
  const char* text;
  const char* message;
};

TEST(Fields, EveryErrorSaysWhereWhatWhyAndWhatIsAllowed) {
  const Wrong cases[] = {
      {"\n  rat = 1",
       "s.toml:2:3: unknown key 'rat' (nothing would read it). Did you mean 'rate'? "
       "Valid: on, d, rate, gain, name, mode, points, devices, regions, rows."},
      {"on = 1",
       "s.toml:1:6: 'on' has the wrong type (an integer is written here, a boolean belongs here). "
       "Give true or false."},
      {"d = \"4\"",
       "s.toml:1:5: 'd' has the wrong type (a string is written here, an integer belongs here). "
       "Give an integer from 1 to 64 nodes."},
      {"d = 3.5", "s.toml:1:5: 'd' is not an integer (3.5 is written here). Give an integer from 1 to 64 nodes."},
      {"d = 65", "s.toml:1:5: 'd' is out of range (65 is too large). Give an integer from 1 to 64 nodes."},
      {"d = 0", "s.toml:1:5: 'd' is out of range (0 is too small). Give an integer from 1 to 64 nodes."},
      {"rate = -0.5",
       "s.toml:1:8: 'rate' is out of range (-0.5 is too small). "
       "Give a number of at least 0 requests/s."},
      {"rate = inf",
       "s.toml:1:8: 'rate' is not finite (inf cannot be computed with). "
       "Give a number of at least 0 requests/s."},
      {"gain = nan", "s.toml:1:8: 'gain' is not finite (nan cannot be computed with). Give a number from -1 to 1."},
      {"gain = 1.5", "s.toml:1:8: 'gain' is out of range (1.5 is too large). Give a number from -1 to 1."},
      {"gain = true",
       "s.toml:1:8: 'gain' has the wrong type (a boolean is written here, a number belongs here). "
       "Give a number from -1 to 1."},
      {"name = 1",
       "s.toml:1:8: 'name' has the wrong type (an integer is written here, a string belongs here). "
       "Give text in quotes."},
      {"mode = \"fsat\"",
       "s.toml:1:8: 'mode' cannot be 'fsat' (no such choice). Did you mean 'fast'? "
       "Valid: fast, slow."},
      {"mode = 1",
       "s.toml:1:8: 'mode' has the wrong type (an integer is written here, a string belongs here). "
       "Valid: fast, slow."},
      {"points = 1",
       "s.toml:1:10: 'points' has the wrong type (an integer is written here, an array of numbers "
       "belongs here). Give [x, y, ...], each a number from 0 to 10 s."},
      {"points = [1, 11]",
       "s.toml:1:14: 'points' is out of range (11.0 is too large). "
       "Give a number from 0 to 10 s."},
      {"devices = \"t4\"",
       "s.toml:1:11: 'devices' has the wrong type (a string is written here, a table of weights "
       "belongs here). Give {name = weight, ...}."},
      {"devices = {}",
       "s.toml:1:11: 'devices' is empty (there is nothing to choose from). "
       "Give {name = weight, ...}."},
      {"devices = {t4 = -1}",
       "s.toml:1:17: the weight of 't4' in 'devices' is not positive (-1.0 is no share). "
       "Give a number above 0, or leave 't4' out."},
      {"devices = {t4 = nan}",
       "s.toml:1:17: the weight of 't4' in 'devices' is not positive (nan is no share). "
       "Give a number above 0, or leave 't4' out."},
      {"rows = 1",
       "s.toml:1:8: 'rows' has the wrong type (an integer is written here, an array of tables belongs "
       "here). Write [[rows]] sections or rows = [{...}, {...}]."},
      {"rows = [1]",
       "s.toml:1:9: a row of 'rows' has the wrong type (an integer is written here, an array of tables "
       "belongs here). Write [[rows]] sections or rows = [{...}, {...}]."},
      {"[[rows]]\ncount = 10",
       "s.toml:2:9: 'count' is out of range (10 is too large). "
       "Give an integer from 1 to 9 nodes."},
      {"rows = [{devices = 1}]",
       "s.toml:1:10: unknown key 'devices' (nothing would read it). "
       "Did you mean 'device'? Valid: device, count."},
  };
  for (const Wrong& wrong : cases) EXPECT_EQ(error(wrong.text), wrong.message) << wrong.text;
}

TEST(Fields, AMixMayBeEmptyWhereThatIsItsDefault) {
  EXPECT_TRUE(read("regions = {}").regions.empty());
  EXPECT_TRUE(error("devices = {}").starts_with("s.toml:1:11: 'devices' is empty"));
}

TEST(Fields, ASectionMustBeATable) {
  Sample sample;
  const Value value = *parse_toml("x = 1", "s.toml").find("x");
  EXPECT_TRUE(message_of([&] {
                read_fields(Sample::fields().list(), &sample, value);
              }).starts_with("s.toml:1:5: a table of parameters belongs here (an integer is written here). Valid: on"));
}

TEST(Fields, CanonicalTextIsSortedCompleteAndReadsBack) {
  const FieldList fields = Sample::fields().list();
  Sample sample;
  sample.name = "tab\t\"quote\" \\ \x7f é";
  sample.rate = 0.1;
  const std::string text = write_fields(fields, &sample);
  EXPECT_EQ(text,
            "d = 2\ndevices = {t4 = 1.0, \"rtx 4090\" = 0.25}\ngain = 1.0\nmode = \"fast\"\n"
            "name = \"tab\\u0009\\\"quote\\\" \\\\ \\u007F é\"\non = false\npoints = [1.0, 2.5]\nrate = 0.1\n"
            "regions = {}\nrows = [{count = 1, device = \"t4\"}]\n");
  const Sample again = read(text);
  EXPECT_EQ(again.name, sample.name);
  EXPECT_EQ(again.devices, sample.devices);
  EXPECT_EQ(write_fields(fields, &again), text);
  EXPECT_TRUE(write_fields(fields, &sample, "routing.").starts_with("routing.d = 2\nrouting.devices = {"));
}

TEST(Fields, NumbersBecomeColumns) {
  Sample sample;
  sample.on = true;
  std::vector<std::pair<std::string, double>> columns;
  for (const FieldInfo& field : Sample::fields().list()) {
    if (field.number) columns.emplace_back(field.name, field.number(&sample));
  }
  EXPECT_EQ(columns, (std::vector<std::pair<std::string, double>>{{"on", 1}, {"d", 2}, {"rate", 0.5}, {"gain", 1}}));
}

TEST(Fields, SayWhatTheyTake) {
  std::vector<std::string> all;
  for (const FieldInfo& field : Sample::fields().list()) all.push_back(takes(field));
  EXPECT_EQ(all, (std::vector<std::string>{"true or false", "an integer from 1 to 64 nodes",
                                           "a number of at least 0 requests/s", "a number from -1 to 1", "text",
                                           "one of fast, slow", "an array of numbers from 0 to 10 s",
                                           "a table name = weight", "a table name = weight", "an array of tables"}));
}

// What an owner of a table reads itself: text that comes back as the same tree.
struct Owner {
  Value inside;
  static Fields<Owner> fields() { return Fields<Owner>().table("inside", &Owner::inside, "anything"); }
};

TEST(Fields, ATableIsKeptAsItStandsAndWritesBack) {
  const FieldList fields = Owner::fields().list();
  const std::string text =
      "inside = {b = [1, 2.5, {deep = \"x\\\"y\"}], \"a key\" = true, c = {d = -0.0}, none = {}, empty = []}\n";
  Owner owner;
  read_fields(fields, &owner, parse_toml(text, "s.toml"));
  EXPECT_EQ(owner.inside.find("b")->place.text(), "s.toml:1:15");
  EXPECT_EQ(write_fields(fields, &owner), text);
  EXPECT_EQ(takes(fields[0]), "a table");
  EXPECT_EQ(message_of([&] { read_fields(fields, &owner, parse_toml("inside = 3\n", "s.toml")); }),
            "s.toml:1:10: 'inside' has the wrong type (an integer is written here, a table belongs here). "
            "Give {key = value, ...}.");
}

double read_back(const std::string& text) { return std::get<double>(parse_toml("x = " + text, "").find("x")->data); }

TEST(WriteReal, AnyDoubleReadsBackToTheSameBits) {
  Draw draw(7, Stream::test, 0);
  std::vector<double> values{
      0.0, -0.0, 1, -1, 0.1, 1e22, 1e23, 5e-324, 2.2250738585072014e-308, 1.7976931348623157e308, 9007199254740993.0};
  while (values.size() < 5000) {
    const double x = std::bit_cast<double>(draw.bits());
    if (x - x == 0) values.push_back(x);  // finite
  }
  for (const double x : values) {
    const std::string text = write_real(x);
    EXPECT_EQ(std::bit_cast<std::uint64_t>(read_back(text)), std::bit_cast<std::uint64_t>(x)) << text;
  }
  EXPECT_EQ(write_real(0.1), "0.1");
  EXPECT_EQ(write_real(-0.0), "-0.0");
  EXPECT_EQ(write_real(1e300), "1e+300");
}

}  // namespace
}  // namespace orrery::sim::config
