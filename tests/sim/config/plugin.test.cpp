#include "sim/config/plugin.hpp"

#include <gtest/gtest.h>

#include "sim/config/toml.hpp"

namespace orrery::sim::config {
namespace {

struct Dish {
  virtual ~Dish() = default;
};

struct Soup final : Dish {
  struct Params {
    std::int64_t spoons = 2;
    static Fields<Params> fields() { return Fields<Params>().integer("spoons", &Params::spoons, "1", "of salt", 0, 9); }
  };
  static About about() { return {"soup", "hot", "For this test.", "ours"}; }
  explicit Soup(const Params&) {}
};

// What the dynamic linker does with ORRERY_REGISTER while the loader waits.
Boarding load(const std::string& hash) {
  boarding() = {hash, {}, {}};
  board<Dish, Soup>();
  return std::exchange(boarding(), {});
}

std::string message_of(const std::string& toml) {
  try {
    Registry<Dish>::instance().make(*parse_toml(toml, "s.toml").find("dish"), "dish", "soup");
  } catch (const InputError& error) {
    return error.what();
  }
  return "no InputError";
}

TEST(Plugin, APolicyIsNamedWithTheHashOfItsObjectAndANameBelongsToTheFirst) {
  const Boarding first = load("0123"), second = load("4567");
  EXPECT_EQ(first.names, std::vector<std::string>{"soup"});
  EXPECT_TRUE(first.refused.empty());
  EXPECT_TRUE(second.names.empty());
  EXPECT_EQ(second.refused, std::vector<std::string>{"soup"});

  const std::string canonical = "dish.policy = \"soup\"\ndish.plugin = \"0123\"\ndish.spoons = 2\n";
  const Value written = parse_toml(canonical, "s.toml");
  EXPECT_EQ(Registry<Dish>::instance().make(*written.find("dish"), "dish", "soup").canonical, canonical)
      << "it reads back as itself";
  EXPECT_EQ(message_of("[dish]\nplugin = \"4567\"\n"),
            "s.toml:2:10: this policy was loaded from another plugin (the file given with --plugin has the hash 0123). "
            "Give the file that this scenario was run with, or leave the key out.");
  EXPECT_TRUE(message_of("[dish]\nspons = 3\n").starts_with("s.toml:2:1: unknown key 'spons'"));
  EXPECT_TRUE(message_of("[dish]\npolicy = \"stew\"\n").starts_with("s.toml:2:10: unknown dish policy 'stew'"));
  EXPECT_EQ(message_of("[dish]\npolicy = \"stew\"\nplugin = \"89\"\n"),
            "s.toml:2:10: unknown dish policy 'stew' (it came from a plugin). Give that file with --plugin.");
}

}  // namespace
}  // namespace orrery::sim::config
