// All requests of a run: what arrives, lazily and as a pure function of (parameters, seed).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "sim/random.hpp"
#include "sim/workload/params.hpp"
#include "sim/workload/request.hpp"
#include "sim/workload/trace.hpp"

namespace orrery::sim::workload {

class Workload;

// Open loop: requests in the order of their arrival, ids dense from 0.
class Arrivals {
 public:
  // Nothing after the last request (count, duration or end of the trace).
  std::optional<Request> next();

 private:
  friend class Workload;
  Arrivals(std::shared_ptr<const Workload> workload, std::uint64_t seed)
      : workload_(std::move(workload)), gaps_(seed, Stream::arrival, 0) {}
  std::shared_ptr<const Workload> workload_;
  Draw gaps_;
  double at_s_ = 0;
  std::uint32_t count_ = 0;
};

class Workload : public std::enable_shared_from_this<Workload> {
 public:
  // Validates the parameters and reads the trace if one is named (InputError at file:line).
  static std::shared_ptr<const Workload> make(const WorkloadParams& params, std::uint64_t seed);

  const WorkloadParams& params() const { return params_; }
  // Closed loop: every client keeps one request running, and its next one starts when that ends, after a pause.
  bool closed() const { return params_.arrival == "closed"; }
  // Closed loop whose clients have several requests at a time: they follow each other as serving decides.
  bool parallel() const { return closed() && (params_.in_flight > 1 || params_.feed_load > 0); }

  // Open loop only.
  Arrivals arrivals() const;
  std::vector<Request> all() const;

  // Closed loop only. The turn-th request of a client (from 0), which has id turn * clients + client; nothing when its
  // share of params.requests is done. A client's first request arrives at `arrival` of turn 0; for later turns arrival
  // is the pause before it, counted from the end of the one before. A pause is exponential with mean think_s.
  std::optional<Request> turn(ClientId client, std::uint32_t turn) const;

 private:
  friend class Arrivals;
  Workload(const WorkloadParams& params, std::uint64_t seed);
  Request request(std::uint32_t index, Time arrival) const;

  WorkloadParams params_;
  std::uint64_t seed_;
  std::vector<TraceRow> rows_;
};

}  // namespace orrery::sim::workload
