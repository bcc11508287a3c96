// One endpoint's access link: two first-in first-out queues of bytes, up and down. Owned by that endpoint alone, so it
// needs no message to the other side; what the path between two ports adds is the topology's latency.
//
// Bulk transfers (weights, KV caches) are a stream of their own beside messages, as on a connection of their own: while
// both have something to carry, each has half of the link, which is the max-min share; bulk transfers queue among
// themselves. What messages take is made up for by the bulk transfers that come after: when one ends is settled as it
// starts, so that it needs no further events.
//
// A message alone between idle ports, first byte leaving at t:
//   last_out = a.send(t, B)                                 t + B / up
//   b.receive(last_out + latency, B)                        store and forward: + B / down
//   b.receive(last_out - B/up + latency, last_out + latency, B)   pipelined: max(B/up, B/down) in all
#pragma once

#include "sim/units.hpp"

namespace orrery::sim::network {

// bytes / rate, to the nearest nanosecond; bytes >= 0, rate > 0.
Duration transfer_time(Bytes bytes, BytesPerSecond rate);

class Port {
 public:
  Port(BytesPerSecond up, BytesPerSecond down);  // both > 0

  // When the last byte has left; queued behind what was sent before.
  Time send(Time now, Bytes bytes);
  // When the last byte has been taken in, all of it waiting at the far end of the down link at `now`.
  Time receive(Time now, Bytes bytes) { return receive(now, now, bytes); }
  // The same for a message whose bytes arrive between `first` and `last`: not before `last`.
  Time receive(Time first, Time last, Bytes bytes);
  // The same for bulk transfers, of which a pipelined one takes max(B/up, B/down) between idle ports.
  Time send_bulk(Time now, Bytes bytes);
  Time receive_bulk(Time first, Time last, Bytes bytes);

  Duration up_time(Bytes bytes) const { return transfer_time(bytes, up_.rate); }
  Duration down_time(Bytes bytes) const { return transfer_time(bytes, down_.rate); }
  Time up_free() const { return up_.free; }  // when the up link has sent all messages it was given
  Time down_free() const { return down_.free; }
  Bytes sent() const { return sent_; }
  Bytes received() const { return received_; }

 private:
  struct Lane {
    BytesPerSecond rate;
    Time free{};       // when it has carried all messages
    Time bulk_free{};  // and all bulk transfers
    Time message(Time first, Time last, Bytes bytes);
    Time bulk(Time first, Time last, Bytes bytes);
  };
  Lane up_;
  Lane down_;
  Bytes sent_;
  Bytes received_;
};

}  // namespace orrery::sim::network
