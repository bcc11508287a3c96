// `orrery bench engine`: what the event engine costs, beside what a textbook engine costs in the same binary.
#pragma once

namespace orrery::experiments {

// Prints PHOLD event rates (against a std::priority_queue of keys and a std::priority_queue of event objects),
// coroutine wake-ups, and bytes per entity and process. `quick` leaves out the million entities. Every rate is
// printed only after the engines have reached the same state. Returns 0, or 1 if states differ (a bug). Under a minute.
int bench_engine(bool quick);

}  // namespace orrery::experiments
