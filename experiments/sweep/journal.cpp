#include "experiments/sweep/journal.hpp"

#include <cerrno>
#include <cstring>
#include <system_error>

#include <fcntl.h>
#include <sodium.h>
#include <sys/file.h>
#include <unistd.h>

#include "experiments/files.hpp"
#include "experiments/sweep/bytes.hpp"
#include "kernels/contract.hpp"

namespace orrery::experiments::sweep {
namespace {

constexpr std::string_view magic = "ORRJ";
constexpr std::size_t head_size = magic.size() + 1 + sizeof(std::uint64_t);
constexpr std::size_t sum_size = 16;

std::string checksum(std::string_view bytes) {
  std::string sum(sum_size, '\0');
  const int failed = crypto_generichash(reinterpret_cast<unsigned char*>(sum.data()), sum.size(),
                                        reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(), nullptr, 0);
  ENSURE(failed == 0);
  return sum;
}

std::string record(char kind, std::string_view payload) {
  std::string bytes(magic);
  bytes += kind;
  const std::uint64_t length = payload.size();
  bytes.append(reinterpret_cast<const char*>(&length), sizeof length);
  bytes.append(payload);
  return bytes + checksum(bytes);
}

struct Record {
  char kind = 0;  // 0: there is no whole record here
  std::string_view payload;
  std::size_t size = 0;
};

Record next_record(std::string_view bytes) {
  if (bytes.size() < head_size + sum_size || !bytes.starts_with(magic)) return {};
  std::uint64_t length = 0;
  std::memcpy(&length, bytes.data() + magic.size() + 1, sizeof length);
  if (length > bytes.size() - head_size - sum_size) return {};
  const std::string_view summed = bytes.substr(0, head_size + length);
  if (bytes.substr(summed.size(), sum_size) != checksum(summed)) return {};
  return {bytes[magic.size()], summed.substr(head_size), summed.size() + sum_size};
}

void add_names(std::string_view payload, Names& names) {
  ByteReader in(payload);
  while (!in.empty()) names.add(in.text());
}

}  // namespace

JournalWriter::JournalWriter(std::string path, std::string_view header) : path_(std::move(path)) {
  descriptor_ = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0666);
  VALIDATE(descriptor_ >= 0, path_, "cannot be written", std::generic_category().message(errno),
           "Choose another folder.");
  ::flock(descriptor_, LOCK_EX | LOCK_NB);
  try {
    write(record('h', header));
  } catch (const InputError&) {
    ::close(descriptor_);
    ::unlink(path_.c_str());
    throw;
  }
}

JournalWriter::~JournalWriter() { ::close(descriptor_); }

void JournalWriter::add(const Row& row, double now_s) {
  const std::string payload = encode_row(row, names_);
  std::string bytes;
  if (names_.size() > known_) {
    ByteWriter fresh;
    for (std::size_t i = known_; i < names_.size(); ++i) fresh.text(names_.text(static_cast<std::uint32_t>(i)));
    bytes = record('n', fresh.bytes());
  }
  write(bytes + record('r', payload));
  known_ = names_.size();
  if (now_s - last_sync_s_ < sync_period_s) return;
  last_sync_s_ = now_s;
  sync();
}

void JournalWriter::sync() {
  VALIDATE(::fdatasync(descriptor_) == 0, path_, "cannot be written", std::generic_category().message(errno),
           "Rows that were finished before are kept.");
}

void JournalWriter::write(std::string_view bytes) {
  const off_t whole = ::lseek(descriptor_, 0, SEEK_END);
  while (!bytes.empty()) {
    const ssize_t put = ::write(descriptor_, bytes.data(), bytes.size());
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) {
      const std::string reason = std::generic_category().message(errno);
      // What would follow a torn record would never be read.
      const bool cut = ::ftruncate(descriptor_, whole) == 0;
      fail_input(path_, cut ? "cannot be written" : "cannot be written, nor its torn end removed", reason,
                 "Rows that were finished before are kept; make room and run the same command again.");
    }
    bytes.remove_prefix(static_cast<std::size_t>(put));
  }
}

Journal read_journal(const std::string& path) {
  Journal journal{read_file(path), {}, {}, {}};
  std::string_view left = journal.bytes;
  while (true) {
    const Record next = next_record(left);
    if (next.kind == 0) return journal;
    if (next.kind == 'h') journal.header = next.payload;
    if (next.kind == 'n') add_names(next.payload, journal.names);
    if (next.kind == 'r') journal.rows.push_back(next.payload);
    left.remove_prefix(next.size);
  }
}

bool is_held(const std::string& path) {
  const int descriptor = ::open(path.c_str(), O_RDWR | O_CLOEXEC);
  if (descriptor < 0) return false;
  const bool held = ::flock(descriptor, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK;
  ::close(descriptor);
  return held;
}

}  // namespace orrery::experiments::sweep
