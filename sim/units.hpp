// Quantities at interfaces. Virtual time is an integer number of nanoseconds, so that addition is exact and the order
// of events never depends on rounding; everything else is a double or an integer with its unit in the type.
#pragma once

#include <cmath>
#include <compare>
#include <cstdint>
#include <limits>

#include "kernels/contract.hpp"

namespace orrery::sim {

// A span of virtual time [ns].
class Duration {
 public:
  constexpr Duration() = default;
  static constexpr Duration from_ns(std::int64_t ns) { return Duration(ns); }
  // Rounds to the nearest nanosecond; the value must be finite and below 2^62 ns (146 years).
  static Duration from_seconds(double s) {
    EXPECT(std::isfinite(s) && std::fabs(s) < 4.6e9);
    return Duration(std::llround(s * 1e9));
  }
  static Duration from_ms(double ms) { return from_seconds(ms * 1e-3); }
  static constexpr Duration max() { return Duration(std::numeric_limits<std::int64_t>::max() / 2); }
  constexpr std::int64_t ns() const { return ns_; }
  constexpr double seconds() const { return static_cast<double>(ns_) * 1e-9; }
  friend constexpr auto operator<=>(Duration, Duration) = default;
  friend constexpr Duration operator+(Duration a, Duration b) { return Duration(a.ns_ + b.ns_); }
  friend constexpr Duration operator-(Duration a, Duration b) { return Duration(a.ns_ - b.ns_); }
  friend constexpr Duration operator*(Duration a, std::int64_t n) { return Duration(a.ns_ * n); }
  constexpr Duration& operator+=(Duration b) {
    ns_ += b.ns_;
    return *this;
  }

 private:
  constexpr explicit Duration(std::int64_t ns) : ns_(ns) {}
  std::int64_t ns_ = 0;
};

// A point in virtual time [ns since the start of the run].
class Time {
 public:
  constexpr Time() = default;
  static constexpr Time from_ns(std::int64_t ns) { return Time(ns); }
  static Time from_seconds(double s) { return Time(Duration::from_seconds(s).ns()); }
  static constexpr Time never() { return Time(std::numeric_limits<std::int64_t>::max()); }
  constexpr std::int64_t ns() const { return ns_; }
  constexpr double seconds() const { return static_cast<double>(ns_) * 1e-9; }
  friend constexpr auto operator<=>(Time, Time) = default;
  friend constexpr Time operator+(Time t, Duration d) { return Time(t.ns_ + d.ns()); }
  friend constexpr Time operator-(Time t, Duration d) { return Time(t.ns_ - d.ns()); }
  friend constexpr Duration operator-(Time a, Time b) { return Duration::from_ns(a.ns_ - b.ns_); }

 private:
  constexpr explicit Time(std::int64_t ns) : ns_(ns) {}
  std::int64_t ns_ = 0;
};

// A double with its unit in the type. Deliberately not an algebra: say .value() where a formula mixes units.
template <class Unit>
class Quantity {
 public:
  constexpr Quantity() = default;
  constexpr explicit Quantity(double value) : value_(value) {}
  constexpr double value() const { return value_; }
  friend constexpr auto operator<=>(Quantity, Quantity) = default;
  friend constexpr Quantity operator+(Quantity a, Quantity b) { return Quantity(a.value_ + b.value_); }
  friend constexpr Quantity operator-(Quantity a, Quantity b) { return Quantity(a.value_ - b.value_); }
  friend constexpr Quantity operator*(Quantity a, double k) { return Quantity(a.value_ * k); }
  constexpr Quantity& operator+=(Quantity b) {
    value_ += b.value_;
    return *this;
  }

 private:
  double value_ = 0;
};

using Bytes = Quantity<struct BytesUnit>;                    // bytes
using Flops = Quantity<struct FlopsUnit>;                    // floating-point operations
using FlopsPerSecond = Quantity<struct FlopsPerSecondUnit>;  // flop/s
using BytesPerSecond = Quantity<struct BytesPerSecondUnit>;  // byte/s

using Tokens = std::int64_t;  // a count of tokens

// A contiguous run of transformer blocks [begin, end).
struct BlockSpan {
  int begin = 0;
  int end = 0;
  constexpr int size() const { return end - begin; }
  constexpr bool empty() const { return end <= begin; }
  constexpr bool contains(int block) const { return begin <= block && block < end; }
  friend constexpr bool operator==(BlockSpan, BlockSpan) = default;
};

}  // namespace orrery::sim
