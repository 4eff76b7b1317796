#include "stream_mm.h"

namespace tramontane::TM_DEVICE {

TM_DEFINE_MULTIPLY(Q4_1)
TM_DEFINE_MULTIPLY(Q5_0)
TM_DEFINE_MULTIPLY(Q5_1)

}  // namespace tramontane::TM_DEVICE
