#include "experiments/files.hpp"

#include <array>
#include <cerrno>
#include <system_error>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kernels/contract.hpp"

namespace orrery::experiments {
namespace {

std::string last_error() { return std::generic_category().message(errno); }

struct Descriptor {
  int number;
  ~Descriptor() {
    if (number >= 0) ::close(number);
  }
};

}  // namespace

std::string read_file(const std::string& path) {
  const Descriptor file{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
  VALIDATE(file.number >= 0, path, "cannot be opened", last_error());
  std::string bytes;
  struct stat status;
  if (::fstat(file.number, &status) == 0) bytes.reserve(static_cast<std::size_t>(status.st_size));
  std::array<char, 1 << 16> buffer;
  while (true) {
    const ssize_t got = ::read(file.number, buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    VALIDATE(got >= 0, path, "cannot be read", last_error());
    if (got == 0) return bytes;
    bytes.append(buffer.data(), static_cast<std::size_t>(got));
  }
}

OutputFile::OutputFile(std::string path, std::string_view what,
                       const std::function<bool(const std::string& path)>& is_ours, std::string temporary)
    : path_(std::move(path)),
      temporary_(temporary.empty() ? path_ + "." + std::to_string(::getpid()) + ".partial" : std::move(temporary)) {
  struct stat status;
  if (::stat(path_.c_str(), &status) == 0) {
    VALIDATE(S_ISREG(status.st_mode), path_, "cannot be written", "it is not a regular file", "Choose another name.");
    VALIDATE(is_ours(path_), path_, "would be overwritten", "it exists and is not " + std::string(what),
             "Choose another name, or remove it first.");
  }
  descriptor_ = ::open(temporary_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  VALIDATE(descriptor_ >= 0, path_, "cannot be written", last_error(), "Choose another folder.");
}

OutputFile::~OutputFile() {
  if (descriptor_ < 0) return;
  ::close(descriptor_);
  ::unlink(temporary_.c_str());
}

void OutputFile::fail() const {
  fail_input(path_, "cannot be written", last_error(), "What was there before is untouched.");
}

void OutputFile::write(std::string_view bytes) {
  EXPECT(descriptor_ >= 0);
  while (!bytes.empty()) {
    const ssize_t put = ::write(descriptor_, bytes.data(), bytes.size());
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) fail();
    bytes.remove_prefix(static_cast<std::size_t>(put));
  }
}

void OutputFile::commit(std::string_view bytes) {
  write(bytes);
  if (::fsync(descriptor_) != 0) fail();
  if (::rename(temporary_.c_str(), path_.c_str()) != 0) fail();
  ::close(descriptor_);
  descriptor_ = -1;
}

}  // namespace orrery::experiments
