#include "experiments/sweep/catalogue.hpp"

#include <limits>

#include <fmt/format.h>

#include "experiments/hash.hpp"
#include "experiments/run_id.hpp"
#include "kernels/contract.hpp"

namespace orrery::experiments::sweep {
namespace {

constexpr std::size_t id_width = 16;
constexpr std::int64_t none = std::numeric_limits<std::int64_t>::max();

// Steps that requests take through the model, and what nodes say: it only decides who starts first.
double estimate(const sim::serving::Scenario& s) {
  const double requests =
      s.workload.requests > 0 ? static_cast<double>(s.workload.requests) : s.workload.rate * s.workload.duration_s;
  const double chunks = s.workload.prompt_tokens / static_cast<double>(s.serving.prefill_chunk);
  return requests * (s.workload.output_tokens + chunks) + 10 * static_cast<double>(s.swarm.nodes);
}

// One rank's points, those that leave the remainder `rank`, one after another.
struct Share {
  std::string ids;
  std::vector<double> cost;
  // The first point that cannot be read. Signed: the AVX reductions of Open MPI 4.1 compare unsigned 64-bit numbers as
  // signed ones.
  std::int64_t wrong = none;
  std::string message;
};

Share read_share(const Plan& plan, const Ranks& ranks) {
  Share share;
  try {
    for (auto p = static_cast<std::size_t>(ranks.rank()); p < plan.points();
         p += static_cast<std::size_t>(ranks.size())) {
      share.wrong = static_cast<std::int64_t>(p);
      sim::serving::Scenario scenario = plan.scenario(p, 0);
      share.cost.push_back(estimate(scenario));
      for (std::size_t r = 0; r < plan.replicas(); ++r, ++scenario.experiment.seed) {
        share.ids += run_id(scenario.canonical());
      }
    }
    share.wrong = none;
  } catch (const InputError& error) {
    share.message = error.what();
  }
  return share;
}

// The error of the lowest point, which is the one that a single rank would meet.
void agree_on_errors(const Share& share, const Ranks& ranks) {
  if (ranks.comm() == MPI_COMM_NULL) {
    if (!share.message.empty()) throw InputError(share.message);
    return;
  }
  std::int64_t lowest = 0;
  MPI_Allreduce(&share.wrong, &lowest, 1, MPI_INT64_T, MPI_MIN, ranks.comm());
  if (lowest == none) return;
  const int owner = static_cast<int>(lowest % ranks.size());
  std::string message = share.message;
  unsigned long length = message.size();
  MPI_Bcast(&length, 1, MPI_UNSIGNED_LONG, owner, ranks.comm());
  message.resize(length);
  MPI_Bcast(message.data(), static_cast<int>(length), MPI_CHAR, owner, ranks.comm());
  throw InputError(message);
}

// `per_point` elements of every point, from the shares into the order of points.
template <class Element>
std::vector<Element> gather(const Element* mine, std::size_t per_point, MPI_Datatype type, const Plan& plan,
                            const Ranks& ranks) {
  const std::size_t size = static_cast<std::size_t>(ranks.size());
  std::vector<Element> all(plan.points() * per_point);
  MPI_Datatype point = MPI_DATATYPE_NULL;  // counts of single elements would not fit an int
  if (ranks.comm() == MPI_COMM_NULL) {
    std::copy(mine, mine + all.size(), all.begin());
    return all;
  }
  std::vector<int> counts, starts;
  int next = 0;
  for (std::size_t r = 0; r < size; ++r) {
    counts.push_back(static_cast<int>((plan.points() + size - 1 - r) / size));
    starts.push_back(next);
    next += counts.back();
  }
  std::vector<Element> by_rank(all.size());
  MPI_Type_contiguous(static_cast<int>(per_point), type, &point);
  MPI_Type_commit(&point);
  MPI_Allgatherv(mine, counts[static_cast<std::size_t>(ranks.rank())], point, by_rank.data(), counts.data(),
                 starts.data(), point, ranks.comm());
  MPI_Type_free(&point);
  for (std::size_t p = 0; p < plan.points(); ++p) {
    const std::size_t from = (static_cast<std::size_t>(starts[p % size]) + p / size) * per_point;
    std::copy_n(by_rank.begin() + static_cast<std::ptrdiff_t>(from), per_point,
                all.begin() + static_cast<std::ptrdiff_t>(p * per_point));
  }
  return all;
}

std::string plan_hash(const Plan& plan, const std::vector<char>& ids) {
  const SweepParams& p = plan.params();
  return hash_hex(fmt::format("{}\n{} {} {} {} {}\n{}", std::string_view(ids.data(), ids.size()), p.replicas,
                              p.stop_metric, p.stop_half_width, p.series, p.requests, plan.axis_names()),
                  16);
}

}  // namespace

Catalogue catalogue(const Plan& plan, const Ranks& ranks) {
  const Share share = read_share(plan, ranks);
  agree_on_errors(share, ranks);
  const std::vector<char> ids = gather(share.ids.data(), id_width * plan.replicas(), MPI_CHAR, plan, ranks);
  Catalogue all;
  all.cost = gather(share.cost.data(), 1, MPI_DOUBLE, plan, ranks);
  all.plan = plan_hash(plan, ids);
  for (std::size_t i = 0; i < plan.slots(); ++i) all.ids.emplace_back(ids.data() + i * id_width, id_width);
  check_distinct(plan, all.ids);
  return all;
}

}  // namespace orrery::experiments::sweep
