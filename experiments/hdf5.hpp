// The HDF5 C API with owners, errors and the two or three shapes that Orrery stores. A file is built in memory: the
// library writes to no disk, so that a full disk is an ordinary error of an ordinary write. The same content
// gives the same bytes: no times are tracked, and unused bytes are zero.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace orrery::experiments::hdf5 {

// An HDF5 identifier and how to give it back. Move-only.
class Handle {
 public:
  using Close = int (*)(std::int64_t);
  Handle() = default;
  // Takes over a fresh identifier; a negative one throws RunError("HDF5 failed: <action>").
  Handle(std::int64_t id, Close close, std::string_view action);
  Handle(Handle&& other) noexcept;
  Handle& operator=(Handle&& other) noexcept;
  ~Handle();
  std::int64_t get() const { return id_; }

 private:
  std::int64_t id_ = -1;
  Close close_ = nullptr;
};

// The name under which the library holds an open file apart from others; no part of the file's bytes.
std::string name_in_memory(const void* owner);

// Writes one file. Paths start at the root ("metric/goodput", "/" itself); a group is created on first use.
class Writer {
 public:
  Writer();
  ~Writer();
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

  // Attributes of the root, or of the data set or group at `path`.
  void attribute(std::string_view path, std::string_view name, std::string_view text);
  void attribute(std::string_view path, std::string_view name, std::int64_t value);

  // Data sets. `columns` > 0 makes it two-dimensional, [values.size() / columns, columns].
  void numbers(std::string_view path, const std::vector<double>& values, std::size_t columns = 0);
  void integers(std::string_view path, const std::vector<std::int64_t>& values);
  void bytes(std::string_view path, const std::vector<std::uint8_t>& values);
  // UTF-8 strings of at most `width` bytes; longer ones are cut at the last whole character.
  void strings(std::string_view path, const std::vector<std::string>& values, std::size_t width);
  // UTF-8 strings of any length.
  void texts(std::string_view path, const std::vector<std::string>& values);

  // The bytes of the finished file.
  std::string image();

 private:
  void group(std::string_view path);
  void dataset(std::string_view path, std::int64_t file_type, std::int64_t memory_type,
               const std::vector<std::uint64_t>& shape, const void* data);
  Handle file_;
  Handle creation_;  // of data sets
};

// Reads one file, from its bytes or from where it lies. Each call throws RunError where the object is missing or of
// another type.
class Reader {
 public:
  explicit Reader(std::string image);
  // Reads no more of the file than is asked for, and needs no lock: what stands at a path is replaced, never changed.
  static Reader at(const std::string& path) { return Reader(open(path)); }
  bool has(std::string_view path) const;
  bool has_attribute(std::string_view path, std::string_view name) const;
  std::string text_attribute(std::string_view path, std::string_view name) const;
  std::int64_t integer_attribute(std::string_view path, std::string_view name) const;
  std::vector<std::string> names(
      std::string_view group) const;          // of its members, in the order in which they were added
  std::vector<std::string> datasets() const;  // the paths of all, by name
  std::vector<std::string> attributes(std::string_view path) const;  // their names, by name
  std::string type(std::string_view path) const;                     // "f64", "i64", "u8", "S16", "string"
  std::vector<std::uint64_t> shape(std::string_view path) const;
  bool is_text(std::string_view path) const;                 // of fixed width or variable length
  std::vector<double> numbers(std::string_view path) const;  // any numeric type
  std::vector<std::int64_t> integers(std::string_view path) const;
  std::vector<std::string> strings(std::string_view path) const;  // of fixed width
  std::vector<std::string> texts(std::string_view path) const;    // of variable length

 private:
  explicit Reader(Handle file) : file_(std::move(file)) {}
  static Handle open(const std::string& path);
  std::string image_;
  Handle file_;
};

}  // namespace orrery::experiments::hdf5
