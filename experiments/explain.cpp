#include "experiments/explain.hpp"

#include <vector>

#include <fmt/format.h>

#include "experiments/manual.hpp"
#include "experiments/prose.hpp"
#include "kernels/contract.hpp"
#include "sim/config/value.hpp"
#include "sim/serving/scenario.hpp"

namespace orrery::experiments {
namespace {

using sim::config::FieldInfo;

// "policy = \"petals\"" is part of a policy's defaults but no field of it.
std::string section_text(const Topic& topic) {
  std::string text = "[" + topic.section + "]\n";
  if (!topic.policy.empty()) text += fmt::format("policy = {}\n", default_of(topic, "policy"));
  for (const FieldInfo& field : topic.fields) {
    text += wrapped(field.what + " (" + sim::config::takes(field) + ")", "# ");
    text += fmt::format("{} = {}\n", field.name, default_of(topic, field.name));
  }
  return text;
}

std::string field_text(const Topic& topic, const FieldInfo& field) {
  std::string text = fmt::format("  {} = {}\n", field.name, default_of(topic, field.name));
  text += wrapped(field.what, "      ");
  text += fmt::format("      Takes {}.\n", sim::config::takes(field));
  for (const FieldInfo& column : field.columns) {
    text += wrapped(fmt::format("{}: {} ({})", column.name, column.what, sim::config::takes(column)), "        ");
  }
  return text;
}

std::string topic_text(const Topic& topic) {
  std::string text = fmt::format("{}: {}\n", topic.name, topic.summary);
  if (!topic.help.empty()) text += "\n" + wrapped(topic.help, "");
  if (!topic.citation.empty()) text += "\n" + wrapped("Source: " + topic.citation, "");
  text += topic.fields.empty() ? "\nNo parameters.\n" : "\nParameters and their defaults:\n";
  for (const FieldInfo& field : topic.fields) text += field_text(topic, field);
  return text;
}

// What a scenario that says nothing uses.
std::string default_policy(const std::string& kind) {
  sim::config::Value nothing;
  nothing.data = sim::config::Table{};
  const std::string canonical = "\n" + sim::serving::Scenario::read(nothing).canonical();
  const std::string start = "\n" + kind + ".policy = \"";
  const std::size_t begin = canonical.find(start) + start.size();
  return canonical.substr(begin, canonical.find('"', begin) - begin);
}

std::string kind_text(const std::string& kind) {
  std::string text = fmt::format("[{}] policy = ...   (default: {})\n", kind, default_policy(kind));
  for (const Topic& topic : topics()) {
    if (topic.section == kind) text += "\n" + wrapped(topic.name + ": " + topic.summary, "  ");
  }
  return text + fmt::format("\n`orrery explain {}.<policy>` explains one of them.\n", kind);
}

const Topic* find_topic(const std::string& name) {
  for (const Topic& topic : topics()) {
    if (topic.name == name) return &topic;
  }
  return nullptr;
}

bool is_kind(const std::string& name) {
  for (const std::string& kind : policy_kinds()) {
    if (kind == name) return true;
  }
  return false;
}

[[noreturn]] void fail_unknown(const std::string& name) {
  std::vector<std::string> names = policy_kinds();
  for (const Topic& topic : topics()) names.push_back(topic.name);
  // A key is looked for only in the topic that it was asked of.
  if (const std::size_t dot = name.rfind('.'); dot != std::string::npos) {
    if (const Topic* topic = find_topic(name.substr(0, dot))) {
      names.clear();
      for (const FieldInfo& field : topic->fields) names.push_back(topic->name + "." + field.name);
    }
  }
  fail_input("orrery explain", "unknown topic '" + name + "'", "no section, policy or key has this name",
             sim::config::suggest(name, names));
}

std::string markdown_table(const Topic& topic) {
  std::string text = "| key | default | takes | meaning |\n|---|---|---|---|\n";
  for (const FieldInfo& field : topic.fields) {
    text += fmt::format("| `{}` | `{}` | {} | {} |\n", field.name, default_of(topic, field.name),
                        sim::config::takes(field), field.what);
    for (const FieldInfo& column : field.columns) {
      text +=
          fmt::format("| `{}.{}` | | {} | {} |\n", field.name, column.name, sim::config::takes(column), column.what);
    }
  }
  return text;
}

}  // namespace

std::string explain_text(const std::string& topic) {
  if (const Topic* found = find_topic(topic)) return topic_text(*found);
  if (is_kind(topic)) return kind_text(topic);
  if (const std::size_t dot = topic.rfind('.'); dot != std::string::npos) {
    if (const Topic* found = find_topic(topic.substr(0, dot))) {
      for (const FieldInfo& field : found->fields) {
        if (field.name == topic.substr(dot + 1)) return found->name + "\n" + field_text(*found, field);
      }
    }
  }
  fail_unknown(topic);
}

std::string defaults_text(const std::string& topic) {
  if (is_kind(topic)) return section_text(*find_topic(topic + "." + default_policy(topic)));
  if (!topic.empty()) {
    const Topic* found = find_topic(topic);
    if (!found) fail_unknown(topic);
    return section_text(*found);
  }
  std::string text;
  for (const Topic& section : topics()) {
    if (section.policy.empty() && section.of_scenario) text += section_text(section) + "\n";
  }
  for (const std::string& kind : policy_kinds()) text += defaults_text(kind) + "\n";
  return text.substr(0, text.size() - 1);
}

std::string markdown_text() {
  std::string text =
      "# Keys of a scenario\n\nPrinted by `orrery docs keys`; every key is optional and has the default "
      "shown.\n";
  for (const Topic& topic : topics()) {
    text += fmt::format("\n## {}\n\n{}.\n", topic.name, topic.summary);
    if (!topic.help.empty()) text += "\n" + wrapped(topic.help, "");
    if (!topic.citation.empty()) text += "\n" + wrapped("Source: " + topic.citation, "");
    if (!topic.fields.empty()) text += "\n" + markdown_table(topic);
  }
  return text;
}

}  // namespace orrery::experiments
