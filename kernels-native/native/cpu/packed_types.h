// The weight types that are packed into strips, and the product of each at a level. The families are translation
// units of their own (packed_<family>_<level>.cpp), because they take the compiler longer than everything else
// together.
#include "kernels.h"

#define TM_BLOCK_TYPES(X) X(Q4_0) X(Q4_1) X(Q5_0) X(Q5_1) X(Q8_0) X(IQ4_NL)
#define TM_SUPER_AFFINE_TYPES(X) X(Q2_K) X(Q4_K) X(Q5_K)
#define TM_SUPER_SIGNED_TYPES(X) X(Q3_K) X(Q6_K) X(IQ4_XS)
#define TM_PACKED_TYPES(X) TM_BLOCK_TYPES(X) TM_SUPER_AFFINE_TYPES(X) TM_SUPER_SIGNED_TYPES(X)

namespace tramontane::cpu::TM_LEVEL {

#define TM_DECLARE_STRIP(type) void strip_##type(const StripJob& job);
TM_PACKED_TYPES(TM_DECLARE_STRIP)
#undef TM_DECLARE_STRIP

}  // namespace tramontane::cpu::TM_LEVEL
