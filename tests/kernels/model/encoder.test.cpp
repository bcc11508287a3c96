#include "kernels/model/encoder.hpp"

#include <numeric>

#include <gtest/gtest.h>

#include "tests/kernels/model/transformer_reference.hpp"

namespace orrery::kernels::model {
namespace {

LayerNorm random_norm(Numbers& numbers, int h) {
  return {random_vector(numbers, h, 1, 0.3F), random_vector(numbers, h, 0, 0.3F)};
}

struct RawBlock {
  RawLinear qkv, output, up, down;
  LayerNorm attention, ffn;
  RawBlock(Numbers& numbers, int h, int f)
      : qkv(numbers, 3 * h, h),
        output(numbers, h, h),
        up(numbers, f, h),
        down(numbers, h, f),
        attention(random_norm(numbers, h)),
        ffn(random_norm(numbers, h)) {}
};

struct Texts {
  std::vector<int> lengths, tokens;
  Texts(Numbers& numbers, int count, int longest, int vocab) {
    for (int i = 0; i < count; ++i) lengths.push_back(numbers.integer(1, longest));
    for (int i = std::accumulate(lengths.begin(), lengths.end(), 0); i > 0; --i)
      tokens.push_back(numbers.integer(0, vocab - 1));
  }
  std::vector<int> text(int i) const {
    const auto first = tokens.begin() + std::accumulate(lengths.begin(), lengths.begin() + i, 0);
    return {first, first + lengths[static_cast<std::size_t>(i)]};
  }
  int count() const { return static_cast<int>(lengths.size()); }
};

struct Small {
  static constexpr int vocab = 50, longest = 37;
  std::vector<RawBlock> raw;
  Encoder encoder;

  Small(Numbers& numbers, int heads, int h, int f, int blocks) {
    encoder.heads = heads;
    encoder.words = random_matrix(numbers, vocab, h);
    encoder.positions = random_matrix(numbers, longest, h, 0.3F);
    encoder.segments = random_matrix(numbers, 2, h, 0.3F);
    encoder.embedding_norm = random_norm(numbers, h);
    for (int b = 0; b < blocks; ++b) {
      const RawBlock& r = raw.emplace_back(numbers, h, f);
      encoder.blocks.push_back({r.qkv.packed(), r.output.packed(), r.up.packed(), r.down.packed(), r.attention, r.ffn});
    }
  }

  // The embedding [1, h] of one text from the twins.
  Matrix twin(const std::vector<int>& text, bool normalise, const Numerics& numerics) const {
    const Twins t{numerics};
    const auto norm = [&](Matrix x, const LayerNorm& w) {
      return t.norm(x, all(w.weight), all(w.offset), encoder.norm_eps);
    };
    const int n = static_cast<int>(text.size()), h = encoder.hidden();
    Matrix x(n, h);
    for (int r = 0; r < n; ++r)
      for (int i = 0; i < h; ++i)
        x(r, i) =
            encoder.words(text[static_cast<std::size_t>(r)], i) + encoder.positions(r, i) + encoder.segments(0, i);
    x = norm(t.rounded(std::move(x)), encoder.embedding_norm);
    for (const RawBlock& w : raw) {
      x = norm(t.plus(Matrix::copy(x), t.linear(t.attention(t.linear(x, w.qkv), encoder.heads), w.output)),
               w.attention);
      x = norm(t.plus(Matrix::copy(x), t.linear(t.gelu(t.linear(x, w.up), Gelu::erf), w.down)), w.ffn);
    }
    Matrix out(1, h);
    float squares = 0;
    for (int i = 0; i < h; ++i) {
      float total = x(0, i);
      for (int r = 1; r < n; ++r) total += x(r, i);
      out(0, i) = total / static_cast<float>(n);
      squares = std::fma(out(0, i), out(0, i), squares);
    }
    for (int i = 0; normalise && i < h; ++i) out(0, i) /= std::sqrt(squares);
    return out;
  }

  Rows in_doubles(const std::vector<int>& text) const {
    const auto norm = [&](const Rows& sum, const LayerNorm& w) {
      Rows x = standardised(sum, static_cast<double>(encoder.norm_eps));
      for (auto& row : x)
        for (std::size_t i = 0; i < row.size(); ++i)
          row[i] = row[i] * static_cast<double>(w.weight[i]) + static_cast<double>(w.offset[i]);
      return x;
    };
    const auto plus = [](Rows x, const Rows& y) {
      for (std::size_t r = 0; r < x.size(); ++r)
        for (std::size_t i = 0; i < x[r].size(); ++i) x[r][i] += y[r][i];
      return x;
    };
    Rows x;
    for (std::size_t r = 0; r < text.size(); ++r) {
      x.emplace_back();
      for (int i = 0; i < encoder.hidden(); ++i)
        x.back().push_back(static_cast<double>(encoder.words(text[r], i)) + encoder.positions(static_cast<int>(r), i) +
                           encoder.segments(0, i));
    }
    x = norm(x, encoder.embedding_norm);
    for (const RawBlock& w : raw) {
      x = norm(plus(x, in_double(attended(in_double(x, w.qkv), encoder.heads), w.output)), w.attention);
      Rows wide = in_double(x, w.up);
      for (auto& row : wide)
        for (double& v : row) v = 0.5 * v * (1 + std::erf(v / std::sqrt(2.0)));
      x = norm(plus(x, in_double(wide, w.down)), w.ffn);
    }
    Rows mean(1, std::vector<double>(x[0].size()));
    for (const auto& row : x)
      for (std::size_t i = 0; i < row.size(); ++i) mean[0][i] += row[i] / static_cast<double>(x.size());
    return mean;
  }
};

Small random_encoder(Numbers& numbers) {
  const int heads = numbers.integer(1, 4);
  return Small(numbers, heads, heads * numbers.integer(2, 19), numbers.integer(3, 90), numbers.integer(1, 3));
}

TEST(Encoder, EqualsTheTwinsBitForBitInAnyBatchOnEveryPath) {
  Numbers numbers(1);
  for (int trial = 0; trial < 12; ++trial) {
    const Small small = random_encoder(numbers);
    const Texts texts(numbers, numbers.integer(1, 5), Small::longest, Small::vocab);
    const Numerics numerics = arithmetic(trial);
    Matrix want(texts.count(), small.encoder.hidden());
    for (int i = 0; i < texts.count(); ++i) {
      const Matrix one = small.twin(texts.text(i), trial % 2 == 0, numerics);
      std::copy_n(one.data(), one.size(), want.row(i));
    }
    for (const Isa isa : isas()) {
      for (const int threads : {1, 3}) {
        Matrix got(want.rows(), want.cols());
        Workspace workspace({isa, threads}, numerics);
        embed_texts(small.encoder, texts.tokens, texts.lengths, trial % 2 == 0, got, workspace);
        EXPECT_TRUE(same_bits(got, want)) << name(isa) << threads << " trial " << trial;
      }
    }
  }
}

// Norms behind every sum hold numbers near one: a few hundred roundings of numbers near three.
TEST(Encoder, IsCloseToAComputationInDouble) {
  Numbers numbers(2);
  for (int trial = 0; trial < 6; ++trial) {
    // Enough features that no row's variance is close to zero, where a norm would magnify its roundings.
    const Small small(numbers, 4, 32, 60, 2);
    const Texts texts(numbers, 1, Small::longest, Small::vocab);
    Matrix got(1, small.encoder.hidden());
    Workspace workspace;
    embed_texts(small.encoder, texts.tokens, texts.lengths, false, got, workspace);
    expect_near(got, small.in_doubles(texts.tokens), 300 * u * 3);
  }
}

TEST(Encoder, EmbeddingsHaveTheLengthOneIfAskedTo) {
  Numbers numbers(3);
  const Small small = random_encoder(numbers);
  const Texts texts(numbers, 3, 20, Small::vocab);
  Matrix got(3, small.encoder.hidden());
  Workspace workspace;
  embed_texts(small.encoder, texts.tokens, texts.lengths, true, got, workspace);
  for (int r = 0; r < 3; ++r) {
    double squares = 0;
    for (const float v : got.view().row_span(r)) squares += static_cast<double>(v) * v;
    EXPECT_NEAR(squares, 1, (got.cols() + 4) * u);
  }
  Matrix zero(1, 4);
  normalise_rows(zero);
  EXPECT_TRUE(same_bits(zero, Matrix(1, 4)));
}

TEST(Encoder, ATokenChangesItsOwnTextOnly) {
  Numbers numbers(4);
  const Small small = random_encoder(numbers);
  Texts texts(numbers, 3, 20, Small::vocab);
  Matrix before(3, small.encoder.hidden()), after(3, small.encoder.hidden());
  Workspace workspace;
  embed_texts(small.encoder, texts.tokens, texts.lengths, false, before, workspace);
  int& token = texts.tokens[static_cast<std::size_t>(texts.lengths[0])];  // the first one of text 1
  token = (token + 1) % Small::vocab;
  embed_texts(small.encoder, texts.tokens, texts.lengths, false, after, workspace);
  for (int r = 0; r < 3; ++r)
    EXPECT_EQ(static_cast<bool>(same_bits(before.view().slice_rows(r, 1), after.view().slice_rows(r, 1))), r != 1) << r;
}

TEST(Encoder, RefusesWhatDoesNotFitAndAllocatesNothingTheSecondTime) {
  Numbers numbers(5);
  const Small small = random_encoder(numbers);
  const std::vector<int> tokens(Small::longest + 1, 3), lengths{Small::longest + 1}, empty{4, 0};
  Matrix one(1, small.encoder.hidden()), two(2, small.encoder.hidden());
  Workspace workspace;
  EXPECT_THROW(embed_texts(small.encoder, tokens, lengths, false, one, workspace), ContractError);
  EXPECT_THROW(embed_texts(small.encoder, std::vector<int>(4, 3), empty, false, two, workspace), ContractError);
  const std::vector<int> fits{Small::longest};
  embed_texts(small.encoder, std::span(tokens).first(Small::longest), fits, false, one, workspace);
  const std::size_t after_first = workspace.allocations();
  embed_texts(small.encoder, std::span(tokens).first(Small::longest), fits, false, one, workspace);
  EXPECT_EQ(workspace.allocations(), after_first);
}

}  // namespace
}  // namespace orrery::kernels::model
