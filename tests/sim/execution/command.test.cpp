#include "sim/execution/command.hpp"

#include <gtest/gtest.h>

#include "sim/random.hpp"

namespace orrery::sim::execution {
namespace {

TEST(Command, StreamGivesBackWhatWasPut) {
  Draw draw(1, Stream::test, 0);
  std::vector<Command> commands;
  std::vector<std::uint64_t> stream;
  for (int i = 0; i < 500; ++i) {
    Command c;
    c.op = static_cast<Op>(draw.below(static_cast<std::uint64_t>(Op::finish) + 1));
    c.session = {draw.below(2) ? NodeId(static_cast<std::uint32_t>(draw.below(1000000))) : NodeId(),
                 RequestId(static_cast<std::uint32_t>(draw.below(1000000))),
                 static_cast<std::uint16_t>(draw.below(65536))};
    c.cache = {static_cast<int>(draw.below(100)), static_cast<int>(draw.below(100))};
    c.blocks = {static_cast<int>(draw.below(100)), static_cast<int>(draw.below(100))};
    if (c.op == Op::run || c.op == Op::recompute) {
      c.conduct = {.honest = {.activations = static_cast<Activations>(draw.below(3))},
                   .cheap = {.weights = static_cast<Weights>(draw.below(4)), .k_block = 64},
                   .cheap_from = static_cast<int>(draw.below(100)),
                   .run_until = static_cast<int>(draw.below(100)),
                   .pass_every = static_cast<int>(draw.below(9)),
                   .output = static_cast<Output>(draw.below(2)),
                   .proves_honestly = draw.below(2) == 0,
                   .forges = draw.below(2) == 0};
    }
    c.first = static_cast<Tokens>(draw.below(1u << 30));
    c.count = static_cast<Tokens>(draw.below(1u << 30));
    c.output = draw.bits();
    c.peer = static_cast<int>(draw.below(4000));
    for (std::uint64_t n = draw.below(5); n > 0; --n) c.inputs.push_back(draw.bits());
    const bool hearing = c.op >= Op::testify && c.op <= Op::verdict;
    if (hearing) {
      c.ticket = static_cast<Ticket>(draw.below(1u << 31));
      c.claimed = draw.uniform();
      c.of_text = draw.below(2) == 0;
      for (std::uint64_t n = draw.below(4); n > 0; --n)
        c.stretches.push_back({static_cast<Tokens>(draw.below(100)), {.run_until = static_cast<int>(draw.below(9))}});
    }
    put(c, stream);
    commands.push_back(c);
  }
  std::size_t at = 0;
  for (const Command& c : commands) {
    const Command got = take(stream, at);
    EXPECT_EQ(got.op, c.op);
    EXPECT_EQ(got.session, c.session);
    if (c.op == Op::run || c.op == Op::recompute) {
      EXPECT_EQ(got.conduct, c.conduct);
    }
    EXPECT_EQ(got.cache, c.cache);
    EXPECT_EQ(got.blocks, c.blocks);
    EXPECT_EQ(got.first, c.first);
    EXPECT_EQ(got.count, c.count);
    EXPECT_EQ(got.output, c.output);
    EXPECT_EQ(got.peer, c.peer);
    EXPECT_EQ(got.inputs, c.inputs);
    EXPECT_EQ(got.ticket, c.ticket);
    EXPECT_EQ(got.claimed, c.claimed);
    EXPECT_EQ(got.of_text, c.of_text);
    EXPECT_EQ(got.stretches, c.stretches);
  }
  EXPECT_EQ(at, stream.size());
}

TEST(Command, ACutStreamIsABug) {
  std::vector<std::uint64_t> stream;
  put({.op = Op::run, .inputs = {1, 2}}, stream);
  stream.resize(7);
  std::size_t at = 0;
  EXPECT_THROW(take(stream, at), ContractError);
}

TEST(Rows, HandleTellsRankAndRows) {
  const Handle h = Rows::make(4094, 65535, (std::uint64_t{1} << 36) - 1);
  EXPECT_EQ(Rows::rank(h), 4094);
  EXPECT_EQ(Rows::rows(h), 65535);
  EXPECT_NE(h, Rows::make(4094, 65535, 1));
  EXPECT_THROW(Rows::make(0, 65536, 1), ContractError);
}

}  // namespace
}  // namespace orrery::sim::execution
