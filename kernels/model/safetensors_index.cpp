// Weights in several files: {"metadata": .., "weight_map": {tensor: file}}.
// https://huggingface.co/docs/transformers/big_models
#include <set>

#include <nlohmann/json.hpp>

#include "kernels/model/mapped_file.hpp"
#include "kernels/model/source.hpp"

namespace orrery::kernels::model {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

// Tensor to file, and the files once each in order of name.
struct Index {
  std::map<std::string, std::string> file_of;
  std::set<std::string> files;
};

Index parse_index(const std::string& place, std::string_view text) {
  const Json json = Json::parse(text, nullptr, false);
  VALIDATE(!json.is_discarded() && json.is_object(), place, "is not a JSON object",
           "an index of safetensors files was expected");
  const auto map = json.find("weight_map");
  VALIDATE(map != json.end() && map->is_object() && !map->empty(), place, "has no weight_map",
           "it says which file holds which tensor");
  Index index;
  for (const auto& [tensor, file] : map->items()) {
    const std::string name = file.is_string() ? file.get<std::string>() : "";
    // A path could lead out of the folder.
    VALIDATE(
        name.ends_with(".safetensors") && name.find_first_of("/\\") == std::string::npos, place,
        "tensor '" + tensor + "' lies in " + file.dump(-1, ' ', false, Json::error_handler_t::replace).substr(0, 80),
        "the name of a .safetensors file in the same folder was expected");
    index.file_of.emplace(tensor, name);
    index.files.insert(name);
  }
  return index;
}

}  // namespace

TensorTable open_safetensors_index(const fs::path& path) {
  const auto index_file = MappedFile::open(path);
  const Index index = parse_index(path.string(), index_file->bytes());
  TensorTable all;
  all.files.push_back({path.string(), index_file->bytes(), index_file});
  for (const std::string& name : index.files) {
    const auto file = MappedFile::open(path.parent_path() / name);
    TensorTable part = parse_safetensors((path.parent_path() / name).string(), file->bytes());
    for (auto& [tensor, where] : part.tensors) {
      const auto named = index.file_of.find(tensor);
      VALIDATE(named != index.file_of.end() && named->second == name, part.files[0].place,
               "tensor '" + tensor + "' at byte " + std::to_string(where.offset) + " does not belong there",
               named == index.file_of.end() ? "the index does not name it" : "the index has it in " + named->second,
               "The files belong to different models.");
      where.file = all.files.size();
      all.tensors.emplace(tensor, std::move(where));
    }
    all.files.push_back({part.files[0].place, file->bytes(), file});
  }
  for (const auto& [tensor, name] : index.file_of)
    VALIDATE(all.tensors.contains(tensor), path.string(), "tensor '" + tensor + "' is not in " + name,
             "the index says so", "The files belong to different models.");
  return all;
}

}  // namespace orrery::kernels::model
