// The life of a request: what ends each of its phases.
#include <algorithm>

#include "sim/fleet/clients.hpp"
#include "sim/serving/sizes.hpp"

namespace orrery::sim::fleet {

// A request has one alarm. It goes off no later than patience ends; where patience has been renewed by then, it is set
// again. So a step costs no timer that would have to be cancelled.
void Clients::wait(Request& r, Phase phase, Time due) {
  r.phase = phase;
  r.due = due;
  if (r.alarm > Time() && r.alarm <= due) return;
  r.alarm = due;
  ground_.simulation().timer(ground_.client(r.client), due - ground_.now(), Alarm{r.id, r.slot});
}

void Clients::alarm(Request& r) {
  if (ground_.now() != r.alarm) return;  // an earlier one was set since
  r.alarm = Time();
  if (r.phase == Phase::heading) return;  // the head comes by itself
  if (r.phase == Phase::running) {
    r.due = std::min(r.heard + Duration::from_seconds(ground_.scenario.serving.step_timeout_s), deadline(r));
  }
  if (r.due > ground_.now()) return wait(r, r.phase, r.due);
  switch (r.phase) {
    case Phase::asking:
    case Phase::pausing:
      return ask(r);
    case Phase::opening:
      return end_opening(r);
    case Phase::probing:
      return end_probe(r);
    default:
      return ground_.now() >= deadline(r) ? end(r, serving::Cause::timed_out) : silence(r);
  }
}

// Something may have changed: the step is out, or a leg is lost, or there is more to wait for.
void Clients::advance(Request& r) {
  if (r.results >= r.prompt + r.output) return head(r);
  if (ground_.now() >= deadline(r)) return end(r, serving::Cause::timed_out);
  if (r.broken) {
    const Array<Leg> chain = r.chain();
    r.broken = std::any_of(chain.begin(), chain.end(), [](const Leg& l) { return l.lost; });
    if (r.broken) return repair(r);
  }
  wait(r, Phase::running,
       std::min(r.heard + Duration::from_seconds(ground_.scenario.serving.step_timeout_s), deadline(r)));
}

// LM head and sampling on the client's own processor, one request after another.
void Clients::head(Request& r) {
  Client& c = clients_[r.client];
  c.head_free = std::max(ground_.now(), c.head_free) + head_time_;
  r.phase = Phase::heading;
  ground_.simulation().timer(ground_.client(r.client), c.head_free - ground_.now(), Headed{r.id, r.slot});
}

void Clients::headed(Request& r) {
  deliver_token(r);
  if (r.output == r.wanted) return end(r, serving::Cause::none);
  r.heard = ground_.now();
  feed(r, r.prompt + r.output - 1, 1);
  advance(r);
}

void Clients::deliver_token(Request& r) {
  ++r.output;
  ground_.record.add(serving::Series::tokens, ground_.now());
  if (r.output == 1) {
    r.first_token = ground_.now();
  } else {
    inter_token_.add((ground_.now() - r.last_token).seconds());
  }
  r.last_token = ground_.now();
}

// Asks every node of the chain whether it is still there.
void Clients::silence(Request& r) {
  for (Leg& leg : r.chain()) {
    leg.ponged = false;
    post(r, ground_.node(leg.node), serving::control_bytes,
         Probe{r.id, r.slot, ground_.client(r.client).index(), leg.leg});
  }
  wait(r, Phase::probing, ground_.now() + Duration::from_seconds(ground_.scenario.serving.probe_timeout_s));
}

// Who has not answered is lost; who has, and never got what the client knows, gets it again.
void Clients::end_probe(Request& r) {
  for (Leg& leg : r.chain()) {
    if (!leg.ponged) leg.lost = leg.avoid = r.broken = true;
    if (leg.lost || leg.queued >= leg.inputs) continue;
    send_pieces(r, leg, leg.queued, leg.inputs);
  }
  r.heard = ground_.now();
  advance(r);
}

void Clients::end(Request& r, serving::Cause cause) {
  const bool refused = r.output == 0 && (cause == serving::Cause::no_route || cause == serving::Cause::no_memory);
  Outcome o;
  o.arrival = r.arrival;
  o.status = cause == serving::Cause::none ? serving::Status::served
             : refused                     ? serving::Status::rejected
                                           : serving::Status::failed;
  o.cause = cause;
  if (cause != serving::Cause::horizon) o.latency_s = (ground_.now() - r.arrival).seconds();
  if (cause == serving::Cause::horizon) o.latency_s = -1;
  o.first_to_last_s = r.first_to_last_s();
  o.recovery_s = r.recovery_s;
  o.ttft_s = r.ttft_s();
  o.request = r.id;
  o.client = r.client;
  o.prompt = r.prompt;
  o.wanted = r.wanted;
  o.output = r.output;
  o.replayed = r.replayed;
  o.failovers = r.failovers;
  o.legs = r.leg_count;
  outcomes_.push_back(o);
  if (cause == serving::Cause::none) {
    ground_.record.add(serving::Series::served, ground_.now());
    const double mean_gap_s = r.output > 1 ? r.first_to_last_s() / (r.output - 1) : 0;
    if (serving::within_objective(o.status, o.ttft_s, mean_gap_s, ground_.scenario.serving)) {
      ground_.record.add(serving::Series::good, ground_.now());
    }
  }
  running_.change(ground_.now(), -1);
  if (cause != serving::Cause::horizon) {
    if (cause == serving::Cause::none) ground_.counts.claims += r.leg_count;
    NodeId before;
    for (Leg& leg : r.chain()) {
      observe(routing::Observation::What::closed, r, leg, before);
      close_leg(r, leg);
      before = NodeId(leg.node);
    }
    ground_.simulation().send(ground_.client(r.client), ground_.referee(), ground_.simulation().lookahead(),
                              Ended{r.id});
  }
  drop_opening(r);
  Array<Leg> chain = r.chain();
  legs_.give_back(chain);
  requests_.give_back(r.slot);
}

void Clients::finish(Time end_of_run) {
  EXPECT(end_of_run == ground_.now());
  for (std::uint32_t slot = 0; slot < requests_.used(); ++slot) {
    if (requests_[slot].id != none) end(requests_[slot], serving::Cause::horizon);
  }
  running_.change(end_of_run, 0);
}

}  // namespace orrery::sim::fleet
