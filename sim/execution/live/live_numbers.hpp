// Numbers of a live run on one rank: computed here and now, while the clock runs. What other ranks need of them travels
// with the messages that name them (pack, unpack).
#pragma once

#include <map>
#include <memory>
#include <utility>

#include "sim/context.hpp"
#include "sim/execution/live/courier.hpp"
#include "sim/execution/numbers.hpp"
#include "sim/execution/worker.hpp"

namespace orrery::sim::execution::live {

class LiveNumbers final : public Numbers {
 public:
  LiveNumbers(const Context& context, const WorkerSetup& setup);

  // Appends what a handle stands for to a frame, or takes it from there.
  void pack(RequestId request, Handle handle, Frame& frame);
  void unpack(RequestId request, Handle handle, const Frame& frame, std::size_t& at);
  // Computes each of these blocks once, and the head, so that weights are in memory before the clock runs.
  void warm_up(BlockSpan blocks);
  // Since warm_up: how long it computed by the clock, and how much of that time it had a core.
  struct Effort {
    double clock_s = 0;
    double core_s = 0;
  };
  const Effort& effort() const { return effort_; }

  void open(RequestId request, Tokens prompt, Tokens output) override;
  Handle embed(RequestId request, Tokens first, Tokens count) override;
  Handle run(const StageTask& task) override;
  CachePiece save(const SessionKey& session, BlockSpan cache, Tokens first, Tokens count) override;
  void restore(const SessionKey& session, BlockSpan cache, const CachePiece& piece) override;
  Handle keep(const SessionKey& session, BlockSpan cache, Tokens count) override;
  void adopt(const SessionKey& session, BlockSpan cache, const CachePiece& kept) override;
  void forget(const SessionKey& session, Handle kept) override;
  bool compute_now(std::span<const StageTask> batch) override;
  bool follows_wall() const override { return true; }
  Handle join(RequestId request, std::span<const Handle> parts) override;
  void sample(RequestId request, Tokens position, Handle output) override;
  bool is_end(RequestId request, Tokens position) override;
  void drop(const SessionKey& session) override;
  void close(RequestId request) override;
  std::vector<std::string> finish() override;

 private:
  std::vector<Handle> parts_of(RequestId request, Handle handle) const;
  Handle next(Tokens rows);
  void carry_out(const Command& command);

  int rank_;
  std::shared_ptr<const kernels::model::Tokenizer> tokenizer_;
  Worker worker_;
  Effort effort_;
  std::uint64_t serial_ = 0;
  std::uint32_t requests_ = 0;
  std::map<Handle, Tokens> adoptions_;  // of what is kept, so far
  std::map<std::pair<SessionKey, Tokens>, Handle> computed_;  // by compute_now, not yet asked for
  std::map<std::uint32_t, std::map<Handle, std::vector<Handle>>> bundles_;
};

}  // namespace orrery::sim::execution::live
