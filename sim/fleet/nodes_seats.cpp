// Legs of requests on a node. As in sim/serving, activations of a leg are processed in the order of their positions,
// each position once: a duplicate is dropped, and what comes early waits.
#include "sim/fleet/nodes.hpp"
#include "sim/serving/sizes.hpp"

namespace orrery::sim::fleet {

// Memory for KV caches that nobody holds [byte]. Bytes are whole numbers below 2^53: the sum is exact in any order.
double Nodes::kv_left(std::uint32_t node) const {
  const Presence& p = presence_[rows_[node].presence];
  double left = kind(node).setup.memory.value() - ground_.weight_bytes(p.blocks.span());
  for (std::uint32_t seat = p.seats; seat != none; seat = seats_[seat].on_node) {
    left -= ground_.kv_bytes(seats_[seat].blocks.span()) * seats_[seat].tokens;
  }
  return left;
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
  if (bytes > kv_left(node)) return Answer::no_memory;
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
  std::uint32_t* link = &p.seats;
  while (*link != seat) link = &seats_[*link].on_node;
  *link = s.on_node;
  if (s.running) {
    s.closed = 1;  // its batch frees it
    return;
  }
  if (s.busy) leave_queue(p, seat);
  free_seat(seat);
}

void Nodes::leave_queue(Presence& p, std::uint32_t seat) {
  std::uint32_t& last = seats_[seat].count == 1 ? p.decode : p.prefill;
  std::uint32_t before = last;
  while (seats_[before].in_line != seat) before = seats_[before].in_line;
  seats_[before].in_line = seats_[seat].in_line;
  if (last == seat) last = before == seat ? none : before;
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
  s.count = count;
  s.position = first + count;
  EXPECT(s.position <= s.tokens);
  s.queued = ground_.now();
  s.busy = 1;
  std::uint32_t& last = count == 1 ? p.decode : p.prefill;
  s.in_line = last == none ? seat : seats_[last].in_line;
  if (last != none) seats_[last].in_line = seat;
  last = seat;
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
