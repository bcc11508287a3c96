// What becomes of a message in the hands of somebody who means ill. The same every time: all chance comes from a Draw.
#pragma once

#include <algorithm>
#include <array>
#include <cstring>
#include <string>
#include <vector>

#include "sim/execution/inspection.hpp"

namespace orrery::tests {

using sim::execution::Message;

struct Damage {
  std::string what;
  Message message;
};

// Short messages are damaged at every place, long ones at this many that are drawn.
constexpr std::size_t short_message = 128, places = 20;

inline Message random_bytes(sim::Draw& draw, std::size_t count) {
  Message bytes(count);
  for (std::byte& b : bytes) b = static_cast<std::byte>(draw.below(256));
  return bytes;
}

// Shorter than it was.
inline std::vector<Damage> cut(const Message& honest, sim::Draw& draw) {
  std::vector<std::size_t> lengths;
  if (honest.size() <= short_message) {
    for (std::size_t n = 0; n < honest.size(); ++n) lengths.push_back(n);
  } else {
    lengths = {0, 1, honest.size() - 1};
    for (std::size_t i = 0; i < places; ++i) lengths.push_back(static_cast<std::size_t>(draw.below(honest.size())));
  }
  std::vector<Damage> all;
  for (const std::size_t n : lengths)
    all.push_back({"cut to " + std::to_string(n), {honest.begin(), honest.begin() + static_cast<std::ptrdiff_t>(n)}});
  return all;
}

// Longer than it was: by noise, by itself once more, by a mebibyte.
inline std::vector<Damage> grown(const Message& honest, sim::Draw& draw) {
  std::vector<std::size_t> more = {1, 2, 7, 8, 32};
  for (int i = 0; i < 6; ++i) more.push_back(1 + static_cast<std::size_t>(draw.below(3000)));
  std::vector<Damage> all;
  for (const std::size_t n : more) {
    const Message tail = random_bytes(draw, n);
    Damage longer{"grown by " + std::to_string(n), honest};
    longer.message.insert(longer.message.end(), tail.begin(), tail.end());
    all.push_back(std::move(longer));
  }
  Damage twice{"said twice", honest};
  twice.message.insert(twice.message.end(), honest.begin(), honest.end());
  if (!honest.empty()) all.push_back(std::move(twice));
  all.push_back({"grown by a mebibyte", honest});
  all.back().message.resize(honest.size() + (1 << 20), std::byte{0x7f});
  return all;
}

inline std::vector<Damage> flipped(const Message& honest, sim::Draw& draw) {
  const std::size_t bits = 8 * honest.size();
  std::vector<Damage> all;
  for (std::size_t i = 0; i < (honest.size() <= short_message ? bits : places); ++i) {
    const std::size_t bit = honest.size() <= short_message ? i : static_cast<std::size_t>(draw.below(bits));
    all.push_back({"bit " + std::to_string(bit), honest});
    all.back().message[bit / 8] ^= static_cast<std::byte>(1U << bit % 8);
  }
  return all;
}

// NaNs of either sign and both kinds, the infinities: as bits of two floats, four bf16 or part of a double.
constexpr std::array<std::uint32_t, 6> no_number = {0x7fc00000, 0xffc00000, 0x7f800001,
                                                    0x7f800000, 0xff800000, 0x7fffffff};

// Eight bytes of `honest`, at a multiple of eight, become the same word twice.
inline Message with_words(Message honest, std::size_t at, std::uint32_t word) {
  for (std::size_t i = 0; i < 2; ++i) std::memcpy(honest.data() + at + 4 * i, &word, sizeof word);
  return honest;
}

// Zeros (TOPLOC's null proof), ones, and no numbers all over.
inline std::vector<Damage> filled(const Message& honest) {
  std::vector<Damage> all;
  const auto fill = [&](std::uint32_t word) {
    Damage same{"filled with " + std::to_string(word), honest};
    for (std::size_t i = 0; i < honest.size(); ++i) same.message[i] = static_cast<std::byte>(word >> 8 * (i % 4));
    all.push_back(std::move(same));
  };
  fill(0);
  fill(0xffffffff);
  for (const std::uint32_t word : no_number) fill(word);
  return all;
}

// One no number at a time.
inline std::vector<Damage> poisoned(const Message& honest, sim::Draw& draw) {
  std::vector<Damage> all;
  for (std::size_t i = 0; i < places && honest.size() >= 8; ++i) {
    const std::size_t at = 8 * static_cast<std::size_t>(draw.below(honest.size() / 8));
    const std::uint32_t word = no_number[static_cast<std::size_t>(draw.below(no_number.size()))];
    all.push_back({std::to_string(word) + " at " + std::to_string(at), with_words(honest, at, word)});
  }
  return all;
}

// Of the right length, and anything in it: noise, the extremes of a float, bytes from elsewhere in it.
inline std::vector<Damage> wounded(const Message& honest, sim::Draw& draw) {
  std::vector<Damage> all;
  for (std::size_t i = 0; i < places && honest.size() >= 8; ++i) {
    Damage d{"wound " + std::to_string(i), honest};
    const std::size_t at = static_cast<std::size_t>(draw.below(honest.size()));
    const std::size_t from = static_cast<std::size_t>(draw.below(honest.size()));
    const std::size_t length =
        std::min<std::size_t>(1 + static_cast<std::size_t>(draw.below(16)), honest.size() - std::max(at, from));
    switch (draw.below(4)) {
      case 0:
        d.message = random_bytes(draw, honest.size());
        break;
      case 1:
        d.message = with_words(honest, at / 8 * 8 + 8 > honest.size() ? 0 : at / 8 * 8,
                               std::array<std::uint32_t, 4>{1, 0x7f7fffff, 0xff7fffff, 0x80000000}[i % 4]);
        break;
      case 2:
        std::memmove(d.message.data() + at, honest.data() + from, length);
        break;
      default:
        for (std::size_t b = 0; b < length; ++b) d.message[at + b] = static_cast<std::byte>(draw.below(256));
    }
    all.push_back(std::move(d));
  }
  return all;
}

// A question's numbers: each word out of range, in turn.
inline std::vector<Damage> misaddressed(const Message& honest) {
  std::vector<Damage> all;
  for (std::size_t at = 0; at + 4 <= honest.size(); at += 4) {
    for (const std::uint32_t word : {0U, 1U, 12U, 100U, 0xffffU, 0x40000000U, 0x7fffffffU, 0x80000000U, 0xffffffffU}) {
      all.push_back({std::to_string(word) + " at " + std::to_string(at), honest});
      std::memcpy(all.back().message.data() + at, &word, sizeof word);
    }
  }
  return all;
}

}  // namespace orrery::tests
