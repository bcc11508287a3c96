// `orrery bench scale`: a swarm of ten thousand, a hundred thousand and a million nodes on one core.
#pragma once

#include <string>

namespace orrery::experiments {

// Runs the sizes (without the million where quick) and prints what each must reach; writes Google Benchmark's JSON to
// `json` where it is not empty. 0, or 1 where a row is missed or an answer is wrong.
int bench_scale(bool quick, const std::string& json);

}  // namespace orrery::experiments
