// The safetensors format: 8 bytes N (little-endian), N bytes of JSON {name: {dtype, shape, data_offsets}}, then the
// data, which the tensors cover without gap or overlap. https://github.com/huggingface/safetensors
#include <algorithm>
#include <cstdint>
#include <cstring>
#include <set>

#include <nlohmann/json.hpp>

#include "kernels/model/tensors.hpp"

namespace orrery::kernels::model {
namespace {

using Json = nlohmann::json;

constexpr std::uint64_t largest_header = 100'000'000;  // the format's own limit

// Parses without letting a second tensor of the same name replace the first one.
Json parse_header(const std::string& place, std::string_view text) {
  std::set<std::string> seen;
  const auto unique = [&](int depth, Json::parse_event_t event, Json& value) {
    if (event == Json::parse_event_t::key && depth == 1) {
      VALIDATE(seen.insert(value.get<std::string>()).second, place,
               "tensor '" + value.get<std::string>() + "' is named twice", "it is not clear which one counts");
    }
    return true;
  };
  Json header;
  try {
    header = Json::parse(text, unique);
  } catch (const Json::exception& error) {
    fail_input(place, "the header is not JSON", error.what(), "The file is damaged or is not a safetensors file.");
  }
  VALIDATE(header.is_object(), place, "the header is not a JSON object", "it maps tensor names to their place");
  return header;
}

bool is_size(const Json& value) { return value.is_number_unsigned() && value.get<std::uint64_t>() <= INT64_MAX; }

Dtype parse_dtype(const std::string& place, const std::string& name, const Json& entry) {
  const auto found = entry.find("dtype");
  VALIDATE(found != entry.end() && found->is_string(), place, "tensor '" + name + "' has no dtype",
           "its bytes cannot be read");
  if (*found == "F32") return Dtype::f32;
  if (*found == "BF16") return Dtype::bf16;
  if (*found == "F16") return Dtype::f16;
  fail_input(place, "tensor '" + name + "' has dtype " + found->dump(), "it is not one that can be widened to fp32",
             "Known: F32, BF16, F16.");
}

Tensor parse_tensor(const std::string& place, const std::string& name, const Json& entry, std::size_t data_start,
                    std::size_t data_bytes) {
  const std::string whose = "tensor '" + name + "'";
  VALIDATE(entry.is_object(), place, whose + " is not a JSON object", "dtype, shape and data_offsets were expected");
  Tensor tensor;
  tensor.dtype = parse_dtype(place, name, entry);
  const auto shape = entry.find("shape"), offsets = entry.find("data_offsets");
  VALIDATE(shape != entry.end() && shape->is_array() && std::all_of(shape->begin(), shape->end(), is_size), place,
           whose + " has no shape", "a list of sizes was expected");
  VALIDATE(offsets != entry.end() && offsets->is_array() && offsets->size() == 2 && is_size((*offsets)[0]) &&
               is_size((*offsets)[1]),
           place, whose + " has no data_offsets", "a list of two byte counts was expected");
  const auto begin = (*offsets)[0].get<std::uint64_t>(), end = (*offsets)[1].get<std::uint64_t>();
  VALIDATE(
      begin <= end && end <= data_bytes, place,
      whose + " lies at data bytes " + std::to_string(begin) + " to " + std::to_string(end),
      "the file has " + std::to_string(data_bytes) + " bytes of data from byte " + std::to_string(data_start) + " on",
      "The file is truncated or its header is damaged.");
  std::uint64_t want = row_bytes(tensor.dtype, 1);
  for (const Json& size : *shape) {
    tensor.shape.push_back(size.get<std::int64_t>());
    VALIDATE(!__builtin_mul_overflow(want, size.get<std::uint64_t>(), &want), place,
             whose + " has shape " + shape->dump(), "its size does not fit in 64 bits");
  }
  VALIDATE(end - begin == want, place,
           whose + " at byte " + std::to_string(data_start + begin) + " has " + std::to_string(end - begin) + " bytes",
           "its shape " + shape->dump() + " and dtype need " + std::to_string(want));
  tensor.offset = data_start + begin;
  tensor.bytes = end - begin;
  return tensor;
}

// Without gap or overlap from the first byte of data to the last one.
void check_cover(const TensorTable& table, std::size_t data_start) {
  const auto& [place, bytes, mapping] = table.files[0];
  std::vector<std::pair<const Tensor*, const std::string*>> order;
  for (const auto& [name, tensor] : table.tensors) order.emplace_back(&tensor, &name);
  std::sort(order.begin(), order.end(), [](const auto& a, const auto& b) {
    return std::pair(a.first->offset, a.first->bytes) < std::pair(b.first->offset, b.first->bytes);
  });
  std::size_t at = data_start;
  for (const auto& [tensor, name] : order) {
    VALIDATE(tensor->offset >= at, place,
             "tensor '" + *name + "' at byte " + std::to_string(tensor->offset) + " overlaps the tensor before it",
             "that one ends at byte " + std::to_string(at));
    VALIDATE(tensor->offset == at, place,
             "bytes " + std::to_string(at) + " to " + std::to_string(tensor->offset) + " belong to no tensor",
             "tensor '" + *name + "' should start where the one before it ends");
    at += tensor->bytes;
  }
  VALIDATE(at == bytes.size(), place, "the file goes on after its last tensor",
           "the tensors end at byte " + std::to_string(at) + " of " + std::to_string(bytes.size()));
}

}  // namespace

TensorTable parse_safetensors(std::string place, std::string_view bytes) {
  VALIDATE(bytes.size() >= 8, place, "has only " + std::to_string(bytes.size()) + " bytes",
           "a safetensors file starts with the 8-byte length of its header");
  std::uint64_t length = 0;
  std::memcpy(&length, bytes.data(), sizeof length);
  VALIDATE(
      length <= largest_header && length <= bytes.size() - 8, place,
      "its header claims " + std::to_string(length) + " bytes",
      "the file has " + std::to_string(bytes.size()) + " bytes and a header at most " + std::to_string(largest_header),
      "The file is truncated or is not a safetensors file.");
  const Json header = parse_header(place, bytes.substr(8, length));
  TensorTable table;
  const std::size_t data_start = 8 + length;
  for (const auto& [name, entry] : header.items()) {
    if (name == "__metadata__") continue;  // free text about the file
    table.tensors[name] = parse_tensor(place, name, entry, data_start, bytes.size() - data_start);
  }
  table.files.push_back({std::move(place), bytes, nullptr});
  check_cover(table, data_start);
  return table;
}

}  // namespace orrery::kernels::model
