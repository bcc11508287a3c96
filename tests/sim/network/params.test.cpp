#include "sim/network/params.hpp"

#include <gtest/gtest.h>

#include "sim/config/toml.hpp"

namespace orrery::sim::network {
namespace {

TEST(NetworkParams, SurviveTheirCanonicalText) {
  const config::FieldList fields = NetworkParams::fields().list();
  NetworkParams params;
  params.kind = "uniform";
  params.rtt_ms = 12.3;
  params.nat_share = 0.1;
  params.relay = "tokyo";
  const std::string text = config::write_fields(fields, &params);
  NetworkParams again;
  config::read_fields(fields, &again, config::parse_toml(text, "again.toml"));
  EXPECT_EQ(config::write_fields(fields, &again), text);
  EXPECT_EQ(again.rtt_ms, 12.3);
  EXPECT_EQ(again.relay, "tokyo");
}

TEST(NetworkParams, RejectAnUnknownKindAndAWrongShare) {
  const config::FieldList fields = NetworkParams::fields().list();
  NetworkParams params;
  EXPECT_THROW(config::read_fields(fields, &params, config::parse_toml("kind = \"mesh\"", "x.toml")), InputError);
  EXPECT_THROW(config::read_fields(fields, &params, config::parse_toml("nat_share = 1.5", "x.toml")), InputError);
  EXPECT_THROW(config::read_fields(fields, &params, config::parse_toml("relay_rate = 0", "x.toml")), InputError);
}

TEST(NetworkParams, RatesAreMegabitsPerSecond) {
  NetworkParams params;
  params.bandwidth_mbit = 80;
  EXPECT_EQ(params.bandwidth().value(), 1e7);
}

}  // namespace
}  // namespace orrery::sim::network
