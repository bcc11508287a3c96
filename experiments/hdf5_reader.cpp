#include <algorithm>

#include <hdf5.h>

#include "experiments/hdf5.hpp"
#include "kernels/contract.hpp"

namespace orrery::experiments::hdf5 {
namespace {

[[noreturn]] void fail(const std::string& problem) { throw RunError("HDF5 failed: " + problem); }

struct Attribute {
  Handle object, attribute, type;
  Attribute(const Handle& file, std::string_view path, std::string_view name)
      : object(H5Oopen(file.get(), std::string(path).c_str(), H5P_DEFAULT), H5Oclose, "opening " + std::string(path)),
        attribute(H5Aopen(object.get(), std::string(name).c_str(), H5P_DEFAULT), H5Aclose,
                  "reading attribute " + std::string(name)),
        type(H5Aget_type(attribute.get()), H5Tclose, "the type of attribute " + std::string(name)) {}
};

struct DataSet {
  Handle set, type, space;
  DataSet(const Handle& file, std::string_view path)
      : set(H5Dopen2(file.get(), std::string(path).c_str(), H5P_DEFAULT), H5Dclose, "opening " + std::string(path)),
        type(H5Dget_type(set.get()), H5Tclose, "the type of " + std::string(path)),
        space(H5Dget_space(set.get()), H5Sclose, "the shape of " + std::string(path)) {}
  std::size_t points() const { return static_cast<std::size_t>(H5Sget_simple_extent_npoints(space.get())); }
};

std::string without_padding(const char* cell, std::size_t width) {
  return std::string(cell, std::find(cell, cell + width, '\0'));
}

bool is_fixed_string(const Handle& type) {
  return H5Tget_class(type.get()) == H5T_STRING && H5Tis_variable_str(type.get()) == 0;
}

}  // namespace

Reader::Reader(std::string image) : image_(std::move(image)) {
  H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
  const Handle access(H5Pcreate(H5P_FILE_ACCESS), H5Pclose, "creating properties");
  if (H5Pset_fapl_core(access.get(), 1 << 20, false) < 0 ||
      H5Pset_file_image(access.get(), image_.data(), image_.size()) < 0) {
    fail("choosing the memory driver");
  }
  file_ = Handle(H5Fopen(name_in_memory(this).c_str(), H5F_ACC_RDONLY, access.get()), H5Fclose, "this is no HDF5 file");
}

Handle Reader::open(const std::string& path) {
  H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
  const Handle access(H5Pcreate(H5P_FILE_ACCESS), H5Pclose, "creating properties");
  if (H5Pset_file_locking(access.get(), false, true) < 0) fail("choosing not to lock");
  return Handle(H5Fopen(path.c_str(), H5F_ACC_RDONLY, access.get()), H5Fclose, "this is no HDF5 file");
}

bool Reader::has(std::string_view path) const {
  const std::string name(path);
  for (std::size_t slash = name.find('/'); slash != std::string::npos; slash = name.find('/', slash + 1)) {
    if (H5Lexists(file_.get(), name.substr(0, slash).c_str(), H5P_DEFAULT) <= 0) return false;
  }
  return H5Lexists(file_.get(), name.c_str(), H5P_DEFAULT) > 0;
}

bool Reader::has_attribute(std::string_view path, std::string_view name) const {
  return H5Aexists_by_name(file_.get(), std::string(path).c_str(), std::string(name).c_str(), H5P_DEFAULT) > 0;
}

std::string Reader::text_attribute(std::string_view path, std::string_view name) const {
  const Attribute a(file_, path, name);
  if (!is_fixed_string(a.type)) fail("attribute " + std::string(name) + " is not text of fixed width");
  std::string text(H5Tget_size(a.type.get()), '\0');
  if (H5Aread(a.attribute.get(), a.type.get(), text.data()) < 0) fail("reading attribute " + std::string(name));
  return without_padding(text.data(), text.size());
}

std::int64_t Reader::integer_attribute(std::string_view path, std::string_view name) const {
  const Attribute a(file_, path, name);
  const Handle space(H5Aget_space(a.attribute.get()), H5Sclose, "the shape of attribute " + std::string(name));
  if (H5Tget_class(a.type.get()) != H5T_INTEGER || H5Sget_simple_extent_npoints(space.get()) != 1) {
    fail("attribute " + std::string(name) + " is not one integer");
  }
  std::int64_t value = 0;
  if (H5Aread(a.attribute.get(), H5T_NATIVE_INT64, &value) < 0) fail("reading attribute " + std::string(name));
  return value;
}

std::vector<std::string> Reader::names(std::string_view group) const {
  const Handle opened(H5Gopen2(file_.get(), std::string(group).c_str(), H5P_DEFAULT), H5Gclose,
                      "opening group " + std::string(group));
  std::vector<std::string> all;
  const auto collect = [](hid_t, const char* name, const H5L_info_t*, void* list) -> herr_t {
    static_cast<std::vector<std::string>*>(list)->emplace_back(name);
    return 0;
  };
  if (H5Literate(opened.get(), H5_INDEX_CRT_ORDER, H5_ITER_INC, nullptr, collect, &all) < 0) fail("listing a group");
  return all;
}

std::vector<std::string> Reader::datasets() const {
  std::vector<std::string> all;
  const auto collect = [](hid_t, const char* name, const H5O_info_t* info, void* list) -> herr_t {
    if (info->type == H5O_TYPE_DATASET) static_cast<std::vector<std::string>*>(list)->emplace_back(name);
    return 0;
  };
  if (H5Ovisit(file_.get(), H5_INDEX_NAME, H5_ITER_INC, collect, &all) < 0) fail("listing data sets");
  return all;
}

std::vector<std::string> Reader::attributes(std::string_view path) const {
  const Handle object(H5Oopen(file_.get(), std::string(path).c_str(), H5P_DEFAULT), H5Oclose,
                      "opening " + std::string(path));
  std::vector<std::string> all;
  const auto collect = [](hid_t, const char* name, const H5A_info_t*, void* list) -> herr_t {
    static_cast<std::vector<std::string>*>(list)->emplace_back(name);
    return 0;
  };
  if (H5Aiterate2(object.get(), H5_INDEX_NAME, H5_ITER_INC, nullptr, collect, &all) < 0) {
    fail("listing attributes of " + std::string(path));
  }
  return all;
}

std::string Reader::type(std::string_view path) const {
  const DataSet d(file_, path);
  const std::size_t bytes = H5Tget_size(d.type.get());
  switch (H5Tget_class(d.type.get())) {
    case H5T_FLOAT:
      return "f" + std::to_string(8 * bytes);
    case H5T_INTEGER:
      return (H5Tget_sign(d.type.get()) == H5T_SGN_NONE ? "u" : "i") + std::to_string(8 * bytes);
    case H5T_STRING:
      return H5Tis_variable_str(d.type.get()) > 0 ? "string" : "S" + std::to_string(bytes);
    default:
      fail(std::string(path) + " has a type that results do not have");
  }
}

std::vector<std::uint64_t> Reader::shape(std::string_view path) const {
  const DataSet d(file_, path);
  std::vector<hsize_t> extent(static_cast<std::size_t>(std::max(0, H5Sget_simple_extent_ndims(d.space.get()))));
  H5Sget_simple_extent_dims(d.space.get(), extent.data(), nullptr);
  return {extent.begin(), extent.end()};
}

std::vector<double> Reader::numbers(std::string_view path) const {
  const DataSet d(file_, path);
  const H5T_class_t kind = H5Tget_class(d.type.get());
  if (kind != H5T_FLOAT && kind != H5T_INTEGER) fail(std::string(path) + " holds no numbers");
  std::vector<double> values(d.points());
  if (!values.empty() && H5Dread(d.set.get(), H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data()) < 0) {
    fail("reading " + std::string(path));
  }
  return values;
}

bool Reader::is_text(std::string_view path) const {
  return H5Tget_class(DataSet(file_, path).type.get()) == H5T_STRING;
}

std::vector<std::int64_t> Reader::integers(std::string_view path) const {
  const DataSet d(file_, path);
  if (H5Tget_class(d.type.get()) != H5T_INTEGER) fail(std::string(path) + " holds no integers");
  std::vector<std::int64_t> values(d.points());
  if (!values.empty() && H5Dread(d.set.get(), H5T_NATIVE_INT64, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data()) < 0) {
    fail("reading " + std::string(path));
  }
  return values;
}

std::vector<std::string> Reader::strings(std::string_view path) const {
  const DataSet d(file_, path);
  if (!is_fixed_string(d.type)) fail(std::string(path) + " holds no strings of fixed width");
  const std::size_t width = H5Tget_size(d.type.get());
  std::string packed(d.points() * width, '\0');
  if (!packed.empty() && H5Dread(d.set.get(), d.type.get(), H5S_ALL, H5S_ALL, H5P_DEFAULT, packed.data()) < 0) {
    fail("reading " + std::string(path));
  }
  std::vector<std::string> values;
  for (std::size_t i = 0; i < d.points(); ++i) values.push_back(without_padding(packed.data() + i * width, width));
  return values;
}

std::vector<std::string> Reader::texts(std::string_view path) const {
  const DataSet d(file_, path);
  if (H5Tis_variable_str(d.type.get()) <= 0) fail(std::string(path) + " holds no strings of variable length");
  std::vector<char*> pointers(d.points(), nullptr);
  if (!pointers.empty() && H5Dread(d.set.get(), d.type.get(), H5S_ALL, H5S_ALL, H5P_DEFAULT, pointers.data()) < 0) {
    fail("reading " + std::string(path));
  }
  std::vector<std::string> values;
  for (const char* text : pointers) values.emplace_back(text ? text : "");
  // The library allocated them.
  H5Dvlen_reclaim(d.type.get(), d.space.get(), H5P_DEFAULT, pointers.data());
  return values;
}

}  // namespace orrery::experiments::hdf5
