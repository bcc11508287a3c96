// Reading whole files, and writing them so that nobody ever sees half of one.
#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace orrery::experiments {

// The bytes of a file; throws InputError where it cannot be read.
std::string read_file(const std::string& path);

// A file that appears at `path` whole or not at all: bytes go to a temporary name in the same folder, then it is
// renamed. What is already at `path` is replaced only if `is_ours` says so of that file.
class OutputFile {
 public:
  // Creates the temporary file, so that a folder which cannot be written to is known before a run and not after. `what`
  // names the kind of file in messages ("an Orrery results file"). Throws InputError.
  // `temporary`, where given, is on the same disk as `path` and removed by whoever owns its folder, should this process
  // be killed.
  OutputFile(std::string path, std::string_view what, const std::function<bool(const std::string& path)>& is_ours,
             std::string temporary = {});
  ~OutputFile();  // without commit(): removes the temporary file, leaves `path` as it was
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;

  // Adds to the temporary file, for what should not be held in memory; throws InputError where the disk is full or
  // fails.
  void write(std::string_view bytes);
  // Writes these last bytes, flushes to the disk and renames; throws like write(). Once only.
  void commit(std::string_view bytes = {});
  const std::string& path() const { return path_; }

 private:
  [[noreturn]] void fail() const;

  std::string path_;
  std::string temporary_;
  int descriptor_ = -1;
};

}  // namespace orrery::experiments
