#include "kernels/model/mapped_file.hpp"

#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kernels/contract.hpp"

namespace orrery::kernels::model {
namespace {

// Closes on every way out; a mapping outlives its descriptor.
struct Descriptor {
  int number;
  ~Descriptor() {
    if (number >= 0) close(number);
  }
};

}  // namespace

std::shared_ptr<const MappedFile> MappedFile::open(const std::filesystem::path& path) {
  const Descriptor file{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
  VALIDATE(file.number >= 0, path.string(), "cannot be opened", std::strerror(errno));
  struct stat status = {};
  VALIDATE(fstat(file.number, &status) == 0, path.string(), "cannot be examined", std::strerror(errno));
  VALIDATE(S_ISREG(status.st_mode), path.string(), "is not a file", "a file with weights or a tokenizer was expected");
  const auto size = static_cast<std::size_t>(status.st_size);
  if (size == 0) return std::shared_ptr<const MappedFile>(new MappedFile(nullptr, 0));  // mmap refuses empty files
  void* data = mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file.number, 0);
  VALIDATE(data != MAP_FAILED, path.string(), "cannot be mapped into memory", std::strerror(errno));
  return std::shared_ptr<const MappedFile>(new MappedFile(static_cast<const char*>(data), size));
}

MappedFile::~MappedFile() {
  if (data_ != nullptr) munmap(const_cast<char*>(data_), size_);
}

}  // namespace orrery::kernels::model
