#include <cstring>

#include "kernels/model/gguf.hpp"

namespace orrery::kernels::model {
namespace {

template <class T>
T element(const GgufValue& value, std::uint64_t i) {
  T out{};
  std::memcpy(&out, value.bytes.data() + i * sizeof(T), sizeof(T));
  return out;
}

// Nothing if the type holds no integers or a u64 is beyond them.
std::optional<std::int64_t> as_integer(const GgufValue& value, std::uint64_t i) {
  switch (value.type) {
    case GgufType::u8:
      return element<std::uint8_t>(value, i);
    case GgufType::i8:
      return element<std::int8_t>(value, i);
    case GgufType::u16:
      return element<std::uint16_t>(value, i);
    case GgufType::i16:
      return element<std::int16_t>(value, i);
    case GgufType::u32:
      return element<std::uint32_t>(value, i);
    case GgufType::i32:
      return element<std::int32_t>(value, i);
    case GgufType::i64:
      return element<std::int64_t>(value, i);
    case GgufType::u64: {
      const auto wide = element<std::uint64_t>(value, i);
      return wide <= INT64_MAX ? std::optional(static_cast<std::int64_t>(wide)) : std::nullopt;
    }
    default:
      return std::nullopt;
  }
}

std::optional<double> as_real(const GgufValue& value, std::uint64_t i) {
  if (value.type == GgufType::f32) return element<float>(value, i);
  if (value.type == GgufType::f64) return element<double>(value, i);
  return std::nullopt;
}

// The value of a key, null if it is not there.
const GgufValue* find(const GgufFile& file, const std::string& key) {
  const auto found = file.values.find(key);
  return found == file.values.end() ? nullptr : &found->second;
}

[[noreturn]] void wrong_kind(const GgufFile& file, const std::string& key, const char* wanted) {
  const GgufValue& value = file.values.at(key);
  fail_input(file.place, "key '" + key + "' at byte " + std::to_string(value.offset) + " is not " + wanted,
             "its type is " + std::to_string(static_cast<std::uint32_t>(value.type)) +
                 (value.is_array ? ", an array of " + std::to_string(value.count) : ""));
}

// A key's only value, by one of the readers above.
template <class Read>
auto single(const GgufFile& file, const std::string& key, const char* wanted, const Read& read)
    -> decltype(read(GgufValue{}, 0)) {
  const GgufValue* value = find(file, key);
  if (value == nullptr) return std::nullopt;
  auto out = value->is_array ? std::nullopt : read(*value, 0);
  if (!out) wrong_kind(file, key, wanted);
  return out;
}

}  // namespace

std::optional<std::int64_t> GgufFile::integer(const std::string& key) const {
  return single(*this, key, "an integer", as_integer);
}

std::optional<double> GgufFile::real(const std::string& key) const { return single(*this, key, "a number", as_real); }

std::optional<bool> GgufFile::truth(const std::string& key) const {
  return single(*this, key, "true or false", [](const GgufValue& value, std::uint64_t i) -> std::optional<bool> {
    if (value.type != GgufType::boolean || element<std::uint8_t>(value, i) > 1) return std::nullopt;
    return element<std::uint8_t>(value, i) == 1;
  });
}

std::optional<std::string> GgufFile::text(const std::string& key) const {
  return single(*this, key, "a text", [](const GgufValue& value, std::uint64_t) -> std::optional<std::string> {
    if (value.type != GgufType::string) return std::nullopt;
    return std::string(value.bytes.substr(8));
  });
}

std::optional<std::vector<std::string>> GgufFile::texts(const std::string& key) const {
  const GgufValue* value = find(*this, key);
  if (value == nullptr) return std::nullopt;
  if (!value->is_array || value->type != GgufType::string) wrong_kind(*this, key, "a list of texts");
  std::vector<std::string> out;
  out.reserve(value->count);
  std::size_t at = 0;
  for (std::uint64_t i = 0; i < value->count; ++i) {
    std::uint64_t length = 0;
    std::memcpy(&length, value->bytes.data() + at, sizeof length);
    out.emplace_back(value->bytes.substr(at + 8, length));
    at += 8 + length;
  }
  return out;
}

std::optional<std::vector<std::int64_t>> GgufFile::integers(const std::string& key) const {
  const GgufValue* value = find(*this, key);
  if (value == nullptr) return std::nullopt;
  std::vector<std::int64_t> out;
  for (std::uint64_t i = 0; i < value->count; ++i) {
    const auto one = as_integer(*value, i);
    if (!one) wrong_kind(*this, key, "a list of integers");
    out.push_back(*one);
  }
  return out;
}

std::optional<std::vector<float>> GgufFile::reals(const std::string& key) const {
  const GgufValue* value = find(*this, key);
  if (value == nullptr) return std::nullopt;
  std::vector<float> out;
  for (std::uint64_t i = 0; i < value->count; ++i) {
    const auto one = as_real(*value, i);
    if (!one) wrong_kind(*this, key, "a list of numbers");
    out.push_back(static_cast<float>(*one));
  }
  return out;
}

}  // namespace orrery::kernels::model
