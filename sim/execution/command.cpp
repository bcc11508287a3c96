#include "sim/execution/command.hpp"

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
}

Command take(std::span<const std::uint64_t> stream, std::size_t& at) {
  EXPECT(at + 8 <= stream.size());
  const auto w = stream.subspan(at, 8);
  Command c;
  c.op = static_cast<Op>(high(w[0]));
  c.session = {id_of<NodeId>(high(w[1])), id_of<RequestId>(low(w[1])), static_cast<std::uint16_t>(high(w[2]))};
  c.peer = static_cast<int>(low(w[2]));
  c.cache = span_of(w[3]);
  c.blocks = span_of(w[4]);
  c.first = static_cast<Tokens>(w[5]);
  c.count = static_cast<Tokens>(w[6]);
  c.output = w[7];
  const auto inputs = stream.subspan(at + 8, low(w[0]));
  c.inputs.assign(inputs.begin(), inputs.end());
  at += 8 + inputs.size();
  return c;
}

Handle Rows::make(int rank, Tokens rows, std::uint64_t serial) {
  EXPECT(rank >= 0 && rank <= bundle_rank && rows >= 0 && rows <= max_rows && serial < std::uint64_t{1} << 36);
  return static_cast<Handle>(rank) << 52 | static_cast<Handle>(rows) << 36 | serial;
}

}  // namespace orrery::sim::execution
