// What a scenario with swarm.form = "large" may ask for.
#pragma once

namespace orrery::sim::serving {

class Scenario;

// InputError for a key or a policy that a large swarm cannot follow; nothing for swarm.form = "whole".
void validate_form(const Scenario& scenario);

}  // namespace orrery::sim::serving
