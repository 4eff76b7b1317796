#include "stream_mm.h"

namespace tramontane::TM_DEVICE {

TM_DEFINE_MULTIPLY(Q2_K)
TM_DEFINE_MULTIPLY(Q4_K)
TM_DEFINE_MULTIPLY(Q5_K)

}  // namespace tramontane::TM_DEVICE
