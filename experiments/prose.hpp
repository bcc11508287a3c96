// Text for people: lines of bearable length.
#pragma once

#include <string>
#include <string_view>

namespace orrery::experiments {

// Words in lines of at most 100 columns, each begun with `indent` and ended with a newline; an empty line in `text`
// stays one, and a line that begins with a space (a formula, a table) stays as it is.
std::string wrapped(std::string_view text, std::string_view indent);

}  // namespace orrery::experiments
