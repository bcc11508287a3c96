// The life of a request: arrive, look passages up if it is to, find a chain, prefill, decode token by token, end
// exactly once. An image's tokens are its steps.
#include <algorithm>

#include "sim/serving/client.hpp"
#include "sim/serving/retriever.hpp"

namespace orrery::sim::serving {

engine::Process Client::issue_all() {
  for (const workload::Request& request : requests_) {
    auto waiting = sleep(request.arrival - now());
    co_await waiting;
    spawn(serve(request));
  }
}

// A closed loop: the next request comes a pause after the last one ended.
engine::Process Client::issue_in_turn() {
  for (std::uint32_t turn = 0;; ++turn) {
    std::optional<workload::Request> request = workload_->turn(client_, turn);
    if (!request) co_return;
    auto pause = sleep(request->arrival - Time());
    co_await pause;
    request->arrival = now();
    auto running = run(*request);
    co_await running;
  }
}

// A closed loop of many at a time: those at the start, and then one more for each that makes room for it.
engine::Process Client::issue_at_start() {
  for (std::int64_t i = 0; i < workload_->params().in_flight; ++i) {
    spawn(issue_next());
    auto pause = sleep(Duration::from_seconds(workload_->params().feed_gap_s));
    co_await pause;
  }
}

engine::Process Client::issue_next(Duration pause) {
  std::optional<workload::Request> request = workload_->turn(client_, next_turn_);
  if (!request) co_return;
  ++next_turn_;
  auto waiting = sleep(pause);
  co_await waiting;
  request->arrival = now();
  auto running = run(*request);
  co_await running;
}

// A request has its first token, or has ended; one that found no room has made none.
void Client::feed_loop(bool ended) {
  const workload::WorkloadParams& p = workload_->params();
  if (!workload_->parallel()) return;
  if (p.feed_load > 0) {
    const std::optional<double> load = world_.routing.load(routing_view(view_), routing_memory_);
    if (load ? *load > p.feed_load : !ended) return;
  } else if (!ended) {
    return;
  }
  spawn(issue_next(Duration::from_seconds(p.feed_gap_s)));
}

engine::Process Client::serve(workload::Request request) {
  auto running = run(request);
  co_await running;
}

engine::Task<void> Client::run(workload::Request request) {
  Session& s = *sessions_.emplace(request.id.index(), std::make_unique<Session>(*this, request, image())).first->second;
  world_.numbers.open(request.id, request.prompt, request.output);
  auto answering = answer(s);
  const Cause cause = co_await answering;
  end(s, cause);
}

engine::Task<Cause> Client::answer(Session& s) {
  auto looking = look_up(s);
  const Cause cause = co_await looking;
  if (cause != Cause::none) co_return cause;
  auto generating = generate(s);
  const Cause generated = co_await generating;
  co_return generated;
}

// The passages that go before the question: of the client's own index, or a server's.
engine::Task<Cause> Client::look_up(Session& s) {
  if (!world_.lookup) co_return Cause::none;
  const Tokens question = s.request.question();
  if (world_.lookup->at_server()) {
    post(world_.retriever(), Query{s.request.id.index(), id().index(), static_cast<std::uint32_t>(question)});
    while (!s.passages && now() < deadline(s)) {
      auto waiting = s.changed.wait_for(deadline(s) - now());
      co_await waiting;
    }
    if (!s.passages) co_return Cause::timed_out;
  } else {
    auto searching = sleep(occupy(lookup_time(*world_.lookup, question)));
    co_await searching;
  }
  s.record.lookup_s = (now() - s.request.arrival).seconds();
  co_return Cause::none;
}

engine::Task<Cause> Client::generate(Session& s) {
  const Tokens prompt = s.request.prompt;
  auto connecting = replace(s, 0, 0);
  Cause cause = co_await connecting;
  if (cause != Cause::none) co_return cause;
  feed_prompt(s);
  expect_answer(s);
  Time last_token;
  for (Tokens position = prompt;;) {
    auto waiting = advance(s, s.image ? prompt : position);
    cause = co_await waiting;
    if (cause != Cause::none) co_return cause;
    if (s.again) {
      s.again = false;
      position = prompt;
      feed_prompt(s);
      continue;
    }
    // After a restart, tokens that the user has are stepped through again.
    const bool fresh = position == prompt + s.record.output;
    if (fresh) world_.numbers.sample(s.request.id, position, s.results.last().rows);
    auto applying = apply_head(s);
    co_await applying;
    if (fresh) {
      deliver_token(s, last_token);
      if (s.record.output == s.request.output) co_return Cause::none;
      if (world_.serving.stop == "eos" && world_.numbers.is_end(s.request.id, position)) co_return Cause::none;
    }
    if (world_.execution.keep_rate > 0) {
      auto keeping = sleep(occupy(lengthening(position + 1)));
      co_await keeping;
    }
    feed_next(s, position);
    ++position;
  }
}

// LM head and sampling on the client's own processor, one request after another.
engine::Task<void> Client::apply_head(Session& s) {
  const double measured_ms = world_.execution.client_head_ms;
  const Tokens rows = s.image ? s.request.prompt : 1;
  Duration needed =
      measured_ms > 0 ? Duration::from_ms(measured_ms) : execution::head_time(world_.model, machine_, rows);
  if (s.image && s.record.output + 1 == s.request.output) {
    needed += Duration::from_seconds(1e9 * workload_->params().decode_gflop / machine_.compute.value());
  }
  if (world_.numbers.follows_wall()) needed = {};  // sampling has taken its time
  auto computing = sleep(occupy(needed));
  co_await computing;
}

// The client's own processor does one thing after another; returns the time until it has done this as well.
Duration Client::occupy(Duration needed) {
  head_free_ = std::max(now(), head_free_) + needed;
  return head_free_ - now();
}

// Of the inputs that it keeps for a leg, now so many positions, where a step copies all of them to add one
// (execution.keep_rate).
Duration Client::lengthening(Tokens positions) const {
  const double rate = world_.execution.keep_rate;
  if (rate == 0 || !care_.inputs || world_.numbers.follows_wall()) return {};
  return network::transfer_time(Bytes(4.0 * world_.model.hidden * static_cast<double>(positions)),
                                BytesPerSecond(rate));
}

void Client::deliver_token(Session& s, Time& last) {
  RequestRecord& r = s.record;
  ++r.output;
  record_.add(Series::tokens, now());
  if (r.output == 1) {
    r.ttft_s = (now() - s.request.arrival).seconds();
    record_.trace("first token of request " + std::to_string(s.request.id.index()), s.request.arrival, now());
    if (r.failovers == 0) world_.routing.answered(whole_request(s), (now() - s.fed).seconds(), routing_memory_);
    feed_loop(false);
  } else {
    const double gap = (now() - last).seconds();
    inter_token_.add(gap);
    r.first_to_last_s += gap;
  }
  last = now();
}

// Everything that executors claim to have done for a request is put before the verification policy. True: the auditor
// will say when that is over.
bool Client::claim(const Session& s) {
  claims_ += s.chain.size();
  if (!world_.audits.on()) return false;
  ClaimBody body{.request = s.request.id, .client = id(), .prompt = s.request.prompt, .rows = s.results.known()};
  body.seconds = (now() - s.request.arrival).seconds();
  body.reward_coins = world_.audits.price_coins(s.request.prompt, s.record.output);
  for (const Leg& leg : s.chain) body.parts.push_back({leg.hop.node, leg.leg, leg.hop.span});
  post(world_.auditor(), Claimed{world_.mail.claims.put(std::move(body))});
  return true;
}

void Client::end(Session& s, Cause cause) {
  RequestRecord& r = s.record;
  drop_rival(s);
  const bool refused = r.output == 0 && (cause == Cause::no_route || cause == Cause::no_memory);
  r.status = cause == Cause::none ? Status::served : refused ? Status::rejected : Status::failed;
  r.cause = cause;
  r.latency_s = (now() - s.request.arrival).seconds();
  r.legs = static_cast<int>(s.chain.size());
  record_.span(Series::running, s.request.arrival, now());
  record_.trace("request " + std::to_string(s.request.id.index()), s.request.arrival, now());
  bool audited = false;
  if (cause == Cause::none) {
    audited = claim(s);
    record_.add(Series::served, now());
    if (within_objective(r, world_.serving)) record_.add(Series::good, now());
  }
  for (std::size_t i = 0; i < s.chain.size(); ++i) s.put_down(i, s.chain[i].lost && s.chain[i].avoid);
  NodeId before;
  for (Leg& leg : s.chain) {
    observe(routing::Observation::What::closed, leg, before);
    close_leg(s, leg, cause == Cause::none);
    release_copy(s, leg);
    before = leg.hop.node;
  }
  if (r.status == Status::served && world_.execution.review_texts) world_.numbers.review(s.request.id);
  if (!audited) world_.numbers.close(s.request.id);  // else the auditor does
  records_.push_back(r);
  if (!audited)
    world_.simulation.send(id(), world_.referee(), world_.simulation.lookahead(), Ended{s.request.id.index()});
  const bool made_room = workload_->params().feed_load == 0 || r.status != Status::rejected;
  sessions_.erase(s.request.id.index());
  if (made_room) feed_loop(true);
}

}  // namespace orrery::sim::serving
