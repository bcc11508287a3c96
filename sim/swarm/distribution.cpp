#include "sim/swarm/distribution.hpp"

#include <cmath>

#include "kernels/contract.hpp"

namespace orrery::sim::swarm {

Distribution Distribution::with_mean(Family family, double mean_s, double shape) {
  EXPECT(mean_s > 0 && shape > 0);
  switch (family) {
    case Family::exponential:
      return of(family, mean_s, 0);
    case Family::weibull:
      return of(family, shape, mean_s / std::tgamma(1 + 1 / shape));
    case Family::lognormal:
      return of(family, std::log(mean_s) - shape * shape / 2, shape);
    case Family::gamma:
      return of(family, shape, mean_s / shape);
    case Family::quantiles:
      break;
  }
  fail_contract("precondition", "a family with a shape", __FILE__, __LINE__);
}

Distribution Distribution::of(Family family, double first, double second) {
  EXPECT(family != Family::quantiles);
  EXPECT(family == Family::lognormal || first > 0);
  EXPECT(family == Family::exponential || second > 0);
  return Distribution(family, first, second);
}

Distribution Distribution::of(Quantiles quantiles) {
  EXPECT(quantiles.mean() > 0);
  Distribution d(Family::quantiles, 0, 0);
  d.quantiles_ = std::make_shared<const Quantiles>(std::move(quantiles));
  return d;
}

double Distribution::mean() const {
  switch (family_) {
    case Family::exponential:
      return first_;
    case Family::weibull:
      return second_ * std::tgamma(1 + 1 / first_);
    case Family::lognormal:
      return std::exp(first_ + second_ * second_ / 2);
    case Family::gamma:
      return first_ * second_;
    case Family::quantiles:
      return factor_ * quantiles_->mean();
  }
  fail_contract("precondition", "a known family", __FILE__, __LINE__);
}

Distribution Distribution::scaled(double factor) const {
  EXPECT(factor > 0);
  Distribution d = *this;
  switch (family_) {
    case Family::exponential:
      d.first_ *= factor;
      break;
    case Family::weibull:
    case Family::gamma:
      d.second_ *= factor;
      break;
    case Family::lognormal:
      d.first_ += std::log(factor);
      break;
    case Family::quantiles:
      d.factor_ *= factor;
      break;
  }
  return d;
}

double Distribution::sample(Draw& draw) const {
  switch (family_) {
    case Family::exponential:
      return draw.exponential(first_);
    case Family::weibull:
      return draw.weibull(first_, second_);
    case Family::lognormal:
      return draw.lognormal(first_, second_);
    case Family::gamma:
      return draw.gamma(first_, second_);
    case Family::quantiles:
      return factor_ * quantiles_->sample(draw);
  }
  fail_contract("precondition", "a known family", __FILE__, __LINE__);
}

double Distribution::length_biased(Draw& draw) const {
  switch (family_) {
    case Family::exponential:
      return draw.gamma(2, first_);
    case Family::weibull:
      return second_ * std::pow(draw.gamma(1 + 1 / first_, 1), 1 / first_);
    case Family::lognormal:
      return draw.lognormal(first_ + second_ * second_, second_);
    case Family::gamma:
      return draw.gamma(first_ + 1, second_);
    case Family::quantiles:
      return factor_ * quantiles_->length_biased(draw);
  }
  fail_contract("precondition", "a known family", __FILE__, __LINE__);
}

Distribution::Covering Distribution::covering(Draw& draw) const {
  const double whole = length_biased(draw);
  const double left = whole * draw.uniform();
  return {whole - left, left};
}

const std::vector<std::string>& family_names() {
  static const std::vector<std::string> names{"exponential", "weibull", "lognormal", "gamma"};
  return names;
}

Distribution::Family family_named(std::string_view name) {
  if (name == "exponential") return Distribution::Family::exponential;
  if (name == "weibull") return Distribution::Family::weibull;
  if (name == "lognormal") return Distribution::Family::lognormal;
  EXPECT(name == "gamma");
  return Distribution::Family::gamma;
}

}  // namespace orrery::sim::swarm
