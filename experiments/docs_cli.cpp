#include <set>
#include <string>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "experiments/docs.hpp"

namespace orrery::experiments {
namespace {

// CLI11 writes a type and, after a colon, the check ("INT:INT in [1 - 4096]"), which says the type again.
std::string takes(const CLI::Option& option) {
  const std::string whole = option.get_type_name();
  const std::size_t colon = whole.find(':');
  std::string text = colon == std::string::npos ? whole : whole.substr(colon + 1);
  if (option.get_items_expected_max() == 0) return "";
  const bool many =
      option.get_items_expected_max() > 1 || option.get_multi_option_policy() == CLI::MultiOptionPolicy::TakeAll;
  if (many && option.get_items_expected_max() == 2) return text + " twice";
  return many ? text + ", one or more" : text;
}

std::string name_of(const CLI::Option& option) {
  return option.get_positional() ? option.get_name(true) : option.get_name(false, true);
}

std::string meaning(const CLI::Option& option) {
  std::string text = option.get_description();
  std::set<std::string> others;
  for (const CLI::Option* other : option.get_excludes()) others.insert("`" + name_of(*other) + "`");
  if (!others.empty()) text += fmt::format(" (not beside {})", fmt::join(others, ", "));
  return text;
}

// A bar would end the cell.
std::string cell(const std::string& text) {
  std::string escaped;
  for (const char c : text) escaped += c == '|' ? std::string("\\|") : std::string(1, c);
  return escaped;
}

std::string table(const CLI::App& command) {
  std::string rows;
  for (const CLI::Option* option : command.get_options()) {
    if (option == command.get_help_ptr()) continue;
    const std::string value = option->get_default_str();
    const bool shown = !value.empty() && value != "[]" && value != "{}" && value != "\"\"";
    const std::string fallback = option->get_required() ? "required" : shown ? "`" + value + "`" : "";
    rows += fmt::format("| `{}` | {} | {} | {} |\n", name_of(*option), cell(takes(*option)), cell(fallback),
                        cell(meaning(*option)));
  }
  return rows.empty() ? "" : "\n| argument | takes | default | meaning |\n|---|---|---|---|\n" + rows;
}

std::string usage(const CLI::App& command, const std::string& name) {
  std::string text = name;
  bool options = false;
  for (const CLI::Option* option : command.get_options()) {
    if (option == command.get_help_ptr()) continue;
    if (!option->get_positional()) {
      options = options || !option->get_required();
      if (option->get_required()) text += fmt::format(" {} {}", name_of(*option), "...");
      continue;
    }
    const std::string many = option->get_items_expected_max() > 1 ? " ..." : "";
    text += option->get_required() ? " " + name_of(*option) + many : " [" + name_of(*option) + many + "]";
  }
  return text + (options ? " [OPTIONS]" : "");
}

std::string section(const CLI::App& command, const std::string& above) {
  const std::string name = above + " " + command.get_name();
  const auto below = command.get_subcommands({});
  std::string text;
  if (below.empty()) {
    text = fmt::format("\n## {}\n\n{}.\n\n    {}\n{}", name, command.get_description(), usage(command, name),
                       table(command));
  }
  for (const CLI::App* inner : below) text += section(*inner, name);
  return text;
}

}  // namespace

std::string cli_page(const CLI::App& app) {
  std::string text =
      "# Command line\n\nPrinted by `orrery docs cli`. `./orrery` of the checkout takes the same, builds first, and "
      "begins with `-n RANKS` for\nmpirun; its own commands (demo, test, report, validate) stand at its head. Every "
      "command knows `--help`. Exit codes: 0 fine,\n1 a run failed or files differ, 2 bad input.\n";
  for (const CLI::App* command : app.get_subcommands({})) text += section(*command, app.get_name());
  return text;
}

}  // namespace orrery::experiments
