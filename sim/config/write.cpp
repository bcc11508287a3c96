// Canonical TOML spellings: the same value always gives the same text, and the text reads back to the same bits.
#include <algorithm>
#include <array>
#include <charconv>

#include "kernels/contract.hpp"
#include "sim/config/fields.hpp"

namespace orrery::sim::config {
namespace {

bool is_bare_key(std::string_view key) {
  return !key.empty() && std::all_of(key.begin(), key.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
  });
}

std::string write_key(std::string_view key) { return is_bare_key(key) ? std::string(key) : write_text(key); }

// The fields by name, so that moving a line in the source does not change the hash of every run.
std::vector<const FieldInfo*> sorted(const FieldList& fields) {
  std::vector<const FieldInfo*> order;
  for (const FieldInfo& field : fields) order.push_back(&field);
  std::sort(order.begin(), order.end(), [](const FieldInfo* a, const FieldInfo* b) { return a->name < b->name; });
  return order;
}

}  // namespace

std::string write_real(double x) {
  std::array<char, 40> buffer;
  const auto [end, error] = std::to_chars(buffer.data(), buffer.data() + buffer.size(), x);
  ENSURE(error == std::errc{});
  std::string text(buffer.data(), end);
  // "3" would read back as an integer, and "-0" as a zero without its sign.
  if (text.find_first_not_of("-0123456789") == std::string::npos) text += ".0";
  return text;
}

std::string write_text(std::string_view s) {
  constexpr std::string_view hex = "0123456789ABCDEF";
  std::string text = "\"";
  for (const char c : s) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      text += '\\';
      text += c;
    } else if (byte < 0x20 || byte == 0x7f) {
      text += "\\u00";
      text += hex[byte >> 4];
      text += hex[byte & 15];
    } else {
      text += c;
    }
  }
  return text + "\"";
}

std::string write_numbers(const std::vector<double>& v) {
  std::string text = "[";
  for (const double x : v) text += (text.size() > 1 ? ", " : "") + write_real(x);
  return text + "]";
}

std::string write_mix(const Mix& mix) {
  std::string text = "{";
  for (const auto& [name, weight] : mix)
    text += (text.size() > 1 ? ", " : "") + write_key(name) + " = " + write_real(weight);
  return text + "}";
}

std::string write_value(const Value& value) {
  if (const auto* boolean = std::get_if<bool>(&value.data)) return *boolean ? "true" : "false";
  if (const auto* integer = std::get_if<std::int64_t>(&value.data)) return std::to_string(*integer);
  if (const auto* real = std::get_if<double>(&value.data)) return write_real(*real);
  if (const auto* text = std::get_if<std::string>(&value.data)) return write_text(*text);
  std::string text;
  if (value.is_array()) {
    for (const Value& item : value.array()) text += (text.empty() ? "" : ", ") + write_value(item);
    return "[" + text + "]";
  }
  for (const Entry& entry : value.table()) {
    text += (text.empty() ? "" : ", ") + write_key(entry.key) + " = " + write_value(entry.value);
  }
  return "{" + text + "}";
}

std::string write_fields(const FieldList& fields, const void* params, std::string_view prefix) {
  std::string text;
  for (const FieldInfo* field : sorted(fields)) {
    text.append(prefix).append(field->name).append(" = ").append(field->write(params)).append("\n");
  }
  return text;
}

std::string write_inline_table(const FieldList& columns, const void* row) {
  std::string text = "{";
  for (const FieldInfo* column : sorted(columns)) {
    text += (text.size() > 1 ? ", " : "") + column->name + " = " + column->write(row);
  }
  return text + "}";
}

}  // namespace orrery::sim::config
