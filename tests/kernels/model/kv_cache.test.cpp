#include "kernels/model/kv_cache.hpp"

#include <gtest/gtest.h>

#include "tests/kernels/model/synthetic.hpp"
#include "tests/kernels/random_matrix.hpp"

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

TEST(KvCache, NarrowTypesTakeLess) {
  const auto bytes = [](KvType type) { return KvCache(small_config(true), 1, 3, 20, type).bytes(); };
  EXPECT_EQ(bytes(KvType::bf16), 2U * 2 * 32 * (6 + 16) * 2);
  EXPECT_EQ(bytes(KvType::e4m3), 2U * 2 * 32 * (6 + 16));
  EXPECT_EQ(bytes(KvType::int8), 2U * 2 * 32 * (6 + 16 + 2 * 4));  // and two scales
}

// Fills one block and looks at the other, for every type.
TEST(KvCache, BlocksAreApart) {
  const Config config = small_config(true);
  Numbers numbers(4);
  const Matrix k = random_matrix(numbers, 16, config.kv_cols()), v = random_matrix(numbers, 16, config.kv_cols());
  for (const KvType type : kv_types) {
    const KvCache cache(config, 0, 3, 16, type);
    store_kv(k, v, 0, cache.view(1));
    for (const int other : {0, 2}) {
      const KvView view = cache.view(other);
      for (int head = 0; head < config.kv_heads; ++head)
        for (int position = 0; position < 16; ++position)
          for (int d = 0; d < config.head_dim; ++d) {
            ASSERT_EQ(view.key(head, position, d), 0.0F);
            ASSERT_EQ(view.value(head, position, d), 0.0F);
            if (type != KvType::int8) continue;
            ASSERT_EQ(view.key_scales[view.scale_offset(head, position)], 0.0F);
            ASSERT_EQ(view.value_scales[view.scale_offset(head, position)], 0.0F);
          }
    }
  }
}

TEST(KvCache, EntriesTravelBetweenCachesOfOtherShapes) {
  const Config config = small_config(true);
  Numbers numbers(5);
  const Matrix k = random_matrix(numbers, 19, config.kv_cols()), v = random_matrix(numbers, 19, config.kv_cols());
  for (const KvType type : kv_types) {
    SCOPED_TRACE(name(type));
    KvCache from(config, 0, 3, 40, type), to(config, 1, 3, 20, type);
    store_kv(k, v, 0, from.view(2));
    from.set_length(2, 19);
    const std::size_t entry = KvCache::entry_bytes(config, type);
    std::vector<std::byte> piece(entry * 20);
    for (const auto& [first, count] : {std::pair{0, 17}, {17, 2}}) {  // across a panel of 16 positions
      EXPECT_EQ(from.copy_out(2, first, count, piece.data()), piece.data() + entry * count);
      EXPECT_EQ(to.copy_in(2, first, count, piece.data()), piece.data() + entry * count);
    }
    EXPECT_EQ(to.length(2), 19);
    const KvView a = from.view(2), b = to.view(2);
    for (int head = 0; head < config.kv_heads; ++head)
      for (int position = 0; position < 19; ++position)
        for (int d = 0; d < config.head_dim; ++d) {
          ASSERT_EQ(b.key(head, position, d), a.key(head, position, d));
          ASSERT_EQ(b.value(head, position, d), a.value(head, position, d));
          if (type != KvType::int8) continue;
          ASSERT_EQ(b.key_scales[b.scale_offset(head, position)], a.key_scales[a.scale_offset(head, position)]);
          ASSERT_EQ(b.value_scales[b.scale_offset(head, position)], a.value_scales[a.scale_offset(head, position)]);
        }
    EXPECT_THROW(from.copy_out(2, 0, 20, piece.data()), ContractError);
    EXPECT_THROW(KvCache(config, 1, 3, 20, type).copy_in(1, 1, 1, piece.data()), ContractError) << "a gap";
  }
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
