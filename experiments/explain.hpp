// `orrery explain`: sections, policies and keys in prose, printed from the same records that parse them.
#pragma once

#include <string>

namespace orrery::experiments {

// "routing.petals", "serving", "routing" (all its policies), "serving.stop" or "routing.petals.alpha"; InputError with
// the nearest topic for anything else.
std::string explain_text(const std::string& topic);

// A complete TOML section with every default: of a section, a policy, a kind of policy (its default), or, with an empty
// topic, of a whole scenario.
std::string defaults_text(const std::string& topic);

// Every section, policy and key as a Markdown page.
std::string markdown_text();

}  // namespace orrery::experiments
