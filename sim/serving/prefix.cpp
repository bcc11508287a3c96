// A chain all of whose nodes hold the KV entries of the request's prefix skips that part of the prompt.
//
// All or none: where one leg lacks them, the legs before it have to compute its inputs anyway. What is skipped has no
// inputs that a client could replay, so a chain that began like this is begun again when a part of it is lost.
#include <algorithm>

#include "sim/serving/client.hpp"

namespace orrery::sim::serving {

// On an open chain that no position has passed.
void Client::begin_with_prefix(Session& s) {
  const Tokens tokens = s.request.prefix.tokens;
  s.cached = 0;
  const auto holds = [tokens](const Leg& leg) { return leg.cached >= tokens; };
  if (tokens == 0 || !std::all_of(s.chain.begin(), s.chain.end(), holds)) return;
  s.cached = tokens;
  s.record.skipped += tokens;
  for (Leg& leg : s.chain) {
    post(world_.entity(leg.hop.node), Adopt{s.request.id.index(), leg.leg, static_cast<std::uint32_t>(tokens)});
    leg.inputs.begin_at(tokens);
  }
  s.results.begin_at(tokens);
}

}  // namespace orrery::sim::serving
