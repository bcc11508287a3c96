// What a scenario with swarm.form = "large" may ask for.
#pragma once

#include "sim/config/value.hpp"

namespace orrery::sim::serving {

class Scenario;

// InputError for a key or a policy that a large swarm cannot follow; nothing for swarm.form = "whole". The place of an
// error is where `root`, what the scenario was read from, has the key; the key itself where it is a default.
void validate_form(const Scenario& scenario, const config::Value& root);

}  // namespace orrery::sim::serving
