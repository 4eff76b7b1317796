#include "stream_mm.h"

namespace tramontane::TM_DEVICE {

TM_DEFINE_MULTIPLY(Q3_K)
TM_DEFINE_MULTIPLY(Q6_K)
TM_DEFINE_MULTIPLY(IQ4_XS)

}  // namespace tramontane::TM_DEVICE
