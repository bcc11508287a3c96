// A whole file, memory-mapped for reading: pages arrive when they are touched.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

namespace orrery::kernels::model {

class MappedFile {
 public:
  // InputError if it cannot be opened.
  static std::shared_ptr<const MappedFile> open(const std::filesystem::path& path);
  ~MappedFile();
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;

  std::string_view bytes() const { return {data_, size_}; }

 private:
  MappedFile(const char* data, std::size_t size) : data_(data), size_(size) {}

  const char* data_;
  std::size_t size_;
};

}  // namespace orrery::kernels::model
