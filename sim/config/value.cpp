#include "sim/config/value.hpp"

#include <algorithm>
#include <array>
#include <cstddef>

namespace orrery::sim::config {
namespace {

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

// Edits (insert, delete, replace, swap neighbours) that turn a into b, ignoring case.
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before(b.size() + 1), row(b.size() + 1), next(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    next[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const bool same = lower(a[i - 1]) == lower(b[j - 1]);
      next[j] = std::min({row[j] + 1, next[j - 1] + 1, row[j - 1] + (same ? 0 : 1)});
      if (i > 1 && j > 1 && lower(a[i - 1]) == lower(b[j - 2]) && lower(a[i - 2]) == lower(b[j - 1])) {
        next[j] = std::min(next[j], before[j - 2] + 1);
      }
    }
    before.swap(row);
    row.swap(next);
  }
  return row[b.size()];
}

}  // namespace

std::string Place::text() const {
  if (line == 0) return file;
  return file + ":" + std::to_string(line) + ":" + std::to_string(column);
}

std::string_view Value::type_name() const {
  constexpr std::array<std::string_view, 6> names{"a boolean", "an integer", "a number",
                                                  "a string",  "an array",   "a table"};
  return names[data.index()];
}

const Value* Value::find(std::string_view key) const {
  if (!is_table()) return nullptr;
  for (const Entry& entry : table()) {
    if (entry.key == key) return &entry.value;
  }
  return nullptr;
}

std::string nearest(std::string_view word, const std::vector<std::string>& candidates) {
  // A third of the letters may be wrong, one at least and never all: beyond that a guess misleads. Long words are
  // nobody's typing error.
  if (word.size() < 2 || word.size() > 64) return {};
  std::size_t best = std::max<std::size_t>(1, word.size() / 3) + 1;
  std::string found;
  for (const std::string& candidate : candidates) {
    const std::size_t distance = edit_distance(word, candidate);
    if (distance < best) {
      best = distance;
      found = candidate;
    }
  }
  return found;
}

std::string suggest(std::string_view word, const std::vector<std::string>& candidates) {
  std::string text;
  if (const std::string near = nearest(word, candidates); !near.empty()) text = "Did you mean '" + near + "'? ";
  text += "Valid: ";
  for (std::size_t i = 0; i < candidates.size(); ++i) text += (i == 0 ? "" : ", ") + candidates[i];
  return text + (candidates.empty() ? "none." : ".");
}

}  // namespace orrery::sim::config
