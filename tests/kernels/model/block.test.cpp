#include "kernels/model/block.hpp"

#include <cmath>
#include <deque>
#include <utility>

#include <gtest/gtest.h>

#include "kernels/attention.hpp"
#include "kernels/mlp.hpp"
#include "kernels/norm.hpp"
#include "kernels/rounding.hpp"
#include "tests/kernels/model/synthetic.hpp"
#include "tests/kernels/model/whole.hpp"
#include "tests/kernels/random_matrix.hpp"

namespace orrery::kernels::model {
namespace {

struct Files {
  Config config;
  std::string json, weights;
  std::shared_ptr<const Model> model;

  explicit Files(bool tied, const char* dtype = "F32") : Files(small_config(tied), dtype) {}
  explicit Files(const Config& of, const char* dtype = "F32")
      : config(of),
        json(config_json(config)),
        weights(safetensors_bytes(config, dtype, 3)),
        model(Model::open_bytes(json, weights, "")) {}
};

std::vector<int> random_tokens(int count, int vocab) {
  Numbers numbers(11);
  std::vector<int> out;
  for (int i = 0; i < count; ++i) out.push_back(numbers.integer(0, vocab - 1));
  return out;
}

// What a block may be computed with.
struct Choice {
  WeightType weights = WeightType::fp32;
  KvType kv = KvType::fp32;
  kernels::Numerics numerics;
};

// The second half of a block of a mixture: what it adds to each row.
Matrix reference_mixture(const Config& c, const TensorTable& t, const std::string& name, const Matrix& rows,
                         const Choice& choice) {
  std::deque<std::vector<std::byte>> bytes;
  const auto encoded = [&](int e, const char* matrix) {
    const Matrix w = t.read(name + "block_sparse_moe.experts." + std::to_string(e) + "." + matrix + ".weight");
    return EncodedView{choice.weights, bytes.emplace_back(encode(choice.weights, w)), w.rows(), w.cols()};
  };
  std::vector<ref::Expert> experts;
  for (int e = 0; e < c.experts; ++e) experts.push_back({encoded(e, "w1"), encoded(e, "w3"), encoded(e, "w2")});
  Matrix y(rows.rows(), rows.cols());
  ref::moe(rows, t.read(name + "block_sparse_moe.gate.weight"), c.experts_active, experts, y, choice.numerics);
  return y;
}

// The block once more, from the naive twins and the raw tensors.
Matrix reference_block(const Config& c, const TensorTable& t, int block, const Matrix& input, const Choice& choice) {
  const std::string name = "model.layers." + std::to_string(block) + ".";
  const auto rounded = [&](Matrix y) {
    ref::round_to(choice.numerics.activations, y);
    return y;
  };
  const auto times = [&](ConstMatrixView x, const std::string& weight) {
    const Matrix w = t.read(name + weight);
    Matrix y(x.rows, w.rows());
    const auto bytes = encode(choice.weights, w);
    ref::gemm(x, EncodedView{choice.weights, bytes, w.rows(), w.cols()}, y, choice.numerics.k_block);
    return rounded(std::move(y));
  };
  const auto normed = [&](ConstMatrixView x, const std::string& weight) {
    Matrix y(x.rows, x.cols);
    ref::rms_norm(x, t.read(name + weight).span(), c.norm_eps, y);
    return rounded(std::move(y));
  };
  const RopeTable table(c.context, c.head_dim, c.rope_theta);
  const auto turned = [&](Matrix y) {
    ref::rope(y, 0, table, c.rope);
    return rounded(std::move(y));
  };
  Matrix x = Matrix::copy(input);
  const Matrix n = normed(x, "input_layernorm.weight");
  const Matrix q = turned(times(n, "self_attn.q_proj.weight")), k = turned(times(n, "self_attn.k_proj.weight"));
  const Matrix v = times(n, "self_attn.v_proj.weight");
  const KvCache cache(c, 0, 1, c.context, choice.kv);
  store_kv(k, v, 0, cache.view(0));
  Matrix mixed(x.rows(), c.query_cols());
  ref::attention(q, c.heads, 0, cache.view(0), mixed, choice.numerics);
  add(x, times(rounded(std::move(mixed)), "self_attn.o_proj.weight"), {});
  x = rounded(std::move(x));
  const Matrix m = normed(x, "post_attention_layernorm.weight");
  if (c.experts > 0) {
    add(x, reference_mixture(c, t, name, m, choice), {});
    return rounded(std::move(x));
  }
  Matrix h(x.rows(), c.ffn);
  ref::swiglu(times(m, "mlp.gate_proj.weight"), times(m, "mlp.up_proj.weight"), h);
  add(x, times(rounded(std::move(h)), "mlp.down_proj.weight"), {});
  return rounded(std::move(x));
}

Matrix fast_block(const Files& files, int block, const Matrix& input, const Choice& choice, Cpu cpu = {}) {
  Matrix x = Matrix::copy(input);
  KvCache cache(files.config, block, block + 1, x.rows(), choice.kv);
  Workspace workspace(cpu, choice.numerics);
  forward_block(files.config, *files.model->load_block(block, choice.weights), x, 0, cache, block, workspace);
  EXPECT_EQ(cache.length(block), x.rows());
  return x;
}

TEST(ForwardBlock, EqualsTheTwinsBitForBit) {
  for (const char* dtype : {"F32", "BF16", "F16"}) {
    const Files files(true, dtype);
    const TensorTable tensors = parse_safetensors("w", files.weights);
    Numbers numbers(5);
    const Matrix x = random_matrix(numbers, 20, files.config.hidden);
    EXPECT_TRUE(same_bits(fast_block(files, 2, x, {}), reference_block(files.config, tensors, 2, x, {}))) << dtype;
  }
}

// Every type of weights and of cache with every kind of rounding and order, on every path.
class InEveryArithmetic : public ::testing::TestWithParam<bool> {};

TEST_P(InEveryArithmetic, EqualsTheTwins) {
  const Files files(GetParam() ? small_mixture(true) : small_config(true));
  const TensorTable tensors = parse_safetensors("w", files.weights);
  Numbers numbers(6);
  const Matrix x = random_matrix(numbers, 20, files.config.hidden);
  for (const WeightType weights : {WeightType::fp32, WeightType::bf16, WeightType::int8, WeightType::int4}) {
    for (const KvType kv : kv_types) {
      for (const Rounding activations : {Rounding::fp32, Rounding::bf16, Rounding::fp16}) {
        const Choice choice{weights,
                            kv,
                            {.k_block = 32 * numbers.integer(1, 3),
                             .position_block = 16,
                             .softmax = numbers.integer(0, 1) == 0 ? Softmax::two_pass : Softmax::online,
                             .activations = activations}};
        const Matrix want = reference_block(files.config, tensors, 1, x, choice);
        for (const Isa isa : isas())
          EXPECT_TRUE(same_bits(fast_block(files, 1, x, choice, {isa, numbers.integer(1, 2)}), want))
              << name(isa) << " " << name(weights) << " " << name(kv) << " " << name(activations);
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(ForwardBlock, InEveryArithmetic, ::testing::Bool(),
                         [](const auto& tested) { return tested.param ? "Mixture" : "Dense"; });

TEST(ForwardBlock, AnyChunkingPathAndThreadsGiveTheSameLogits) {
  for (const Config& config : {small_config(false), small_mixture(false)}) {
    const Files files(config);
    const auto tokens = random_tokens(64, files.config.vocab);
    const Matrix want = Whole(files.model).logits(tokens, 0, 64);
    for (const Isa isa : isas()) {
      for (const int threads : {1, 2}) {
        Whole run(files.model, {isa, threads});
        for (const int chunk : {64, 1, 5, 17})
          EXPECT_TRUE(same_bits(run.logits(tokens, 0, chunk), want)) << name(isa) << chunk;
      }
    }
  }
}

TEST(ForwardBlock, ASuffixCanBeTakenBack) {
  const Files files(true);
  const auto tokens = random_tokens(30, files.config.vocab);
  Whole straight(files.model), detour(files.model);
  const Matrix want = straight.logits(tokens, 0, 30);
  const auto wrong = random_tokens(25, files.config.vocab - 1);
  detour.logits(std::span(tokens).first(10), 0, 10);
  detour.logits(wrong, 10, 25);
  const Matrix got = detour.logits(std::span(tokens).subspan(10), 10, 20);
  EXPECT_TRUE(same_bits(got, want.view().slice_rows(10, 20)));
}

TEST(ForwardBlock, RefusesHolesAndOverflow) {
  const Files files(true);
  KvCache cache(files.config, 0, 1, 16);
  Matrix x(4, files.config.hidden);
  Workspace workspace;
  const auto weights = files.model->load_block(0);
  EXPECT_THROW(forward_block(files.config, *weights, x, 1, cache, 0, workspace), ContractError);
  for (int p = 0; p < 16; p += 4) forward_block(files.config, *weights, x, p, cache, 0, workspace);
  EXPECT_THROW(forward_block(files.config, *weights, x, 16, cache, 0, workspace), ContractError);
  EXPECT_THROW(forward_block(files.config, *weights, x, 0, cache, 1, workspace), ContractError);
}

TEST(ForwardBlock, AllocatesNothingTheSecondTime) {
  for (const Config& config : {small_config(true), small_mixture(true)}) {
    const Files files(config);
    Whole run(files.model);
    const auto tokens = random_tokens(40, files.config.vocab);
    run.logits(tokens, 0, 40);
    const std::size_t after_first = run.workspace.allocations();
    run.logits(tokens, 0, 40);
    EXPECT_EQ(run.workspace.allocations(), after_first);
  }
}

TEST(ForwardBlock, AnotherDeviceDisagreesOnlyInTheLastBits) {
  Config config = small_config(true);
  const std::string weights = safetensors_bytes(config, "F32", 3), json = config_json(config);
  const auto model = Model::open_bytes(json, weights, "");
  const auto tokens = random_tokens(20, config.vocab);
  const Matrix a = Whole(model).logits(tokens, 0, 20), b = Whole(model, {}, {8}).logits(tokens, 0, 20);
  EXPECT_FALSE(same_bits(a, b));
  for (std::size_t i = 0; i < a.size(); ++i) EXPECT_NEAR(a.data()[i], b.data()[i], 1e-3);
}

TEST(Head, OneRowEqualsItsRowInABatch) {
  const Files files(false);
  Numbers numbers(8);
  const Matrix x = random_matrix(numbers, 5, files.config.hidden);
  const auto weights = files.model->load_head();
  Workspace workspace;
  Matrix all(5, files.config.vocab);
  head(*weights, x, all, workspace);
  for (int r = 0; r < 5; ++r) {
    const auto one = head(*weights, x.view().row_span(r), workspace);
    EXPECT_TRUE(same_bits({one.data(), 1, all.cols(), all.cols()}, all.view().slice_rows(r, 1)));
  }
}

}  // namespace
}  // namespace orrery::kernels::model
