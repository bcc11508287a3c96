// Legs of requests on a node. As in sim/serving, activations of a leg are processed in the order of their positions,
// each position once: a duplicate is dropped, and what comes early waits.
#include "sim/fleet/nodes.hpp"
#include "sim/serving/sizes.hpp"

namespace orrery::sim::fleet {

// Memory for KV caches beside the weights [byte].
double Nodes::kv_room(std::uint32_t node) const {
  const BlockSpan span = presence_[rows_[node].presence].blocks.span();
  return kind(node).setup.memory.value() - ground_.weight_bytes(span);
}

// A node holds a few legs at a time, at most as many as its memory has room for: a walk is short.
std::uint32_t Nodes::find(std::uint32_t node, std::uint32_t request, std::uint16_t leg) {
  for (std::uint32_t seat = presence(node).seats; seat != none; seat = seats_[seat].on_node) {
    if (seats_[seat].request == request && seats_[seat].leg == leg) return seat;
  }
  return none;
}

Answer Nodes::admit(std::uint32_t node, const Opening& o) {
  Presence& p = presence(node);
  if (p.blocks.empty()) return Answer::not_ready;
  if (o.blocks.begin < p.blocks.begin || o.blocks.end > p.blocks.end) return Answer::wrong_blocks;
  const double bytes = ground_.kv_bytes(o.blocks.span()) * o.tokens;
  if (p.kv_used + bytes > kv_room(node)) return Answer::no_memory;
  p.kv_used += bytes;
  ++p.sessions;
  const std::uint32_t seat = seats_.take();
  Seat& s = seats_[seat];
  s.request = o.request;
  s.slot = o.slot;
  s.client = o.client;
  s.next = o.next;
  s.tokens = o.tokens;
  s.replay_until = o.replay_until;
  s.leg = o.leg;
  s.next_leg = o.next_leg;
  s.blocks = o.blocks;
  s.on_node = p.seats;
  p.seats = seat;
  return Answer::opened;
}

void Nodes::open(std::uint32_t node, const Opening& o) {
  post(node, engine::EntityId(o.client), serving::control_bytes, Opened{o.request, o.slot, o.leg, admit(node, o)});
}

void Nodes::free_seat(std::uint32_t seat) {
  for (std::uint32_t item = seats_[seat].early; item != none;) {
    const std::uint32_t next = early_[item].next;
    early_.give_back(item);
    item = next;
  }
  seats_.give_back(seat);
}

void Nodes::close(std::uint32_t node, std::uint32_t request, std::uint16_t leg) {
  const std::uint32_t seat = find(node, request, leg);
  if (seat == none) return;
  Presence& p = presence(node);
  Seat& s = seats_[seat];
  p.kv_used -= ground_.kv_bytes(s.blocks.span()) * s.tokens;
  --p.sessions;
  std::uint32_t* link = &p.seats;
  while (*link != seat) link = &seats_[*link].on_node;
  *link = s.on_node;
  if (s.running) {
    s.closed = true;  // its batch frees it
    return;
  }
  if (s.busy) leave_queue(p, seat);
  free_seat(seat);
}

void Nodes::leave_queue(Presence& p, std::uint32_t seat) {
  const bool decode = seats_[seat].count == 1;
  std::uint32_t& head = decode ? p.decode_head : p.prefill_head;
  std::uint32_t& tail = decode ? p.decode_tail : p.prefill_tail;
  std::uint32_t before = none;
  for (std::uint32_t at = head; at != seat; at = seats_[at].in_line) before = at;
  (before == none ? head : seats_[before].in_line) = seats_[seat].in_line;
  if (tail == seat) tail = before;
  --p.waiting;
}

void Nodes::take_rows(std::uint32_t node, const Rows& rows) {
  const std::uint32_t seat = find(node, rows.request, rows.leg);
  if (seat == none) return;  // closed, or of a former life; the client will find out
  Seat& s = seats_[seat];
  if (rows.first < s.position) return;
  if (!s.busy && rows.first == s.position) {
    queue(node, seat, rows.first, rows.count);
    return wake(node);
  }
  std::uint32_t* link = &s.early;
  while (*link != none && early_[*link].first < rows.first) link = &early_[*link].next;
  if (*link != none && early_[*link].first == rows.first) return;
  const std::uint32_t item = early_.take();
  early_[item].first = rows.first;
  early_[item].count = rows.count;
  early_[item].next = *link;
  *link = item;
}

void Nodes::queue(std::uint32_t node, std::uint32_t seat, std::uint32_t first, std::uint16_t count) {
  Presence& p = presence(node);
  Seat& s = seats_[seat];
  s.first = first;
  s.count = count;
  s.position = first + count;
  EXPECT(s.position <= s.tokens);
  s.queued = ground_.now();
  s.busy = true;
  s.in_line = none;
  std::uint32_t& head = count == 1 ? p.decode_head : p.prefill_head;
  std::uint32_t& tail = count == 1 ? p.decode_tail : p.prefill_tail;
  (head == none ? head : seats_[tail].in_line) = seat;
  tail = seat;
  ++p.waiting;
}

// The next item of a leg, if it is here. Items before it are of positions that passed in another cut.
void Nodes::queue_early(std::uint32_t node, std::uint32_t seat) {
  Seat& s = seats_[seat];
  while (s.early != none && early_[s.early].first <= s.position) {
    const std::uint32_t item = s.early;
    const Early e = early_[item];
    s.early = e.next;
    early_.give_back(item);
    if (e.first == s.position) return queue(node, seat, e.first, e.count);
  }
}

}  // namespace orrery::sim::fleet
