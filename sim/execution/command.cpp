#include "sim/execution/command.hpp"

#include <bit>

namespace orrery::sim::execution {
namespace {
constexpr std::uint32_t no_id = 0xffffffffu;

template <class T>
std::uint32_t word_of(Id<T> id) {
  return id ? id.index() : no_id;
}
std::uint64_t pair_of(std::uint32_t high, std::uint32_t low) { return static_cast<std::uint64_t>(high) << 32 | low; }
std::uint32_t high(std::uint64_t word) { return static_cast<std::uint32_t>(word >> 32); }
std::uint32_t low(std::uint64_t word) { return static_cast<std::uint32_t>(word); }
std::uint64_t span_word(BlockSpan s) {
  return pair_of(static_cast<std::uint32_t>(s.begin), static_cast<std::uint32_t>(s.end));
}
BlockSpan span_of(std::uint64_t word) { return {static_cast<int>(high(word)), static_cast<int>(low(word))}; }
template <class I>
I id_of(std::uint32_t word) {
  return word == no_id ? I() : I(word);
}

constexpr std::size_t head_words = 8;
constexpr std::size_t conduct_words = 4;

void put_conduct(const Conduct& c, std::vector<std::uint64_t>& stream) {
  const std::uint64_t words[conduct_words] = {
      pack(c.honest),
      pack(c.cheap),
      pair_of(static_cast<std::uint32_t>(c.cheap_from), static_cast<std::uint32_t>(c.run_until)),
      pair_of(static_cast<std::uint32_t>(c.pass_every),
              static_cast<std::uint32_t>(c.output) << 2 | (c.forges ? 2u : 0u) | (c.proves_honestly ? 1u : 0u)),
  };
  stream.insert(stream.end(), std::begin(words), std::end(words));
}

Conduct take_conduct(std::span<const std::uint64_t> w) {
  return {.honest = unpack_arithmetic(w[0]),
          .cheap = unpack_arithmetic(w[1]),
          .cheap_from = static_cast<int>(high(w[2])),
          .run_until = static_cast<int>(low(w[2])),
          .pass_every = static_cast<int>(high(w[3])),
          .output = static_cast<Output>(low(w[3]) >> 2),
          .proves_honestly = (low(w[3]) & 1u) != 0,
          .forges = (low(w[3]) & 2u) != 0};
}

bool of_hearing(Op op) { return op >= Op::testify && op <= Op::verdict; }

void put_hearing(const Command& c, std::vector<std::uint64_t>& stream) {
  stream.push_back(pair_of(c.ticket, static_cast<std::uint32_t>(c.stretches.size()) << 1 | (c.of_text ? 1U : 0U)));
  stream.push_back(std::bit_cast<std::uint64_t>(c.claimed));
  for (const Stretch& s : c.stretches) {
    stream.push_back(static_cast<std::uint64_t>(s.count));
    put_conduct(s.conduct, stream);
  }
}

void take_hearing(std::span<const std::uint64_t> stream, std::size_t& at, Command& c) {
  c.ticket = high(stream[at]);
  c.of_text = (low(stream[at]) & 1U) != 0;
  c.stretches.resize(low(stream[at]) >> 1);
  c.claimed = std::bit_cast<double>(stream[at + 1]);
  at += 2;
  for (Stretch& s : c.stretches) {
    s = {static_cast<Tokens>(stream[at]), take_conduct(stream.subspan(at + 1, conduct_words))};
    at += 1 + conduct_words;
  }
}
}  // namespace

void put(const Command& c, std::vector<std::uint64_t>& stream) {
  const std::uint64_t words[] = {
      pair_of(static_cast<std::uint32_t>(c.op), static_cast<std::uint32_t>(c.inputs.size())),
      pair_of(word_of(c.session.node), word_of(c.session.request)),
      pair_of(c.session.leg, static_cast<std::uint32_t>(c.peer)),
      span_word(c.cache),
      span_word(c.blocks),
      static_cast<std::uint64_t>(c.first),
      static_cast<std::uint64_t>(c.count),
      c.output,
  };
  stream.insert(stream.end(), std::begin(words), std::end(words));
  stream.insert(stream.end(), c.inputs.begin(), c.inputs.end());
  if (c.op == Op::run || c.op == Op::recompute) put_conduct(c.conduct, stream);
  if (of_hearing(c.op)) put_hearing(c, stream);
}

Command take(std::span<const std::uint64_t> stream, std::size_t& at) {
  EXPECT(at + head_words <= stream.size());
  const auto w = stream.subspan(at, head_words);
  Command c;
  c.op = static_cast<Op>(high(w[0]));
  c.session = {id_of<NodeId>(high(w[1])), id_of<RequestId>(low(w[1])), static_cast<std::uint16_t>(high(w[2]))};
  c.peer = static_cast<int>(low(w[2]));
  c.cache = span_of(w[3]);
  c.blocks = span_of(w[4]);
  c.first = static_cast<Tokens>(w[5]);
  c.count = static_cast<Tokens>(w[6]);
  c.output = w[7];
  const auto inputs = stream.subspan(at + head_words, low(w[0]));
  c.inputs.assign(inputs.begin(), inputs.end());
  at += head_words + inputs.size();
  if (c.op == Op::run || c.op == Op::recompute) {
    c.conduct = take_conduct(stream.subspan(at, conduct_words));
    at += conduct_words;
  }
  if (of_hearing(c.op)) take_hearing(stream, at, c);
  return c;
}

Handle Rows::make(int rank, Tokens rows, std::uint64_t serial) {
  EXPECT(rank >= 0 && rank <= bundle_rank && rows >= 0 && rows <= max_rows && serial < std::uint64_t{1} << 36);
  return static_cast<Handle>(rank) << 52 | static_cast<Handle>(rows) << 36 | serial;
}

}  // namespace orrery::sim::execution
