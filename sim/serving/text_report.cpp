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
  const Column& ids = result.requests.front();
  EXPECT(ids.name == "id");
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
