#include "experiments/sweep/spool.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <filesystem>
#include <map>
#include <system_error>
#include <tuple>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "experiments/files.hpp"
#include "experiments/sweep/bytes.hpp"
#include "kernels/contract.hpp"

namespace orrery::experiments::sweep {
namespace {

namespace fs = std::filesystem;

std::string last_error() { return std::generic_category().message(errno); }

std::string lock_path(const std::string& folder) { return folder + "/lock"; }

struct JournalFile {
  int session = 0;
  int rank = 0;
  std::string path;
};

// In the order of sessions, so that what was noted last stands last.
std::vector<JournalFile> journal_files(const std::string& folder) {
  std::vector<JournalFile> files;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    JournalFile file{0, 0, entry.path().string()};
    char end = 0;
    const std::string name = entry.path().filename().string();
    if (std::sscanf(name.c_str(), "rows.%d.%d%c", &file.session, &file.rank, &end) == 2) files.push_back(file);
  }
  VALIDATE(!error || error == std::errc::no_such_file_or_directory, folder, "cannot be read", error.message());
  std::sort(files.begin(), files.end(), [](const JournalFile& a, const JournalFile& b) {
    return std::tuple(a.session, a.rank) < std::tuple(b.session, b.rank);
  });
  return files;
}

bool same_sweep(const Identity& a, const Identity& b) { return a.plan == b.plan && a.commit == b.commit; }

void check_identity(const Identity& there, const Identity& mine, const std::string& folder) {
  VALIDATE(there.plan == mine.plan, folder, "holds rows of another sweep",
           "the scenario file, --set, --seed or --part were different when it was begun",
           "Undo the change to go on with it, choose another --out, or remove that folder to begin anew.");
  VALIDATE(there.commit == mine.commit, folder, "holds rows of another program",
           "commit " + there.commit + " began it, this is " + mine.commit,
           "Finish it with that program, choose another --out, or remove that folder to begin anew.");
}

}  // namespace

std::string Identity::encode() const {
  ByteWriter out;
  out.text("orrery-rows 1");
  out.text(plan);
  out.text(commit);
  out.number(rows);
  return out.bytes();
}

Identity Identity::decode(std::string_view header) {
  ByteReader in(header);
  if (in.text() != "orrery-rows 1") throw RunError("it has another version");
  Identity identity;
  identity.plan = in.text();
  identity.commit = in.text();
  identity.rows = in.number<std::uint64_t>();
  return identity;
}

std::string spool_folder(const std::string& results) { return results + ".rows"; }

std::string journal_path(const std::string& results, int session, int rank) {
  return fmt::format("{}/rows.{}.{}", spool_folder(results), session, rank);
}

Noteds read_spool(const std::string& folder) {
  Noteds all;
  std::map<std::string, std::size_t> index;  // row id -> place in all.rows
  for (const JournalFile& file : journal_files(folder)) {
    Journal journal = read_journal(file.path);
    if (journal.header.empty()) continue;  // its writer died before it began
    try {
      const Identity identity = Identity::decode(journal.header);
      VALIDATE(!all.identity || same_sweep(*all.identity, identity), folder, "holds rows of several sweeps",
               file.path + " belongs to another one");
      all.identity = identity;
      for (std::size_t r = 0; r < journal.rows.size(); ++r) {
        const Noted noted{decode_head(journal.rows[r]), all.journals.size(), r};
        const auto [found, added] = index.try_emplace(noted.head.id, all.rows.size());
        if (added) {
          all.rows.push_back(noted);
        } else {
          all.rows[found->second] = noted;
        }
      }
    } catch (const RunError& error) {
      fail_input(file.path, "is no journal of a sweep", error.what(), "Remove it if nobody needs it.");
    }
    all.journals.push_back(std::move(journal));
  }
  return all;
}

Spool::Spool(const std::string& results, const Identity& identity) : results_(results), folder_(spool_folder(results)) {
  try {
    lock();
    for (const JournalFile& file : journal_files(folder_)) {
      VALIDATE(!is_held(file.path), results_, "is being written by another sweep",
               "a rank of it still holds " + file.path, "Wait until it has ended.");
      session_ = std::max(session_, file.session + 1);
    }
    noted_ = read_spool(folder_);
    if (noted_.identity) check_identity(*noted_.identity, identity, folder_);
    say_who();
  } catch (const InputError&) {
    if (lock_ >= 0) give_back();
    throw;
  }
}

Spool::~Spool() { give_back(); }

// A folder in which no rank has begun is of no use; only its holder may say so.
void Spool::give_back() {
  std::error_code error;
  const fs::directory_iterator files(folder_, error);
  const bool fruitless = !error && std::all_of(begin(files), end(files), [&](const fs::directory_entry& entry) {
    return entry.path() == lock_path(folder_);
  });
  if (fruitless) remove();
  ::close(lock_);
}

// A lock belongs to an open file, so it goes with the process however that ends. Its path may have been removed by a
// sweep that ended between our opening and locking it; then there is a new one to be made.
void Spool::lock() {
  while (true) {
    if (::mkdir(folder_.c_str(), 0777) != 0) {
      VALIDATE(errno == EEXIST, results_, "cannot be written", last_error(), "Choose another folder.");
    }
    const int opened = ::open(lock_path(folder_).c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (opened < 0 && errno == ENOENT) continue;
    VALIDATE(opened >= 0, results_, "cannot be written", last_error(), "Choose another folder.");
    if (::flock(opened, LOCK_EX | LOCK_NB) != 0) {
      const std::string reason = errno == EWOULDBLOCK ? holder(results_).value_or("it has just ended") : last_error();
      ::close(opened);
      fail_input(results_, "is being written by another sweep", reason, "Wait for it, or choose another --out.");
    }
    struct stat mine, there;
    const bool same = ::fstat(opened, &mine) == 0 && ::stat(lock_path(folder_).c_str(), &there) == 0 &&
                      mine.st_ino == there.st_ino && mine.st_dev == there.st_dev;
    if (same) {
      lock_ = opened;
      return;
    }
    ::close(opened);
  }
}

void Spool::say_who() const {
  std::array<char, 256> host{};
  ::gethostname(host.data(), host.size() - 1);
  const std::string who = fmt::format("host {}, process {}", host.data(), ::getpid());
  const bool written =
      ::ftruncate(lock_, 0) == 0 && ::pwrite(lock_, who.data(), who.size(), 0) == static_cast<ssize_t>(who.size());
  VALIDATE(written, results_, "cannot be written", last_error(), "Make room, or choose another folder.");
}

// The lock goes last: as long as it is there, nobody takes the folder for an abandoned one.
void Spool::remove() {
  std::error_code ignored;
  for (const JournalFile& file : journal_files(folder_)) fs::remove(file.path, ignored);
  for (const char* left : {"results", "log"}) fs::remove(temporary(left), ignored);
  fs::remove(lock_path(folder_), ignored);
  fs::remove(folder_, ignored);
}

std::optional<std::string> holder(const std::string& results) {
  const std::string path = lock_path(spool_folder(results));
  if (!is_held(path)) return std::nullopt;
  const std::string who = read_file(path);
  return who.empty() ? "it has just begun" : who;
}

}  // namespace orrery::experiments::sweep
