// A folder that appears whole or not at all.
#pragma once

#include <filesystem>
#include <string>

namespace orrery::experiments {

class OutputFolder {
 public:
  // Creates a folder with a temporary name beside `path`, where nothing may be yet. Throws InputError.
  explicit OutputFolder(const std::filesystem::path& path);
  ~OutputFolder();  // without commit(): removes what was made
  OutputFolder(const OutputFolder&) = delete;
  OutputFolder& operator=(const OutputFolder&) = delete;

  // Where a file of the folder is written until commit() (files.hpp).
  std::string file(const std::string& name) const { return (temporary_ / name).string(); }
  // Renames the folder; throws InputError. Once only.
  void commit();

 private:
  std::filesystem::path path_, temporary_;
};

}  // namespace orrery::experiments
