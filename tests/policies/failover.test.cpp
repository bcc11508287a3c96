#include "sim/failover/policy.hpp"

// What holds for every failover policy, for losses of every size.

#include <gtest/gtest.h>

namespace orrery::sim::failover {
namespace {

using Registry = config::Registry<FailoverPolicy>;

class Failover : public testing::TestWithParam<std::string> {
 protected:
  std::unique_ptr<FailoverPolicy> policy_ = Registry::instance().make(GetParam());
};

TEST_P(Failover, CareIsConsistent) {
  const Care care = policy_->care();
  EXPECT_EQ(care.copy_every > 0, care.holder != Holder::nobody) << "copies have a holder, and a holder has copies";
  EXPECT_GE(care.copy_every, 0);
  if (!care.caches) {
    EXPECT_EQ(care.copy_every, 0) << "there is nothing to copy";
  }
}

TEST_P(Failover, AsksOnlyForWhatThereIs) {
  const Care care = policy_->care();
  for (Tokens done : {0, 1, 50, 10'000}) {
    for (Tokens copied : {Tokens(0), done / 2, done}) {
      if (care.copy_every == 0 && copied > 0) continue;
      for (std::size_t legs : {1, 3}) {
        const Recovery how = policy_->recover({done, copied, legs, 3});
        EXPECT_LE(how.restored, copied);
        EXPECT_GE(how.restored, 0);
        EXPECT_TRUE(!how.restart || how.restored == 0) << "a restart has no use for copies";
        EXPECT_TRUE(how.restart || care.inputs || !care.caches) << "who replays has kept the inputs";
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Every, Failover, testing::ValuesIn(Registry::instance().names()),
                         [](const auto& param_info) { return param_info.param; });

}  // namespace
}  // namespace orrery::sim::failover
