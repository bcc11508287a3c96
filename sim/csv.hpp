// Comma-separated traces, gzipped or not, read line by line with the place of every error.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace orrery::sim {

class CsvReader {
 public:
  // Opens a file, gzipped or not; InputError if that fails.
  explicit CsvReader(const std::string& path);
  ~CsvReader();
  CsvReader(CsvReader&&) noexcept;

  // Moves to the next line that is neither empty nor a comment (#); false at the end. InputError if the file cannot be
  // read on (a truncated gzip stream, say). A carriage return before the line's end is dropped.
  bool next();
  const std::vector<std::string_view>& cells() const { return cells_; }  // of this line; valid until next()
  // The cell as a number; InputError at file:line that names the column, if it is missing or not a finite number.
  double real(std::size_t column, std::string_view name) const;
  std::int64_t integer(std::size_t column, std::string_view name) const;
  std::string place() const;  // "sessions.csv.gz:17"
  [[noreturn]] void fail(std::string_view problem, std::string_view why, std::string_view suggestion = {}) const;

 private:
  struct File;
  std::string path_;
  std::unique_ptr<File> file_;
  std::string line_;
  std::vector<std::string_view> cells_;
  int line_number_ = 0;
};

}  // namespace orrery::sim
