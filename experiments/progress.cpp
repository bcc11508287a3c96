#include "experiments/progress.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include <fmt/format.h>

namespace orrery::experiments {
namespace {
constexpr double period_s = 0.25;
constexpr double quiet_s = 0.5;
constexpr std::string_view clear_line = "\r\x1b[K";
}  // namespace

Progress::Progress(std::function<void(std::string_view)> write, std::function<double()> now)
    : write_(std::move(write)), now_(std::move(now)), start_(now_()), last_(start_ + quiet_s - period_s) {}

Progress::~Progress() {
  if (shown_) write_(clear_line);
}

void Progress::update(double fraction, sim::Time at) {
  update(fraction, fmt::format("{:.1f} s of virtual time", at.seconds()));
}

void Progress::update(double fraction, std::string_view done) {
  const double now = now_();
  if (now - last_ < period_s) return;
  last_ = now;
  shown_ = true;
  fraction = std::clamp(fraction, 0.0, 1.0);
  std::string line = fmt::format("{}{:3.0f} %  {}", clear_line, std::floor(fraction * 100), done);
  // An estimate from less than a hundredth of the work would jump about.
  if (fraction >= 0.01) line += "  " + spell_seconds((now - start_) * (1 - fraction) / fraction) + " left";
  write_(line);
}

std::string spell_seconds(double seconds) {
  const auto whole = static_cast<long>(std::ceil(std::max(0.0, seconds)));
  if (whole < 3600) return fmt::format("{}:{:02}", whole / 60, whole % 60);
  return fmt::format("{}:{:02}:{:02}", whole / 3600, whole / 60 % 60, whole % 60);
}

}  // namespace orrery::experiments
