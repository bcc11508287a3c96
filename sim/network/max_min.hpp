// Max-min fair rates of flows over shared links.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "sim/units.hpp"

namespace orrery::sim::network {

// The links that a flow crosses, one to three: sender's up, receiver's down, a relay's or a shared backbone's.
// Distinct.
struct Path {
  static constexpr std::uint32_t none = 0xffffffffu;
  std::array<std::uint32_t, 3> links{none, none, none};  // the used ones first
  static Path over(std::uint32_t first, std::uint32_t second = none, std::uint32_t third = none) {
    return {{first, second, third}};
  }
};

// Solves for the max-min fair rates: no flow's rate can grow without shrinking that of a flow that has no more. They
// are unique. Progressive filling by bottleneck links (Bertsekas & Gallager, Data Networks, 2nd ed., 6.5.2) with a heap
// of links by fair share: O(F log L) where every link's share is looked at again only a few times. Keeps its working
// arrays between calls.
class MaxMin {
 public:
  explicit MaxMin(const std::vector<BytesPerSecond>& capacities);  // by link; all > 0

  // rates[f] [byte/s] of the flow over paths[f]; the spans have the same size.
  void solve(std::span<const Path> paths, std::span<double> rates);
  std::size_t links() const { return capacity_.size(); }
  double capacity(std::uint32_t link) const { return capacity_[link]; }  // [byte/s]

 private:
  struct Level {
    double share;  // what each open flow of the link would get
    std::uint32_t link;
  };
  void list_members(std::span<const Path> paths);
  void push(std::uint32_t link);

  std::vector<double> capacity_;
  std::vector<double> left_;          // capacity not yet given to a flow
  std::vector<std::uint32_t> open_;   // flows of the link that have no rate yet
  std::vector<std::uint32_t> begin_;  // the flows of link l are members_[begin_[l]], ..., members_[begin_[l + 1] - 1]
  std::vector<std::uint32_t> members_;
  std::vector<Level> heap_;  // smallest share first
};

}  // namespace orrery::sim::network
