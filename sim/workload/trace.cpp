#include "sim/workload/trace.hpp"

#include <charconv>

#include "kernels/contract.hpp"
#include "sim/csv.hpp"

namespace orrery::sim::workload {
namespace {

constexpr double longest_s = 4e9;  // virtual time holds a little more
constexpr Tokens most_tokens = 100'000'000;

// Days from 1970-01-01 in the proleptic Gregorian calendar (Hinnant, chrono-Compatible Low-Level Date Algorithms).
std::int64_t days_from_civil(std::int64_t year, int month, int day) {
  year -= month <= 2;
  const std::int64_t era = (year >= 0 ? year : year - 399) / 400;
  const std::int64_t of_era = year - era * 400;
  const std::int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
  return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

bool digits(std::string_view text, std::size_t at, std::size_t count, int& value) {
  if (at + count > text.size()) return false;
  for (std::size_t i = at; i < at + count; ++i) {
    if (text[i] < '0' || text[i] > '9') return false;
  }
  std::from_chars(text.data() + at, text.data() + at + count, value);
  return true;
}

// Azure's absolute times become seconds since the first row, exactly: whole seconds and fractions are kept apart.
class Clock {
 public:
  double read(const CsvReader& csv) {
    std::int64_t seconds = 0;
    double fraction = 0;
    if (csv.cells().empty() || !parse_timestamp(csv.cells()[0], seconds, fraction)) {
      csv.fail("'TIMESTAMP' cannot be read", "it must look like 2023-11-16 18:15:46.6805900");
    }
    if (!started_) first_seconds_ = seconds, first_fraction_ = fraction, started_ = true;
    return static_cast<double>(seconds - first_seconds_) + (fraction - first_fraction_);
  }

 private:
  bool started_ = false;
  std::int64_t first_seconds_ = 0;
  double first_fraction_ = 0;
};

bool is_azure(CsvReader& csv) {
  constexpr std::string_view formats =
      "use arrival_s,prompt_tokens,output_tokens or TIMESTAMP,ContextTokens,GeneratedTokens";
  VALIDATE(csv.next(), csv.place(), "is empty", "a request trace begins with its column names", formats);
  const auto& names = csv.cells();
  const auto are = [&](std::string_view a, std::string_view b, std::string_view c) {
    return names.size() == 3 && names[0] == a && names[1] == b && names[2] == c;
  };
  if (are("TIMESTAMP", "ContextTokens", "GeneratedTokens")) return true;
  if (!are("arrival_s", "prompt_tokens", "output_tokens")) csv.fail("column names are not known", formats);
  return false;
}

Tokens tokens(const CsvReader& csv, std::size_t column, std::string_view name) {
  const Tokens count = csv.integer(column, name);
  if (count < 1 || count > most_tokens) {
    csv.fail("'" + std::string(name) + "' is " + std::to_string(count), "it must be in [1, 1e8] tokens");
  }
  return count;
}

}  // namespace

bool parse_timestamp(std::string_view text, std::int64_t& seconds, double& fraction) {
  int year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0;
  const bool shaped = text.size() >= 19 && text[4] == '-' && text[7] == '-' && (text[10] == ' ' || text[10] == 'T') &&
                      text[13] == ':' && text[16] == ':';
  if (!shaped || !digits(text, 0, 4, year) || !digits(text, 5, 2, month) || !digits(text, 8, 2, day) ||
      !digits(text, 11, 2, hour) || !digits(text, 14, 2, minute) || !digits(text, 17, 2, second)) {
    return false;
  }
  if (month < 1 || month > 12 || day < 1 || day > 31 || hour > 23 || minute > 59 || second > 60) return false;
  fraction = 0;
  if (text.size() > 19) {
    if (text[19] != '.' || text.size() == 20) return false;
    for (const char c : text.substr(20)) {
      if (c < '0' || c > '9') return false;
    }
    std::from_chars(text.data() + 19, text.data() + text.size(), fraction);
  }
  seconds = ((days_from_civil(year, month, day) * 24 + hour) * 60 + minute) * 60 + second;
  return true;
}

std::vector<TraceRow> read_request_trace(const std::string& path) {
  CsvReader csv(path);
  const bool azure = is_azure(csv);
  const std::string_view prompt = azure ? "ContextTokens" : "prompt_tokens";
  const std::string_view output = azure ? "GeneratedTokens" : "output_tokens";
  Clock clock;
  std::vector<TraceRow> rows;
  while (csv.next()) {
    if (csv.cells().size() != 3) csv.fail("has " + std::to_string(csv.cells().size()) + " columns", "there are three");
    TraceRow row;
    row.arrival_s = azure ? clock.read(csv) : csv.real(0, "arrival_s");
    if (row.arrival_s < 0 || row.arrival_s > longest_s) csv.fail("arrival is out of range", "it must be in [0, 4e9] s");
    if (!rows.empty() && row.arrival_s < rows.back().arrival_s) {
      csv.fail("arrival goes back in time", "requests must be in the order of their arrival");
    }
    row.prompt = tokens(csv, 1, prompt);
    row.output = tokens(csv, 2, output);
    rows.push_back(row);
  }
  VALIDATE(!rows.empty(), path, "has no requests", "there would be nothing to serve");
  return rows;
}

}  // namespace orrery::sim::workload
