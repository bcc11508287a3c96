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

struct RangeTable {
  double from = 0;
  double to = 0;
  std::int64_t steps = 0;
  std::string scale = "linear";
  static Fields<RangeTable> fields() {
    using P = RangeTable;
    return Fields<P>()
        .real("from", &P::from, "", "first value", -1e300, 1e300)
        .real("to", &P::to, "", "last value", -1e300, 1e300)
        .integer("steps", &P::steps, "values", "how many values there are, both ends counted", 2, 1e6)
        .choice("scale", &P::scale, {"linear", "log"}, "equal differences, or equal ratios");
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

Range read_range(const std::string& key, const Value& table, bool sampled) {
  RangeTable t;
  sim::config::read_fields(RangeTable::fields().list(), &t, table);
  for (const char* needed : {"from", "to", "steps"}) {
    if (sampled && needed == std::string("steps")) continue;
    VALIDATE(table.find(needed), table.place.text(), "the range of '" + key + "' has no '" + needed + "'",
             sampled ? "a range needs from and to" : "a range needs from, to and steps",
             sampled ? "Write {from = 1, to = 8}." : "Write {from = 1, to = 8, steps = 4}.");
  }
  VALIDATE(!sampled || t.steps == 0, table.place.text(), "'steps' has no effect",
           "points are sampled anywhere between the ends", "Leave it out.");
  VALIDATE(t.scale == "linear" || (t.from > 0 && t.to > 0), table.place.text(),
           "the range of '" + key + "' cannot be logarithmic", "one of its ends is not above 0",
           "Write scale = \"linear\", or begin above 0.");
  return {t.from,     t.to, t.steps, t.scale, is_integer(*table.find("from")) && is_integer(*table.find("to")),
          table.place};
}

Array expand(const Range& range) {
  Array values;
  for (std::int64_t step = 0; step < range.steps; ++step) {
    values.push_back(range.at(static_cast<double>(step) / static_cast<double>(range.steps - 1)));
  }
  return values;
}

Axis key_axis(const std::string& key, const Value& value, bool sampled) {
  VALIDATE(!value.is_array() || !value.array().empty(), value.place.text(), "the axis '" + key + "' has no values",
           "there would be no run", "Give [value, ...].");
  VALIDATE(value.is_array() || value.is_table(), value.place.text(), "the axis '" + key + "' has the wrong type",
           std::string(value.type_name()) + " is written here", "Give [value, ...] or {from, to, steps}.");
  Axis axis{key, true, {}};
  if (value.is_table()) axis.range = read_range(key, value, sampled);
  if (axis.range && sampled) return axis;
  for (const Value& v : axis.range ? expand(*axis.range) : value.array()) {
    axis.numeric = axis.numeric && (is_integer(v) || is_real(v));
    axis.levels.push_back(level_of(key, v));
  }
  axis.range.reset();
  return axis;
}

// Below [sweep.over], workload.rate = [...] and "workload.rate" = [...] mean the same; a table with 'from' is a range,
// any other is a section.
void add_keys(const Value& table, const std::string& prefix, bool sampled, std::vector<Axis>& axes) {
  for (const Entry& entry : table.table()) {
    const std::string key = prefix + entry.key;
    const bool section = entry.value.is_table() && !entry.value.find("from");
    if (section && !entry.value.table().empty()) {
      add_keys(entry.value, key + ".", sampled, axes);
      continue;
    }
    for (const Axis& earlier : axes) {
      VALIDATE(earlier.name != key, entry.place.text(), "'" + key + "' is an axis twice",
               "its values would replace one another", "Keep one of them.");
    }
    VALIDATE(key.starts_with("sweep.") == false && key.find('.') != std::string::npos, entry.place.text(),
             "'" + key + "' cannot be an axis", "an axis is a key of the scenario, with its section",
             "Write section.key = [...].");
    axes.push_back(key_axis(key, entry.value, sampled));
    axes.back().place = entry.place;
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

Value Range::at(double share) const {
  // Both ends exactly, whatever the arithmetic between them.
  double x = scale == "log" ? from * std::pow(to / from, share) : from + (to - from) * share;
  if (share == 0) x = from;
  if (share == 1) x = to;
  Value value;
  value.place = place;
  if (whole) {
    value.data = static_cast<std::int64_t>(std::llround(x));
  } else {
    value.data = x;
  }
  return value;
}

Level level_of(const std::string& key, const Value& v) {
  return {label_of(v), is_integer(v) || is_real(v) ? number_of(v) : 0, {{key, v}}};
}

std::vector<Axis> read_axes(const SweepParams& params) {
  std::vector<Axis> axes;
  add_keys(params.over, "", params.sample != "grid", axes);
  // Dotted keys of one section stand together in the tree, wherever they were written.
  std::stable_sort(axes.begin(), axes.end(), [](const Axis& a, const Axis& b) {
    return std::pair(a.place.line, a.place.column) < std::pair(b.place.line, b.place.column);
  });
  const std::size_t first = axes.size();
  for (const Variant& variant : params.variant) add_variant(variant, axes, first);
  check_disjoint(axes);
  return axes;
}

}  // namespace orrery::experiments::sweep
