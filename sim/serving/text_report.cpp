// How good the texts were that users got, in the eyes of the honest model, and what they paid for that.
#include <algorithm>
#include <cmath>
#include <limits>

#include "sim/serving/metrics.hpp"

namespace orrery::sim::serving {
namespace {

constexpr double undefined = std::numeric_limits<double>::quiet_NaN();

double ratio(double a, double b) { return b > 0 ? a / b : undefined; }

double metric(const RunResult& result, std::string_view name) {
  const auto found =
      std::find_if(result.metrics.begin(), result.metrics.end(), [name](const Metric& m) { return m.name == name; });
  EXPECT(found != result.metrics.end());
  return found->value;
}

const Column& column(const RunResult& result, std::string_view name) {
  const auto found =
      std::find_if(result.requests.begin(), result.requests.end(), [name](const Column& c) { return c.name == name; });
  EXPECT(found != result.requests.end());
  return *found;
}

// Of what was charged for texts that were reviewed, the part that went for tokens which an honest chain would not have
// given. Nobody's intentions are in it: honest devices that sum in another order than the reviewer's, or a wire that
// rounds, have a share above zero as well, and only what exceeds that is a cheat's.
Metric junk_by_output(const RunResult& result, const std::vector<execution::Review>& reviews) {
  const std::vector<double>&ids = column(result, "id").values, &charged = column(result, "charged").values;
  double all = 0, junk = 0;
  for (std::size_t row = 0; row < ids.size(); ++row) {
    const auto i = static_cast<std::size_t>(ids[row]);
    if (i >= reviews.size() || reviews[i].tokens == 0) continue;
    all += charged[row];
    junk += charged[row] * (1 - static_cast<double>(reviews[i].agreed) / static_cast<double>(reviews[i].tokens));
  }
  return {"junk_by_output_share", "1",
          "share of what users paid for reviewed texts that went for tokens an honest chain would not have given after "
          "the same text; honest devices unlike the canonical one have some, too: that is the baseline",
          ratio(junk, all)};
}

}  // namespace

void add_reviews(RunResult& result, const std::vector<execution::Review>& reviews) {
  double nats = 0, agreed = 0, tokens = 0;
  for (const execution::Review& r : reviews) {
    nats += r.nats;
    agreed += static_cast<double>(r.agreed);
    tokens += static_cast<double>(r.tokens);
  }
  // Where nothing was reviewed, that is not a text of no quality.
  const double good = tokens > 0 ? agreed : undefined;
  result.metrics.push_back(
      {"text_perplexity", "1", "of the tokens that users got, under the honest model", std::exp(ratio(nats, tokens))});
  result.metrics.push_back({"token_agreement", "1",
                            "share of these tokens that an honest chain would have given after the same text",
                            ratio(agreed, tokens)});
  result.metrics.push_back({"quality_tokens_per_coin", "token/coin",
                            "such tokens for each coin that users were charged",
                            ratio(good, metric(result, "coins_charged"))});
  result.metrics.push_back(junk_by_output(result, reviews));
  const Column& ids = column(result, "id");
  Column perplexity{"text_perplexity", "1", "of its text under the honest model", {}};
  Column agreement{"token_agreement", "1", "share of its tokens that an honest chain would have given", {}};
  for (const double id : ids.values) {
    const auto i = static_cast<std::size_t>(id);
    const execution::Review r = i < reviews.size() ? reviews[i] : execution::Review();
    perplexity.values.push_back(std::exp(ratio(r.nats, static_cast<double>(r.tokens))));
    agreement.values.push_back(ratio(static_cast<double>(r.agreed), static_cast<double>(r.tokens)));
  }
  result.requests.push_back(std::move(perplexity));
  result.requests.push_back(std::move(agreement));
}

}  // namespace orrery::sim::serving
