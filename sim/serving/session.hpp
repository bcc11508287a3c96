// A request as its client sees it: the chain of legs it runs through, and every input it would need to rebuild one.
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "sim/engine/signal.hpp"
#include "sim/incentive/epoch.hpp"
#include "sim/routing/policy.hpp"
#include "sim/serving/copies.hpp"
#include "sim/serving/messages.hpp"
#include "sim/serving/params.hpp"
#include "sim/workload/request.hpp"

namespace orrery::sim::serving {

// How a request ended; the causes of failure are what the client observed.
enum class Status { served, failed, rejected };
enum class Cause { none, no_route, no_memory, too_many_failures, timed_out, horizon };
const char* name(Cause cause);

// An audit of one of a request's legs, when its verdict was given. `audit` finds its votes here, not in an epoch.
struct Audited {
  Time at;
  incentive::Audit audit;
  std::vector<incentive::Vote> votes;
};

class AuditCase;
// What an audit that has ended with a verdict says of each node whose work was looked at; nothing without a verdict.
// `device_price` is for an hour of a device [coin].
std::vector<Audited> audited_parts(const AuditCase& audit, double device_price);
// Into an epoch that has an account for every node.
void add_audit(incentive::Epoch& epoch, const Audited& audited);

struct RequestRecord {
  workload::Request request;
  Status status = Status::failed;
  Cause cause = Cause::horizon;
  Tokens output = 0;      // tokens the user received
  double ttft_s = -1;     // arrival to first token; negative: none came
  double latency_s = -1;  // arrival to the end
  double lookup_s = -1;   // arrival to the passages that go into the prompt; negative: none came
  double first_to_last_s = 0;
  int failovers = 0;
  double recovery_s = 0;  // from noticing a loss to the next output of the repaired chain, summed over failovers
  Tokens replayed = 0;    // positions recomputed
  Tokens restored = 0;    // positions whose KV entries came from copies
  int hedges = 0;         // second chains that were asked for the prompt
  int hedges_won = 0;     // of these, such as went on with the request
  double hedged = 0;      // work of chains that lost, as far as the client saw [block x token]
  Tokens skipped = 0;     // positions of the prompt that the chain held already, as a prefix
  int legs = 0;           // nodes in the last chain
  std::vector<incentive::Leg> parts;  // who did what, lost legs first
  std::vector<Audited> audits;
};

// Was it served, and as fast as serving.slo_* want it?
bool within_objective(const RequestRecord& record, const ServingParams& serving);
bool within_objective(Status status, double ttft_s, double inter_token_mean_s, const ServingParams& serving);

// Consecutive rows: positions [first, first + count).
struct Piece {
  Tokens count = 0;
  execution::Handle rows = 0;
};

// Rows at positions from 0 on, as they come in, possibly out of order.
class Inputs {
 public:
  // False if the position was known.
  bool add(Tokens first, Piece piece);
  // Positions [0, known) are here without a gap.
  Tokens known() const { return known_; }
  // Nothing is here, and positions below `position` will not come: known() is there.
  void begin_at(Tokens position);
  // The pieces that begin at `position` or later, up to known().
  std::vector<std::pair<Tokens, Piece>> after(Tokens position) const;
  // The piece that ends at known(); there must be one.
  Piece last() const;
  // The pieces that cover [from, until), cut into runs of at most `chunk` positions (or one longer piece); both ends
  // are ends of pieces.
  std::vector<std::vector<std::pair<Tokens, Piece>>> runs(Tokens from, Tokens until, Tokens chunk) const;
  // The pieces that end at or before `position`, an end of one.
  Inputs until(Tokens position) const;
  // The last end of a piece at or below `position`.
  Tokens boundary(Tokens position) const;

 private:
  std::map<Tokens, Piece> pieces_;
  Tokens known_ = 0;
};

// One part of the chain on one node. Its state is changed by messages as they arrive; the request's coroutine looks at
// it when it is woken.
struct Leg {
  routing::Hop hop;
  std::uint16_t leg = 0;
  Tokens prompt = 0;             // of the request
  std::optional<Answer> answer;  // to its opening
  bool lost = false;
  bool avoid = false;            // lost in a way that speaks against routing there again soon
  bool ponged = false;           // answered the last probe
  engine::EntityId holder;       // of copies of its KV cache
  std::optional<Tokens> copied;  // positions of which the holder says it has copies; none: it has not answered
  bool restored = false;         // has got the KV entries that it was to get
  Tokens cached = 0;             // positions of the prefix that the node says it holds
  Tokens queued = 0;             // positions that had reached it when it did
  bool held = false;             // the routing policy was told that it opened, and not yet that it ended
  bool recorded = false;         // what it did is on the record
  double surplus = 0;            // of its bill [position]
  Inputs inputs;
  struct {
    Tokens first = -1;  // none yet
    Time at;
  } latest;  // input: where it begins, and when the client sent it or heard of it
};

struct Session {
  Session(engine::Host& host, const workload::Request& r, bool is_image) : request(r), image(is_image), changed(host) {
    record.request = r;
  }

  workload::Request request;
  bool image = false;     // its positions are the rows of an image, all of which pass in each step
  bool passages = false;  // have come
  RequestRecord record;
  std::vector<Leg> chain;
  std::vector<Leg> opening;  // asked to open, not yet part of the chain
  std::vector<Leg> rival;    // a second chain for the same prompt (routing.hedged); empty: none runs
  std::uint16_t next_leg = 0;
  Inputs rival_results;      // outputs of its last leg
  std::optional<Time> late;  // when a second chain is asked, unless the first token has come
  Time fed;                  // when the prompt was sent into the chain
  Inputs results;            // outputs of the last leg
  Copies copies;             // of legs' KV caches, where the client is their holder
  std::uint32_t pass = 0;    // over all positions, where nodes keep no caches
  bool again = false;        // the sequence has to begin again
  int silences = 0;          // in a row: everybody answered a probe, and yet nothing came
  engine::Signal changed;    // a leg's state or the results have changed
  Tokens cached = 0;         // positions that passed no leg: all of them hold the prefix. Nobody has inputs for these
  int failures = 0;          // in a row, without progress
  std::optional<Time> recovering_since;
  Tokens recovering_at = 0;  // positions that had passed when the loss was noticed

  // That its KV caches may reach; of an image, the rows of a step.
  Tokens tokens() const { return request.prompt + (image ? 0 : request.output); }
  Leg* find(std::uint16_t leg);
  bool any_lost() const;
  // Positions that chain[index] computed, as far as the client saw: what a later leg put out has passed through this
  // one, whose own outputs the client may not be sent (failover.restart).
  Tokens computed(std::size_t index) const {
    Tokens most = 0;
    for (std::size_t i = index; i < chain.size(); ++i) most = std::max(most, outputs(i).known());
    return std::max<Tokens>(0, most - cached);
  }
  // Puts down what chain[index] did, once: a lost leg whose place nobody takes is still there when the request ends.
  void put_down(std::size_t index, bool timed_out) {
    Leg& leg = chain[index];
    if (leg.recorded) return;
    leg.recorded = true;
    record.parts.push_back({leg.hop.node, leg.hop.span, computed(index), timed_out, leg.surplus});
  }
  // Outputs of chain[index] that the client holds.
  const Inputs& outputs(std::size_t index) const {
    return index + 1 < chain.size() ? chain[index + 1].inputs : results;
  }
};

}  // namespace orrery::sim::serving
