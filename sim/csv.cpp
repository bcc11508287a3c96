#include "sim/csv.hpp"

#include <charconv>
#include <cmath>

#include <zlib.h>

#include "kernels/contract.hpp"

namespace orrery::sim {

struct CsvReader::File {
  explicit File(gzFile opened) : handle(opened) {}
  ~File() { gzclose(handle); }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  gzFile handle;
};

namespace {

// No trace has lines this long; a binary file given by mistake has.
constexpr std::size_t longest_line = 1 << 16;

std::string_view trimmed(std::string_view cell) {
  while (!cell.empty() && cell.front() == ' ') cell.remove_prefix(1);
  while (!cell.empty() && cell.back() == ' ') cell.remove_suffix(1);
  return cell;
}

}  // namespace

CsvReader::CsvReader(const std::string& path) : path_(path) {
  gzFile handle = gzopen(path.c_str(), "rb");
  VALIDATE(handle != nullptr, path, "cannot be opened", "no such file, or no permission to read it");
  file_ = std::make_unique<File>(handle);
}

CsvReader::~CsvReader() = default;
CsvReader::CsvReader(CsvReader&&) noexcept = default;

bool CsvReader::next() {
  for (;;) {
    line_.clear();
    char buffer[4096];
    while (line_.empty() || line_.back() != '\n') {
      if (gzgets(file_->handle, buffer, sizeof buffer) == nullptr) break;
      line_ += buffer;
      if (line_.size() > longest_line) {
        ++line_number_;
        fail("line is longer than 65536 bytes", "this is no trace in text form");
      }
    }
    int status = Z_OK;
    gzerror(file_->handle, &status);
    if (status != Z_OK && status != Z_STREAM_END) {
      ++line_number_;
      fail("cannot be read on",
           status == Z_BUF_ERROR ? "the gzip stream ends too early" : "the gzip stream is damaged");
    }
    if (line_.empty()) return false;
    ++line_number_;
    while (!line_.empty() && (line_.back() == '\n' || line_.back() == '\r')) line_.pop_back();
    if (!line_.empty() && line_.front() != '#') break;
  }
  cells_.clear();
  std::string_view rest = line_;
  for (std::size_t comma = rest.find(','); comma != std::string_view::npos; comma = rest.find(',')) {
    cells_.push_back(trimmed(rest.substr(0, comma)));
    rest.remove_prefix(comma + 1);
  }
  cells_.push_back(trimmed(rest));
  return true;
}

std::string CsvReader::place() const { return path_ + ":" + std::to_string(line_number_); }

void CsvReader::fail(std::string_view problem, std::string_view why, std::string_view suggestion) const {
  fail_input(place(), problem, why, suggestion);
}

double CsvReader::real(std::size_t column, std::string_view name) const {
  if (column >= cells_.size()) {
    fail("'" + std::string(name) + "' is missing", "the line has " + std::to_string(cells_.size()) + " columns");
  }
  const std::string_view cell = cells_[column];
  double x = 0;
  const auto [end, error] = std::from_chars(cell.data(), cell.data() + cell.size(), x);
  if (error != std::errc() || end != cell.data() + cell.size() || !std::isfinite(x)) {
    fail("'" + std::string(name) + "' is '" + std::string(cell) + "'", "it must be a finite number");
  }
  return x;
}

std::int64_t CsvReader::integer(std::size_t column, std::string_view name) const {
  const double x = real(column, name);
  if (x != std::floor(x) || std::fabs(x) > 9e15) {
    fail("'" + std::string(name) + "' is '" + std::string(cells_[column]) + "'", "it must be a whole number");
  }
  return static_cast<std::int64_t>(x);
}

}  // namespace orrery::sim
