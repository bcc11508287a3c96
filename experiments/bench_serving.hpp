// `orrery bench serving`: what simulating a served request costs.
#pragma once

namespace orrery::experiments {

// Prints CPU time per token and request for a few swarms; returns 1 if a run did not serve what it was asked.
int bench_serving();

}  // namespace orrery::experiments
