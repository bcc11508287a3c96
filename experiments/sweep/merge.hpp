// `orrery merge`: several results files as one.
#pragma once

#include <string>
#include <vector>

namespace orrery::experiments::sweep {

// Writes the rows of all files into `out`: parts of one sweep fill each other's gaps, in the order of the sweep, so
// that the parts of a sweep that are all there give the file of the whole; other files follow one another, and a run
// that several of them hold stands once. An unfinished sweep counts with what it has. Returns what was done in one
// line. InputError where two files disagree about a run, and where `out` exists and is no results file.
std::string merge(const std::vector<std::string>& files, const std::string& out);

}  // namespace orrery::experiments::sweep
