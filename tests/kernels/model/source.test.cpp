#include "kernels/model/source.hpp"

#include <cstring>

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>
#include <sys/mman.h>
#include <unistd.h>

#include "kernels/model/gguf.hpp"
#include "kernels/model/model.hpp"
#include "tests/kernels/model/folder.hpp"
#include "tests/kernels/model/gguf_model.hpp"
#include "tests/kernels/model/synthetic.hpp"
#include "tests/kernels/model/whole.hpp"
#include "tests/kernels/random_matrix.hpp"

namespace orrery::kernels::model {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using Json = nlohmann::json;

// --- weights in several files ---

struct Parts {
  Config config = small_config(false);
  std::string whole = safetensors_bytes(config, "BF16", 4);
  Json index{{"metadata", {{"total_size", 1}}}, {"weight_map", Json::object()}};
  Folder folder;

  // Every third tensor into each of three files.
  Parts() {
    folder.write("config.json", config_json(config));
    std::uint64_t length = 0;
    std::memcpy(&length, whole.data(), sizeof length);
    const Json header = Json::parse(whole.substr(8, length));
    Json headers[3] = {Json::object(), Json::object(), Json::object()};
    std::string data[3];
    std::size_t next = 0;
    for (const auto& [name, entry] : header.items()) {
      if (name == "__metadata__") continue;
      const std::size_t file = next++ % 3, begin = entry["data_offsets"][0], end = entry["data_offsets"][1];
      headers[file][name] = entry;
      headers[file][name]["data_offsets"] = {data[file].size(), data[file].size() + end - begin};
      data[file] += whole.substr(8 + length + begin, end - begin);
      index["weight_map"][name] = part(file);
    }
    for (std::size_t file = 0; file < 3; ++file)
      folder.write(part(file), safetensors_from(headers[file].dump(), data[file]));
    write_index(index);
  }
  static std::string part(std::size_t file) {
    return "model-0000" + std::to_string(file + 1) + "-of-00003.safetensors";
  }
  void write_index(const Json& json) const { folder.write("model.safetensors.index.json", json.dump()); }
};

TEST(SafetensorsIndex, IsTheModelInOneFile) {
  const Parts parts;
  const auto want = Model::open_bytes(config_json(parts.config), parts.whole, "");
  const std::vector<int> tokens{3, 1, 4, 1, 5};
  for (const auto& path : {parts.folder.path, parts.folder.path / "model.safetensors.index.json"}) {
    const auto got = Model::open(path);
    EXPECT_EQ(got->block_bytes(), want->block_bytes());
    EXPECT_TRUE(same_bits(Whole(got).logits(tokens, 0, 5), Whole(want).logits(tokens, 0, 5)));
  }
}

TEST(SafetensorsIndex, SaysWhichPartIsWrong) {
  const Parts parts;
  const auto error = [&](auto change) {
    Json json = parts.index;
    change(json);
    parts.write_index(json);
    return input_error([&] { static_cast<void>(open_source(parts.folder.path)); });
  };
  const std::string norm = "model.norm.weight", home = parts.index["weight_map"][norm];
  EXPECT_EQ(error([](Json&) {}), "");
  EXPECT_THAT(error([](Json& j) { j = Json::array(); }), HasSubstr("is not a JSON object"));
  EXPECT_THAT(error([](Json& j) { j.erase("weight_map"); }), HasSubstr("has no weight_map"));
  EXPECT_THAT(error([&](Json& j) { j["weight_map"][norm] = "../model.safetensors"; }),
              HasSubstr("tensor 'model.norm.weight' lies in \"../model.safetensors\""));
  EXPECT_THAT(error([&](Json& j) { j["weight_map"][norm] = 3; }), HasSubstr("lies in 3"));
  EXPECT_THAT(error([&](Json& j) { j["weight_map"][norm] = "absent.safetensors"; }),
              HasSubstr("absent.safetensors: cannot be opened"));
  EXPECT_THAT(
      error([&](Json& j) { j["weight_map"].erase(norm); }),
      AllOf(HasSubstr(home + ": tensor 'model.norm.weight' at byte "), HasSubstr("the index does not name it")));
  EXPECT_THAT(error([&](Json& j) { j["weight_map"][norm] = Parts::part(home == Parts::part(0) ? 1 : 0); }),
              HasSubstr("the index has it in "));
  EXPECT_THAT(error([&](Json& j) { j["weight_map"]["more"] = home; }), HasSubstr("tensor 'more' is not in " + home));
  parts.write_index(parts.index);
  parts.folder.write(home, "short");
  EXPECT_THAT(input_error([&] { static_cast<void>(open_source(parts.folder.path)); }),
              HasSubstr(home + ": has only 5"));
}

// --- only what is needed is touched ---

// A file in memory of which pages can be made unreadable.
class Pages {
 public:
  explicit Pages(const std::string& file) : size_((file.size() + page() - 1) / page() * page()) {
    data_ = static_cast<char*>(mmap(nullptr, size_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    EXPECT_NE(data_, MAP_FAILED);
    std::memcpy(data_, file.data(), file.size());
    bytes_ = {data_, file.size()};
  }
  ~Pages() { munmap(data_, size_); }
  std::string_view bytes() const { return bytes_; }
  // Every page that lies in the range as a whole; how many those are.
  std::size_t forbid(std::size_t begin, std::size_t end) const {
    begin = (begin + page() - 1) / page() * page();
    end = end / page() * page();
    if (begin >= end) return 0;
    EXPECT_EQ(mprotect(data_ + begin, end - begin, PROT_NONE), 0);
    return (end - begin) / page();
  }

 private:
  static std::size_t page() { return static_cast<std::size_t>(sysconf(_SC_PAGESIZE)); }
  std::size_t size_;
  char* data_;
  std::string_view bytes_;
};

Config paged_config() {
  Config c = small_config(false);
  c.hidden = 64, c.head_dim = 16, c.ffn = 128, c.vocab = 256;
  return c;
}

// Opening and loading block 1 with the pages of all other tensors gone: a touch ends the test with a fault.
template <class Open>
void load_one_block_of(const Pages& file, const TensorTable& tensors, const Open& open) {
  const auto whole = open(file.bytes());
  const auto want = whole->load_block(1, WeightType::bf16);
  std::size_t forbidden = 0;
  for (const auto& [name, tensor] : tensors.tensors)
    if (!name.starts_with(block_prefix(1))) forbidden += file.forbid(tensor.offset, tensor.offset + tensor.bytes);
  EXPECT_GT(forbidden, 80U);
  const auto model = open(file.bytes());
  const auto got = model->load_block(1, WeightType::bf16);
  EXPECT_EQ(std::memcmp(got->down.data(), want->down.data(), want->down.bytes()), 0);
}

TEST(Model, TouchesOnlyTheBlockThatIsLoaded) {
  const Config config = paged_config();
  const std::string json = config_json(config);
  const Pages safetensors(safetensors_bytes(config, "F32", 1)), gguf(gguf_model(config, 1).bytes());
  load_one_block_of(safetensors, parse_safetensors("s", safetensors.bytes()),
                    [&](std::string_view bytes) { return Model::open_bytes(json, bytes, ""); });
  load_one_block_of(gguf, parse_gguf("g", gguf.bytes()).tensors, [&](std::string_view bytes) {
    Source source = parse_gguf("g", bytes);
    source.check();
    return Model::make(std::move(source));
  });
}

}  // namespace
}  // namespace orrery::kernels::model
