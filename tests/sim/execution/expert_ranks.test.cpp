#include "sim/execution/expert_ranks.hpp"

#include <cstring>
#include <limits>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/mpi_main.hpp"
#include "tests/sim/execution/mixture.hpp"

namespace orrery::sim::execution {
namespace {

namespace model = kernels::model;

int rank() {
  int r = 0;
  MPI_Comm_rank(tests::communicator(), &r);
  return r;
}
int size() {
  int n = 1;
  MPI_Comm_size(tests::communicator(), &n);
  return n;
}

ExpertPlacement everywhere() { return {tests::mixture_config().experts, 0, size()}; }

// A prompt of its own for each rank, in chunks of its own, so that ranks ask each other at any time.
struct Load {
  std::vector<int> tokens;
  int chunk;

  explicit Load(int of) : tokens(static_cast<std::size_t>(20 + 9 * of)), chunk(1 + of * 3) {
    for (std::size_t i = 0; i < tokens.size(); ++i)
      tokens[i] = static_cast<int>((i * i * 37 + i * 11 + static_cast<std::size_t>(of) * 101) % 1024);
  }
};

// The rows behind the last block.
kernels::Matrix run(BlockStore& store, const Load& load, const Arithmetic& arithmetic, kernels::Workspace& workspace,
                    ExpertRows* experts) {
  const model::Config& config = store.model().config();
  model::KvCache cache(config, 0, config.layers, static_cast<int>(load.tokens.size()));
  kernels::Matrix out(static_cast<int>(load.tokens.size()), config.hidden);
  for (int first = 0; first < out.rows(); first += load.chunk) {
    const int n = std::min(load.chunk, out.rows() - first);
    kernels::Matrix x =
        model::embed(store.embedding(),
                     std::span(load.tokens).subspan(static_cast<std::size_t>(first), static_cast<std::size_t>(n)));
    for (int b = 0; b < config.layers; ++b)
      forward(config, store.block(b, arithmetic.weights), arithmetic, x, first, cache, b, workspace, nullptr, experts);
    for (int r = 0; r < n; ++r) std::memcpy(out.row(first + r), x.row(r), sizeof(float) * 128);
  }
  return out;
}

bool same_bits(const kernels::Matrix& a, const kernels::Matrix& b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(float)) == 0;
}

TEST(ExpertPlacement, DealsEveryExpertToOneRank) {
  for (const int experts : {1, 2, 8, 9, 64}) {
    for (const int ranks : {1, 2, 3, 4, 11}) {
      const ExpertPlacement placement{experts, 2, ranks};
      for (int e = 0; e < experts; ++e) {
        int holders = 0;
        for (int r = 0; r < ranks + 4; ++r) holders += placement.held(r).contains(e) ? 1 : 0;
        EXPECT_EQ(holders, 1) << e << " of " << experts << " on " << ranks;
      }
      for (int r = 2; r < 2 + ranks; ++r) {
        const int count = placement.held(r).end - placement.held(r).begin;
        EXPECT_GE(count, experts / ranks);
        EXPECT_LE(count, (experts + ranks - 1) / ranks);
      }
      EXPECT_FALSE(placement.held(1).contains(0));
    }
  }
}

// The acceptance: whatever a rank computes with experts all over the communicator, it would have computed alone.
TEST(ExpertRanks, EqualASingleProcessBitForBitInEveryArithmetic) {
  const auto shared = tests::mixture_model();
  for (const Arithmetic& arithmetic : {Arithmetic{},
                                       {.activations = Activations::bf16, .k_block = 64},
                                       {.weights = Weights::int8},
                                       {.weights = Weights::int4, .kv = KvFormat::fp8},
                                       {.weights = Weights::w8a8}}) {
    kernels::Workspace workspace({kernels::best_isa(), 1 + rank() % 2}), alone;
    BlockStore own(shared, everywhere().held(rank())), whole(shared);
    const Load load(rank());
    ExpertRanks experts(own, workspace, everywhere(), tests::communicator());
    const kernels::Matrix got = run(own, load, arithmetic, workspace, &experts);
    experts.finish();
    EXPECT_TRUE(same_bits(got, run(whole, load, arithmetic, alone, nullptr)));
    EXPECT_EQ(experts.rows_sent() > 0, size() > 1);
    for (int e = 0; e < 8; ++e) {
      const auto& expert = own.block(0, arithmetic.weights).weights->experts[static_cast<std::size_t>(e)];
      EXPECT_EQ(expert.down.n() > 0, everywhere().held(rank()).contains(e)) << "weights of an expert held elsewhere";
    }
  }
}

// Only the last rank holds experts: the others ask, and it answers while it computes.
TEST(ExpertRanks, OneRankMayHoldThemAll) {
  const auto shared = tests::mixture_model();
  const ExpertPlacement placement{8, size() - 1, 1};
  kernels::Workspace workspace;
  BlockStore own(shared, placement.held(rank())), whole(shared);
  ExpertRanks experts(own, workspace, placement, tests::communicator());
  const kernels::Matrix got = run(own, Load(rank()), {}, workspace, &experts);
  experts.finish();
  EXPECT_TRUE(same_bits(got, run(whole, Load(rank()), {}, workspace, nullptr)));
}

TEST(ExpertRanks, ARankThatFailsIsNamedAndNobodyWaitsForEver) {
  model::Source source = model::random_source(tests::mixture_config(), 21, "broken");
  const model::Tensor& bad = source.tensors.at(model::block_prefix(2) + model::expert_name(7, model::ExpertMatrix::up));
  auto bytes = std::make_shared<std::string>(source.tensors.files[0].bytes);
  const float nan = std::numeric_limits<float>::quiet_NaN();
  std::memcpy(bytes->data() + bad.offset, &nan, sizeof nan);
  source.tensors.files[0] = {"broken", *bytes, bytes};
  const auto broken = model::Model::make(std::move(source));
  kernels::Workspace workspace;
  BlockStore own(broken, everywhere().held(rank()));
  ExpertRanks experts(own, workspace, everywhere(), tests::communicator());
  std::string error;
  try {
    run(own, Load(rank()), {}, workspace, &experts);
  } catch (const std::exception& e) {
    error = e.what();
  }
  experts.finish();
  EXPECT_THAT(error, ::testing::HasSubstr("tensor 'model.layers.2.block_sparse_moe.experts.7.w3.weight' holds NaN"));
  if (rank() + 1 < size()) {
    EXPECT_THAT(error, ::testing::StartsWith("rank " + std::to_string(size() - 1) + ", experts of block 2: "));
  }
}

}  // namespace
}  // namespace orrery::sim::execution
