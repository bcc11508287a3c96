#include "sim/network/access.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sim/config/toml.hpp"
#include "sim/network/region.hpp"

namespace orrery::sim::network {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

TEST(Access, EveryRegionsCountryHasALine) {
  for (int i = 0; i < regions().size(); ++i) {
    const Access& line = access(regions()[RegionId(static_cast<std::uint32_t>(i))].country);
    EXPECT_GT(line.up.value(), 0);
    EXPECT_GT(line.down.value(), 0);
  }
}

TEST(Access, LinesHaveUniqueNamesAndNoNegativeLatency) {
  for (std::size_t a = 0; a < accesses().size(); ++a) {
    EXPECT_GE(accesses()[a].latency, Duration());
    for (std::size_t b = 0; b < a; ++b) EXPECT_NE(accesses()[a].name, accesses()[b].name);
  }
}

TEST(Access, ClassesComeInTheirOrder) {
  EXPECT_GT(access("datacentre").up, access("cloud").up);
  EXPECT_GT(access("cloud").up, access("fibre").up);
  EXPECT_GT(access("fibre").up, access("cable").up);
  EXPECT_GT(access("cable").up, access("dsl").up);
  EXPECT_EQ(access("cloud").latency, Duration());
  EXPECT_GT(access("mobile").latency, access("broadband").latency);
  EXPECT_DOUBLE_EQ(access("broadband").down.value(), 79e6 / 8);  // Ookla, Speedtest Global Index, Q1 2023
}

TEST(Access, UnknownNameNamesTheNearest) {
  EXPECT_THAT([] { access("fiber", "scenario.toml:7:1"); },
              ThrowsMessage<InputError>(AllOf(HasSubstr("scenario.toml:7:1"), HasSubstr("'fibre'"))));
}

TEST(Access, MissingRatesAreErrorsAtTheirPlace) {
  const auto read = [](const char* text) { read_accesses(config::parse_toml(text, "bad.toml")); };
  EXPECT_THAT([&] { read("access = [{ name = \"x\", up_mbit = 3 }]"); },
              ThrowsMessage<InputError>(AllOf(HasSubstr("bad.toml:1:"), HasSubstr("lacks a rate"))));
  EXPECT_THAT([&] { read("access = [{ up_mbit = 3, down_mbit = 4 }]"); },
              ThrowsMessage<InputError>(HasSubstr("no name")));
  EXPECT_THAT([&] { read("access = [{ name = \"x\", up_mbit = 0, down_mbit = 4 }]"); },
              ThrowsMessage<InputError>(HasSubstr("up_mbit")));
}

}  // namespace
}  // namespace orrery::sim::network
