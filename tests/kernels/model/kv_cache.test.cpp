#include "kernels/model/kv_cache.hpp"

#include <gtest/gtest.h>

#include "tests/kernels/model/synthetic.hpp"

namespace orrery::kernels::model {
namespace {

TEST(KvCache, CountsItsBytesAndLengths) {
  KvCache cache(small_config(true), 1, 3, 20);
  EXPECT_EQ(cache.capacity(), 32);
  EXPECT_EQ(cache.bytes(), 2U * 2 * 32 * (6 + 16) * 4);  // blocks, heads, positions, key and padded value, fp32
  EXPECT_EQ(cache.length(1), 0);
  cache.set_length(2, 7);
  EXPECT_EQ(cache.length(2), 7);
  EXPECT_EQ(cache.length(1), 0);
}

TEST(KvCache, BlocksAreApart) {
  const KvCache cache(small_config(true), 0, 2, 16);
  cache.view(0).value(1, 15)[15] = 1.0F;
  cache.view(0).key(1, 15, 5) = 2.0F;
  EXPECT_EQ(cache.view(1).key(0, 0, 0), 0.0F);
  EXPECT_EQ(cache.view(0).value(0, 0)[0], 0.0F);
  EXPECT_EQ(cache.view(0).key(1, 15, 5), 2.0F);
}

TEST(KvCache, RefusesBlocksAndSizesOutOfRange) {
  const Config config = small_config(true);
  EXPECT_THROW(KvCache(config, 2, 4, 10), ContractError);
  EXPECT_THROW(KvCache(config, 0, 1, 65), ContractError);
  KvCache cache(config, 1, 2, 10);
  EXPECT_THROW(static_cast<void>(cache.length(0)), ContractError);
  EXPECT_THROW(cache.set_length(1, 17), ContractError);
}

}  // namespace
}  // namespace orrery::kernels::model
