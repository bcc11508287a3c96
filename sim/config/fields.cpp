#include "sim/config/fields.hpp"

#include <cmath>

#include "kernels/contract.hpp"

namespace orrery::sim::config {
namespace {

// "from 1 to 64 nodes", "of at least 0 s", or nothing where every number is allowed.
std::string range(const FieldInfo& field) {
  const auto spell = [&](double x) {
    if (field.kind == FieldKind::integer) return std::to_string(static_cast<std::int64_t>(x));
    const std::string text = write_real(x);
    return text.ends_with(".0") ? text.substr(0, text.size() - 2) : text;
  };
  const bool plain = field.unit.empty() || field.unit == "1";  // a count or a ratio
  const std::string unit = plain ? "" : " " + field.unit;
  if (std::isfinite(field.low) && std::isfinite(field.high)) {
    return " from " + spell(field.low) + " to " + spell(field.high) + unit;
  }
  if (std::isfinite(field.low)) return " of at least " + spell(field.low) + unit;
  if (std::isfinite(field.high)) return " of at most " + spell(field.high) + unit;
  return plain ? "" : " in " + field.unit;
}

std::string quoted(const FieldInfo& field) { return "'" + field.name + "'"; }

[[noreturn]] void fail_type(const FieldInfo& field, const Value& value, const std::string& wanted) {
  fail_input(value.place.text(), quoted(field) + " has the wrong type",
             std::string(value.type_name()) + " is written here, " + wanted + " belongs here",
             "Give " + wanted + range(field) + ".");
}

void check_range(const FieldInfo& field, const Value& value, double x, const std::string& spelling) {
  const std::string wanted = field.kind == FieldKind::integer ? "an integer" : "a number";
  VALIDATE(std::isfinite(x), value.place.text(), quoted(field) + " is not finite",
           spelling + " cannot be computed with", "Give " + wanted + range(field) + ".");
  VALIDATE(x >= field.low && x <= field.high, value.place.text(), quoted(field) + " is out of range",
           spelling + (x < field.low ? " is too small" : " is too large"), "Give " + wanted + range(field) + ".");
}

// A number, which an integer is too.
double number_of(const FieldInfo& field, const Value& value) {
  if (const auto* integer = std::get_if<std::int64_t>(&value.data)) return static_cast<double>(*integer);
  if (const auto* real = std::get_if<double>(&value.data)) return *real;
  fail_type(field, value, "a number");
}

}  // namespace

std::string takes(const FieldInfo& field) {
  switch (field.kind) {
    case FieldKind::boolean:
      return "true or false";
    case FieldKind::integer:
      return "an integer" + range(field);
    case FieldKind::real:
      return "a number" + range(field);
    case FieldKind::text:
      return "text";
    case FieldKind::choice: {
      std::string text = "one of";
      for (const std::string& choice : field.choices) text += (text == "one of" ? " " : ", ") + choice;
      return text;
    }
    case FieldKind::numbers:
      return "an array of numbers" + range(field);
    case FieldKind::mix:
      return "a table name = weight";
    case FieldKind::rows:
      return "an array of tables";
    case FieldKind::table:
      return "a table";
  }
  throw ContractError("a field of no kind");
}

bool read_boolean(const FieldInfo& field, const Value& value) {
  const auto* given = std::get_if<bool>(&value.data);
  VALIDATE(given, value.place.text(), quoted(field) + " has the wrong type",
           std::string(value.type_name()) + " is written here, a boolean belongs here", "Give true or false.");
  return *given;
}

std::int64_t read_integer(const FieldInfo& field, const Value& value) {
  if (const auto* real = std::get_if<double>(&value.data)) {
    fail_input(value.place.text(), quoted(field) + " is not an integer", write_real(*real) + " is written here",
               "Give an integer" + range(field) + ".");
  }
  const auto* given = std::get_if<std::int64_t>(&value.data);
  if (!given) fail_type(field, value, "an integer");
  check_range(field, value, static_cast<double>(*given), std::to_string(*given));
  return *given;
}

double read_real(const FieldInfo& field, const Value& value) {
  const double given = number_of(field, value);
  check_range(field, value, given, write_real(given));
  return given;
}

std::string read_text(const FieldInfo& field, const Value& value) {
  const auto* given = std::get_if<std::string>(&value.data);
  VALIDATE(given, value.place.text(), quoted(field) + " has the wrong type",
           std::string(value.type_name()) + " is written here, a string belongs here",
           field.choices.empty() ? "Give text in quotes." : suggest("", field.choices));
  if (field.kind == FieldKind::choice) {
    for (const std::string& choice : field.choices) {
      if (choice == *given) return *given;
    }
    fail_input(value.place.text(), quoted(field) + " cannot be '" + *given + "'", "no such choice",
               suggest(*given, field.choices));
  }
  return *given;
}

std::vector<double> read_numbers(const FieldInfo& field, const Value& value) {
  VALIDATE(value.is_array(), value.place.text(), quoted(field) + " has the wrong type",
           std::string(value.type_name()) + " is written here, an array of numbers belongs here",
           "Give [x, y, ...], each a number" + range(field) + ".");
  std::vector<double> numbers;
  for (const Value& item : value.array()) numbers.push_back(read_real(field, item));
  return numbers;
}

Mix read_mix(const FieldInfo& field, const Value& value) {
  VALIDATE(value.is_table(), value.place.text(), quoted(field) + " has the wrong type",
           std::string(value.type_name()) + " is written here, a table of weights belongs here",
           "Give {name = weight, ...}.");
  VALIDATE(field.may_be_empty || !value.table().empty(), value.place.text(), quoted(field) + " is empty",
           "there is nothing to choose from", "Give {name = weight, ...}.");
  Mix mix;
  for (const Entry& entry : value.table()) {
    const double weight = number_of(field, entry.value);
    VALIDATE(std::isfinite(weight) && weight > 0, entry.value.place.text(),
             "the weight of '" + entry.key + "' in " + quoted(field) + " is not positive",
             write_real(weight) + " is no share", "Give a number above 0, or leave '" + entry.key + "' out.");
    for (const auto& [name, earlier] : mix) {
      VALIDATE(name != entry.key, entry.place.text(), "'" + entry.key + "' stands twice in " + quoted(field),
               "a name has one weight", "Add the weights up.");
    }
    mix.emplace_back(entry.key, weight);
  }
  return mix;
}

Value read_table(const FieldInfo& field, const Value& value) {
  VALIDATE(value.is_table(), value.place.text(), quoted(field) + " has the wrong type",
           std::string(value.type_name()) + " is written here, a table belongs here", "Give {key = value, ...}.");
  return value;
}

const Array& read_array_of_tables(const std::string& key, const Value& value) {
  const std::string wanted = "an array of tables belongs here";
  const std::string suggestion = "Write [[" + key + "]] sections or " + key + " = [{...}, {...}].";
  VALIDATE(value.is_array(), value.place.text(), "'" + key + "' has the wrong type",
           std::string(value.type_name()) + " is written here, " + wanted, suggestion);
  for (const Value& item : value.array()) {
    VALIDATE(item.is_table(), item.place.text(), "a row of '" + key + "' has the wrong type",
             std::string(item.type_name()) + " is written here, " + wanted, suggestion);
  }
  return value.array();
}

void read_fields(const FieldList& fields, void* params, const Value& table) {
  std::vector<std::string> names;
  for (const FieldInfo& field : fields) names.push_back(field.name);
  VALIDATE(table.is_table(), table.place.text(), "a table of parameters belongs here",
           std::string(table.type_name()) + " is written here", suggest("", names));
  for (const Entry& entry : table.table()) {
    const FieldInfo* found = nullptr;
    for (const FieldInfo& field : fields) {
      if (field.name == entry.key) found = &field;
    }
    VALIDATE(found, entry.place.text(), "unknown key '" + entry.key + "'", "nothing would read it",
             suggest(entry.key, names));
    found->read(params, entry.value);
  }
}

}  // namespace orrery::sim::config
