// Batches: continuous batching as serving::BatchQueue does it with whole stages: decode steps first, then chunks of
// prompts, each in order of arrival, up to a limit of tokens and sessions.
#include "sim/fleet/nodes.hpp"

namespace orrery::sim::fleet {

void Nodes::wake(std::uint32_t node) {
  Presence& p = presence(node);
  if (p.computing || (p.decode == none && p.prefill == none)) return;
  form_batch(p);
  works_.clear();
  for (std::uint32_t seat = p.running; seat != none; seat = seats_[seat].in_line) {
    const Seat& s = seats_[seat];
    works_.push_back({s.blocks.span(), s.first(), s.count});
  }
  const Duration time =
      execution::stage_cost(ground_.model, kind(node).setup.machine, ground_.scenario.execution.kv_passes, works_).time;
  p.computing = true;
  p.computing_since = ground_.now();
  busy_.change(ground_.now(), 1);
  ground_.simulation().timer(ground_.node(node), time, Computed{turn(node)});
}

void Nodes::form_batch(Presence& p) {
  const serving::ServingParams& limits = ground_.scenario.serving;
  Tokens tokens = 0, sessions = 0;
  std::uint32_t* end = &p.running;
  const auto take_from = [&](std::uint32_t& last) {
    while (last != none && sessions < limits.max_batch_sessions) {
      const std::uint32_t seat = seats_[last].in_line;
      Seat& s = seats_[seat];
      if (sessions > 0 && tokens + s.count > limits.max_batch_tokens) break;
      tokens += s.count;
      ++sessions;
      if (seat == last) {
        last = none;
      } else {
        seats_[last].in_line = s.in_line;
      }
      s.running = 1;
      s.in_line = none;
      *end = seat;
      end = &s.in_line;
    }
  };
  take_from(p.decode);
  take_from(p.prefill);
}

// How many items wait in the queue that ends with `last`.
std::size_t Nodes::waiting(std::uint32_t last) const {
  if (last == none) return 0;
  std::size_t count = 1;
  for (std::uint32_t seat = seats_[last].in_line; seat != last; seat = seats_[seat].in_line) ++count;
  return count;
}

void Nodes::end_batch(std::uint32_t node) {
  Presence& p = presence(node);
  p.computed = p.computed + (ground_.now() - p.computing_since);
  p.computing = false;
  busy_.change(ground_.now(), -1);
  std::uint32_t seat = p.running;
  p.running = none;
  while (seat != none) {
    const std::uint32_t next = seats_[seat].in_line;
    seats_[seat].running = 0;
    if (seats_[seat].closed) {
      free_seat(seat);
    } else {
      deliver(node, seat);
    }
    seat = next;
  }
  wake(node);
}

// Outputs go to the successor and to the client.
void Nodes::deliver(std::uint32_t node, std::uint32_t seat) {
  Presence& p = presence(node);
  Seat& s = seats_[seat];
  const auto blocks = static_cast<std::uint32_t>(s.blocks.span().size());
  if (s.count == 1) {
    p.waited = p.waited + (ground_.now() - s.queued);
    p.step_blocks += blocks;
  }
  ground_.counts.block_tokens += static_cast<double>(blocks) * s.count;
  const double bytes = ground_.rows_bytes(s.count);
  if (s.next != none && s.position > s.replay_until) {
    post(node, engine::EntityId(s.next), bytes, Rows{s.request, s.next_leg, s.count, s.first()}, &s.to_next);
  }
  post(node, engine::EntityId(s.client), bytes, Output{s.request, s.slot, s.leg, s.count, s.first()}, &s.to_client);
  s.busy = 0;
  queue_early(node, seat);
}

}  // namespace orrery::sim::fleet
