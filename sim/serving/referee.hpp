// Counts requests as they end and stops the run after the last one. It takes part in no exchange and has no access
// link.
#pragma once

#include "sim/serving/world.hpp"

namespace orrery::sim::serving {

class Referee {
 public:
  Referee(World& world, std::uint64_t expected) : world_(world), expected_(expected), id_(world.simulation.add(*this)) {
    EXPECT(id_ == world.referee());
  }
  void on_event(const engine::Event& event) {
    static_cast<void>(event.as<Ended>());
    ++ended_;
    EXPECT(ended_ <= expected_);
    if (ended_ == expected_) world_.simulation.stop();
  }
  std::uint64_t ended() const { return ended_; }

 private:
  World& world_;
  std::uint64_t expected_;
  std::uint64_t ended_ = 0;
  engine::EntityId id_;
};

}  // namespace orrery::sim::serving
