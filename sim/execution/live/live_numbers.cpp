#include "sim/execution/live/live_numbers.hpp"

#include <cstring>

#include "sim/execution/live/wall.hpp"

namespace orrery::sim::execution::live {
namespace {

template <class T>
void put_value(Frame& frame, const T& value) {
  const std::size_t at = frame.size();
  frame.resize(at + sizeof(T));
  std::memcpy(frame.data() + at, &value, sizeof(T));
}

template <class T>
T take_value(const Frame& frame, std::size_t& at) {
  EXPECT(at + sizeof(T) <= frame.size());
  T value;
  std::memcpy(&value, frame.data() + at, sizeof(T));
  at += sizeof(T);
  return value;
}

}  // namespace

LiveNumbers::LiveNumbers(const Context& context, const WorkerSetup& setup)
    : rank_(context.rank()), tokenizer_(setup.model->tokenizer()), worker_(setup, context.comm) {}

// A number of parts, then each: its handle, its size, its bytes.
void LiveNumbers::pack(RequestId request, Handle handle, Frame& frame) {
  const std::vector<Handle> parts = parts_of(request, handle);
  put_value(frame, parts.size());
  for (const Handle part : parts) {
    const auto bytes = worker_.produced(request, part);
    put_value(frame, part);
    put_value(frame, bytes->size());
    frame.insert(frame.end(), bytes->begin(), bytes->end());
  }
}

void LiveNumbers::unpack(RequestId request, Handle handle, const Frame& frame, std::size_t& at) {
  const auto count = take_value<std::size_t>(frame, at);
  std::vector<Handle> parts;
  for (std::size_t i = 0; i < count; ++i) {
    parts.push_back(take_value<Handle>(frame, at));
    const auto size = take_value<std::size_t>(frame, at);
    EXPECT(at + size <= frame.size());
    const auto begin = frame.begin() + static_cast<std::ptrdiff_t>(at);
    worker_.accept(request, parts.back(), Frame(begin, begin + static_cast<std::ptrdiff_t>(size)));
    at += size;
  }
  if (Rows::rank(handle) == Rows::bundle_rank) bundles_[request.index()][handle] = std::move(parts);
}

void LiveNumbers::warm_up(BlockSpan blocks) {
  const RequestId request(0xfffffff0u);
  open(request, 1, 1);
  const Handle rows = embed(request, 0, 1);
  if (!blocks.empty()) run({{NodeId(0), request, 0}, blocks, {}, 0, 1, rows});
  worker_.warm_head();
  carry_out({.op = Op::close, .session = {{}, request}});
  requests_ = 0;
  effort_ = {};
}

void LiveNumbers::open(RequestId request, Tokens prompt, Tokens output) {
  requests_ = std::max(requests_, request.index() + 1);
  carry_out({.op = Op::open, .session = {{}, request}, .first = prompt, .count = output});
}

Handle LiveNumbers::embed(RequestId request, Tokens first, Tokens count) {
  const Handle out = next(count);
  carry_out({.op = Op::embed, .session = {{}, request}, .first = first, .count = count, .output = out});
  return out;
}

bool LiveNumbers::compute_now(std::span<const StageTask> batch) {
  for (const StageTask& task : batch) computed_[{task.session, task.first}] = run(task);
  return true;
}

Handle LiveNumbers::run(const StageTask& task) {
  if (const auto found = computed_.find({task.session, task.first}); found != computed_.end()) {
    const Handle rows = found->second;
    computed_.erase(found);
    return rows;
  }
  const Handle out = next(task.count);
  carry_out({.op = Op::run,
             .session = task.session,
             .cache = task.blocks,
             .conduct = task.conduct,
             .first = task.first,
             .count = task.count,
             .output = out,
             .inputs = parts_of(task.session.request, task.input)});
  return out;
}

CachePiece LiveNumbers::save(const SessionKey& session, BlockSpan cache, Tokens first, Tokens count) {
  const Handle out = next(count);
  carry_out({.op = Op::save,
             .session = session,
             .cache = cache,
             .blocks = cache,
             .first = first,
             .count = count,
             .output = out});
  return {cache, first, count, out};
}

void LiveNumbers::restore(const SessionKey& session, BlockSpan cache, const CachePiece& piece) {
  carry_out({.op = Op::restore,
             .session = session,
             .cache = cache,
             .blocks = piece.blocks,
             .first = piece.first,
             .count = piece.count,
             .inputs = {piece.rows}});
}

Handle LiveNumbers::keep(const SessionKey& session, BlockSpan cache, Tokens count) {
  const Handle out = next(count);
  adoptions_[out] = 0;
  carry_out({.op = Op::keep, .session = session, .cache = cache, .blocks = cache, .count = count, .output = out});
  return out;
}

void LiveNumbers::adopt(const SessionKey& session, BlockSpan cache, const CachePiece& kept) {
  ++adoptions_.at(kept.rows);
  carry_out({.op = Op::adopt,
             .session = session,
             .cache = cache,
             .blocks = kept.blocks,
             .count = kept.count,
             .inputs = {kept.rows}});
}

void LiveNumbers::forget(const SessionKey& session, Handle kept) {
  carry_out({.op = Op::forget, .session = session, .count = adoptions_.at(kept), .output = kept});
  adoptions_.erase(kept);
}

Handle LiveNumbers::join(RequestId request, std::span<const Handle> parts) {
  Tokens rows = 0;
  for (const Handle part : parts) rows += Rows::rows(part);
  const Handle bundle = Rows::make(Rows::bundle_rank, rows, ++serial_);
  bundles_[request.index()][bundle].assign(parts.begin(), parts.end());
  return bundle;
}

void LiveNumbers::sample(RequestId request, Tokens position, Handle output) {
  carry_out({.op = Op::sample, .session = {{}, request}, .first = position, .inputs = parts_of(request, output)});
}

bool LiveNumbers::is_end(RequestId request, Tokens position) {
  return tokenizer_->is_eos(worker_.token(request, position));
}

// What came in for a request stays until the run is over: another session of it may be open here.
void LiveNumbers::drop(const SessionKey& session) {
  std::erase_if(computed_, [&](const auto& entry) { return entry.first.first == session; });
  carry_out({.op = Op::drop, .session = session});
}

void LiveNumbers::close(RequestId request) {
  bundles_.erase(request.index());
  carry_out({.op = Op::close, .session = {{}, request}});
}

std::vector<std::string> LiveNumbers::finish() {
  std::vector<std::string> texts(requests_);
  for (const auto& [request, tokens] : worker_.generated()) {
    for (const int token : tokens) texts[request] += tokenizer_->piece(token);
  }
  return texts;
}

std::vector<Handle> LiveNumbers::parts_of(RequestId request, Handle handle) const {
  if (Rows::rank(handle) != Rows::bundle_rank) return {handle};
  return bundles_.at(request.index()).at(handle);
}

Handle LiveNumbers::next(Tokens rows) { return Rows::make(rank_, rows, ++serial_); }

void LiveNumbers::carry_out(const Command& command) {
  const double clock = seconds_now(), core = core_seconds();
  worker_.carry_out(command);
  effort_.clock_s += seconds_now() - clock;
  effort_.core_s += core_seconds() - core;
  if (!worker_.error().empty()) throw RunError("computing failed: " + worker_.error());
}

}  // namespace orrery::sim::execution::live
