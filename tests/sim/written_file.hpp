// A file with given content that lives as long as this object, and what a call complains about.
#pragma once

#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

#include <unistd.h>
#include <zlib.h>

#include "kernels/contract.hpp"

namespace orrery::sim {

class WrittenFile {
 public:
  explicit WrittenFile(std::string_view content, bool gzipped = false) {
    static int count = 0;
    path_ = std::filesystem::temp_directory_path() / ("orrery_test_" + std::to_string(getpid()) + "_" +
                                                      std::to_string(count++) + (gzipped ? ".csv.gz" : ".csv"));
    if (gzipped) {
      gzFile file = gzopen(path_.c_str(), "wb");
      gzwrite(file, content.data(), static_cast<unsigned>(content.size()));
      gzclose(file);
    } else {
      std::ofstream(path_, std::ios::binary) << content;
    }
  }
  ~WrittenFile() { std::filesystem::remove(path_); }
  WrittenFile(const WrittenFile&) = delete;
  WrittenFile& operator=(const WrittenFile&) = delete;

  std::string path() const { return path_.string(); }

 private:
  std::filesystem::path path_;
};

// The message of the InputError that `call` throws, without the part of the path before the file's line; empty if none.
template <class Call>
std::string complaint(const Call& call, const std::string& path = {}) {
  try {
    call();
  } catch (const InputError& error) {
    std::string text = error.what();
    if (!path.empty() && text.rfind(path, 0) == 0) text.erase(0, path.size());
    return text;
  }
  return {};
}

}  // namespace orrery::sim
