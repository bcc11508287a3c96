// Thousands of damaged scenario files: each is either accepted or refused with an InputError, never anything else. The
// mutations come from the counter-based streams, so that a failure repeats.
#include <array>

#include <gtest/gtest.h>

#include "kernels/contract.hpp"
#include "sim/config/toml.hpp"
#include "sim/random.hpp"
#include "tests/sim/config/sample.hpp"

namespace orrery::sim::config {
namespace {

constexpr std::string_view seed_text =
    "# a scenario\non = true\nd = 4\nrate = 0.25\ngain = -0.5\nname = \"a\\u00e9\"\nmode = 'slow'\n"
    "points = [1, 2.5,\n  1e1]\ndevices = {t4 = 1, \"rtx 4090\" = 2.5}\n[[rows]]\ndevice = \"l4\"\ncount = 3\n"
    "[[rows]]\ndevice = \"\"\"x\ny\"\"\"\n";

constexpr std::array<std::string_view, 24> fragments = {
    "\"",         "'",  "\"\"\"", "[",    "]",     "[[",
    "]]",         "{",  "}",      "=",    ".",     ",",
    "\n",         "#",  "nan",    "-inf", "1e999", "99999999999999999999",
    "2024-01-01", "0x", "\\u",    "\xff", "\xc3",  std::string_view("\0", 1)};

std::string mutant(Draw& draw) {
  std::string text(seed_text);
  const std::uint64_t edits = 1 + draw.below(6);
  for (std::uint64_t i = 0; i < edits; ++i) {
    const std::size_t at = draw.below(text.size() + 1);
    switch (draw.below(5)) {
      case 0:
        text.insert(at, fragments[draw.below(fragments.size())]);
        break;
      case 1:
        text.erase(at, draw.below(8));
        break;
      case 2:
        text.insert(at, 1, static_cast<char>(draw.below(256)));
        break;
      case 3:
        text.insert(at, text.substr(draw.below(text.size() + 1), draw.below(30)));
        break;
      default:
        text.resize(at);
        text += ' ';
    }
  }
  return text;
}

TEST(Fuzz, DamagedFilesAreAcceptedOrRefusedNeverAnythingElse) {
  const FieldList fields = tests::Sample::fields().list();
  int accepted = 0, refused = 0;
  for (std::uint32_t i = 0; i < 20000; ++i) {
    Draw draw(11, Stream::test, i);
    const std::string text = mutant(draw);
    try {
      tests::Sample sample;
      read_fields(fields, &sample, parse_toml(text, "fuzz.toml"));
      // What was accepted has a canonical text that is a fixed point.
      const std::string canonical = write_fields(fields, &sample);
      tests::Sample again;
      read_fields(fields, &again, parse_toml(canonical, "canonical"));
      ASSERT_EQ(write_fields(fields, &again), canonical) << "mutant " << i << "\n" << text;
      ++accepted;
    } catch (const InputError& error) {
      ASSERT_TRUE(std::string_view(error.what()).starts_with("fuzz.toml:")) << "mutant " << i << ": " << error.what();
      ++refused;
    } catch (const std::exception& error) {
      FAIL() << "mutant " << i << " threw " << error.what() << "\n" << text;
    }
  }
  // The mutations are neither all harmless nor all fatal, else the test would say nothing.
  EXPECT_GT(accepted, 500);
  EXPECT_GT(refused, 5000);
}

}  // namespace
}  // namespace orrery::sim::config
