#include "sim/swarm/device.hpp"

#include <cstdlib>
#include <map>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sim/csv.hpp"
#include "tests/sim/written_file.hpp"

namespace orrery::sim::swarm {
namespace {

const DeviceClass& named(const char* name) { return device(device_named(name, "test")); }

TEST(Devices, EveryFactIsPlausibleAndHasItsSource) {
  std::set<std::string> names;
  for (const DeviceClass& d : devices()) {
    SCOPED_TRACE(d.name);
    EXPECT_TRUE(names.insert(d.name).second);
    EXPECT_FALSE(d.what.empty());
    EXPECT_GT(d.source.size(), 40u);
    // Narrower types are never slower than the one they are widened to.
    EXPECT_GE(d.fp16, d.fp32);
    EXPECT_GE(d.int8, d.fp16);
    EXPECT_GE(d.int4, d.int8);
    EXPECT_GE(d.bf16, d.fp32);
    // Flop per byte of memory traffic: single digits for small boards, hundreds for tensor cores.
    const double balance = d.fp16.value() / d.memory_bandwidth.value();
    EXPECT_GT(balance, 5);
    EXPECT_LT(balance, 500);
    EXPECT_LT(d.block_overhead_s, 1e-3);
    EXPECT_LT(d.stage_overhead_s, 5e-3);
  }
  EXPECT_GE(devices().size(), 15u);
}

TEST(Devices, OrderOfTheUsualSuspects) {
  EXPECT_GT(named("h100-sxm").memory_bandwidth, named("a100-80").memory_bandwidth);
  EXPECT_GT(named("a100-80").memory_bandwidth, named("rtx-4090").memory_bandwidth);
  EXPECT_GT(named("rtx-3060").memory_bandwidth, named("cpu-8").memory_bandwidth);
  EXPECT_GT(named("cpu-8").memory_bandwidth, named("pi-5").memory_bandwidth);
  EXPECT_DOUBLE_EQ(named("a100-80").peak("int8").value(), 624e12);
  EXPECT_DOUBLE_EQ(named("t4").peak("bf16").value(), named("t4").fp32.value());
  EXPECT_THROW(named("t4").peak("fp8"), ContractError);
}

TEST(Devices, UnknownNameSuggestsTheNearest) {
  EXPECT_THAT(complaint([] { device_named("rtx-4900", "x.toml:3:1"); }),
              ::testing::StartsWith(
                  "x.toml:3:1: unknown device 'rtx-4900' (it is not in data/devices.toml). Did you mean 'rtx-4090'?"));
}

TEST(Devices, DefaultPopulationNamesKnownClasses) {
  double total = 0;
  for (const auto& [name, share] : consumer_devices()) {
    device_named(name, "default");
    total += share;
  }
  // Steam's list of April 2026 without integrated and rare cards that have no near class.
  EXPECT_GT(total, 0.7);
  EXPECT_LT(total, 1);
}

// The facts stand for measurements: single-device llama.cpp speeds must come back out of them.
TEST(Devices, ReproduceMeasuredDecodingAndPrefillSpeeds) {
  const char* data = std::getenv("ORRERY_DATA");
  if (data == nullptr) GTEST_SKIP() << "ORRERY_DATA is not set: measured speeds are not at hand";
  const std::map<std::string, std::string> classes{
      {"H100 PCIe 80GB", "h100-pcie"}, {"A100 SXM 80GB", "a100-80"}, {"A40 48GB", "a40"},     {"4090 24GB", "rtx-4090"},
      {"4080 16GB", "rtx-4080"},       {"3090 24GB", "rtx-3090"},    {"3070 8GB", "rtx-3070"}};
  CsvReader csv(std::string(data) + "/hw/llama3_llamacpp_bench.csv");
  int checked = 0;
  while (csv.next()) {
    const auto& c = csv.cells();
    const auto found = classes.find(std::string(c[1]));
    if (found == classes.end() || c[2] != "1") continue;
    const DeviceClass& d = named(found->second.c_str());
    SCOPED_TRACE(std::string(c[0]) + " " + d.name + " " + std::string(c[3]) + " " + std::string(c[4]));
    const bool small = c[3] == "Llama-3-8B";
    const double speed = csv.real(5, "tokens_per_s");
    if (c[0] == "decode") {
      const double width = c[4] == "F16" ? 2 : small ? 4.92 / 8.03 : 42.52 / 70.55;
      const double bytes = (small ? 7.505e9 : 69.503e9) * width;
      const double predicted =
          bytes / (d.memory_bandwidth.value() * d.bandwidth_efficiency) + (small ? 32 : 80) * d.block_overhead_s;
      EXPECT_NEAR(predicted * speed, 1, 0.13);  // two parameters, two or three points
      ++checked;
    } else if (c[4] == "F16" && d.name != "a100-80") {  // the A100 SXM's F16 point is a tenth of its Q4 one
      const double predicted = 2 * 6.979e9 / (d.fp16.value() * d.compute_efficiency);
      EXPECT_NEAR(predicted * speed, 1, 0.1);
      ++checked;
    }
  }
  EXPECT_GT(checked, 15);
}

}  // namespace
}  // namespace orrery::sim::swarm
