#include "sim/workload/workload.hpp"

#include "kernels/contract.hpp"
#include "sim/workload/lengths.hpp"
#include "sim/workload/prefix.hpp"

namespace orrery::sim::workload {
namespace {

// Entities of the arrival stream: the gaps of an open loop; who asks; and one per client for the pauses of a closed
// loop.
constexpr std::uint32_t asker = 1;
constexpr std::uint32_t first_pause = 0x80000000u;

constexpr double horizon_s = 4e9;  // virtual time holds a little more

}  // namespace

Workload::Workload(const WorkloadParams& params, std::uint64_t seed) : params_(params), seed_(seed) {
  validate(params);
  if (!params.trace.empty()) rows_ = read_request_trace(params.trace);
}

std::shared_ptr<const Workload> Workload::make(const WorkloadParams& params, std::uint64_t seed) {
  return std::shared_ptr<const Workload>(new Workload(params, seed));
}

Arrivals Workload::arrivals() const {
  EXPECT(!closed());
  return Arrivals(shared_from_this(), seed_);
}

std::vector<Request> Workload::all() const {
  std::vector<Request> requests;
  Arrivals open = arrivals();
  while (const std::optional<Request> request = open.next()) requests.push_back(*request);
  return requests;
}

Request Workload::request(std::uint32_t index, Time arrival) const {
  // A trace that gives both times and lengths gives them row by row.
  const bool row = params_.arrival == "trace" && params_.lengths == "trace";
  const Length length =
      row ? limited(params_, static_cast<double>(rows_[index].prompt), static_cast<double>(rows_[index].output))
          : length_of(params_, rows_, seed_, index);
  const Prefix prefix = prefix_of(params_, seed_, index);
  const Tokens prompt = prefix.tokens + params_.retrieved() + length.prompt;
  return {RequestId(index), ClientId(), arrival, prompt, length.output, prefix, params_.retrieved()};
}

std::optional<Request> Arrivals::next() {
  const WorkloadParams& p = workload_->params_;
  const bool trace = p.arrival == "trace";
  if (p.requests > 0 && count_ >= p.requests) return std::nullopt;
  if (trace && count_ >= workload_->rows_.size()) return std::nullopt;
  if (trace) {
    at_s_ = workload_->rows_[count_].arrival_s / p.trace_speed;
  } else if (p.arrival == "bursty") {
    const double shape = 1 / (p.cv * p.cv);
    at_s_ += gaps_.gamma(shape, 1 / (p.rate * shape));
  } else {
    at_s_ += gaps_.exponential(1 / p.rate);
  }
  if ((p.duration_s > 0 && at_s_ > p.duration_s) || at_s_ > horizon_s) return std::nullopt;
  Request request = workload_->request(count_++, Time::from_seconds(at_s_));
  Draw who(workload_->seed_, Stream::arrival, asker, request.id.index());
  request.client = ClientId(static_cast<std::uint32_t>(who.below(static_cast<std::uint64_t>(p.clients))));
  return request;
}

std::optional<Request> Workload::turn(ClientId client, std::uint32_t turn) const {
  EXPECT(closed() && client.index() < params_.clients);
  const std::int64_t index = turn * params_.clients + client.index();
  if (index >= params_.requests) return std::nullopt;
  Draw pause(seed_, Stream::arrival, first_pause + client.index(), turn);
  const double pause_s = params_.think_s > 0 ? pause.exponential(params_.think_s) : 0;
  Request request = this->request(static_cast<std::uint32_t>(index), Time::from_seconds(pause_s));
  request.client = client;
  return request;
}

}  // namespace orrery::sim::workload
