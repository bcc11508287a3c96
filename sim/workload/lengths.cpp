#include "sim/workload/lengths.hpp"

#include <algorithm>
#include <cmath>

#include "data/facts.hpp"
#include "kernels/contract.hpp"
#include "sim/config/fields.hpp"
#include "sim/config/toml.hpp"
#include "sim/random.hpp"

namespace orrery::sim::workload {
namespace {

std::vector<std::pair<double, double>> points(const config::FieldInfo& field, const config::Value& value) {
  VALIDATE(value.is_array(), value.place.text(), "'" + field.name + "' is " + std::string(value.type_name()),
           "it must be an array of [probability, tokens]");
  std::vector<std::pair<double, double>> all;
  for (const config::Value& item : value.array()) {
    const std::vector<double> pair = config::read_numbers(field, item);
    VALIDATE(pair.size() == 2, item.place.text(), "has " + std::to_string(pair.size()) + " numbers",
             "a quantile is [probability, tokens]");
    all.emplace_back(pair[0], pair[1]);
  }
  return all;
}

LengthTable read_table(const config::Value& item) {
  const auto entry = [&](const char* key) -> std::pair<config::FieldInfo, const config::Value&> {
    const config::Value* value = item.find(key);
    VALIDATE(value != nullptr, item.place.text(), "has no '" + std::string(key) + "'",
             "every table of lengths has one");
    config::FieldInfo field;
    field.name = key;
    return {field, *value};
  };
  const auto text = [&](const char* key) {
    const auto& [field, value] = entry(key);
    return config::read_text(field, value);
  };
  const auto quantiles = [&](const char* key) {
    const auto& [field, value] = entry(key);
    return Quantiles(points(field, value));
  };
  const auto& [field, value] = entry("rank_correlation");
  return {text("name"),        text("what"),        text("source"),
          quantiles("prompt"), quantiles("output"), config::read_real(field, value)};
}

double standard_normal_cdf(double z) { return 0.5 * std::erfc(-z * 0.70710678118654752440); }

// Two dependent normal draws give two dependent uniform ones (Gaussian copula); Spearman's rho of the pair is
// (6 / pi) asin(r / 2) for Pearson's r (Kruskal 1958).
Length from_table(const LengthTable& table, const WorkloadParams& params, Draw& draw) {
  const double r = 2 * std::sin(3.14159265358979323846 / 6 * table.rank_correlation);
  const double a = draw.normal();
  const double b = r * a + std::sqrt(1 - r * r) * draw.normal();
  return limited(params, table.prompt.at(standard_normal_cdf(a)), table.output.at(standard_normal_cdf(b)));
}

double lognormal_with_mean(double mean, double cv, Draw& draw) {
  const double variance = std::log1p(cv * cv);
  return draw.lognormal(std::log(mean) - variance / 2, std::sqrt(variance));
}

}  // namespace

const std::vector<LengthTable>& length_tables() {
  static const std::vector<LengthTable> all = [] {
    const config::Value root = config::parse_toml(data::fact("lengths.toml"), "lengths.toml");
    const config::Value* list = root.find("lengths");
    VALIDATE(list != nullptr && list->is_array(), "lengths.toml", "no tables", "each is a [[lengths]]");
    std::vector<LengthTable> tables;
    for (const config::Value& item : list->array()) tables.push_back(read_table(item));
    return tables;
  }();
  return all;
}

const LengthTable& length_table(std::string_view name, std::string_view place) {
  std::vector<std::string> names{"fixed", "lognormal", "trace"};
  for (const LengthTable& table : length_tables()) {
    if (table.name == name) return table;
    names.push_back(table.name);
  }
  fail_input(place, "unknown lengths '" + std::string(name) + "'", "they are not in data/lengths.toml",
             config::suggest(name, names));
}

Length limited(const WorkloadParams& params, double prompt, double output) {
  const auto cut = [](double tokens, std::int64_t limit) {
    // 1e8 tokens keep a lognormal's wildest draw within what a count can hold.
    const Tokens whole = std::llround(std::clamp(tokens, 1.0, 1e8));
    return limit > 0 ? std::min<Tokens>(whole, limit) : whole;
  };
  return {cut(prompt, params.max_prompt), cut(output, params.max_output)};
}

Length length_of(const WorkloadParams& params, const std::vector<TraceRow>& rows, std::uint64_t seed,
                 std::uint32_t index) {
  if (params.kind == "diffusion") return {params.image_tokens * (params.guidance ? 2 : 1), params.steps};
  Draw draw(seed, Stream::length, index);
  if (params.lengths == "fixed") return limited(params, params.prompt_tokens, params.output_tokens);
  if (params.lengths == "lognormal") {
    const double prompt = lognormal_with_mean(params.prompt_tokens, params.length_cv, draw);
    const double output = lognormal_with_mean(params.output_tokens, params.length_cv, draw);
    return limited(params, prompt, output);
  }
  if (params.lengths == "trace") {
    EXPECT(!rows.empty());
    const TraceRow& row = rows[params.trace_order == "written" ? index % rows.size() : draw.below(rows.size())];
    return limited(params, static_cast<double>(row.prompt), static_cast<double>(row.output));
  }
  return from_table(length_table(params.lengths, "workload.lengths"), params, draw);
}

}  // namespace orrery::sim::workload
