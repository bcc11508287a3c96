#include "sim/network/port.hpp"

#include <algorithm>

namespace orrery::sim::network {

Duration transfer_time(Bytes bytes, BytesPerSecond rate) {
  EXPECT(bytes.value() >= 0 && rate.value() > 0);
  return Duration::from_seconds(bytes.value() / rate.value());
}

namespace {

// Bytes that go at half the rate, from `begin` on, because the other stream has something to carry until `other`.
Bytes halved(Time begin, Bytes bytes, BytesPerSecond rate, Time other) {
  if (other <= begin) return {};
  return Bytes(std::min(bytes.value(), 0.5 * rate.value() * (other - begin).seconds()));
}

}  // namespace

Port::Port(BytesPerSecond up, BytesPerSecond down) : up_{up}, down_{down} {
  EXPECT(up.value() > 0 && down.value() > 0);
}

// The lane is busy from the first byte on; if the bytes come more slowly than it could take them, until the last.
Time Port::Lane::message(Time first, Time last, Bytes bytes) {
  const Time begin = std::max(first, free);
  const Bytes shared = halved(begin, bytes, rate, bulk_free);
  free = std::max(last, begin + transfer_time(bytes + shared, rate));
  if (shared.value() > 0) bulk_free = bulk_free + transfer_time(shared, rate);
  return free;
}

Time Port::Lane::bulk(Time first, Time last, Bytes bytes) {
  const Time begin = std::max(first, bulk_free);
  bulk_free = std::max(last, begin + transfer_time(bytes + halved(begin, bytes, rate, free), rate));
  return bulk_free;
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

Time Port::send_bulk(Time now, Bytes bytes) {
  sent_ += bytes;
  return up_.bulk(now, now, bytes);
}

Time Port::receive_bulk(Time first, Time last, Bytes bytes) {
  EXPECT(first <= last);
  received_ += bytes;
  return down_.bulk(first, last, bytes);
}

}  // namespace orrery::sim::network
