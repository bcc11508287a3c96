#include "sim/network/port.hpp"

#include <algorithm>

namespace orrery::sim::network {

Duration transfer_time(Bytes bytes, BytesPerSecond rate) {
  EXPECT(bytes.value() >= 0 && rate.value() > 0);
  return Duration::from_seconds(bytes.value() / rate.value());
}

Port::Port(BytesPerSecond up, BytesPerSecond down) : up_{up}, down_{down} {
  EXPECT(up.value() > 0 && down.value() > 0);
}

// The lane is busy from the first byte on; if the bytes come more slowly than it could take them, until the last.
Time Port::Lane::message(Time first, Time last, Bytes bytes) {
  const Bytes shared = bulk > 0 ? bytes : Bytes();
  free = std::max(last, std::max(first, free) + transfer_time(bytes + shared, rate));
  owed += shared;
  return free;
}

// It has half of the link as long as messages wait.
Bytes Port::Lane::begin_bulk(Time now, Bytes bytes) {
  Bytes all = bytes + owed;
  owed = {};
  if (free > now) all += Bytes(std::min(bytes.value(), 0.5 * rate.value() * (free - now).seconds()));
  return all;
}

Time Port::send(Time now, Bytes bytes) {
  sent_ += bytes;
  return up_.message(now, now, bytes);
}

Time Port::receive(Time first, Time last, Bytes bytes) {
  EXPECT(first <= last);
  received_ += bytes;
  return down_.message(first, last, bytes);
}

Bytes Port::begin_bulk_up(Time now, Bytes bytes) {
  sent_ += bytes;
  ++up_.bulk;
  return up_.begin_bulk(now, bytes);
}

Bytes Port::begin_bulk_down(Time now, Bytes bytes) { return down_.begin_bulk(now, bytes); }

void Port::end_bulk_up() {
  EXPECT(up_.bulk > 0);
  --up_.bulk;
}

}  // namespace orrery::sim::network
