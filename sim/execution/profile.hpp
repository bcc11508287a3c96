// Measured times of a machine in place of the roofline: how long a block takes by the tokens in the batch, and what the
// machine holds by the number of blocks it serves. Read from a TOML file (execution.profiles) of [[profile]] tables;
// nodes name theirs in swarm.node.
#pragma once

#include <string>
#include <vector>

#include "sim/config/fields.hpp"

namespace orrery::sim::execution {

struct Profile {
  std::string name;
  // Time of one block, piecewise linear through these points and on beyond the last two; the parts of prompts and of
  // decode steps add up, and context lengths do not matter.
  std::vector<double> prompt_tokens, prompt_s;
  std::vector<double> decode_tokens, decode_s;
  // By blocks served, for 1, 2, ... of them; an empty list leaves the matter to the scenario.
  std::vector<double> kv_tokens;           // KV cache in all [token x block]
  std::vector<double> max_prompts;         // in one batch of a layer
  std::vector<double> max_prompt_tokens;   // of those prompts in all [token]
  std::vector<double> max_decodes;         // in one batch of a layer
  std::vector<double> max_decode_context;  // positions before those decode steps in all [token]
  std::vector<double> tokens_per_s;        // what placement counts on

  static config::Fields<Profile> fields();
  // Seconds of one block for a batch of so many prompt tokens and decode steps.
  double block_s(double prompt, double decodes) const;
  // The entry of a list by blocks, or `otherwise` where the list is empty; EXPECTs blocks within the list.
  static double at(const std::vector<double>& by_blocks, int blocks, double otherwise);
  // The most blocks that every list knows of; 0: no list says.
  int most_blocks() const;
  // All of them.
  std::vector<const std::vector<double>*> lists_by_blocks() const;
};

// InputError at file:line:col for what cannot be read, two profiles of one name, points that do not ascend and lists of
// unequal length.
std::vector<Profile> read_profiles(const std::string& path);

}  // namespace orrery::sim::execution
