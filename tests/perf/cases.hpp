// Pinned cases whose instructions are counted: a program perf_NAME is main.cpp and NAME.perf.cpp, which defines
// cases().
//
// What can move a count must be the code alone: sizes, seeds and inputs are fixed, nothing is timed, and a case runs
// once before it is counted, so that statics and workspaces are there. analysis/perf_guard.py counts the functions of
// the program itself; those of shared libraries (libc, libm, HDF5, ...) change with the system and are only shown.
#pragma once

#include <functional>
#include <map>
#include <stdexcept>
#include <string>

namespace orrery::perf {

using Work = std::function<void()>;     // what is counted
using Prepare = std::function<Work()>;  // what it needs, and the check of its answer
using Cases = std::map<std::string, Prepare>;

Cases cases();

// A count of wrong work is worth nothing.
inline void check(bool right, const std::string& what) {
  if (!right) throw std::runtime_error(what);
}

}  // namespace orrery::perf
