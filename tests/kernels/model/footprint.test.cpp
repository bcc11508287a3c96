// The numbers are those of weights that were really loaded.
#include "kernels/model/footprint.hpp"

#include <gtest/gtest.h>

#include "kernels/model/model.hpp"
#include "kernels/model/random.hpp"
#include "tests/kernels/model/synthetic.hpp"

namespace orrery::kernels::model {
namespace {

constexpr WeightType types[] = {WeightType::fp32, WeightType::bf16, WeightType::int8, WeightType::int4};

TEST(Footprint, IsWhatLoadedWeightsTake) {
  for (const bool tied : {true, false}) {
    for (const Config& config : {small_config(tied), small_mixture(tied)}) {
      const auto model = Model::make(random_source(config, 1));
      for (const WeightType type : types) {
        const Footprint bytes = footprint(config, type);
        EXPECT_EQ(bytes.block(config.experts), model->load_block(1, type)->bytes()) << name(type);
        EXPECT_EQ(bytes.head, model->load_head(type)->bytes()) << name(type);
        EXPECT_EQ(bytes.embedding, model->load_embedding()->bytes());
      }
    }
  }
}

TEST(Footprint, OfAMixtureCountsTheExpertsThatAreHeld) {
  const Config config = small_mixture(true);
  const auto model = Model::make(random_source(config, 1));
  for (const WeightType type : types) {
    const Footprint bytes = footprint(config, type);
    EXPECT_EQ(bytes.block(2), model->load_block(0, type, {1, 3})->bytes()) << name(type);
    EXPECT_EQ(bytes.block(0), model->load_block(0, type, {0, 0})->bytes()) << name(type);
  }
  EXPECT_EQ(footprint(small_config(true), WeightType::bf16).expert, 0U);
}

}  // namespace
}  // namespace orrery::kernels::model
