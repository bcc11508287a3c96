#include "sim/config/value.hpp"

#include <gtest/gtest.h>

namespace orrery::sim::config {
namespace {

TEST(Place, LineZeroIsOutsideAnyFile) {
  EXPECT_EQ((Place{"s.toml", 14, 3}.text()), "s.toml:14:3");
  EXPECT_EQ((Place{"--set routing.d=3", 0, 0}.text()), "--set routing.d=3");
  EXPECT_EQ(Place{}.text(), "");
}

TEST(Nearest, ForgivesTypingErrorsOnly) {
  const std::vector<std::string> names{"petals", "power_of_d", "rate", "uniform"};
  EXPECT_EQ(nearest("petal", names), "petals");
  EXPECT_EQ(nearest("Petals", names), "petals");
  EXPECT_EQ(nearest("rtae", names), "rate");
  EXPECT_EQ(nearest("power-of-d", names), "power_of_d");
  EXPECT_EQ(nearest("helix", names), "");
  EXPECT_EQ(nearest("", names), "");
  EXPECT_EQ(nearest(std::string(100000, 'x'), names), "");
  EXPECT_EQ(nearest("d", names), "");
  EXPECT_EQ(nearest("rats", {"rate", "rata"}), "rate") << "a tie goes to the first";
}

TEST(Suggest, ListsWhatIsValid) {
  EXPECT_EQ(suggest("petal", {"petals", "uniform"}), "Did you mean 'petals'? Valid: petals, uniform.");
  EXPECT_EQ(suggest("helix", {"petals", "uniform"}), "Valid: petals, uniform.");
  EXPECT_EQ(suggest("helix", {}), "Valid: none.");
}

TEST(Value, TypeNames) {
  Value value;
  value.data = true;
  EXPECT_EQ(value.type_name(), "a boolean");
  value.data = std::int64_t{1};
  EXPECT_EQ(value.type_name(), "an integer");
  value.data = 1.0;
  EXPECT_EQ(value.type_name(), "a number");
  value.data = std::string();
  EXPECT_EQ(value.type_name(), "a string");
  value.data = Array{};
  EXPECT_EQ(value.type_name(), "an array");
  EXPECT_EQ(value.find("x"), nullptr);
  value.data = Table{};
  EXPECT_EQ(value.type_name(), "a table");
}

}  // namespace
}  // namespace orrery::sim::config
