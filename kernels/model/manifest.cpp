#include "kernels/model/manifest.hpp"

#include <cstdint>

#include <nlohmann/json.hpp>

#include "kernels/contract.hpp"
#include "kernels/model/mapped_file.hpp"

namespace orrery::kernels::model {
namespace {

using Json = nlohmann::json;

void only_keys(const std::string& place, const std::string& whose, const Json& object,
               std::initializer_list<std::string_view> known) {
  for (const auto& [key, value] : object.items()) {
    bool found = false;
    for (const std::string_view name : known) found = found || key == name;
    VALIDATE(found, place, whose + " has the unknown key '" + key + "'", "nothing would heed it");
  }
}

std::uint64_t size(const std::string& place, const std::string& whose, const Json& object, const char* key) {
  const auto found = object.find(key);
  VALIDATE(found != object.end(), place, whose + " has no key '" + key + "'", "the tensors cannot be found without it");
  VALIDATE(found->is_number_unsigned() && found->get<std::uint64_t>() <= INT64_MAX, place,
           whose + " has " + key + " = " + found->dump().substr(0, 40), "a count was expected");
  return found->get<std::uint64_t>();
}

Tensor parse_tensor(const std::string& place, const std::string& whose, const Json& entry, std::uint64_t at,
                    std::uint64_t end) {
  only_keys(place, whose, entry, {"name", "shape", "offset", "count"});
  Tensor tensor;
  const auto shape = entry.find("shape");
  VALIDATE(shape != entry.end() && shape->is_array() && !shape->empty(), place, whose + " has no shape",
           "a list of sizes was expected");
  std::uint64_t count = 1;
  for (const Json& length : *shape) {
    VALIDATE(
        length.is_number_unsigned() && length.get<std::uint64_t>() >= 1 && length.get<std::uint64_t>() <= INT32_MAX,
        place, whose + " has shape " + shape->dump().substr(0, 80), "sizes are integers of at least 1");
    tensor.shape.push_back(length.get<std::int64_t>());
    VALIDATE(!__builtin_mul_overflow(count, length.get<std::uint64_t>(), &count) && count <= INT64_MAX / 4, place,
             whose + " has shape " + shape->dump().substr(0, 80), "its size does not fit in 64 bits");
  }
  VALIDATE(size(place, whose, entry, "count") == count, place, whose + " has count = " + entry["count"].dump(),
           "its shape " + shape_text(tensor.shape) + " makes " + std::to_string(count));
  const std::uint64_t offset = size(place, whose, entry, "offset");
  VALIDATE(offset == at, place, whose + " starts at byte " + std::to_string(offset),
           "the one before it ends at byte " + std::to_string(at),
           offset < at ? "They overlap." : "The bytes between belong to no tensor.");
  VALIDATE(count * 4 <= end - at, place,
           whose + " needs bytes " + std::to_string(at) + " to " + std::to_string(at + count * 4),
           "the data has " + std::to_string(end) + " bytes");
  tensor.offset = offset;
  tensor.bytes = count * 4;
  return tensor;
}

}  // namespace

TensorTable parse_manifest(const std::string& place, std::string_view text, const std::string& data_place,
                           std::string_view data) {
  Json manifest;
  try {
    manifest = Json::parse(text);
  } catch (const Json::exception& error) {
    fail_input(place, "the manifest is not JSON", error.what(), "A manifest names the tensors of a file of numbers.");
  }
  VALIDATE(manifest.is_object(), place, "the manifest is not a JSON object", "dtype, bytes and tensors were expected");
  only_keys(place, "the manifest", manifest, {"dtype", "bytes", "tensors"});
  const auto dtype = manifest.find("dtype"), tensors = manifest.find("tensors");
  VALIDATE(dtype != manifest.end() && *dtype == "float32-le", place,
           "dtype is " + (dtype == manifest.end() ? "missing" : dtype->dump().substr(0, 40)),
           "numbers of another type would be misread", "Known: \"float32-le\".");
  VALIDATE(tensors != manifest.end() && tensors->is_array(), place, "the manifest has no list 'tensors'",
           "it says where each tensor lies");
  const std::uint64_t bytes = size(place, "the manifest", manifest, "bytes");
  VALIDATE(data.size() == bytes, data_place, "has " + std::to_string(data.size()) + " bytes",
           place + " says " + std::to_string(bytes), "The file is truncated or belongs to another manifest.");
  TensorTable table;
  std::uint64_t at = 0;
  for (std::size_t i = 0; i < tensors->size(); ++i) {
    const Json& entry = (*tensors)[i];
    const std::string number = "tensor " + std::to_string(i);
    VALIDATE(entry.is_object() && entry.contains("name") && entry["name"].is_string(), place, number + " has no name",
             "an object with name, shape, offset and count was expected");
    const auto name = entry["name"].get<std::string>();
    const Tensor tensor = parse_tensor(place, "tensor '" + name + "'", entry, at, bytes);
    at += tensor.bytes;
    VALIDATE(table.tensors.emplace(name, tensor).second, place, "tensor '" + name + "' is named twice",
             "it is not clear which one counts");
  }
  VALIDATE(at == bytes, data_place, "goes on after its last tensor",
           "the tensors end at byte " + std::to_string(at) + " of " + std::to_string(bytes));
  table.files.push_back({data_place, data, nullptr});
  return table;
}

TensorTable open_manifest(const std::filesystem::path& manifest, const std::filesystem::path& data) {
  std::filesystem::path beside = data;
  if (beside.empty()) {
    constexpr std::string_view ending = "_manifest.json";
    const std::string name = manifest.filename().string();
    VALIDATE(name.ends_with(ending), manifest.string(), "does not say which file its tensors are in",
             "its name does not end in " + std::string(ending), "Name the file of weights too.");
    beside = manifest.parent_path() / (name.substr(0, name.size() - ending.size()) + "_f32.bin");
  }
  const auto text = MappedFile::open(manifest), numbers = MappedFile::open(beside);
  TensorTable table = parse_manifest(manifest.string(), text->bytes(), beside.string(), numbers->bytes());
  table.files[0].keep_alive = numbers;
  return table;
}

}  // namespace orrery::kernels::model
