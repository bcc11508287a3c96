#include "sim/config/registry.hpp"

#include <gtest/gtest.h>

#include "sim/config/toml.hpp"
#include "tests/sim/config/message.hpp"

namespace orrery::sim::config {
namespace {

using tests::message_of;

struct Colour {
  virtual ~Colour() = default;
  virtual std::int64_t depth() const = 0;
};

struct Red final : Colour {
  struct Params {
    std::int64_t depth = 3;
    static Fields<Params> fields() {
      return Fields<Params>().integer("depth", &Params::depth, "bits", "bits a channel", 1, 8);
    }
  };
  static About about() { return {"red", "a warm colour", "Long waves.", "ours"}; }
  explicit Red(const Params& params) : params_(params) {}
  std::int64_t depth() const override { return params_.depth; }
  Params params_;
};

struct Blue final : Colour {
  struct Params {
    static Fields<Params> fields() { return {}; }
  };
  static About about() { return {"blue", "a cold colour", "Short waves.", "ours"}; }
  explicit Blue(const Params&) {}
  std::int64_t depth() const override { return 0; }
};

ORRERY_REGISTER(Colour, Red);
ORRERY_REGISTER(Colour, Blue);

const Registry<Colour>& colours() { return Registry<Colour>::instance(); }

std::string error(std::string_view text) {
  return message_of([&] { colours().make(parse_toml(text, "s.toml"), "colour", "red"); });
}

TEST(Registry, IsOrderedByNameAndMakesWhatTheSectionSays) {
  EXPECT_EQ(colours().names(), (std::vector<std::string>{"blue", "red"}));
  const auto made = colours().make(parse_toml("depth = 5\npolicy = \"red\"\n", "s.toml"), "colour", "blue");
  EXPECT_EQ(made.policy->depth(), 5);
  EXPECT_EQ(made.canonical, "colour.policy = \"red\"\ncolour.depth = 5\n");
  EXPECT_EQ(colours().make("red")->depth(), 3);
}

TEST(Registry, FallsBackWhereNoPolicyIsNamed) {
  const auto made = colours().make(parse_toml("depth = 4\n", "s.toml"), "colour", "red");
  EXPECT_EQ(made.policy->depth(), 4);
}

TEST(Registry, ErrorsNameWhatIsValid) {
  EXPECT_EQ(error("policy = \"rde\"\n"),
            "s.toml:1:10: unknown colour policy 'rde' (no policy of this name is registered). Did you mean 'red'? "
            "Valid: blue, red.");
  EXPECT_EQ(error("policy = 3\n"),
            "s.toml:1:10: 'policy' has the wrong type (an integer is written here, a string belongs here). "
            "`orrery list colour` prints the names.");
  EXPECT_EQ(error("policy = \"blue\"\ndepth = 3\n"),
            "s.toml:2:1: unknown key 'depth' (nothing would read it). Valid: none.");
  EXPECT_EQ(message_of([] { colours().make(*parse_toml("colour = 1\n", "s.toml").find("colour"), "colour", "red"); }),
            "s.toml:1:10: 'colour' has the wrong type (an integer is written here, a table belongs here). "
            "Write a section [colour].");
}

TEST(Registry, ANameIsTakenOnce) { EXPECT_THROW((enroll<Colour, Red>()), ContractError); }

}  // namespace
}  // namespace orrery::sim::config
