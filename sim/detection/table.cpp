#include "sim/detection/table.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>

#include "data/facts.hpp"
#include "sim/config/toml.hpp"

namespace orrery::sim::detection {
namespace {

using config::Value;

const Value& member(const Value& table, std::string_view key) {
  const Value* found = table.is_table() ? table.find(key) : nullptr;
  VALIDATE(found != nullptr, table.place.text(), "has no '" + std::string(key) + "'",
           "every [[setting]] of a detection table needs it", "Write the table with `orrery calibrate detection`.");
  return *found;
}
double number(const Value& value) {
  if (const auto* i = std::get_if<std::int64_t>(&value.data)) return static_cast<double>(*i);
  if (const auto* d = std::get_if<double>(&value.data)) return *d;
  fail_input(value.place.text(), "is " + std::string(value.type_name()), "a number stands here");
}
std::string text(const Value& value) {
  const auto* s = std::get_if<std::string>(&value.data);
  VALIDATE(s != nullptr, value.place.text(), "is " + std::string(value.type_name()), "a name stands here");
  return *s;
}
const config::Array& list(const Value& value, std::size_t size) {
  VALIDATE(value.is_array() && (size == 0 || value.array().size() == size), value.place.text(),
           "is no list of the right length", "there is one entry for each detector");
  return value.array();
}

std::string joined(const std::set<std::string>& names) {
  std::string all;
  for (const std::string& name : names) all += (all.empty() ? "" : ", ") + name;
  return all.empty() ? "nothing" : all;
}

}  // namespace

DetectionTable DetectionTable::parse(std::string_view bytes, const std::string& file) {
  const Value root = config::parse_toml(bytes, file);
  DetectionTable table;
  for (const Value& entry : list(member(root, "setting"), 0)) {
    Setting s;
    s.model = text(member(entry, "model"));
    s.population = text(member(entry, "population"));
    s.share = number(member(entry, "blocks")) / number(member(entry, "of"));
    std::vector<std::string> detectors;
    for (const Value& name : list(member(entry, "detectors"), 0)) detectors.push_back(text(name));
    const config::Array& thresholds = list(member(entry, "thresholds"), detectors.size());
    for (std::size_t d = 0; d < detectors.size(); ++d) s.thresholds[detectors[d]] = number(thresholds[d]);
    const Value& rejected = member(entry, "rejected");
    const Value& trials = member(entry, "trials");
    VALIDATE(rejected.is_table(), rejected.place.text(), "is no table", "it has a list for each behaviour");
    for (const config::Entry& row : rejected.table()) {
      const double of = number(member(trials, row.key));
      const config::Array& counts = list(row.value, detectors.size());
      for (std::size_t d = 0; d < detectors.size(); ++d) {
        const double k = number(counts[d]);
        VALIDATE(k <= of, counts[d].place.text(), "is more than all trials", "a rate is at most 1");
        if (k >= 0) s.counts[row.key][detectors[d]] = {std::llround(k), std::llround(of)};
      }
    }
    table.settings_.push_back(std::move(s));
  }
  return table;
}

const DetectionTable& DetectionTable::embedded() {
  static const DetectionTable table = parse(data::fact("detection.toml"), "detection.toml");
  return table;
}

std::vector<DetectionTable::Entry> DetectionTable::entries() const {
  std::vector<Entry> list;
  for (const Setting& s : settings_) {
    for (const auto& [behaviour, row] : s.counts) {
      for (const auto& [detector, rate] : row)
        list.push_back({{s.model, s.population, detector}, behaviour, s.share, rate});
    }
  }
  return list;
}

bool DetectionTable::knows(const Circumstances& at, std::string_view behaviour) const {
  return std::any_of(settings_.begin(), settings_.end(), [&](const Setting& s) {
    const auto row = s.counts.find(behaviour);
    return s.model == at.model && s.population == at.population && row != s.counts.end() &&
           row->second.contains(at.detector);
  });
}

const DetectionTable::Setting& DetectionTable::setting(const Circumstances& at, double share,
                                                       std::string_view behaviour, std::string_view place) const {
  const Setting* best = nullptr;
  std::set<std::string> models, populations, detectors, behaviours;
  for (const Setting& s : settings_) {
    models.insert(s.model);
    if (s.model != at.model) continue;
    populations.insert(s.population);
    if (s.population != at.population) continue;
    for (const auto& [name, row] : s.counts) {
      behaviours.insert(name);
      for (const auto& [detector, rate] : row) detectors.insert(detector);
    }
    const auto row = s.counts.find(behaviour);
    if (row == s.counts.end() || !row->second.contains(at.detector)) continue;
    const double far = std::fabs(std::log(s.share / share));
    const double so_far = best ? std::fabs(std::log(best->share / share)) : std::numeric_limits<double>::infinity();
    if (far < so_far || (far == so_far && s.share > best->share)) best = &s;
  }
  if (best) return *best;
  const std::string what = "'" + std::string(behaviour) + "' against '" + at.detector + "' on model '" + at.model +
                           "' among '" + at.population + "' devices";
  const std::string known = !models.contains(at.model)             ? "measured models: " + joined(models)
                            : !populations.contains(at.population) ? "measured populations: " + joined(populations)
                            : !behaviours.contains(std::string(behaviour))
                                ? "measured behaviours: " + joined(behaviours)
                                : "measured detectors: " + joined(detectors);
  fail_input(
      place, "nobody measured " + what, known + "; rates are not guessed",
      "Measure it with `orrery calibrate detection`, use execution.mode = \"real\", or choose what was measured.");
}

DetectionTable::Rate DetectionTable::rate(const Circumstances& at, std::string_view behaviour, double share,
                                          std::string_view place) const {
  return setting(at, share, behaviour, place).counts.find(behaviour)->second.at(at.detector);
}

double DetectionTable::threshold(const Circumstances& at, double share, std::string_view place) const {
  return setting(at, share, "honest", place).thresholds.at(at.detector);
}

std::string write_table(std::string_view note, std::string_view model, int model_blocks,
                        const std::vector<Cell>& cells) {
  std::string out(note);
  for (std::size_t begin = 0; begin < cells.size();) {
    const auto same = [&](const Cell& c) {
      return c.population == cells[begin].population && c.blocks == cells[begin].blocks;
    };
    std::size_t end = begin;
    std::vector<std::string> detectors, behaviours;
    const auto note_name = [](std::vector<std::string>& names, const std::string& name) {
      if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
    };
    for (; end < cells.size() && same(cells[end]); ++end) {
      note_name(detectors, cells[end].detector);
      note_name(behaviours, cells[end].behaviour);
    }
    const std::span<const Cell> block(cells.data() + begin, end - begin);
    const auto find = [&block](const std::string& behaviour, const std::string& detector) -> const Cell* {
      for (const Cell& c : block) {
        if (c.behaviour == behaviour && c.detector == detector) return &c;
      }
      return nullptr;
    };
    out += "\n[[setting]]\nmodel = " + config::write_text(model) +
           "\npopulation = " + config::write_text(block[0].population) +
           "\nblocks = " + std::to_string(block[0].blocks.size()) + "\nof = " + std::to_string(model_blocks) +
           "\ndetectors = [";
    std::string thresholds;
    for (const std::string& d : detectors) {
      const Cell* honest = find("honest", d);
      const bool has = honest && std::isfinite(honest->threshold);
      out += (d == detectors[0] ? "" : ", ") + config::write_text(d);
      // A published rule has no single threshold.
      thresholds += (thresholds.empty() ? "" : ", ") + config::write_real(has ? honest->threshold : -1);
    }
    out += "]\nthresholds = [" + thresholds + "]\n[setting.trials]\n";
    for (const std::string& b : behaviours) {
      std::int64_t trials = 0;
      for (const Cell& c : block) trials = c.behaviour == b ? c.trials : trials;
      out += config::write_text(b) + " = " + std::to_string(trials) + "\n";
    }
    out += "[setting.rejected]\n";
    for (const std::string& b : behaviours) {
      out += config::write_text(b) + " = [";
      for (const std::string& d : detectors) {
        const Cell* c = find(b, d);
        out += (d == detectors[0] ? "" : ", ") + std::to_string(c ? c->rejected : -1);
      }
      out += "]\n";
    }
    begin = end;
  }
  return out;
}

}  // namespace orrery::sim::detection
