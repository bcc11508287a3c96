// `orrery status`: how far a sweep is.
#pragma once

#include <string>

namespace orrery::experiments::sweep {

// Of the results file at `path`, finished or not. InputError where there is neither the file nor an unfinished sweep.
std::string status_text(const std::string& path);

}  // namespace orrery::experiments::sweep
