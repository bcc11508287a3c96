#include "experiments/output_folder.hpp"

#include <system_error>

#include <unistd.h>

#include "kernels/contract.hpp"

namespace orrery::experiments {
namespace fs = std::filesystem;
namespace {

// "a/b/" names the folder b as "a/b" does.
fs::path without_slash(const fs::path& path) { return path.has_filename() ? path : path.parent_path(); }

}  // namespace

OutputFolder::OutputFolder(const fs::path& path) : path_(without_slash(path)) {
  std::error_code error;
  VALIDATE(!fs::exists(fs::symlink_status(path_, error)), path_.string(), "would be overwritten", "it exists",
           "Choose another name, or remove it first.");
  temporary_ = path_.string() + "." + std::to_string(::getpid()) + ".partial";
  fs::create_directory(temporary_, error);
  VALIDATE(!error, path_.string(), "cannot be written", error.message(), "Choose another folder.");
}

OutputFolder::~OutputFolder() {
  if (temporary_.empty()) return;
  std::error_code ignored;  // nobody to tell in a destructor; the name says that it is partial
  fs::remove_all(temporary_, ignored);
}

void OutputFolder::commit() {
  EXPECT(!temporary_.empty());
  std::error_code error;
  fs::rename(temporary_, path_, error);
  VALIDATE(!error, path_.string(), "cannot be written", error.message());
  temporary_.clear();
}

}  // namespace orrery::experiments
