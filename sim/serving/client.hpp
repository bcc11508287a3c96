// A client: issues requests, routes them on the view it was last sent, holds embeddings and LM head, and repairs
// chains. client.cpp: messages and views; request.cpp: the life of a request; chain.cpp: building and repairing its
// chain; choice.cpp: routing; failover.cpp: what a failover policy adds to the life of a request.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "sim/engine/process.hpp"
#include "sim/engine/signal.hpp"
#include "sim/engine/task.hpp"
#include "sim/serving/peer.hpp"
#include "sim/serving/session.hpp"
#include "sim/serving/sketch.hpp"
#include "sim/workload/workload.hpp"

namespace orrery::sim::serving {

class Client final : public Peer {
 public:
  // `requests`: those that arrive by themselves, in order of arrival; empty where the workload is a closed loop.
  Client(World& world, ClientId client, const execution::Machine& machine, std::vector<workload::Request> requests,
         std::shared_ptr<const workload::Workload> workload);
  ~Client() override { kill_all(); }

  // Starts with a view that it was sent before the run.
  void start(Snapshot view);
  // Requests that have not ended are recorded as failed at the horizon.
  void finish(Time end);

  const std::vector<RequestRecord>& records() const { return records_; }
  const Sketch& inter_token() const { return inter_token_; }
  const std::vector<double>& recoveries_s() const { return recoveries_s_; }
  std::uint64_t claims() const { return claims_; }
  // Of the first choices of chains, where serving.measure_regret asks for it.
  const std::vector<double>& regrets_s() const { return regrets_s_; }

 private:
  // client.cpp
  void receive(const engine::Event& event) override;
  void take_output(const StageOutput& output);
  bool take_output(Session& s, std::vector<Leg>& chain, Inputs& results, const StageOutput& output);
  Session* session(std::uint32_t request);
  engine::Process refresh_for_ever();
  engine::Task<void> refresh_view();
  void ban(NodeId node);

  // choice.cpp
  routing::RoutingView routing_view(const Snapshot& seen) const;
  routing::RoutingView true_view(const Snapshot& present) const;
  routing::RouteRequest whole_request(const Session& s) const;
  routing::RouteOutcome choose(const Session& s, const routing::RouteRequest& request);
  void measure_regret(const routing::RouteRequest& request, const routing::Route& route);
  Duration detour(NodeId before, NodeId node) const;
  void observe(routing::Observation::What what, Leg& leg, NodeId before, Tokens tokens = 0, Duration took = {});

  // request.cpp
  engine::Process issue_all();
  engine::Process issue_in_turn();
  engine::Process issue_at_start();
  engine::Process issue_next(Duration pause = {});
  void feed_loop(bool ended);
  engine::Process serve(workload::Request request);
  engine::Task<void> run(workload::Request request);
  engine::Task<Cause> answer(Session& s);
  engine::Task<Cause> look_up(Session& s);
  engine::Task<Cause> generate(Session& s);
  engine::Task<void> apply_head(Session& s);
  Duration occupy(Duration needed);
  Duration lengthening(Tokens positions) const;
  void deliver_token(Session& s, Time& last);
  bool claim(const Session& s);
  void end(Session& s, Cause cause);

  // chain.cpp
  void feed(Session& s, Tokens first, Tokens count);
  engine::Task<Cause> advance(Session& s, Tokens until);
  engine::Task<Cause> repair(Session& s);
  engine::Task<void> probe(Session& s);
  engine::Task<Cause> repair_run(Session& s, std::size_t begin, std::size_t end);
  engine::Task<Cause> replace(Session& s, std::size_t begin, std::size_t end, Tokens restored = 0);
  engine::Task<Cause> open_legs(Session& s, const routing::Route& route, std::size_t begin, std::size_t end,
                                Tokens restored);
  engine::Task<Cause> back_off(Session& s, Cause cause);
  void splice(Session& s, std::size_t begin, std::size_t end, Tokens restored);
  void replay(Session& s, Leg& leg, Tokens from, Tokens until);
  void send_rows(const Session& s, Leg& leg, Tokens first, Tokens count, execution::Handle rows);
  void resend(Session& s);
  void close_leg(const Session& s, const Leg& leg, bool served = false);
  Time deadline(const Session& s) const;

  // prefix.cpp
  void begin_with_prefix(Session& s);

  // hedge.cpp
  void expect_answer(Session& s);
  engine::Task<void> hedge(Session& s);
  void settle_race(Session& s);
  void drop_rival(Session& s);

  // failover.cpp
  void feed_prompt(Session& s);
  void feed_next(Session& s, Tokens position);
  void begin_pass(Session& s, Tokens until);
  void pass_all(Session& s, Tokens until);
  void take_silence(Session& s, Tokens until);
  void begin_again(Session& s);
  engine::EntityId bystander(NodeId node, Tokens room) const;
  engine::EntityId holder_of(const Session& s, const std::vector<NodeId>& chain, std::size_t i,
                             engine::EntityId so_far) const;
  void settle_holders(Session& s);
  void release_copy(Session& s, Leg& leg);
  engine::Task<Tokens> count_copies(Session& s, std::size_t begin, std::size_t end);
  engine::Task<bool> restore(Session& s, std::size_t begin, std::size_t end, Tokens until);
  bool aligned(const Session& s, const routing::Route& route, std::size_t begin, std::size_t end) const;
  Tokens restorable(const Session& s, std::size_t begin, std::size_t end, Tokens copied) const;
  Duration ask_for_pieces(Session& s, const Leg& old, const Leg& fresh, Tokens until);

  // Is what it asks for an image? Then a step passes all of it, and leaves nothing behind.
  bool image() const { return world_.model.image_tokens > 0; }

  ClientId client_;
  failover::Care care_;
  execution::Machine machine_;
  std::vector<workload::Request> requests_;
  std::shared_ptr<const workload::Workload> workload_;
  Snapshot view_;
  engine::Signal view_came_;
  struct Ban {
    Time until;
    double length_s = 0;
  };
  std::map<NodeId, Ban> bans_;
  std::map<std::uint32_t, std::unique_ptr<Session>> sessions_;
  std::uint32_t next_turn_ = 0;  // closed, in parallel
  Time head_free_;               // when the client's own processor has done what was asked of it
  routing::RoutingMemory routing_memory_;
  Draw routing_draw_;
  std::vector<RequestRecord> records_;
  Sketch inter_token_;
  std::vector<double> recoveries_s_;
  std::uint64_t claims_ = 0;
  std::vector<double> regrets_s_;
};

}  // namespace orrery::sim::serving
