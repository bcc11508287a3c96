// A node: joins, serves a span of blocks, announces itself, moves, leaves or crashes. Seven files: node_life.cpp (its
// life), node_sessions.cpp (messages and sessions), node_copies.cpp (copies of KV caches), node_prefixes.cpp (KV
// entries for later requests), node_compute.cpp (batches), node_claims.cpp (what it answers for), node_audits.cpp (what
// it looks at for others).
#pragma once

#include <map>
#include <optional>

#include "sim/engine/mailbox.hpp"
#include "sim/engine/process.hpp"
#include "sim/engine/signal.hpp"
#include "sim/engine/task.hpp"
#include "sim/serving/batch.hpp"
#include "sim/serving/copies.hpp"
#include "sim/serving/deeds.hpp"
#include "sim/serving/kv_pool.hpp"
#include "sim/serving/peer.hpp"
#include "sim/serving/prefixes.hpp"
#include "sim/swarm/life.hpp"
#include "sim/swarm/population.hpp"

namespace orrery::sim::serving {

// What a node is made of, in the terms of this run's model.
struct NodeSetup {
  execution::Machine machine;
  Bytes memory;              // for weights and KV caches, after the reserve
  int max_blocks = 0;        // that fit with cache_tokens of KV cache each
  BytesPerSecond network;    // the smaller of up and down
  bool relay = false;        // behind NAT
  Arithmetic arithmetic;     // of its device, when it is honest
  double inference_rps = 0;  // block passes per second: one token at a time,
  double forward_rps = 0;    // and in batches of 1024
};
NodeSetup make_node_setup(const World& world, const swarm::NodeSpec& spec, bool nat);
// What it announces that does not change while it serves `span`.
NodeView describe(const World& world, const NodeSetup& setup, NodeId node, BlockSpan span);

class Node final : public Peer {
 public:
  Node(World& world, NodeId node, const NodeSetup& setup, swarm::Life life);
  ~Node() override { kill_all(); }

  // The first session of its life, known when the world is built; nothing: it never comes.
  const std::optional<swarm::Session>& first_session() const { return session_; }
  // Starts the life. `placed`: the span it serves from time zero, if it is on line then and was placed; weights are
  // there.
  void start(std::optional<BlockSpan> placed);
  // What it would announce if it served `span` now.
  NodeView view(BlockSpan span) const;
  // KV room beside the weights of `span`, with no session [token x block].
  Tokens cache_for(BlockSpan span) const;

  NodeId node() const { return node_; }
  double block_tokens() const { return block_tokens_; }
  double online_s(Time end) const;
  std::uint64_t evictions() const { return evictions_; }
  std::uint64_t moves() const { return moves_; }
  // Times that it stopped serving blocks: left, crashed or moved.
  std::uint64_t departures() const { return losses_ + moves_; }
  // What it would announce this instant, its latest step times included; nothing while it does not serve or has said
  // that it leaves. For the oracle.
  std::optional<NodeView> present_view() const;
  // What it did, and what that cost; for the account after the run.
  const Deeds& deeds() const { return deeds_; }
  Time serves_until() const { return session_ ? session_->leave : Time(); }
  // From giving up its blocks to serving others, each completed move.
  const std::vector<double>& moving_times_s() const { return moving_times_s_; }
  // Closes what is open in the records at the end of the run.
  void finish(Time end);

 private:
  struct Session {
    OpenBody spec;
    Tokens next = 0;               // first position that has not been queued
    bool busy = false;             // one item of it is queued or running: items of a session run in order
    Tokens reserved = 0;           // KV length it has memory for
    std::map<Tokens, Item> early;  // arrived before their turn
    std::uint32_t pass = 0;        // of the rows that it takes
    Tokens computed = 0;           // positions whose outputs it has delivered
    Tokens copied = 0;             // of these, positions that its holder was sent
    std::optional<execution::Handle> prefix_rows;  // its prefix's KV entries, copied for later requests
    std::vector<Tokens> restored;                  // per block: positions whose KV entries came from holders
    behaviour::Memory memory;                      // of the node when it opened: a session is of one piece
    Draw intent{0, Stream::behaviour, 0};
    Work work;
  };

  // node_life.cpp
  engine::Process live(std::optional<BlockSpan> placed);
  BlockSpan choose_span(const std::vector<NodeView>& known);
  engine::Process join();
  engine::Process announce_for_ever();
  engine::Process rebalance_for_ever();
  rebalancing::Decision reconsider(const std::vector<NodeView>& known, int wishes);
  engine::Task<void> move(BlockSpan target);
  engine::Task<Snapshot> ask_view();
  engine::Task<void> load(BlockSpan span);
  void flowed_in(std::uint32_t number) override;
  void begin_serving(BlockSpan span);
  void end_serving();
  void announce();
  // Since it began to serve, the running batch up to now.
  Duration computed() const { return computed_ + (computing_since_ ? now() - *computing_since_ : Duration()); }
  void say_leaving();
  void go_down();
  void give_up_all(Reason reason);

  // node_sessions.cpp
  void receive(const engine::Event& event) override;
  bool reachable() const override { return online_; }
  void open(const OpenBody& body);
  Answer admit(const OpenBody& body);
  void close(LegName name, bool served = false);
  void take_in(const Activation& activation);
  void queue_next(LegName name, Session& session);
  bool make_room(LegName name, Session& session, Tokens until);
  void give_up(LegName name, Reason reason);
  void rewind(LegName name, Session& session, std::uint32_t pass);
  bool free_memory(LegName keep);
  Bytes weight_bytes(BlockSpan blocks) const;
  Bytes kv_room(BlockSpan blocks) const;
  BatchLimits batch_limits(BlockSpan blocks) const;

  // node_copies.cpp
  void send_new_entries(LegName name, Session& session);
  void keep_copy(const CacheBody& body);
  void hand_out(const FetchCopy& message);
  void take_restored(const CacheBody& body);
  void change_holder(LegName name, Session& session, engine::EntityId holder);
  void drop_copy(LegName name);
  execution::SessionKey key(LegName name) const { return {node_, RequestId(name.request), name.leg}; }

  // node_prefixes.cpp
  void copy_prefix(LegName name, Session& session);
  void offer_prefix(LegName name, const Session& session);
  void let_go(const KeptPrefix& kept);
  bool free_kept();
  Bytes kept_bytes() const;
  void adopt(const Adopt& message);

  // node_compute.cpp
  engine::Process compute();
  std::vector<execution::StageTask> tasks(const std::vector<Item>& batch) const;
  bool by_layer() const;
  execution::StageCost cost(const std::vector<Item>& batch);
  std::vector<execution::ConductedWork> conducted(const std::vector<Item>& batch) const;
  void share_out(std::vector<Item>& batch, Duration took) const;
  Duration take_in_time(const std::vector<Item>& batch);
  void pass_on(Item item);
  void deliver(const Item& item);

  // node_claims.cpp
  void make_up_mind(Session& session);
  behaviour::Conduct conduct_of(const Item& item, const Session& session) const;
  behaviour::Conduct decide(const Item& item, Session& session);
  double proof_s(const Session& session) const;
  void answer_for(LegName name, Session& session);
  void claim_ready(LegName name);
  void hand_over(const AskEvidence& ask);
  void reply(const Question& question);
  void hear(const Ruling& ruling);
  void drop_unready_claims();

  // node_audits.cpp
  void take_order(OrderBody order);
  engine::Process audit(std::uint32_t number);
  engine::Process copy_vote(std::uint32_t number);
  engine::Task<void> redo(std::uint32_t number, Duty& duty);
  engine::Task<bool> question(std::uint32_t number, Duty& duty);
  Voted verdict(const Duty& duty) const;
  void take_evidence(EvidenceBody body);
  void finish_chore(const Item& item);
  void vote(std::uint32_t number, Voted said, bool looked);
  void say(const ClaimBody& claim, std::uint32_t number, Voted said, bool looked, double device_s);
  void unseal(std::uint32_t number);
  void read_votes(const VotesSoFar& votes);
  void decline(std::uint32_t number);
  void decline_all();
  void drop_duties();

  NodeId node_;
  NodeSetup setup_;
  swarm::Life life_;
  std::optional<swarm::Session> session_;
  bool online_ = false;
  BlockSpan span_;  // empty: serves nothing (joining, moving)
  std::map<LegName, Session> sessions_;
  Copies copies_;      // of other nodes' caches; their memory is in kv_, beside that of sessions
  Prefixes prefixes_;  // likewise
  KvPool kv_;
  BatchQueue queue_;
  Bytes waiting_rows_;  // came, and not yet taken in by the device
  engine::Signal work_;
  engine::Signal loaded_;  // all weights of the inflow `loading_`
  std::uint32_t loading_ = 0;
  engine::Mailbox<Snapshot> views_;
  std::vector<engine::ProcessId> session_processes_;  // joining and rebalancing: end when the node goes down
  std::vector<engine::ProcessId> serving_processes_;  // batches and announcements: end with the span as well
  bool leaving_ = false;                              // has said so: announces itself no more
  Draw sharding_draw_;
  Draw audit_draw_;           // what it says as a verifier
  std::uint64_t opened_ = 0;  // sessions, ever
  behaviour::Memory memory_;
  std::map<LegName, KeptClaim> kept_;           // of served requests, until it hears what became of them
  std::map<std::uint32_t, Duty> duties_;        // audits that it makes
  std::map<std::uint32_t, SealedVote> sealed_;  // votes that it has not shown yet
  execution::CheapModels cheap_models_;         // what it reads where it cheats
  Deeds deeds_;

  std::optional<Time> computing_since_;
  Time serving_since_;
  Duration computed_;         // since it began to serve, in finished batches
  double recent_step_s_ = 0;  // of a decode step, a block, smoothed over the last ten
  Time announced_at_;
  Duration announced_computed_;  // computed() then
  struct {
    Duration waited;  // from the queue to the output
    std::int64_t blocks = 0;
  } steps_;  // decode steps since then
  Time online_since_;
  double online_total_s_ = 0;
  double block_tokens_ = 0;
  std::uint64_t evictions_ = 0;
  std::uint64_t moves_ = 0;
  std::uint64_t losses_ = 0;  // times it went down while serving
  std::vector<double> moving_times_s_;
};

}  // namespace orrery::sim::serving
