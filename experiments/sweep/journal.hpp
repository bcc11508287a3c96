// Where one rank notes each row as soon as it is finished: a file that only grows, of checksummed records.
//
//   record   "ORRJ", kind u8, length u64, payload, BLAKE2b-128 over kind, length and payload
//   kinds    'h' the header, first: what sweep this is; 'n' names, numbered from where the last such record ended;
//            'r' a row, whose names all stand before it
//
// A process that dies leaves at most one torn record, at the end; a reader stops before it. So whatever was noted is
// never lost, and nothing that was half noted is ever believed.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "experiments/sweep/record.hpp"

namespace orrery::experiments::sweep {

class JournalWriter {
 public:
  // Creates the file, which must not be there yet, and holds a lock on it. InputError.
  JournalWriter(std::string path, std::string_view header);
  ~JournalWriter();
  JournalWriter(const JournalWriter&) = delete;
  JournalWriter& operator=(const JournalWriter&) = delete;

  // After it returns, the row survives the death of this process, and within `sync_period_s` (of the caller's clock)
  // that of the machine. InputError where the disk is full or fails; the record then does not count.
  void add(const Row& row, double now_s);
  void sync();

 private:
  void write(std::string_view record);
  std::string path_;
  int descriptor_ = -1;
  Names names_;
  std::size_t known_ = 0;  // names that are in the file
  double last_sync_s_ = 0;
};
inline constexpr double sync_period_s = 1;

struct Journal {
  std::string bytes;   // of the file; rows are views into it, and moving a Journal leaves them valid
  std::string header;  // empty: the process died before it had written one
  Names names;
  std::vector<std::string_view> rows;
};
// Everything up to the first record that is torn or damaged. InputError where the file cannot be read.
Journal read_journal(const std::string& path);

// Whether a living process holds the file that JournalWriter opened, on this machine or another.
bool is_held(const std::string& path);

}  // namespace orrery::experiments::sweep
