#include "kernels/model/manifest.hpp"

#include <gmock/gmock.h>

#include "tests/kernels/model/ddpm_bytes.hpp"
#include "tests/kernels/model/folder.hpp"
#include "tests/kernels/model/synthetic.hpp"

namespace orrery::kernels::model {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

DdpmBytes two() {
  DdpmBytes out;
  out.add("a", {2, 3}, {1, 2, 3, 4, 5, 6});
  out.add("b", {1}, {-0.5F});
  return out;
}

TEST(Manifest, FindsTensors) {
  const DdpmBytes bytes = two();
  const TensorTable table = bytes.table();
  const Matrix a = table.read("a"), b = table.read("b");
  EXPECT_EQ(a.rows(), 2);
  EXPECT_EQ(a(1, 2), 6.0F);
  EXPECT_EQ(b(0, 0), -0.5F);
}

template <class Change>
std::string error_of(Change&& change) {
  DdpmBytes bytes = two();
  change(bytes);
  return input_error([&] { bytes.table(); });
}

TEST(Manifest, RefusesWhatDoesNotFit) {
  EXPECT_THAT(error_of([](auto& b) { b.data.pop_back(); }), StartsWith("w.bin: has 27 bytes (m.json says 28)."));
  EXPECT_THAT(error_of([](auto& b) { b.manifest["dtype"] = "float16"; }), HasSubstr("dtype is \"float16\""));
  EXPECT_THAT(error_of([](auto& b) { b.manifest.erase("dtype"); }), HasSubstr("dtype is missing"));
  EXPECT_THAT(error_of([](auto& b) { b.manifest["byte"] = 1; }), HasSubstr("unknown key 'byte'"));
  EXPECT_THAT(error_of([](auto& b) { b.manifest.erase("tensors"); }), HasSubstr("no list 'tensors'"));
  EXPECT_THAT(error_of([](auto& b) { b.manifest.erase("bytes"); }), HasSubstr("no key 'bytes'"));
  EXPECT_THAT(error_of([](auto& b) { b.tensor("b")["name"] = "a"; }), HasSubstr("tensor 'a' is named twice"));
  EXPECT_THAT(error_of([](auto& b) { b.tensor("b").erase("name"); }), HasSubstr("tensor 1 has no name"));
  EXPECT_THAT(error_of([](auto& b) { b.tensor("b")["type"] = 1; }), HasSubstr("tensor 'b' has the unknown key 'type'"));
  EXPECT_THAT(error_of([](auto& b) { b.tensor("b")["offset"] = 20; }),
              HasSubstr("tensor 'b' starts at byte 20 (the one before it ends at byte 24). They overlap."));
  EXPECT_THAT(error_of([](auto& b) { b.tensor("b")["offset"] = 28; }), HasSubstr("belong to no tensor"));
  EXPECT_THAT(error_of([](auto& b) { b.tensor("a")["shape"] = {2, 2}; }), HasSubstr("count = 6"));
  EXPECT_THAT(error_of([](auto& b) { b.tensor("a")["shape"] = {-2, -3}; }), HasSubstr("has shape [-2,-3]"));
  EXPECT_THAT(error_of([](auto& b) { b.tensor("a")["shape"] = nullptr; }), HasSubstr("has no shape"));
  EXPECT_THAT(error_of([](auto& b) { b.tensor("a")["shape"] = std::vector<int>(5, 1 << 20); }), HasSubstr("64 bits"));
  EXPECT_THAT(error_of([](auto& b) { b.tensor("b")["shape"] = {2}, b.tensor("b")["count"] = 2; }),
              HasSubstr("tensor 'b' needs bytes 24 to 32 (the data has 28 bytes)"));
  EXPECT_THAT(error_of([](auto& b) { b.manifest["tensors"].erase(1); }), HasSubstr("goes on after its last tensor"));
  EXPECT_THAT(input_error([] { parse_manifest("m.json", "{", "w.bin", ""); }), HasSubstr("is not JSON"));
  EXPECT_THAT(input_error([] { parse_manifest("m.json", "[]", "w.bin", ""); }), HasSubstr("not a JSON object"));
}

TEST(Manifest, LooksForItsNumbersBesideIt) {
  const Folder folder;
  const DdpmBytes bytes = two();
  folder.write("x_manifest.json", bytes.manifest.dump());
  folder.write("x_f32.bin", bytes.data);
  folder.write("other.json", bytes.manifest.dump());
  EXPECT_EQ(open_manifest(folder.path / "x_manifest.json").read("b")(0, 0), -0.5F);
  EXPECT_EQ(open_manifest(folder.path / "other.json", folder.path / "x_f32.bin").read("b")(0, 0), -0.5F);
  EXPECT_THAT(input_error([&] { open_manifest(folder.path / "other.json"); }), HasSubstr("Name the file of weights"));
  EXPECT_THAT(input_error([&] { open_manifest(folder.path / "none_manifest.json"); }), HasSubstr("cannot be opened"));
}

}  // namespace
}  // namespace orrery::kernels::model
