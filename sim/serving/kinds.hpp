// What a workload's kind asks of the other sections.
#pragma once

namespace orrery::sim::serving {

class Scenario;

// Tells the workload what other sections make of its requests: rows of the model's images, passages that are looked up.
void settle_kind(Scenario& scenario);
// InputError for a model, a policy or a mode that the kind cannot have.
void check_kind(const Scenario& scenario);

}  // namespace orrery::sim::serving
