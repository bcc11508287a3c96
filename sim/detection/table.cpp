#include "sim/detection/table.hpp"

#include <algorithm>
#include <cmath>
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

std::int64_t count(const Value& value) {
  const auto* i = std::get_if<std::int64_t>(&value.data);
  VALIDATE(i != nullptr && *i >= 1, value.place.text(), "is no number of blocks or tokens",
           "a whole number of at least 1 stands here");
  return *i;
}

std::string joined(const std::set<std::string>& names) {
  std::string all;
  for (const std::string& name : names) all += (all.empty() ? "" : ", ") + name;
  return all.empty() ? "nothing" : all;
}

// "3 and 12"
std::string joined(const std::set<std::int64_t>& numbers) {
  std::string all;
  for (const std::int64_t n : numbers)
    all += (all.empty() ? "" : n == *numbers.rbegin() ? " and " : ", ") + std::to_string(n);
  return all;
}

double apart(double a, double b) { return std::fabs(std::log(a / b)); }
// 2/12 and 3/12 are a factor of 1.5 apart, whatever their quotient is rounded to.
bool within(double a, double b, double reach) { return apart(a, b) <= std::log(reach) + 1e-9; }

// Three decimals are enough to see what is meant.
std::string brief(double x) {
  return x == std::round(x) ? std::to_string(std::llround(x)) : config::write_real(std::round(1000 * x) / 1000);
}

std::string what(const Circumstances& at, std::string_view behaviour) {
  return "'" + std::string(behaviour) + "' against '" + at.detector + "' on model '" + at.model + "' among '" +
         at.population + "' devices";
}

}  // namespace

DetectionTable::Setting DetectionTable::read_setting(const Value& entry) {
  Setting s;
  s.model = text(member(entry, "model"));
  s.population = text(member(entry, "population"));
  s.blocks = count(member(entry, "blocks"));
  s.of = count(member(entry, "of"));
  s.prompt = count(member(entry, "prompt"));
  s.generated = count(member(entry, "generated"));
  s.temperature = number(member(entry, "temperature"));
  VALIDATE(s.blocks <= s.of, entry.place.text(), "has a stage larger than the model", "'blocks' is above 'of'");
  VALIDATE(s.temperature >= 0, entry.place.text(), "has a temperature below 0", "no text is drawn at it");
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
  return s;
}

DetectionTable DetectionTable::parse(std::string_view bytes, const std::string& file) {
  const Value root = config::parse_toml(bytes, file);
  DetectionTable table;
  for (const Value& entry : list(member(root, "setting"), 0)) table.settings_.push_back(read_setting(entry));
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
        list.push_back({{s.model, s.population, detector}, behaviour, s.share(), s.rows(), s.temperature, rate});
    }
  }
  return list;
}

bool DetectionTable::Setting::has(const Circumstances& at, std::string_view behaviour) const {
  const auto row = counts.find(behaviour);
  return model == at.model && population == at.population && row != counts.end() && row->second.contains(at.detector);
}

bool DetectionTable::Setting::within(const Extent& extent) const {
  return detection::within(share(), extent.share, extent.reach) && detection::within(rows(), extent.rows, extent.reach);
}

const DetectionTable::Setting* DetectionTable::nearest(const Circumstances& at, std::string_view behaviour,
                                                       const Extent& extent) const {
  EXPECT(extent.share > 0 && extent.rows > 0 && extent.reach >= 1);
  const auto nearer = [&extent](const Setting& a, const Setting& b) {
    const double of_a = apart(a.share(), extent.share), of_b = apart(b.share(), extent.share);
    if (of_a != of_b) return of_a < of_b;
    if (a.share() != b.share()) return a.share() > b.share();
    const double rows_a = apart(a.rows(), extent.rows), rows_b = apart(b.rows(), extent.rows);
    return rows_a != rows_b ? rows_a < rows_b : a.rows() > b.rows();
  };
  const Setting* best = nullptr;
  for (const Setting& s : settings_) {
    if (s.has(at, behaviour) && (!best || nearer(s, *best))) best = &s;
  }
  return best;
}

bool DetectionTable::knows(const Circumstances& at, std::string_view behaviour, const Extent& extent) const {
  const Setting* found = nearest(at, behaviour, extent);
  return found && found->within(extent);
}

const DetectionTable::Setting& DetectionTable::setting(const Circumstances& at, std::string_view behaviour,
                                                       const Extent& extent, std::string_view place) const {
  const Setting* found = nearest(at, behaviour, extent);
  if (!found) fail_unknown(at, behaviour, place);
  if (!found->within(extent)) fail_out_of_reach(at, behaviour, extent, place);
  return *found;
}

void DetectionTable::fail_unknown(const Circumstances& at, std::string_view behaviour, std::string_view place) const {
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
  }
  const std::string known = !models.contains(at.model)             ? "measured models: " + joined(models)
                            : !populations.contains(at.population) ? "measured populations: " + joined(populations)
                            : !behaviours.contains(std::string(behaviour))
                                ? "measured behaviours: " + joined(behaviours)
                                : "measured detectors: " + joined(detectors);
  fail_input(
      place, "nobody measured " + what(at, behaviour), known + "; rates are not guessed",
      "Measure it with `orrery calibrate detection`, use execution.mode = \"real\", or choose what was measured.");
}

// Stages and texts are listed for each size of model that was measured.
void DetectionTable::fail_out_of_reach(const Circumstances& at, std::string_view behaviour, const Extent& extent,
                                       std::string_view place) const {
  std::map<std::int64_t, std::pair<std::set<std::int64_t>, std::set<std::int64_t>>> measured;
  for (const Setting& s : settings_) {
    if (!s.has(at, behaviour)) continue;
    measured[s.of].first.insert(s.blocks);
    measured[s.of].second.insert(s.prompt + s.generated - 1);
  }
  std::string known;
  for (const auto& [of, sizes] : measured) {
    known += (known.empty() ? "stages of " : "; stages of ") + joined(sizes.first) + " of " + std::to_string(of) +
             " blocks, texts of " + joined(sizes.second) + " positions";
  }
  fail_input(
      place,
      "nobody measured " + what(at, behaviour) + ", with " + brief(extent.share) +
          " of the model's blocks and texts of " + brief(extent.rows) + " positions",
      "measured: " + known + "; what is up to " + brief(extent.reach) +
          " times larger or smaller is taken, and rates are not guessed",
      "Measure it with `orrery calibrate detection`, or choose stages and lengths that were measured; audit.reach "
      "says how far what was measured is taken.");
}

DetectionTable::Rate DetectionTable::rate(const Circumstances& at, std::string_view behaviour, const Extent& extent,
                                          std::string_view place) const {
  return setting(at, behaviour, extent, place).counts.find(behaviour)->second.at(at.detector);
}

double DetectionTable::threshold(const Circumstances& at, const Extent& extent, std::string_view place) const {
  return setting(at, "honest", extent, place).thresholds.at(at.detector);
}

std::string write_table(std::string_view note, std::string_view model, int model_blocks, const Plan& plan,
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
           "\nprompt = " + std::to_string(plan.prompt) + "\ngenerated = " + std::to_string(plan.generated) +
           "\ntemperature = " + config::write_real(plan.temperature) + "\ndetectors = [";
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
