// How long nodes will stay, from how long they have been there.
#pragma once

#include <vector>

namespace orrery::sim::routing {

// Lomax lifetimes fitted to the ages of the nodes that are on line at one instant. In a swarm that is in its steady
// state the age of a random node has density S(a) / mean, S the survival function of sessions; so the ages of a view
// tell how the hazard falls with age without anybody having watched a single node leave.
class AgeModel {
 public:
  // Fits the median m and the upper quartile q of the ages [s] (no others are used, so no outlier matters): a tail of
  // exponent k = 1 / log2(q / m - 1) and scale m / (2^(1/k) - 1) where q > 2 m; exponential with hazard ln 2 / m, which
  // is the limit of k without bound, where the tail is not heavier than that. No ages: nobody is ever lost.
  explicit AgeModel(std::vector<double> ages_s);

  // Expected number of losses over `duration_s` of a node of this age, each replaced by one like it: the integral of
  // the hazard.
  double losses(double age_s, double duration_s) const;

 private:
  double exponent_ = 0;  // of S: k + 1; 0 for the exponential
  double scale_s_ = 0;
  double hazard_ = 0;  // [1/s] of the exponential
};

}  // namespace orrery::sim::routing
