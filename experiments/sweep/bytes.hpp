// Numbers and text as bytes (little endian, as every machine that MPI and HDF5 run on here) and back.
#pragma once

#include <bit>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "kernels/contract.hpp"

namespace orrery::experiments::sweep {

static_assert(std::endian::native == std::endian::little);

class ByteWriter {
 public:
  template <class Number>
  void number(Number x) {
    bytes_.append(reinterpret_cast<const char*>(&x), sizeof x);
  }
  void text(std::string_view s) {
    number<std::uint64_t>(s.size());
    bytes_.append(s);
  }
  void numbers(const std::vector<double>& values) {
    number<std::uint64_t>(values.size());
    bytes_.append(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(double));
  }
  const std::string& bytes() const { return bytes_; }

 private:
  std::string bytes_;
};

// Throws RunError where the bytes end too early.
class ByteReader {
 public:
  explicit ByteReader(std::string_view bytes) : bytes_(bytes) {}
  template <class Number>
  Number number() {
    Number x;
    std::memcpy(&x, take(sizeof x).data(), sizeof x);
    return x;
  }
  std::string text() { return std::string(take(number<std::uint64_t>())); }
  std::vector<double> numbers() {
    const auto count = number<std::uint64_t>();
    if (count > bytes_.size() / sizeof(double)) fail();
    std::vector<double> values(count);
    const std::string_view raw = take(count * sizeof(double));
    if (count > 0) std::memcpy(values.data(), raw.data(), raw.size());
    return values;
  }
  bool empty() const { return bytes_.empty(); }

 private:
  [[noreturn]] static void fail() { throw RunError("a record ends too early"); }
  std::string_view take(std::uint64_t count) {
    if (count > bytes_.size()) fail();
    const std::string_view taken = bytes_.substr(0, count);
    bytes_.remove_prefix(count);
    return taken;
  }
  std::string_view bytes_;
};

}  // namespace orrery::experiments::sweep
