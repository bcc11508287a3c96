#include "experiments/sweep/axis.hpp"

#include <algorithm>
#include <cmath>

#include "kernels/contract.hpp"

namespace orrery::experiments::sweep {
namespace {

using sim::config::Array;
using sim::config::Entry;
using sim::config::Fields;
using sim::config::Value;

struct Range {
  double from = 0;
  double to = 0;
  std::int64_t steps = 0;
  std::string scale = "linear";
  static Fields<Range> fields() {
    return Fields<Range>()
        .real("from", &Range::from, "", "first value", -1e300, 1e300)
        .real("to", &Range::to, "", "last value", -1e300, 1e300)
        .integer("steps", &Range::steps, "values", "how many values there are, both ends counted", 2, 1e6)
        .choice("scale", &Range::scale, {"linear", "log"}, "equal differences, or equal ratios");
  }
};

bool is_integer(const Value& v) { return std::holds_alternative<std::int64_t>(v.data); }
bool is_real(const Value& v) { return std::holds_alternative<double>(v.data); }

double number_of(const Value& v) {
  return is_integer(v) ? static_cast<double>(std::get<std::int64_t>(v.data)) : std::get<double>(v.data);
}

// Text is its own label; anything else is spelt as in a scenario file.
std::string label_of(const Value& v) {
  const auto* text = std::get_if<std::string>(&v.data);
  return text ? *text : sim::config::write_value(v);
}

double between(const Range& r, std::int64_t step) {
  if (step == r.steps - 1) return r.to;
  const double share = static_cast<double>(step) / static_cast<double>(r.steps - 1);
  return r.scale == "log" ? r.from * std::pow(r.to / r.from, share) : r.from + (r.to - r.from) * share;
}

Array expand(const std::string& key, const Value& table) {
  Range r;
  sim::config::read_fields(Range::fields().list(), &r, table);
  for (const char* end : {"from", "to", "steps"}) {
    VALIDATE(table.find(end), table.place.text(), "the range of '" + key + "' has no '" + end + "'",
             "a range needs from, to and steps", "Write {from = 1, to = 8, steps = 4}.");
  }
  VALIDATE(r.scale == "linear" || (r.from > 0 && r.to > 0), table.place.text(),
           "the range of '" + key + "' cannot be logarithmic", "one of its ends is not above 0",
           "Write scale = \"linear\", or begin above 0.");
  const bool whole = is_integer(*table.find("from")) && is_integer(*table.find("to"));
  Array values;
  for (std::int64_t step = 0; step < r.steps; ++step) {
    Value value;
    value.place = table.place;
    const double x = between(r, step);
    if (whole) {
      value.data = static_cast<std::int64_t>(std::llround(x));
    } else {
      value.data = x;
    }
    values.push_back(std::move(value));
  }
  return values;
}

Axis key_axis(const std::string& key, const Value& value) {
  VALIDATE(!value.is_array() || !value.array().empty(), value.place.text(), "the axis '" + key + "' has no values",
           "there would be no run", "Give [value, ...].");
  VALIDATE(value.is_array() || value.is_table(), value.place.text(), "the axis '" + key + "' has the wrong type",
           std::string(value.type_name()) + " is written here", "Give [value, ...] or {from, to, steps}.");
  const Array values = value.is_array() ? value.array() : expand(key, value);
  Axis axis{key, true, {}};
  for (const Value& v : values) {
    const bool number = is_integer(v) || is_real(v);
    axis.numeric = axis.numeric && number;
    axis.levels.push_back({label_of(v), number ? number_of(v) : 0, {{key, v}}});
  }
  return axis;
}

// Below [sweep.over], workload.rate = [...] and "workload.rate" = [...] mean the same; a table with 'from' is a range,
// any other is a section.
void add_keys(const Value& table, const std::string& prefix, std::vector<Axis>& axes) {
  for (const Entry& entry : table.table()) {
    const std::string key = prefix + entry.key;
    const bool section = entry.value.is_table() && !entry.value.find("from");
    if (section && !entry.value.table().empty()) {
      add_keys(entry.value, key + ".", axes);
      continue;
    }
    for (const Axis& earlier : axes) {
      VALIDATE(earlier.name != key, entry.place.text(), "'" + key + "' is an axis twice",
               "its values would replace one another", "Keep one of them.");
    }
    VALIDATE(key.starts_with("sweep.") == false && key.find('.') != std::string::npos, entry.place.text(),
             "'" + key + "' cannot be an axis", "an axis is a key of the scenario, with its section",
             "Write section.key = [...].");
    axes.push_back(key_axis(key, entry.value));
  }
}

void add_settings(const Value& table, const std::string& prefix, Level& level) {
  for (const Entry& entry : table.table()) {
    // What a section holds is set key by key; a table below that (a mix) is one value.
    if (prefix.empty() && entry.value.is_table()) {
      add_settings(entry.value, entry.key + ".", level);
    } else {
      level.settings.emplace_back(prefix + entry.key, entry.value);
    }
  }
}

void add_variant(const Variant& variant, std::vector<Axis>& axes, std::size_t first) {
  VALIDATE(!variant.name.empty(), "sweep.variant", "a variant has no name", "results would not tell it from others",
           "Write name = \"...\".");
  const std::string place = variant.set.place.file.empty() ? "sweep.variant" : variant.set.place.text();
  for (std::size_t i = 0; i < first; ++i) {
    VALIDATE(axes[i].name != variant.axis, place, "variants cannot form the axis '" + variant.axis + "'",
             "a key of [sweep.over] is called so", "Choose another name.");
  }
  auto axis = std::find_if(axes.begin(), axes.end(), [&](const Axis& a) { return a.name == variant.axis; });
  if (axis == axes.end()) axis = axes.insert(axes.end(), Axis{variant.axis, false, {}});
  for (const Level& other : axis->levels) {
    VALIDATE(other.label != variant.name, place, "'" + variant.name + "' stands twice on the axis '" + axis->name + "'",
             "results could not tell them apart", "Choose another name.");
  }
  Level level{variant.name, 0, {}};
  add_settings(variant.set, "", level);
  axis->levels.push_back(std::move(level));
}

// Two axes that set one key would overrule each other in silence.
void check_disjoint(const std::vector<Axis>& axes) {
  std::vector<std::pair<std::string, std::string>> owners;  // key, axis
  for (const Axis& axis : axes) {
    for (const Level& level : axis.levels) {
      for (const auto& [key, value] : level.settings) {
        const auto within = [](const std::string& a, const std::string& b) { return a == b || a.starts_with(b + "."); };
        for (const auto& [other, owner] : owners) {
          VALIDATE(owner == axis.name || !(within(key, other) || within(other, key)), value.place.text(),
                   "'" + key + "' is set by two axes",
                   "'" + owner + "' and '" + axis.name + "' would overrule each other", "Leave it to one of them.");
        }
      }
    }
    for (const Level& level : axis.levels) {
      for (const auto& [key, value] : level.settings) {
        const std::pair<std::string, std::string> owner{key, axis.name};
        if (std::find(owners.begin(), owners.end(), owner) == owners.end()) owners.push_back(owner);
      }
    }
  }
}

}  // namespace

std::vector<Axis> read_axes(const SweepParams& params) {
  std::vector<Axis> axes;
  add_keys(params.over, "", axes);
  const std::size_t first = axes.size();
  for (const Variant& variant : params.variant) add_variant(variant, axes, first);
  check_disjoint(axes);
  return axes;
}

}  // namespace orrery::experiments::sweep
