// What a leg did and what is known about it: the part that most policies share.
#include <algorithm>

#include "sim/incentive/policy.hpp"

namespace orrery::sim::incentive {

std::vector<MicroCoins> leg_fees(const Epoch& epoch) {
  std::vector<MicroCoins> fees;
  fees.reserve(epoch.legs.size());
  std::vector<double> work;
  for (const PaidRequest& request : epoch.requests) {
    EXPECT(request.first_leg == fees.size());
    work.clear();
    for (std::uint32_t l = 0; l < request.leg_count; ++l) {
      const Leg& leg = epoch.legs[request.first_leg + l];
      work.push_back(leg.timed_out ? 0 : static_cast<double>(leg.blocks.size()) * static_cast<double>(leg.tokens));
    }
    if (work.size() == 1 && work[0] > 0) {
      fees.push_back(request.fee);
      continue;
    }
    for (const MicroCoins part : split(request.fee, work)) fees.push_back(part);
  }
  EXPECT(fees.size() == epoch.legs.size());
  return fees;
}

std::vector<Verdict> leg_verdicts(const Epoch& epoch, std::span<const Audit> audits) {
  std::vector<Verdict> verdicts(epoch.legs.size(), Verdict::unchecked);
  for (const Audit& audit : audits) {
    const auto request = std::lower_bound(epoch.requests.begin(), epoch.requests.end(), audit.request,
                                          [](const PaidRequest& r, RequestId id) { return r.request < id; });
    // An audit may come in an epoch after its request was paid.
    if (request == epoch.requests.end() || request->request != audit.request) continue;
    for (std::uint32_t l = 0; l < request->leg_count; ++l) {
      const std::size_t at = request->first_leg + l;
      if (epoch.legs[at].node != audit.executor || epoch.legs[at].blocks != audit.blocks) continue;
      verdicts[at] = std::max(verdicts[at], audit.verdict);
    }
  }
  return verdicts;
}

}  // namespace orrery::sim::incentive
