#include "experiments/attempt.hpp"

#include "kernels/contract.hpp"
#include "sim/fleet/fleet.hpp"

namespace orrery::experiments {
namespace {

// InputErrors and RunErrors are expected, and the ranks agree about them afterwards; after anything else this rank
// cannot go on, and the others would wait for it forever.
Ranks::Outcome attempt_here(const sim::serving::Scenario& scenario, const sim::Context& context,
                            const sim::serving::RunOptions& options, const Ranks& ranks, sim::RunResult& result,
                            const Ranks::LastWords& last_words) {
  try {
    result = sim::fleet::run(scenario, context, options);
    return {0, ""};
  } catch (const InputError& error) {
    return {2, error.what()};
  } catch (const RunError& error) {
    return {1, error.what()};
  } catch (const std::exception& error) {
    const std::string reason = std::string("a defect of Orrery: ") + error.what();
    if (ranks.size() > 1) ranks.abort(reason, last_words);
    return {1, reason};
  }
}

}  // namespace

Ranks::Outcome attempt(const sim::serving::Scenario& scenario, const sim::Context& context,
                       const sim::serving::RunOptions& options, const Ranks& ranks, sim::RunResult& result,
                       const Ranks::LastWords& last_words) {
  return ranks.settle(attempt_here(scenario, context, options, ranks, result, last_words), last_words);
}

}  // namespace orrery::experiments
