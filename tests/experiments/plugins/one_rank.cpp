// A policy with a bug that only one rank of a run meets.
#include <cstdlib>
#include <stdexcept>
#include <string>

#include "sim/sharding/policy.hpp"

namespace orrery::sim::sharding {
namespace {

// Of this process, as the launcher of the tests says it.
std::int64_t this_rank() {
  const char* rank = std::getenv("OMPI_COMM_WORLD_RANK");
  return rank ? std::atoi(rank) : 0;
}

class OneRank final : public ShardingPolicy {
 public:
  struct Params {
    std::int64_t broken_rank = -1;
    static Fields<Params> fields() {
      return Fields<Params>().integer("broken_rank", &Params::broken_rank, "1", "that throws; -1: none", -1, 100);
    }
  };
  static About about() { return {"one_rank", "breaks one rank", "For the tests of runs on several ranks.", "ours"}; }
  explicit OneRank(const Params& params) : params_(params) {}

  // Every rank of a run places the swarm, so each can be the only one to throw.
  std::vector<BlockSpan> place(const SwarmView& view, Draw& draw) const override {
    if (this_rank() == params_.broken_rank) throw std::out_of_range("a bug on one rank");
    return calm_->place(view, draw);
  }
  BlockSpan join(const SwarmView& view, std::size_t self, Draw& draw) const override {
    return calm_->join(view, self, draw);
  }

 private:
  Params params_;
  std::unique_ptr<ShardingPolicy> calm_ = config::Registry<ShardingPolicy>::instance().make("petals");
};

ORRERY_REGISTER(ShardingPolicy, OneRank);

}  // namespace
}  // namespace orrery::sim::sharding
