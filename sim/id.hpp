// Typed indices: an Id<Node> is never an Id<Request>. An id is a dense index into the table of its kind, so it is
// stable across ranks and runs; the default-constructed id is "none" and converts to false.
#pragma once

#include <compare>
#include <cstdint>
#include <functional>

#include "kernels/contract.hpp"

namespace orrery::sim {

template <class Tag>
class Id {
 public:
  constexpr Id() = default;
  constexpr explicit Id(std::uint32_t index) : index_(index) {}
  constexpr explicit operator bool() const { return index_ != none; }
  // Index into the dense table of this kind; the id must not be "none".
  constexpr std::uint32_t index() const {
    EXPECT(index_ != none);
    return index_;
  }
  friend constexpr auto operator<=>(Id, Id) = default;

 private:
  static constexpr std::uint32_t none = 0xffffffffu;
  std::uint32_t index_ = none;
};

struct NodeTag;
struct ClientTag;
struct RequestTag;
struct RegionTag;
struct DeviceTag;
using NodeId = Id<NodeTag>;
using ClientId = Id<ClientTag>;
using RequestId = Id<RequestTag>;
using RegionId = Id<RegionTag>;
using DeviceId = Id<DeviceTag>;

}  // namespace orrery::sim

template <class Tag>
struct std::hash<orrery::sim::Id<Tag>> {
  std::size_t operator()(orrery::sim::Id<Tag> id) const noexcept { return id ? id.index() : ~std::size_t{0}; }
};
