#include "sim/numerics.hpp"

#include <algorithm>

#include <gtest/gtest.h>

namespace orrery::sim {
namespace {

std::vector<Arithmetic> devices(const std::vector<std::string>& profiles) {
  std::vector<Arithmetic> list;
  for (const std::string& name : profiles) list.push_back(numerics_profile(name, "here").arithmetic);
  return list;
}
std::string named(const std::vector<std::string>& profiles) {
  const Population* found = population_of(devices(profiles));
  return found ? found->name : "none";
}

// What the laboratory measured is what a scenario's swarm.numerics can say.
TEST(Populations, AreMadeOfProfilesAndFoundByThem) {
  for (const Population& p : populations()) {
    EXPECT_EQ(p.members, devices(p.profiles)) << p.name;
    EXPECT_EQ(named(p.profiles), p.name);
    for (const Arithmetic& a : p.members) EXPECT_EQ(a.weights, p.agreed) << p.name;
    EXPECT_NE(population_profiles().find(p.name + " (" + p.profiles.front()), std::string::npos);
  }
}

TEST(Populations, TheFirstThatHasAllDevices) {
  EXPECT_EQ(named({}), "canonical");
  EXPECT_EQ(named({"canonical", "canonical"}), "canonical");
  EXPECT_EQ(named({"tile64", "tile16"}), "fp32");
  EXPECT_EQ(named({"bf16_tile64"}), "bf16");
  EXPECT_EQ(named({"canonical", "bf16"}), "mixed");
  EXPECT_EQ(named({"chain"}), "none");
  EXPECT_EQ(named({"tile64", "bf16"}), "none");
  EXPECT_EQ(named({"canonical", "w8a8"}), "none");
}

}  // namespace
}  // namespace orrery::sim
