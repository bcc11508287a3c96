// A measurement in a process of its own: with libraries that read the environment when they are loaded, with memory
// that is given back, and without taking the program along when it dies.
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace orrery::experiments {

// What `measure` returns in a child that has these variables set. RunError if the child ends in another way.
std::string in_child(const std::vector<std::pair<std::string, std::string>>& environment,
                     const std::function<std::string()>& measure);

}  // namespace orrery::experiments
