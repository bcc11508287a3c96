// Student's t distribution: intervals of means and tests of differences.
#pragma once

namespace orrery::experiments {

// P(T <= t) with `freedom` > 0 degrees of freedom, which need not be whole. Errors below 1e-12.
double student_t_cdf(double t, double freedom);
// The t with P(|T| <= t) = confidence, 0 < confidence < 1.
double student_t_two_sided(double confidence, double freedom);

}  // namespace orrery::experiments
