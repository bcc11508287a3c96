// KV-cache memory of one node: a hard limit. Bytes are reserved before they are written and never exceed the capacity.
#pragma once

#include <cstdint>
#include <map>
#include <optional>

#include "sim/serving/messages.hpp"
#include "sim/units.hpp"

namespace orrery::sim::serving {

class KvPool {
 public:
  explicit KvPool(Bytes capacity = Bytes(0)) : capacity_(capacity) {}

  // Admits a session or refuses it; names are unique while admitted.
  bool admit(LegName name, Bytes bytes);
  // Makes an admitted session larger; false if the room is not there.
  bool grow(LegName name, Bytes bytes);
  void release(LegName name);
  void clear();
  // The session that was admitted last: the one to evict. None if the pool is empty.
  std::optional<LegName> newest() const;

  Bytes capacity() const { return capacity_; }
  Bytes used() const { return used_; }
  Bytes free() const { return capacity_ - used_; }

 private:
  struct Holding {
    double bytes = 0;
    std::uint64_t admitted = 0;
  };
  Bytes capacity_;
  Bytes used_;
  std::uint64_t admissions_ = 0;
  std::map<LegName, Holding> holdings_;
};

}  // namespace orrery::sim::serving
