#include "sim/execution/rank_numbers.hpp"

#include <functional>

#include <gtest/gtest.h>

#include "tests/mpi_main.hpp"
#include "tests/sim/execution/embedded.hpp"
#include "tests/sim/execution/mixture.hpp"

namespace orrery::sim::execution {
namespace {

Context context() {
  Context c;
  c.comm = tests::communicator();
  return c;
}

// Runs `drive` on rank 0 and computes on the others; returns the texts on rank 0, nothing elsewhere.
std::vector<std::string> on_ranks(const WorkerSetup& setup, const std::function<void(Numbers&)>& drive) {
  const Context c = context();
  if (c.rank() > 0) {
    serve_ranks(c, setup);
    return {};
  }
  const auto numbers = make_rank_numbers(c, setup);
  drive(*numbers);
  return numbers->finish();
}

constexpr Tokens prompt = 40;
constexpr Tokens output = 12;

// Sends requests through `cuts` (block boundaries), with the prompt in chunks; `lose` drops leg 1 after that many
// tokens and rebuilds it on another node from the kept inputs.
void generate(Numbers& numbers, std::uint32_t requests, const std::vector<int>& cuts, Tokens chunk, Tokens lose = -1,
              const Arithmetic& device = {}) {
  const std::size_t legs = cuts.size() - 1;
  for (std::uint32_t r = 0; r < requests; ++r) {
    const RequestId request(r);
    numbers.open(request, prompt, output);
    std::vector<std::vector<Handle>> inputs(legs);
    std::vector<NodeId> node;
    for (std::size_t i = 0; i < legs; ++i) node.emplace_back(r + static_cast<std::uint32_t>(i));
    const auto stage = [&](std::size_t leg, Tokens first, Tokens count, Handle in) {
      const BlockSpan span{cuts[leg], cuts[leg + 1]};
      return numbers.run(
          {{node[leg], request, static_cast<std::uint16_t>(leg)}, span, {.honest = device}, first, count, in});
    };
    const auto pass = [&](Tokens first, Tokens count) {
      Handle rows = numbers.embed(request, first, count);
      for (std::size_t leg = 0; leg < legs; ++leg) {
        inputs[leg].push_back(rows);
        rows = stage(leg, first, count, rows);
      }
      return rows;
    };
    Handle last = 0;
    for (Tokens first = 0; first < prompt; first += chunk) last = pass(first, std::min(chunk, prompt - first));
    for (Tokens t = 0; t < output; ++t) {
      numbers.sample(request, prompt + t, last);
      if (t == lose) {
        numbers.drop({node[1], request, 1});
        node[1] = NodeId(node[1].index() + 1);  // the next rank, where there are several
        stage(1, 0, prompt + t, numbers.join(request, inputs[1]));
      }
      if (t + 1 < output) last = pass(prompt + t, 1);
    }
    numbers.close(request);
  }
}

void expect_single_process_texts(const WorkerSetup& setup, const std::vector<std::string>& texts,
                                 std::uint32_t requests, const Arithmetic& device = {}) {
  if (context().rank() > 0) return;
  ASSERT_EQ(texts.size(), requests);
  for (std::uint32_t r = 0; r < requests; ++r) {
    EXPECT_EQ(texts[r], tests::single_process_text(setup, RequestId(r), prompt, output, numerics_of(device)))
        << "request " << r;
  }
}

TEST(RankNumbers, AnyPlacementGivesTheSingleProcessText) {
  const WorkerSetup setup = tests::embedded_setup(3, kernels::WireFormat::fp32);
  for (const std::vector<int>& cuts :
       {std::vector<int>{0, 12}, {0, 5, 12}, {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}}) {
    const auto texts = on_ranks(setup, [&](Numbers& n) { generate(n, 3, cuts, 17); });
    expect_single_process_texts(setup, texts, 3);
  }
}

// The numerics of a node's device are part of the task: the text is that of one process with the same numerics.
TEST(RankNumbers, NumericsTravelWithTheTask) {
  const WorkerSetup setup = tests::embedded_setup(9, kernels::WireFormat::fp32);
  const Arithmetic device{
      .activations = Activations::bf16, .k_block = 64, .position_block = 16, .online_softmax = true};
  const auto texts = on_ranks(setup, [&](Numbers& n) { generate(n, 3, {0, 5, 12}, 17, -1, device); });
  expect_single_process_texts(setup, texts, 3, device);
}

// A mixture whose experts are dealt out to the ranks, whichever of them run the blocks.
TEST(RankNumbers, SpreadExpertsGiveTheSingleProcessText) {
  for (const bool spread : {false, true}) {
    const WorkerSetup setup = tests::mixture_setup(3, spread);
    for (const std::vector<int>& cuts : {std::vector<int>{0, 4}, {0, 1, 2, 3, 4}}) {
      const auto texts = on_ranks(setup, [&](Numbers& n) { generate(n, 4, cuts, 17); });
      expect_single_process_texts(setup, texts, 4);
    }
  }
}

TEST(RankNumbers, NumericsReachTheExpertsOfOtherRanks) {
  const Arithmetic device{.activations = Activations::bf16, .k_block = 64};
  const WorkerSetup setup = tests::mixture_setup(5, true);
  const auto texts = on_ranks(setup, [&](Numbers& n) { generate(n, 3, {0, 2, 4}, 17, 5, device); });
  expect_single_process_texts(setup, texts, 3, device);
}

TEST(RankNumbers, ALostLegIsRebuiltBitForBit) {
  const WorkerSetup setup = tests::embedded_setup(4, kernels::WireFormat::fp32);
  for (Tokens lose : {0, 5, 10}) {
    const auto texts = on_ranks(setup, [&](Numbers& n) { generate(n, 2, {0, 4, 8, 12}, 16, lose); });
    expect_single_process_texts(setup, texts, 2);
  }
}

TEST(RankNumbers, WireFormatsDoNotDependOnRanks) {
  // The codec acts on every hop, also between nodes of one rank, so the single-rank answer is the reference.
  for (kernels::WireFormat wire : {kernels::WireFormat::bf16, kernels::WireFormat::int8}) {
    const WorkerSetup setup = tests::embedded_setup(5, wire);
    const auto texts = on_ranks(setup, [&](Numbers& n) { generate(n, 2, {0, 4, 8, 12}, 16); });
    if (context().rank() > 0) continue;
    Context alone;
    const auto reference = make_rank_numbers(alone, setup);
    generate(*reference, 2, {0, 4, 8, 12}, 16);
    EXPECT_EQ(texts, reference->finish());
  }
}

TEST(RankNumbers, AskingForATokenWaitsForIt) {
  const WorkerSetup setup = tests::embedded_setup(6, kernels::WireFormat::fp32);
  on_ranks(setup, [&](Numbers& n) {
    const RequestId request(0);
    n.open(request, prompt, 2);
    const BlockSpan all{0, 12};
    const Handle out = n.run({{NodeId(1), request, 0}, all, {}, 0, prompt, n.embed(request, 0, prompt)});
    n.sample(request, prompt, out);
    EXPECT_FALSE(n.is_end(request, prompt));  // Shakespeare goes on
  });
}

TEST(RankNumbers, AFailingRankIsAFailedRunAndNoHang) {
  WorkerSetup setup = tests::embedded_setup(7, kernels::WireFormat::fp32);
  const auto broken = [&] {
    on_ranks(setup, [&](Numbers& n) {
      const RequestId request(0);
      n.open(request, prompt, 2);
      // The second stage is asked to start in the middle of a cache that is empty.
      const Handle rows = n.run({{NodeId(0), request, 0}, {0, 6}, {}, 0, prompt, n.embed(request, 0, prompt)});
      const Handle out = n.run({{NodeId(1), request, 1}, {6, 12}, {}, 9, prompt, rows});
      n.sample(request, prompt, out);
    });
  };
  if (context().rank() > 0) {
    broken();
  } else {
    EXPECT_THROW(broken(), RunError);
  }
}

TEST(RankNumbers, WorkForAClosedRequestIsNotDone) {
  const WorkerSetup setup = tests::embedded_setup(8, kernels::WireFormat::fp32);
  on_ranks(setup, [&](Numbers& n) {
    const RequestId request(0);
    n.open(request, prompt, 2);
    const Handle rows = n.embed(request, 0, prompt);
    n.close(request);
    EXPECT_EQ(n.run({{NodeId(0), request, 0}, {0, 12}, {}, 0, prompt, rows}), 0u);
    n.drop({NodeId(0), request, 0});
  });
}

}  // namespace
}  // namespace orrery::sim::execution
