// `orrery bench engine`: what the event engine costs, beside what a textbook engine costs in the same binary.
#pragma once

#include <string>

namespace orrery::experiments {

// Prints PHOLD event rates (against the engine on its binary heap, a std::priority_queue of keys and one of event
// objects), coroutine wake-ups, and bytes per entity and process. `quick` leaves out the million entities. Every rate
// is printed only after the engines have reached the same state, with what it must be beside it. Writes Google
// Benchmark's JSON to `json` where it is not empty. Returns 0, or 1 if states differ (a bug) or a row is missed. Under
// a minute.
int bench_engine(bool quick, const std::string& json = {});

}  // namespace orrery::experiments
