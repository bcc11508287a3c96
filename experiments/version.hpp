// Which program this is, and which results it gives.
#pragma once

#include <string>
#include <string_view>

namespace orrery::experiments {

// Raised by every change after which the same scenario and seed may give other numbers. Part of every run's id, so that
// rows of different meaning never share one.
inline constexpr int results_version = 1;

std::string_view version();  // "0.1.0"
// "1c329bf0c1d2"; "1c329bf0c1d2-dirty-a9baf86f" where the tree had changes, with a hash of them; "no git" in a release
// archive.
std::string_view commit();

// Version, commit and what the program was built with, for `orrery version`.
std::string version_text();

}  // namespace orrery::experiments
