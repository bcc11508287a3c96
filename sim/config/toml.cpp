#include "sim/config/toml.hpp"

#include <algorithm>
#include <fstream>
#include <sstream>
#include <utility>
#include <vector>

#include "kernels/contract.hpp"

// toml++ 3.3 asserts on some malformed headers ("[=") and assumes them away with NDEBUG. Here its assertions throw, in
// every build type, and become an InputError like any other syntax error.
#undef NDEBUG
namespace orrery::sim::config {
struct ParserAssertion {};
[[noreturn]] static void fail_parser_assertion() { throw ParserAssertion{}; }
}  // namespace orrery::sim::config
#define TOML_ASSERT(expr) ((expr) ? static_cast<void>(0) : ::orrery::sim::config::fail_parser_assertion())
#include <toml++/toml.h>

namespace orrery::sim::config {
namespace {

// Deeper than any scenario, and shallow enough for recursion.
constexpr int max_depth = 64;

Place place_of(const toml::source_region& region, const std::string& file) {
  return {file, static_cast<int>(region.begin.line), static_cast<int>(region.begin.column)};
}

Value convert(const toml::node& node, const std::string& file, int depth);

Table convert_table(const toml::table& table, const std::string& file, int depth) {
  Table entries;
  for (const auto& [key, node] : table) {
    entries.push_back({std::string(key.str()), place_of(key.source(), file), convert(node, file, depth + 1)});
  }
  // The library keeps keys in alphabetical order; the file's order is where they stand.
  std::stable_sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) {
    return std::pair(a.place.line, a.place.column) < std::pair(b.place.line, b.place.column);
  });
  return entries;
}

Value convert(const toml::node& node, const std::string& file, int depth) {
  Value value;
  value.place = place_of(node.source(), file);
  VALIDATE(depth <= max_depth, value.place.text(), "nested too deeply",
           "more than " + std::to_string(max_depth) + " levels");
  if (const auto* table = node.as_table()) {
    value.data = convert_table(*table, file, depth);
  } else if (const auto* array = node.as_array()) {
    Array items;
    for (const toml::node& item : *array) items.push_back(convert(item, file, depth + 1));
    value.data = std::move(items);
  } else if (const auto* boolean = node.as_boolean()) {
    value.data = boolean->get();
  } else if (const auto* integer = node.as_integer()) {
    value.data = integer->get();
  } else if (const auto* real = node.as_floating_point()) {
    value.data = real->get();
  } else if (const auto* string = node.as_string()) {
    value.data = string->get();
  } else {
    fail_input(value.place.text(), "dates and times are not used here", "virtual time counts seconds from 0",
               "Give a number of seconds.");
  }
  return value;
}

// The library's sentence about a syntax error, without its full stop, as the reason in our grammar.
[[noreturn]] void fail_syntax(const toml::parse_error& error, const Place& place) {
  std::string reason(error.description());
  while (reason.ends_with('.')) reason.pop_back();
  fail_input(place.text(), "not valid TOML", reason, "See https://toml.io/en/v1.0.0.");
}

bool asserts(std::string_view text) {
  try {
    static_cast<void>(toml::parse(text));
  } catch (const ParserAssertion&) {
    return true;
  } catch (const toml::parse_error&) {
  }
  return false;
}

// An assertion has no place. The parser reads from left to right, so the place is in the last line of the shortest run
// of lines that already trips it.
[[noreturn]] void fail_assertion(std::string_view text, const std::string& file) {
  std::vector<std::size_t> ends;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\n') ends.push_back(i + 1);
  }
  const auto line =
      std::partition_point(ends.begin(), ends.end(), [&](std::size_t n) { return !asserts(text.substr(0, n)); });
  fail_input(Place{file, static_cast<int>(line - ends.begin()) + 1, 1}.text(), "not valid TOML",
             "this line is malformed beyond what the parser can describe", "See https://toml.io/en/v1.0.0.");
}

bool is_bare_word(std::string_view text) {
  const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; };
  const auto digit = [](char c) { return c >= '0' && c <= '9'; };
  return !text.empty() && letter(text[0]) &&
         std::all_of(text.begin(), text.end(), [&](char c) { return letter(c) || digit(c) || c == '-'; }) &&
         text != "true" && text != "false" && text != "inf" && text != "nan";
}

void set_place(Value& value, const Place& place) {
  value.place = place;
  if (auto* items = std::get_if<Array>(&value.data)) {
    for (Value& item : *items) set_place(item, place);
  } else if (auto* entries = std::get_if<Table>(&value.data)) {
    for (Entry& entry : *entries) {
      entry.place = place;
      set_place(entry.value, place);
    }
  }
}

Value parse_argument(std::string_view text, const Place& place) {
  Value value;
  if (is_bare_word(text)) {
    value.data = std::string(text);
  } else {
    try {
      const std::string line = "value = " + std::string(text);
      const toml::table parsed = toml::parse(std::string_view(line));
      VALIDATE(parsed.size() == 1, place.text(), "not one value", "the text goes on after its first value",
               "Repeat --set for each key.");
      value = convert(*parsed.get("value"), place.file, 0);
    } catch (const toml::parse_error& error) {
      fail_syntax(error, place);
    } catch (const ParserAssertion&) {
      fail_input(place.text(), "not valid TOML", "it is malformed beyond what the parser can describe");
    }
  }
  set_place(value, place);
  return value;
}

}  // namespace

Value parse_toml(std::string_view text, const std::string& file) {
  try {
    const toml::table root = toml::parse(text, std::string_view(file));
    return convert(root, file, 0);
  } catch (const toml::parse_error& error) {
    fail_syntax(error, place_of(error.source(), file));
  } catch (const ParserAssertion&) {
    fail_assertion(text, file);
  }
}

Value read_toml(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  VALIDATE(in, path, "cannot be opened", "it does not exist or may not be read");
  std::ostringstream text;
  if (in.peek() != std::ifstream::traits_type::eof()) text << in.rdbuf();
  VALIDATE(!in.bad() && !text.fail(), path, "cannot be read", "it is a folder, or the disk failed");
  return parse_toml(text.str(), path);
}

void set_key(Value& root, std::string_view key, std::string_view value) {
  const Place place{"--set " + std::string(key) + "=" + std::string(value), 0, 0};
  set_value(root, key, parse_argument(value, place));
}

void set_value(Value& root, std::string_view key, Value value) {
  const Place place = value.place;
  Value* at = &root;
  while (true) {
    const std::size_t dot = key.find('.');
    const std::string name(key.substr(0, dot));
    VALIDATE(!name.empty(), place.text(), "empty key", "a part before or after a dot is missing", "Write section.key.");
    auto* entries = std::get_if<Table>(&at->data);
    VALIDATE(entries, place.text(), "'" + name + "' cannot be set", "what it would belong to is not a table");
    auto entry = std::find_if(entries->begin(), entries->end(), [&](const Entry& e) { return e.key == name; });
    if (entry == entries->end()) {
      Value empty;
      empty.data = Table{};
      empty.place = place;
      entry = entries->insert(entries->end(), {name, place, std::move(empty)});
    }
    if (dot == std::string_view::npos) {
      entry->place = place;
      entry->value = std::move(value);
      return;
    }
    at = &entry->value;
    key.remove_prefix(dot + 1);
  }
}

}  // namespace orrery::sim::config
