#include "sim/execution/live/calibrate.hpp"

#include <algorithm>
#include <cstring>

#include "sim/execution/live/wall.hpp"

namespace orrery::sim::execution::live {
namespace {

constexpr int laps = 40;
constexpr int warm_laps = 4;
constexpr double latency_s = 0.003;    // injected on each hop,
constexpr double transfer_s = 0.0001;  // and how long the down link then takes

double median(std::vector<double> values) {
  EXPECT(!values.empty());
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

void nap_until(double when_s) {
  while (seconds_now() < when_s) nap();
}

// One rank's part of the ring. What went round says when it is due at the next rank.
class Ring {
 public:
  Ring(const Context& context, LiveNumbers& numbers, BlockSpan blocks, Tokens chunk)
      : rank_(context.rank()),
        size_(context.size()),
        numbers_(numbers),
        blocks_(blocks),
        chunk_(chunk),
        courier_(context.comm) {}

  // Rank 0 sends and waits for the return; the others wait, compute and pass on.
  void lap(std::uint32_t lap) {
    const double begin = seconds_now();
    if (rank_ == 0) pass_on();
    await();
    const double computed = rank_ == 0 ? head(lap) : stages(lap);
    if (rank_ > 0) pass_on();
    if (rank_ == 0) laps_s_.push_back(seconds_now() - begin - computed);
    compute_s_.push_back(last_step_s_);
  }

  std::vector<double> step_s, chunk_s, half_chunk_s, head_s;
  const std::vector<double>& laps_s() const { return laps_s_; }
  // Of each lap: what a rank computed between receiving and passing on.
  const std::vector<double>& compute_s() const { return compute_s_; }

 private:
  void pass_on() {
    const double due = seconds_now() + latency_s;
    Frame frame(sizeof due);
    std::memcpy(frame.data(), &due, sizeof due);
    courier_.send((rank_ + 1) % size_, std::move(frame));
  }
  void await() {
    std::optional<Frame> frame;
    while (!(frame = courier_.receive())) nap();
    double due = 0;
    std::memcpy(&due, frame->data(), sizeof due);
    nap_until(due);
    nap_until(seconds_now() + transfer_s);
  }
  // A chunk, half of one and a step, each through a session of its own; only the step is on the lap's clock.
  double stages(std::uint32_t lap) {
    const double begin = seconds_now();
    const RequestId request(lap);
    numbers_.open(request, 2 * chunk_, 0);
    const auto timed = [&](std::uint16_t leg, Tokens first, Tokens count, std::vector<double>& times) {
      const Handle rows = numbers_.embed(request, first, count);
      const double start = seconds_now();
      numbers_.run({{NodeId(0), request, leg}, blocks_, {}, first, count, rows});
      times.push_back((seconds_now() - start) / blocks_.size());
    };
    timed(0, 0, chunk_, chunk_s);
    timed(1, 0, chunk_ / 2, half_chunk_s);
    nap_until(seconds_now() + latency_s);  // a step does not come on the heels of a chunk
    timed(0, chunk_, 1, step_s);
    numbers_.close(request);
    last_step_s_ = seconds_now() - begin;
    return last_step_s_;
  }
  double head(std::uint32_t lap) {
    const double begin = seconds_now();
    const RequestId request(lap);
    numbers_.open(request, 1, 1);
    const Handle rows = numbers_.embed(request, 0, 1);
    const double start = seconds_now();
    numbers_.sample(request, 1, rows);
    head_s.push_back(seconds_now() - start);
    numbers_.close(request);
    last_step_s_ = 0;
    return seconds_now() - begin;
  }

  int rank_, size_;
  LiveNumbers& numbers_;
  BlockSpan blocks_;
  Tokens chunk_;
  Courier courier_;
  double last_step_s_ = 0;
  std::vector<double> laps_s_, compute_s_;
};

// The median over all ranks' values of one kind, at rank 0.
double gathered_median(const Context& context, std::vector<double> mine, int from_rank) {
  std::vector<double> all(static_cast<std::size_t>(laps * context.size()));
  mine.resize(laps);
  MPI_Gather(mine.data(), laps, MPI_DOUBLE, all.data(), laps, MPI_DOUBLE, 0, context.comm);
  all.erase(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(from_rank) * laps);
  return median(std::move(all));
}

}  // namespace

Calibration calibrate(const Context& context, const WorkerSetup& setup, Tokens chunk) {
  EXPECT(context.size() > 1 && chunk >= 2);
  LiveNumbers numbers(context, setup);
  const BlockSpan blocks{0, std::max(1, setup.model->config().layers / (context.size() - 1))};
  numbers.warm_up(context.rank() == 0 ? BlockSpan{} : blocks);
  const Wall wall(context);
  Ring ring(context, numbers, blocks, chunk);
  for (std::uint32_t lap = 0; lap < warm_laps + laps; ++lap) ring.lap(lap);
  const auto late = [](std::vector<double> times) {
    times.erase(times.begin(), times.begin() + std::min<std::ptrdiff_t>(warm_laps, std::ssize(times)));
    return times;
  };
  Calibration result;
  result.chunk = chunk;
  result.step_s = gathered_median(context, late(ring.step_s), 1);
  result.chunk_s = gathered_median(context, late(ring.chunk_s), 1);
  result.half_chunk_s = gathered_median(context, late(ring.half_chunk_s), 1);
  if (context.rank() == 0) result.head_s = median(late(ring.head_s));
  // A lap, less what ranks computed in it and what was injected.
  std::vector<double> computed = late(ring.compute_s());
  std::vector<double> sum(computed.size(), 0.0);
  MPI_Reduce(computed.data(), sum.data(), static_cast<int>(sum.size()), MPI_DOUBLE, MPI_SUM, 0, context.comm);
  if (context.rank() > 0) return result;
  const std::vector<double> lap_times = late(ring.laps_s());
  std::vector<double> hops;
  for (std::size_t i = 0; i < lap_times.size(); ++i) {
    hops.push_back((lap_times[i] - sum[i]) / context.size() - latency_s - transfer_s);
  }
  result.hop_s = std::max(0.0, median(hops));
  return result;
}

Fit fit(const Calibration& c, const workload::ModelGraph& model) {
  EXPECT(model.block_count() > 0 && c.step_s > 0 && c.chunk_s > 0);
  double flops_per_token = 0, flops_per_pair = 0, weights = 0;
  for (const workload::BlockCost& block : model.blocks) {
    flops_per_token += block.flops_per_token.value() / model.block_count();
    flops_per_pair += block.flops_per_pair.value() / model.block_count();
    weights += block.weights.value() / model.block_count();
  }
  const double n = static_cast<double>(c.chunk);
  const double chunk_flops = n * flops_per_token + n * (n + 1) / 2 * flops_per_pair;
  // What a chunk of no tokens would take, from two lengths of it; at least what keeps the device's own entry out.
  const double overhead_s = std::clamp(2 * c.half_chunk_s - c.chunk_s, 1e-7, 0.9 * std::min(c.step_s, c.chunk_s));
  return {.gflops = 1e-9 * chunk_flops / (c.chunk_s - overhead_s),
          .gbytes_s = 1e-9 * weights / (c.step_s - overhead_s),
          .block_us = 1e6 * overhead_s,
          .head_ms = 1e3 * (c.head_s + c.hop_s),  // the last hop leads to the client
          .hop_s = c.hop_s};
}

}  // namespace orrery::sim::execution::live
