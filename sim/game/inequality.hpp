// How unequally something is held.
#pragma once

#include <vector>

namespace orrery::sim::game {

// 0: everybody has the same; (n-1)/n: one has all. Amounts are >= 0; 0 where nobody has anything.
double gini(std::vector<double> amounts);

// The least number of holders who together have more than `share` of everything; 0 where nobody has anything.
int nakamoto(std::vector<double> amounts, double share);

}  // namespace orrery::sim::game
