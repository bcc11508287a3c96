#include "sim/network/port.hpp"

#include <algorithm>

namespace orrery::sim::network {

Duration transfer_time(Bytes bytes, BytesPerSecond rate) {
  EXPECT(bytes.value() >= 0 && rate.value() > 0);
  return Duration::from_seconds(bytes.value() / rate.value());
}

Port::Port(BytesPerSecond up, BytesPerSecond down) : up_(up), down_(down) {
  EXPECT(up.value() > 0 && down.value() > 0);
}

Time Port::send(Time now, Bytes bytes) {
  up_free_ = std::max(now, up_free_) + up_time(bytes);
  sent_ += bytes;
  return up_free_;
}

Time Port::receive(Time first, Time last, Bytes bytes) {
  EXPECT(first <= last);
  // The link is busy from the first byte on; if the bytes come more slowly than it could take them, until the last.
  down_free_ = std::max(last, std::max(first, down_free_) + down_time(bytes));
  received_ += bytes;
  return down_free_;
}

}  // namespace orrery::sim::network
