// `orrery numerics`: how far honest devices and cheats drift from the canonical computation on the embedded model.
#pragma once

namespace orrery::experiments {

// Prints one line a profile (`orrery list numerics`) and a line a cheat's arithmetic; returns 1 if the canonical one
// drifts, which it must not.
int numerics_table(int threads);

}  // namespace orrery::experiments
