#include <algorithm>

#include <hdf5.h>

#include "experiments/hdf5.hpp"
#include "kernels/contract.hpp"

namespace orrery::experiments::hdf5 {
namespace {

constexpr std::size_t growth = 1 << 20;  // of the file in memory [byte]

void check(int status, std::string_view action) {
  if (status < 0) throw RunError("HDF5 failed: " + std::string(action));
}

// A property list under which objects carry no times.
Handle timeless(hid_t kind) {
  Handle list(H5Pcreate(kind), H5Pclose, "creating properties");
  check(H5Pset_obj_track_times(list.get(), false), "turning off times");
  return list;
}

Handle string_type(std::size_t width) {
  Handle type(H5Tcopy(H5T_C_S1), H5Tclose, "making a string type");
  check(H5Tset_size(type.get(), width), "sizing a string type");
  check(H5Tset_cset(type.get(), H5T_CSET_UTF8), "setting UTF-8");
  check(H5Tset_strpad(type.get(), H5T_STR_NULLPAD), "padding a string type");
  return type;
}

// At most `width` bytes of UTF-8, cut before a character that would not fit whole.
std::size_t whole_characters(std::string_view text, std::size_t width) {
  if (text.size() <= width) return text.size();
  while (width > 0 && (static_cast<unsigned char>(text[width]) & 0xc0) == 0x80) --width;
  return width;
}

}  // namespace

Writer::Writer() {
  check(H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr), "silencing");
  Handle access(H5Pcreate(H5P_FILE_ACCESS), H5Pclose, "creating properties");
  check(H5Pset_fapl_core(access.get(), growth, false), "choosing the memory driver");
  // The format stays the oldest one: the image that 1.10 hands out has a wrong checksum from superblock version 2 on,
  // and version 0 has none. Tracking the order of attributes gives the root the newer header all the same, in which an
  // attribute may exceed 64 KiB: a scenario is one.
  const Handle root = timeless(H5P_FILE_CREATE);
  check(H5Pset_attr_creation_order(root.get(), H5P_CRT_ORDER_TRACKED), "tracking the order of attributes");
  file_ = Handle(H5Fcreate(name_in_memory(this).c_str(), H5F_ACC_TRUNC, root.get(), access.get()), H5Fclose,
                 "creating a file in memory");
  creation_ = timeless(H5P_DATASET_CREATE);
}

Writer::~Writer() = default;

void Writer::group(std::string_view path) {
  const std::string name(path);
  if (H5Lexists(file_.get(), name.c_str(), H5P_DEFAULT) > 0) return;
  const Handle creation = timeless(H5P_GROUP_CREATE);
  check(H5Pset_link_creation_order(creation.get(), H5P_CRT_ORDER_TRACKED | H5P_CRT_ORDER_INDEXED), "ordering " + name);
  const Handle made(H5Gcreate2(file_.get(), name.c_str(), H5P_DEFAULT, creation.get(), H5P_DEFAULT), H5Gclose,
                    "creating group " + name);
}

void Writer::attribute(std::string_view path, std::string_view name, std::string_view text) {
  const Handle object(H5Oopen(file_.get(), std::string(path).c_str(), H5P_DEFAULT), H5Oclose,
                      "opening " + std::string(path));
  const Handle type = string_type(std::max<std::size_t>(text.size(), 1));
  const Handle space(H5Screate(H5S_SCALAR), H5Sclose, "creating a scalar");
  const Handle attribute(
      H5Acreate2(object.get(), std::string(name).c_str(), type.get(), space.get(), H5P_DEFAULT, H5P_DEFAULT), H5Aclose,
      "creating attribute " + std::string(name));
  const std::string padded = text.empty() ? std::string(1, '\0') : std::string(text);
  check(H5Awrite(attribute.get(), type.get(), padded.data()), "writing attribute " + std::string(name));
}

void Writer::attribute(std::string_view path, std::string_view name, std::int64_t value) {
  const Handle object(H5Oopen(file_.get(), std::string(path).c_str(), H5P_DEFAULT), H5Oclose,
                      "opening " + std::string(path));
  const Handle space(H5Screate(H5S_SCALAR), H5Sclose, "creating a scalar");
  const Handle attribute(
      H5Acreate2(object.get(), std::string(name).c_str(), H5T_STD_I64LE, space.get(), H5P_DEFAULT, H5P_DEFAULT),
      H5Aclose, "creating attribute " + std::string(name));
  check(H5Awrite(attribute.get(), H5T_NATIVE_INT64, &value), "writing attribute " + std::string(name));
}

void Writer::dataset(std::string_view path, std::int64_t file_type, std::int64_t memory_type,
                     const std::vector<std::uint64_t>& shape, const void* data) {
  const std::string name(path);
  if (const std::size_t slash = name.find('/'); slash != std::string::npos) group(name.substr(0, slash));
  const std::vector<hsize_t> extent(shape.begin(), shape.end());
  const Handle space(H5Screate_simple(static_cast<int>(extent.size()), extent.data(), nullptr), H5Sclose,
                     "shaping " + name);
  const Handle set(
      H5Dcreate2(file_.get(), name.c_str(), file_type, space.get(), H5P_DEFAULT, creation_.get(), H5P_DEFAULT),
      H5Dclose, "creating " + name);
  const bool empty = std::find(shape.begin(), shape.end(), 0u) != shape.end();
  if (!empty) check(H5Dwrite(set.get(), memory_type, H5S_ALL, H5S_ALL, H5P_DEFAULT, data), "writing " + name);
}

void Writer::numbers(std::string_view path, const std::vector<double>& values, std::size_t columns) {
  EXPECT(columns == 0 || values.size() % columns == 0);
  std::vector<std::uint64_t> shape{values.size()};
  if (columns > 0) shape = {values.size() / columns, columns};
  dataset(path, H5T_IEEE_F64LE, H5T_NATIVE_DOUBLE, shape, values.data());
}

void Writer::integers(std::string_view path, const std::vector<std::int64_t>& values) {
  dataset(path, H5T_STD_I64LE, H5T_NATIVE_INT64, {values.size()}, values.data());
}

void Writer::bytes(std::string_view path, const std::vector<std::uint8_t>& values) {
  dataset(path, H5T_STD_U8LE, H5T_NATIVE_UINT8, {values.size()}, values.data());
}

void Writer::strings(std::string_view path, const std::vector<std::string>& values, std::size_t width) {
  const Handle type = string_type(width);
  std::string packed(values.size() * width, '\0');
  for (std::size_t i = 0; i < values.size(); ++i) {
    values[i].copy(packed.data() + i * width, whole_characters(values[i], width));
  }
  dataset(path, type.get(), type.get(), {values.size()}, packed.data());
}

void Writer::texts(std::string_view path, const std::vector<std::string>& values) {
  const Handle type = string_type(H5T_VARIABLE);
  std::vector<const char*> pointers;
  for (const std::string& value : values) pointers.push_back(value.c_str());
  dataset(path, type.get(), type.get(), {values.size()}, pointers.data());
}

std::string Writer::image() {
  check(H5Fflush(file_.get(), H5F_SCOPE_GLOBAL), "flushing the file in memory");
  const ssize_t size = H5Fget_file_image(file_.get(), nullptr, 0);
  check(size < 0 ? -1 : 0, "measuring the file in memory");
  std::string bytes(static_cast<std::size_t>(size), '\0');
  check(H5Fget_file_image(file_.get(), bytes.data(), bytes.size()) < 0 ? -1 : 0, "copying the file from memory");
  return bytes;
}

}  // namespace orrery::experiments::hdf5
