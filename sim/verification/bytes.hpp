// Messages, written and read with bounds: what comes from another party may be anything.
#pragma once

#include <cstring>
#include <span>
#include <type_traits>

#include "sim/execution/inspection.hpp"

namespace orrery::sim::verification {

using execution::Message;

class ByteWriter {
 public:
  template <class T>
  void put(const T& value) {
    static_assert(std::is_trivially_copyable_v<T>);
    const auto at = bytes_.size();
    bytes_.resize(at + sizeof(T));
    std::memcpy(bytes_.data() + at, &value, sizeof(T));
  }
  template <class T>
  void put_all(std::span<const T> values) {
    for (const T& v : values) put(v);
  }
  Message take() { return std::move(bytes_); }

 private:
  Message bytes_;
};

class ByteReader {
 public:
  explicit ByteReader(std::span<const std::byte> bytes) : rest_(bytes) {}
  // False, and nothing read, where too few bytes are left.
  template <class T>
  bool get(T& value) {
    static_assert(std::is_trivially_copyable_v<T>);
    if (rest_.size() < sizeof(T)) return false;
    std::memcpy(&value, rest_.data(), sizeof(T));
    rest_ = rest_.subspan(sizeof(T));
    return true;
  }
  template <class T>
  bool get_all(std::span<T> values) {
    if (rest_.size() / sizeof(T) < values.size()) return false;
    for (T& v : values) get(v);
    return true;
  }
  bool done() const { return rest_.empty(); }

 private:
  std::span<const std::byte> rest_;
};

}  // namespace orrery::sim::verification
