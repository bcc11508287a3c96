#include "experiments/hdf5.hpp"

#include <type_traits>
#include <utility>

#include <fmt/format.h>
#include <hdf5.h>

#include "kernels/contract.hpp"

namespace orrery::experiments::hdf5 {

static_assert(std::is_same_v<hid_t, std::int64_t> && std::is_same_v<herr_t, int>);

Handle::Handle(std::int64_t id, Close close, std::string_view action) : id_(id), close_(close) {
  if (id_ < 0) throw RunError("HDF5 failed: " + std::string(action));
}

Handle::Handle(Handle&& other) noexcept : id_(std::exchange(other.id_, -1)), close_(other.close_) {}

Handle& Handle::operator=(Handle&& other) noexcept {
  std::swap(id_, other.id_);
  std::swap(close_, other.close_);
  return *this;
}

Handle::~Handle() {
  if (id_ >= 0) close_(id_);
}

std::string name_in_memory(const void* owner) { return fmt::format("memory {}", fmt::ptr(owner)); }

}  // namespace orrery::experiments::hdf5
