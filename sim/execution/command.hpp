// What the simulating rank tells a computing rank to do, and how that travels: a stream of 64-bit words.
//
// Order is the whole protocol. Commands are issued in one global order. A rank carries out those of one request in that
// order, and is free between requests, which share nothing but kept prefixes: while one waits for rows from another
// rank, the next goes on. Whatever a command needs was produced by an earlier command: of its request or, for `adopt`,
// by a `keep` on the same rank, which it waits for. So the earliest unfinished command of all ranks can always go on:
// no deadlock. `forget` says how often entries were adopted before it, and they go when that has happened. Rows go from
// rank A to rank B by a `send` to A and a use at B, issued together; the message's tag is the rows' serial number.
//
// An examination is a dialogue of letters, whose sizes only their writers know: handles of no rows. The executor's rank
// testifies (makes its trace again and commits), the verifier's recomputes; then they ask and answer in turn, and the
// verifier's judges. The number of rounds is known beforehand, so all of it is issued at once, and each letter is
// written by a command before the one that reads it: the order above holds.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "sim/execution/numbers.hpp"

namespace orrery::sim::execution {

enum class Op : std::uint32_t {
  open,
  embed,
  run,
  save,
  restore,
  keep,
  adopt,
  forget,
  send,
  sample,
  token,
  drop,
  review,
  text,
  testify,
  recompute,
  ask,
  answer,
  judge,
  verdict,
  close,
  finish
};

// Consecutive positions that were run in one go.
struct Stretch {
  Tokens count = 0;
  Conduct conduct;
  friend bool operator==(const Stretch&, const Stretch&) = default;
};

struct Command {
  Op op = Op::finish;
  SessionKey session;  // run, save, restore, keep, adopt, forget, drop; testify, answer: the executor's; recompute,
                       // ask, judge, verdict: the executor's leg, the verifier's node; session.request: all but finish
  BlockSpan cache;    // run, save, restore, keep, adopt: of the session
  BlockSpan blocks;   // save, restore, keep, adopt: of the piece
  Conduct conduct;    // run, recompute: what is done with the session's blocks
  Tokens first = 0;   // open, testify, recompute: prompt length; embed, run, save, restore: first position; sample,
                      // token: position
  Tokens count = 0;   // open: output length; embed, run, save, restore, keep, adopt, testify, recompute: positions;
                      // forget: adoptions
  Handle output = 0;  // embed, run, save, keep, text, testify, ask, answer: the handle produced; send, forget: the
                      // handle it is about
  int peer = 0;       // send: rank that receives
  // run, testify: consecutive rows; sample, restore, adopt: one handle; recompute: rows, or the letter with the text;
  // ask, answer, judge: the last letter
  std::vector<Handle> inputs;
  Ticket ticket = 0;               // testify, recompute, ask, answer, judge, verdict
  double claimed = 1;              // testify
  bool of_text = false;            // recompute
  std::vector<Stretch> stretches;  // testify: how the inputs were run; none: this executor has testified before
};

// Appends one command to a stream, or takes the next one from it (`at` moves on). The stream is well formed by
// contract: both ends are this program.
void put(const Command& command, std::vector<std::uint64_t>& stream);
Command take(std::span<const std::uint64_t> stream, std::size_t& at);

// A handle names the rank that holds the rows and how many rows there are, so that a receiver knows what to expect.
struct Rows {
  static constexpr int max_rank = 0xffe;
  static constexpr int bundle_rank = 0xfff;  // not on a rank: a list of handles known to the simulating rank
  static constexpr Tokens max_rows = 0xffff;
  static Handle make(int rank, Tokens rows, std::uint64_t serial);
  static int rank(Handle handle) { return static_cast<int>(handle >> 52); }
  static bool is_letter(Handle handle) { return rows(handle) == 0; }
  static Tokens rows(Handle handle) { return static_cast<Tokens>(handle >> 36 & 0xffff); }
  // Rows whose serials agree in the last 30 bits would have to be under way together to be mistaken.
  static int tag(Handle handle) { return 16 + static_cast<int>(handle & 0x3fffffff); }
};

}  // namespace orrery::sim::execution
