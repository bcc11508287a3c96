#include "sim/swarm/life.hpp"

#include <algorithm>

namespace orrery::sim::swarm {
namespace {

// The shuffle of a trace's hosts draws as an entity that no node is.
constexpr std::uint32_t shuffler = 0xffffffffu;
// Virtual time ends at 4.6e9 s; a session that outlasts this one outlasts every run.
constexpr double horizon_s = 4e9;

// Drawn times can fall below the clock's resolution, but a session takes time and the next one comes after it.
Duration at_least_a_tick(double s) {
  return std::max(Duration::from_ns(1), Duration::from_seconds(std::min(s, horizon_s)));
}

Distribution side(const Distribution& fitted, double mean_s, double time_scale) {
  return fitted.scaled(time_scale * (mean_s > 0 ? mean_s / fitted.mean() : 1));
}

bool is_family(const std::string& name) {
  return std::find(family_names().begin(), family_names().end(), name) != family_names().end();
}

Cycle drawn_cycle(const SwarmParams& p) {
  const auto family_cycle = [](const std::string& name, double mean_s, double shape) {
    return Distribution::with_mean(family_named(name), mean_s, shape);
  };
  const bool family = is_family(p.lifetime);
  const Distribution online = family ? family_cycle(p.lifetime, p.lifetime_mean_s, p.lifetime_shape)
                                     : cycle_of(p.lifetime, "swarm.lifetime").online;
  const auto absence = [&]() -> Distribution {
    // A copy in any case: `online` is not the lambda's own.
    if (p.absence == "forever") return online;  // never drawn from; NOLINT(performance-no-automatic-move)
    if (p.absence != "same") return family_cycle(p.absence, p.absence_mean_s, p.absence_shape);
    if (family) return family_cycle(p.lifetime, p.absence_mean_s, p.absence_shape);
    return cycle_of(p.lifetime, "swarm.lifetime").absent;
  };
  return {side(online, p.lifetime_mean_s, p.time_scale), side(absence(), p.absence_mean_s, p.time_scale)};
}

}  // namespace

LifeModel::LifeModel(const SwarmParams& params, std::uint64_t seed) : seed_(seed), crash_share_(params.crash_share) {
  validate(params);
  if (params.lifetime == "trace") {
    trace_ = read_session_trace(params.trace).from(params.trace_start_s, params.time_scale);
    assign_hosts(seed);
  } else if (params.lifetime != "none") {
    cycle_ = drawn_cycle(params);
    returns_ = params.absence != "forever";
    initially_online_ = params.initially_online >= 0 ? params.initially_online : online_share();
  }
}

void LifeModel::assign_hosts(std::uint64_t seed) {
  Draw draw(seed, Stream::life, shuffler);
  hosts_.resize(trace_->hosts.size());
  for (std::uint32_t i = 0; i < hosts_.size(); ++i) hosts_[i] = i;
  for (std::size_t i = hosts_.size(); i > 1; --i) std::swap(hosts_[i - 1], hosts_[draw.below(i)]);
}

double LifeModel::online_share() const {
  if (trace_) {
    const auto here = std::count_if(trace_->hosts.begin(), trace_->hosts.end(),
                                    [](const auto& sessions) { return !sessions.empty() && sessions[0].start_s == 0; });
    return static_cast<double>(here) / static_cast<double>(trace_->hosts.size());
  }
  if (!cycle_ || !returns_) return 1;
  return cycle_->online.mean() / (cycle_->online.mean() + cycle_->absent.mean());
}

Life::Life(std::shared_ptr<const LifeModel> model, NodeId node)
    : model_(std::move(model)), node_(node), draw_(model_->seed_, Stream::life, node.index()) {}

Life::Life(std::shared_ptr<const LifeModel> model, NodeId node, const State& state)
    : model_(std::move(model)),
      node_(node),
      draw_(model_->seed_, Stream::life, node.index(), state.draws),
      at_(state.at),
      count_(state.count) {}

std::optional<Session> Life::next() {
  const LifeModel& m = *model_;
  if (at_ == Time::never()) return std::nullopt;
  const std::uint32_t turn = count_++;
  if (m.trace_) {
    const auto& sessions = m.trace_->hosts[m.hosts_[node_.index() % m.hosts_.size()]];
    if (turn >= sessions.size() || sessions[turn].start_s >= horizon_s) return std::nullopt;
    // Rounding to the clock may join two sessions; the later one then begins where the earlier ended.
    const Time join = std::max(at_, Time::from_seconds(sessions[turn].start_s));
    const double length = sessions[turn].end_s - sessions[turn].start_s;
    return session(join, length, sessions[turn].past_s);
  }
  if (!m.cycle_) return Session{Time(), at_ = Time::never(), false, {}};
  if (turn == 0) {
    const bool online = draw_.uniform() < m.initially_online_;
    if (online) {
      const Distribution::Covering now = m.cycle_->online.covering(draw_);
      return session(Time(), now.left, now.past);
    }
    if (!m.returns_) return std::nullopt;
    return session(Time() + at_least_a_tick(m.cycle_->absent.residual(draw_)), m.cycle_->online.sample(draw_));
  }
  if (!m.returns_) return std::nullopt;
  const Time join = at_ + at_least_a_tick(m.cycle_->absent.sample(draw_));
  if (join.seconds() >= horizon_s) return std::nullopt;
  return session(join, m.cycle_->online.sample(draw_));
}

Session Life::session(Time join, double length_s, double past_s) {
  const Time leave = length_s >= horizon_s - join.seconds() ? Time::never() : join + at_least_a_tick(length_s);
  at_ = leave;
  const bool crash = leave != Time::never() && draw_.uniform() < model_->crash_share_;
  return {join, leave, crash, Duration::from_seconds(std::min(past_s, horizon_s))};
}

}  // namespace orrery::sim::swarm
