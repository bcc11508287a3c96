#include "experiments/explain.hpp"

#include <gtest/gtest.h>

#include "experiments/manual.hpp"
#include "experiments/prose.hpp"
#include "experiments/scenario_file.hpp"
#include "tests/experiments/scratch.hpp"

namespace orrery::experiments {
namespace {

using tests::message_of;

std::string canonical(const std::string& toml) { return parse_scenario({"s.toml", toml, {}, {}}).canonical(); }

TEST(Explain, EveryTopicAndKeyIsExplained) {
  ASSERT_GE(topics().size(), 7u);
  for (const Topic& topic : topics()) {
    const std::string text = explain_text(topic.name);
    EXPECT_TRUE(text.starts_with(topic.name + ": ")) << text;
    for (const auto& field : topic.fields) {
      EXPECT_FALSE(field.what.empty()) << topic.name << "." << field.name;
      EXPECT_NE(explain_text(topic.name + "." + field.name).find(field.name + " = " + default_of(topic, field.name)),
                std::string::npos);
    }
    if (!topic.policy.empty()) {
      EXPECT_FALSE(topic.summary.empty() || topic.help.empty() || topic.citation.empty()) << topic.name;
    }
  }
}

TEST(Explain, DefaultsAreAScenarioThatChangesNothing) {
  EXPECT_EQ(canonical(defaults_text("")), canonical(""));
  for (const Topic& topic : topics()) {
    if (!topic.of_scenario) continue;
    // Strategies are for games alone, and are refused where none is played, as are some incentives.
    const bool of_game = topic.section == "strategy" || topic.section == "incentive";
    const std::string text =
        canonical(defaults_text(topic.name) + (of_game ? "[game]\njobs = 10\nreplicas = 2\nevaluators = 2\n" : ""));
    if (topic.policy.empty()) {
      EXPECT_EQ(text, canonical("")) << topic.name;
    } else {
      EXPECT_NE(text.find(topic.section + ".policy = \"" + topic.policy + "\"\n"), std::string::npos) << topic.name;
    }
  }
}

TEST(Explain, AKindListsItsPoliciesAndItsDefault) {
  for (const std::string& kind : policy_kinds()) {
    const std::string text = explain_text(kind);
    EXPECT_NE(text.find("(default: "), std::string::npos);
    EXPECT_NE(canonical("").find(kind + ".policy = \"" + text.substr(text.find("(default: ") + 10, 4)),
              std::string::npos);
    for (const Topic& topic : topics()) {
      if (topic.section == kind) {
        EXPECT_NE(text.find(topic.name), std::string::npos);
      }
    }
  }
}

TEST(Explain, UnknownTopicsAreRefusedWithTheNearest) {
  EXPECT_TRUE(
      message_of([] { explain_text("rooting.petals"); })
          .starts_with("orrery explain: unknown topic 'rooting.petals' (no section, policy or key has this name). "
                       "Did you mean 'routing.petals'? Valid: "));
  // Every key of the section that it was asked of, to the last.
  for (const Topic& topic : topics()) {
    if (topic.name != "serving") continue;
    EXPECT_TRUE(message_of([] { explain_text("serving.stp"); }).ends_with("serving." + topic.fields.back().name + "."));
  }
  EXPECT_NE(message_of([] { explain_text("serving.stp"); }).find("Did you mean 'serving.stop'?"), std::string::npos);
  EXPECT_NE(message_of([] { defaults_text("nothing"); }), "no InputError");
}

TEST(Explain, MarkdownHasEveryKey) {
  const std::string page = markdown_text();
  for (const Topic& topic : topics()) {
    EXPECT_NE(page.find("\n## " + topic.name + "\n"), std::string::npos);
    for (const auto& field : topic.fields) {
      EXPECT_NE(page.find("| `" + field.name + "` | `" + default_of(topic, field.name) + "` |"), std::string::npos);
    }
  }
}

TEST(Prose, LinesAreWrappedAndFormulasKept) {
  const std::string word(30, 'x');
  EXPECT_EQ(wrapped(word + " " + word + " " + word + " " + word, "# "),
            "# " + word + " " + word + " " + word + "\n# " + word + "\n");
  EXPECT_EQ(wrapped("a\nb\n\nc\n  x = y\nd", "  "), "  a b\n\n  c\n    x = y\n  d\n");
  EXPECT_EQ(wrapped("", ""), "\n");
}

}  // namespace
}  // namespace orrery::experiments
