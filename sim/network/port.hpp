// One endpoint's access link: two first-in first-out queues of bytes, up and down. Owned by that endpoint alone, so it
// needs no message to the other side; what the path between two ports adds is the topology's latency.
//
// Bulk transfers (weights, KV caches) are flows of their own beside messages, and share links among themselves
// (network/flows.hpp). Here it counts that they are under way: a message that begins meanwhile has half of the link,
// and what messages took is added to the bulk transfers that come after.
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

  // A bulk transfer begins on this end of the path: the bytes to carry, with what messages have waiting or took of bulk
  // transfers before it.
  Bytes begin_bulk_up(Time now, Bytes bytes);
  Bytes begin_bulk_down(Time now, Bytes bytes);
  void end_bulk_up();
  void end_bulk_down(Bytes bytes) { received_ += bytes; }  // all of a transfer's bytes have been taken in
  void set_bulk_down(bool some) { down_.bulk = some ? 1 : 0; }

  Duration up_time(Bytes bytes) const { return transfer_time(bytes, up_.rate); }
  Duration down_time(Bytes bytes) const { return transfer_time(bytes, down_.rate); }
  Time up_free() const { return up_.free; }  // when the up link has sent all messages it was given
  Time down_free() const { return down_.free; }
  Bytes sent() const { return sent_; }
  Bytes received() const { return received_; }

 private:
  struct Lane {
    BytesPerSecond rate;
    Time free{};   // when it has carried all messages
    int bulk = 0;  // bulk transfers under way
    Bytes owed;    // what messages took of them
    Time message(Time first, Time last, Bytes bytes);
    Bytes begin_bulk(Time now, Bytes bytes);
  };
  Lane up_;
  Lane down_;
  Bytes sent_;
  Bytes received_;
};

}  // namespace orrery::sim::network
