// GGUF files byte by byte, also such that lie.
#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

namespace orrery::kernels::model {

template <class T>
std::string raw(T value) {
  return {reinterpret_cast<const char*>(&value), sizeof value};
}
inline std::string raw_text(const std::string& text) { return raw(std::uint64_t{text.size()}) + text; }

struct GgufBytes {
  struct Tensor {
    std::string name;
    std::vector<std::uint64_t> dimensions;  // fastest first
    std::uint32_t type;
    std::string data;
  };
  std::uint32_t version = 3;
  std::vector<std::string> keys;  // each: name, type, value
  std::vector<Tensor> tensors;
  std::size_t alignment = 32;

  void key(const std::string& name, std::uint32_t type, const std::string& value) {
    keys.push_back(raw_text(name) + raw(type) + value);
  }
  void text(const std::string& name, const std::string& value) { key(name, 8, raw_text(value)); }
  void u32(const std::string& name, std::uint32_t value) { key(name, 4, raw(value)); }
  void f32(const std::string& name, float value) { key(name, 6, raw(value)); }
  void texts(const std::string& name, const std::vector<std::string>& values) {
    std::string bytes = raw(std::uint32_t{8}) + raw(std::uint64_t{values.size()});
    for (const auto& value : values) bytes += raw_text(value);
    key(name, 9, bytes);
  }
  template <class T>
  void list(const std::string& name, std::uint32_t type, const std::vector<T>& values) {
    std::string bytes = raw(type) + raw(std::uint64_t{values.size()});
    for (const T value : values) bytes += raw(value);
    key(name, 9, bytes);
  }
  // Replaces a key, or takes it away where the value is empty.
  void set(const std::string& name, std::uint32_t type, const std::string& value) {
    std::erase_if(keys, [&](const std::string& key) { return key.starts_with(raw_text(name)); });
    if (!value.empty()) key(name, type, value);
  }

  std::string header() const {
    std::string out = "GGUF" + raw(version) + raw(std::uint64_t{tensors.size()}) + raw(std::uint64_t{keys.size()});
    for (const auto& key : keys) out += key;
    std::size_t offset = 0;
    for (const auto& tensor : tensors) {
      out += raw_text(tensor.name) + raw(static_cast<std::uint32_t>(tensor.dimensions.size()));
      for (const auto n : tensor.dimensions) out += raw(n);
      out += raw(tensor.type) + raw(std::uint64_t{offset});
      offset = (offset + tensor.data.size() + alignment - 1) / alignment * alignment;
    }
    return out;
  }
  std::string bytes() const {
    std::string out = header();
    for (const auto& tensor : tensors) {
      out.resize((out.size() + alignment - 1) / alignment * alignment);
      out += tensor.data;
    }
    return out;
  }
};

}  // namespace orrery::kernels::model
