// Activations as a device with narrower registers would hold them: each number rounded to a format, still in fp32.
//
// fp32 changes nothing. bf16 and fp16 round to nearest, ties to even; from 65,520 on an fp16 is infinite, as it is on
// the devices. 8 bytes a number.
#pragma once

#include "kernels/cpu.hpp"
#include "kernels/tensor.hpp"

namespace orrery::kernels {

const char* name(Rounding rounding);

void round_to(Rounding rounding, MatrixView x);

namespace ref {
void round_to(Rounding rounding, MatrixView x);
}  // namespace ref

}  // namespace orrery::kernels
