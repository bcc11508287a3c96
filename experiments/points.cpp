#include "experiments/points.hpp"

#include <map>

#include "experiments/manual.hpp"

namespace orrery::experiments {
namespace {

std::map<std::string, Point> describe_all() {
  std::map<std::string, Point> all;
  for (const Topic& topic : topics()) {
    for (const auto& field : topic.fields) {
      const std::string key = topic.section + "." + field.name;
      all.try_emplace(key, Point{key, field.unit, field.what});
    }
  }
  return all;
}

}  // namespace

Point described(const std::string& key) {
  static const std::map<std::string, Point> all = describe_all();
  const auto found = all.find(key);
  return found == all.end() ? Point{key, "", ""} : found->second;
}

std::vector<Point> points_of(const sim::serving::Scenario& scenario) {
  std::vector<Point> points;
  for (const auto& [key, value] : scenario.point()) {
    points.push_back(described(key));
    points.back().value = value;
  }
  return points;
}

}  // namespace orrery::experiments
