// How long nodes stay and stay away: the families that availability studies fit, and measured quantiles.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "sim/quantiles.hpp"
#include "sim/random.hpp"

namespace orrery::sim::swarm {

class Distribution {
 public:
  enum class Family { exponential, weibull, lognormal, gamma, quantiles };

  // By mean [s] > 0 and shape > 0: Weibull's and gamma's shape, lognormal's sigma; the exponential ignores it.
  static Distribution with_mean(Family family, double mean_s, double shape);
  // By the two parameters of the published fits: exponential (mean, unused), Weibull and gamma (shape, scale [s]),
  // lognormal (mu of seconds, sigma).
  static Distribution of(Family family, double first, double second);
  static Distribution of(Quantiles quantiles);

  double mean() const;  // [s]
  Distribution scaled(double factor) const;
  double sample(Draw& draw) const;  // [s], >= 0
  // The interval that covers a random instant. What is left of it has the equilibrium distribution with density
  // (1 - F(x)) / mean, and so has what is past. Sampled exactly, as a uniform share of a length-biased draw, which each
  // family has in closed form: gamma(2) for the exponential, scale gamma(1 + 1/k)^(1/k) for Weibull, lognormal(mu +
  // sigma^2), gamma(k + 1).
  struct Covering {
    double past, left;  // [s] before and after the instant
  };
  Covering covering(Draw& draw) const;
  double residual(Draw& draw) const { return covering(draw).left; }

 private:
  Distribution(Family family, double first, double second) : family_(family), first_(first), second_(second) {}
  double length_biased(Draw& draw) const;

  Family family_;
  double first_, second_;
  double factor_ = 1;  // of quantiles
  std::shared_ptr<const Quantiles> quantiles_;
};

// "exponential", "weibull", "lognormal", "gamma".
const std::vector<std::string>& family_names();
// The family of this name; ContractError for another name.
Distribution::Family family_named(std::string_view name);

}  // namespace orrery::sim::swarm
