// The clients of a large swarm and their requests. A request is a row that moves through phases as messages and its one
// alarm come; the phases and what ends them are those of serving::Client, so that a request lives the same life:
//
//   asking    the directory was asked for a sample      -> a chain is chosen (routing), legs are asked to open
//   opening   nodes were asked to open sessions          -> all opened: feeding; else banned, back off, asking
//   pausing   a failed attempt waits                     -> asking
//   running   rows are in the chain                      -> the step is out: heading; a leg is lost: repair (asking);
//                                                           silence: probing; too late: the end
//   probing   nodes were asked whether they are there    -> running, or repair
//   heading   the client applies the head and samples    -> a token; the last one: the end; else running
//
// Clients differ from those of sim/serving in that they hold no view: they ask for a sample each time they look for a
// chain, and so pay a round trip where those would look at a view of up to swarm.view_refresh_s ago.
#pragma once

#include <vector>

#include "sim/fleet/arrays.hpp"
#include "sim/fleet/ground.hpp"
#include "sim/fleet/level.hpp"
#include "sim/serving/sketch.hpp"

namespace orrery::sim::fleet {

class Clients {
 public:
  explicit Clients(Ground& ground);

  void begin();  // registers every client with the engine
  void on_event(const engine::Event& event);
  // Asks for the memory that an event coming up will touch.
  void foresee(const engine::Event& event, int step) const;
  // Requests that have not ended are recorded as failed at the horizon.
  void finish(Time end);

  // What is left of a request that ended.
  struct Outcome {
    Time arrival;
    double latency_s = 0, first_to_last_s = 0, recovery_s = 0;
    float ttft_s = -1;
    std::uint32_t request = 0, client = 0, prompt = 0, wanted = 0, output = 0, replayed = 0;
    std::uint16_t failovers = 0;
    std::uint8_t legs = 0;
    serving::Status status = serving::Status::failed;
    serving::Cause cause = serving::Cause::horizon;
  };
  const std::vector<Outcome>& outcomes() const { return outcomes_; }
  const serving::Sketch& inter_token() const { return inter_token_; }
  const std::vector<double>& recoveries_s() const { return recoveries_s_; }
  const Level& running() const { return running_; }
  std::uint64_t samples() const { return samples_; }
  std::uint64_t sampled_nodes() const { return sampled_nodes_; }

 private:
  enum class Phase : std::uint8_t { asking, opening, pausing, running, probing, heading };
  struct Leg {
    Time latest_at;  // of the input `latest`: when the client sent it or heard of it
    std::uint32_t node = 0;
    std::uint32_t inputs = 0;  // positions whose inputs are here
    std::uint32_t queued = 0;  // positions that had reached the node when it last answered a probe
    std::uint32_t latest = none;
    float detour_s = 0;  // latencies between its input, as it comes in here, and its output
    std::uint16_t leg = 0;
    Blocks blocks;
    Answer answer = Answer::waiting;
    bool lost = false;
    bool avoid = false;  // lost in a way that speaks against routing there again soon
    bool ponged = false;
    bool held = false;  // the routing policy was told that it opened, and not yet that it ended
  };
  // Two lines of the cache; what every step looks at comes first.
  struct alignas(64) Request {
    std::uint32_t id = none, slot = none, client = 0, prompt = 0, wanted = 0, output = 0;
    std::uint32_t results = 0;  // positions that the chain has put out
    std::uint16_t next_leg = 0, failures = 0;
    Leg *legs = nullptr, *new_legs = nullptr;
    std::uint8_t leg_count = 0, new_count = 0;
    std::uint8_t begin = 0, end = 0;  // legs that are being replaced
    Phase phase = Phase::asking;
    bool recovering : 1 = false;
    bool broken : 1 = false;  // a leg of the chain may be lost
    std::uint16_t failovers = 0;
    Time heard;  // last progress
    Time first_token, last_token;
    Time due;    // when patience with the phase at hand ends
    Time alarm;  // when the pending alarm goes off; zero: none is
    Time arrival;
    Time recovering_since;
    double recovery_s = 0;
    std::uint32_t recovering_at = 0;  // positions that had passed when the loss was noticed
    std::uint32_t replayed = 0;

    Array<Leg> chain() const { return {legs, leg_count}; }
    Array<Leg> opening() const { return {new_legs, new_count}; }
    void set_chain(Array<Leg> a) { legs = a.data(), leg_count = static_cast<std::uint8_t>(a.size()); }
    void set_opening(Array<Leg> a) { new_legs = a.data(), new_count = static_cast<std::uint8_t>(a.size()); }
    std::uint32_t tokens() const { return prompt + wanted; }
    // Outputs of chain[i] that the client holds.
    std::uint32_t outputs(std::size_t i) const { return i + 1u < leg_count ? legs[i + 1].inputs : results; }
    float ttft_s() const { return output > 0 ? static_cast<float>((first_token - arrival).seconds()) : -1; }
    double first_to_last_s() const { return (last_token - first_token).seconds(); }
  };
  static_assert(sizeof(Request) == 128);
  struct Ban {
    NodeId node;
    Time until;
    double length_s = 0;
  };
  struct Client {
    Link link;
    Time head_free;
    std::uint64_t routing_draws = 0;
    routing::RoutingMemory memory;
    std::vector<Ban> bans;
    std::uint32_t jitter = 0;
  };

  // clients.cpp: messages.
  void receive(std::uint32_t client, const engine::Event& event);
  Request* find(std::uint32_t slot, std::uint32_t request);
  static Leg* find(Request& r, std::uint16_t leg);
  static std::size_t likely(const Request& r, std::uint16_t leg);
  void arrive(std::uint32_t client, const Arrive& message);
  void take_output(const Output& output);
  void progress(Request& r);
  template <class M>
  void post(const Request& r, engine::EntityId to, double bytes, const M& message) {
    Client& c = clients_[r.client];
    ground_.post(ground_.client(r.client), c.link, c.jitter, to, bytes, message);
  }

  // clients_requests.cpp: phases.
  void wait(Request& r, Phase phase, Time due);
  void alarm(Request& r);
  void advance(Request& r);
  void head(Request& r);
  void headed(Request& r);
  void deliver_token(Request& r);
  void silence(Request& r);
  void end_probe(Request& r);
  void end(Request& r, serving::Cause cause);
  Time deadline(const Request& r) const {
    return r.arrival + Duration::from_seconds(ground_.scenario.serving.request_timeout_s);
  }

  // clients_chains.cpp: building and repairing chains.
  void ask(Request& r);
  BlockSpan wanted(const Request& r) const;
  void drop_opening(Request& r);
  void choose(Request& r, const std::vector<Seen>& sample);
  void open_legs(Request& r, const routing::Route& route);
  void end_opening(Request& r);
  void back_off(Request& r, serving::Cause cause);
  void splice(Request& r);
  void repair(Request& r);
  void feed(Request& r, std::uint32_t first, std::uint32_t count);
  void feed_prompt(Request& r);
  void send_rows(const Request& r, Leg& leg, std::uint32_t first, std::uint32_t count);
  void send_pieces(const Request& r, Leg& leg, std::uint32_t from, std::uint32_t until);
  void close_leg(const Request& r, const Leg& leg);
  void ban(std::uint32_t client, NodeId node);
  void observe(routing::Observation::What what, const Request& r, Leg& leg, NodeId before, Tokens tokens = 0,
               Duration took = {});
  float detour_s(const Request& r, std::size_t leg) const;

  Ground& ground_;
  std::vector<Client> clients_;
  Slots<Request> requests_;
  Arrays<Leg> legs_;
  std::vector<NodeView> views_;  // scratch: a sample
  Duration head_time_;
  serving::Sketch inter_token_;
  std::vector<double> recoveries_s_;
  std::vector<Outcome> outcomes_;
  Level running_;
  std::uint64_t samples_ = 0, sampled_nodes_ = 0;
};

}  // namespace orrery::sim::fleet
