// A step of the matrix unit: c += a b over 16 columns, for 16 rows and 8 columns of sums. In plain floats, or exactly
// as the tensor cores of a generation add, by the published model that was compared with them bit for bit (MMA-Sim,
// arXiv 2511.10909).
#pragma once

#include <cstdint>

namespace tramontane::emu {

enum class StepArithmetic {
  kPlain,   // in column order, each sum rounded: quick, and no device's bits
  kAmpere,  // two steps of 8 columns with 24 bits, of mma on 8.x
  kHopper,  // one of 16 with 25 bits, of mma and wgmma on 9.0, and of mma on 10.x and 12.x
};

// What all steps of warps (mma), and of groups of warps (wgmma), use from here on; kPlain at first. For tests, between
// two steps of a context. A machine whose two instructions differ is what a self-test looks for.
void use_arithmetic(StepArithmetic of_warps, StepArithmetic of_groups);
inline void use_arithmetic(StepArithmetic arithmetic) { use_arithmetic(arithmetic, arithmetic); }
StepArithmetic arithmetic_of_warps();
// But products of groups with so many columns use another, until the next use_arithmetic.
void use_arithmetic_of_columns(uint32_t n_columns, StepArithmetic of_groups);
StepArithmetic arithmetic_of_groups(uint32_t n_columns);

void multiply_step(StepArithmetic arithmetic, bool bf16, const float (&a)[16][16], const float (&b)[16][8],
                   float (&sums)[16][8]);

// One sum of n products as a tensor core makes it: the products, exact, and c are aligned to the largest exponent, cut
// to so many bits after the point, added, and cut to float. least: the least exponent of a's and b's type.
float exact_sum(float c, const float* a, const float* b, int n, int least, int bits);

}  // namespace tramontane::emu
