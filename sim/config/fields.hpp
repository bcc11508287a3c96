// One list of fields per parameter struct: parser, range check, help, canonical text (hence the run's hash) and HDF5
// column. A key is written once, here:
//
//   struct Params {
//     std::int64_t d = 2;
//     static Fields<Params> fields() {
//       return Fields<Params>().integer("d", &Params::d, "nodes", "nodes probed", 1, 64);
//     }
//   };
#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "sim/config/value.hpp"

namespace orrery::sim::config {

enum class FieldKind { boolean, integer, real, text, choice, numbers, mix, rows, table };

// name = weight, in the order of the file; weights are positive and need not add up to one.
using Mix = std::vector<std::pair<std::string, double>>;

struct FieldInfo {
  std::string name{};
  FieldKind kind = FieldKind::real;
  std::string unit{};  // "s", "bytes", "nodes", "1" for ratios; empty for text
  std::string what{};  // one sentence
  double low = -std::numeric_limits<double>::infinity();
  double high = std::numeric_limits<double>::infinity();
  std::vector<std::string> choices{};  // of a choice
  bool may_be_empty = false;           // of a mix: its default is empty, so that is what {} says
  std::vector<FieldInfo> columns{};    // of rows
  // Store a checked value into the struct at `params`; throws InputError at the value's place.
  std::function<void(void* params, const Value& value)> read{};
  // Canonical TOML text of the field in the struct at `params`; reading it back gives the same bits.
  std::function<std::string(const void* params)> write{};
  // The field as a number for an HDF5 column (boolean 0/1); empty function for text, mixes and rows.
  std::function<double(const void* params)> number{};
};
using FieldList = std::vector<FieldInfo>;

// Checked conversions; each throws InputError at value.place that names the field, the reason and what is allowed.
bool read_boolean(const FieldInfo& field, const Value& value);
std::int64_t read_integer(const FieldInfo& field, const Value& value);
double read_real(const FieldInfo& field, const Value& value);
std::string read_text(const FieldInfo& field, const Value& value);
std::vector<double> read_numbers(const FieldInfo& field, const Value& value);
Mix read_mix(const FieldInfo& field, const Value& value);
Value read_table(const FieldInfo& field, const Value& value);
// Canonical TOML spellings.
std::string write_real(double x);  // shortest text that reads back to the same double
std::string write_text(std::string_view s);
std::string write_numbers(const std::vector<double>& v);
std::string write_mix(const Mix& mix);
std::string write_value(const Value& value);  // tables inline, in their own order

// What a field takes, for help and messages: "an integer from 1 to 64 nodes", "one of fast, slow".
std::string takes(const FieldInfo& field);

// Reads every entry of `table` into `params`: an unknown key is an error with the nearest valid name.
void read_fields(const FieldList& fields, void* params, const Value& table);
// "key = value" lines, sorted by key, defaults included.
std::string write_fields(const FieldList& fields, const void* params, std::string_view prefix = {});

template <class P>
class Fields {
 public:
  // Every parameter is moved, which the check does not see inside a template.
  // NOLINTBEGIN(performance-unnecessary-value-param)
  Fields& boolean(std::string name, bool P::*member, std::string what) {
    return add(
        {.name = std::move(name), .kind = FieldKind::boolean, .what = std::move(what)}, member, read_boolean,
        [](bool b) { return std::string(b ? "true" : "false"); }, [](bool b) { return b ? 1.0 : 0.0; });
  }
  Fields& integer(std::string name, std::int64_t P::*member, std::string unit, std::string what, double low,
                  double high) {
    return add(
        {.name = std::move(name),
         .kind = FieldKind::integer,
         .unit = std::move(unit),
         .what = std::move(what),
         .low = low,
         .high = high},
        member, read_integer, [](std::int64_t i) { return std::to_string(i); },
        [](std::int64_t i) { return static_cast<double>(i); });
  }
  Fields& real(std::string name, double P::*member, std::string unit, std::string what, double low, double high) {
    return add({.name = std::move(name),
                .kind = FieldKind::real,
                .unit = std::move(unit),
                .what = std::move(what),
                .low = low,
                .high = high},
               member, read_real, write_real, [](double x) { return x; });
  }
  Fields& text(std::string name, std::string P::*member, std::string what) {
    return add({.name = std::move(name), .kind = FieldKind::text, .what = std::move(what)}, member, read_text,
               write_text);
  }
  Fields& choice(std::string name, std::string P::*member, std::vector<std::string> choices, std::string what) {
    return add(
        {.name = std::move(name), .kind = FieldKind::choice, .what = std::move(what), .choices = std::move(choices)},
        member, read_text, write_text);
  }
  Fields& numbers(std::string name, std::vector<double> P::*member, std::string unit, std::string what, double low,
                  double high) {
    return add({.name = std::move(name),
                .kind = FieldKind::numbers,
                .unit = std::move(unit),
                .what = std::move(what),
                .low = low,
                .high = high},
               member, read_numbers, write_numbers);
  }
  // A table name = weight. Whether the names exist is for the owner of the struct to check. {} is refused unless the
  // default is empty, which then means what the owner says.
  Fields& mix(std::string name, Mix P::*member, std::string what) {
    return add({.name = std::move(name),
                .kind = FieldKind::mix,
                .what = std::move(what),
                .low = 0,
                .may_be_empty = (P{}.*member).empty()},
               member, read_mix, write_mix);
  }
  // A table that its owner reads.
  Fields& table(std::string name, Value P::*member, std::string what) {
    return add({.name = std::move(name), .kind = FieldKind::table, .what = std::move(what)}, member, read_table,
               write_value);
  }
  // An array of tables, each read by Row::fields(). The canonical text is an array of inline tables.
  template <class Row>
  Fields& rows(std::string name, std::vector<Row> P::*member, std::string what) {
    FieldInfo info{.name = std::move(name), .kind = FieldKind::rows, .what = std::move(what)};
    info.columns = Row::fields().list();
    info.read = [member, columns = info.columns, key = info.name](void* params, const Value& value) {
      auto& rows = static_cast<P*>(params)->*member;
      rows.clear();
      for (const Value& item : array_of_tables(key, value)) read_fields(columns, &rows.emplace_back(), item);
    };
    info.write = [member, columns = info.columns](const void* params) {
      std::string text = "[";
      for (const Row& row : static_cast<const P*>(params)->*member) {
        if (text.size() > 1) text += ", ";
        text += write_inline(columns, &row);
      }
      return text + "]";
    };
    list_.push_back(std::move(info));
    return *this;
  }
  // NOLINTEND(performance-unnecessary-value-param)
  const FieldList& list() const& { return list_; }
  FieldList list() && { return std::move(list_); }  // so that a loop over P::fields().list() does not dangle

 private:
  template <class M, class Read, class Write>
  Fields& add(FieldInfo info, M P::*member, Read read, Write write,
              std::type_identity_t<std::function<double(const M&)>> number = {}) {
    // The copy inside the closure is the same list entry: the reader checks the range that the help prints.
    info.read = [member, read, checked = info](void* params, const Value& value) {
      static_cast<P*>(params)->*member = read(checked, value);
    };
    info.write = [member, write](const void* params) {
      return std::string(write(static_cast<const P*>(params)->*member));
    };
    if (number)
      info.number = [member, number](const void* params) { return number(static_cast<const P*>(params)->*member); };
    list_.push_back(std::move(info));
    return *this;
  }
  static const Array& array_of_tables(const std::string& key, const Value& value);
  static std::string write_inline(const FieldList& columns, const void* row);

  FieldList list_;
};

// The checks behind Fields::rows, shared by every P.
const Array& read_array_of_tables(const std::string& key, const Value& value);
std::string write_inline_table(const FieldList& columns, const void* row);

template <class P>
const Array& Fields<P>::array_of_tables(const std::string& key, const Value& value) {
  return read_array_of_tables(key, value);
}
template <class P>
std::string Fields<P>::write_inline(const FieldList& columns, const void* row) {
  return write_inline_table(columns, row);
}

}  // namespace orrery::sim::config
