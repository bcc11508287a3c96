#include "sim/serving/retriever.hpp"

#include <algorithm>

namespace orrery::sim::serving {

Duration lookup_time(const Lookup& lookup, Tokens question) {
  const workload::RetrievalWork work = workload::retrieval_work(lookup.params, question);
  const auto seconds = [&lookup](const workload::RetrievalWork::Phase& phase) {
    return std::max(phase.flops.value() / lookup.machine.compute.value(),
                    phase.read.value() / lookup.machine.bandwidth.value());
  };
  const double measured_s = lookup.params.search_ms * 1e-3;
  return Duration::from_seconds(seconds(work.encode) + (measured_s > 0 ? measured_s : seconds(work.search)));
}

Retriever::Retriever(World& world) : Peer(world, world.retriever()) {}

void Retriever::receive(const engine::Event& event) { spawn(answer(event.as<Query>())); }

engine::Process Retriever::answer(Query query) {
  const Duration needed = lookup_time(*world_.lookup, query.tokens);
  free_ = std::max(now(), free_) + needed;
  busy_ += needed;
  auto waiting = sleep(free_ - now());
  co_await waiting;
  post(engine::EntityId(query.client),
       Passages{query.request, static_cast<std::uint32_t>(world_.lookup->params.tokens())});
}

}  // namespace orrery::sim::serving
