// How long prompts and answers are: fixed, lognormal, or as measured (data/lengths.toml).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "sim/quantiles.hpp"
#include "sim/units.hpp"
#include "sim/workload/params.hpp"
#include "sim/workload/trace.hpp"

namespace orrery::sim::workload {

// Quantiles of prompt and output tokens in a real trace, with the rank correlation between the two.
struct LengthTable {
  std::string name;  // "azure_conv_2023"
  std::string what;
  std::string source;
  Quantiles prompt, output;
  double rank_correlation = 0;  // Spearman's
};

const std::vector<LengthTable>& length_tables();
// InputError at `place` with the nearest name.
const LengthTable& length_table(std::string_view name, std::string_view place);

struct Length {
  Tokens prompt = 1, output = 1;
};

// The lengths of request `index`: a pure function of (parameters, seed, index). Lognormal lengths are independent;
// those of a table are joined by a Gaussian copula with the table's rank correlation; those of a trace are a row drawn
// with replacement. Rounded to whole tokens, at least one, then cut to max_prompt and max_output. An image's are its
// rows in a step, and its steps. `rows` is needed for lengths = "trace" only.
Length length_of(const WorkloadParams& params, const std::vector<TraceRow>& rows, std::uint64_t seed,
                 std::uint32_t index);

// The cut and the floor of one token.
Length limited(const WorkloadParams& params, double prompt, double output);

}  // namespace orrery::sim::workload
