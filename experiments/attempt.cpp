#include "experiments/attempt.hpp"

#include "kernels/contract.hpp"
#include "sim/fleet/fleet.hpp"

namespace orrery::experiments {
namespace {

// InputErrors and RunErrors are expected, and the ranks agree about them afterwards; after anything else this rank
// cannot go on, and the others would wait for it forever.
Ranks::Outcome attempt_here(const sim::serving::Scenario& scenario, const sim::Context& context,
                            const sim::serving::RunOptions& options, const Ranks& ranks, sim::RunResult& result) {
  try {
    result = sim::fleet::run(scenario, context, options);
    return {0, ""};
  } catch (const InputError& error) {
    return {2, error.what()};
  } catch (const RunError& error) {
    return {1, error.what()};
  } catch (const std::exception& error) {
    if (ranks.size() > 1) ranks.abort(error.what());
    return {1, std::string("a defect of Orrery: ") + error.what()};
  }
}

}  // namespace

Ranks::Outcome attempt(const sim::serving::Scenario& scenario, const sim::Context& context,
                       const sim::serving::RunOptions& options, const Ranks& ranks, sim::RunResult& result) {
  return ranks.settle(attempt_here(scenario, context, options, ranks, result));
}

}  // namespace orrery::experiments
