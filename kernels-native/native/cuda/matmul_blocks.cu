#include "stream_mm.h"

namespace tramontane::TM_DEVICE {

TM_DEFINE_MULTIPLY(Q4_0)
TM_DEFINE_MULTIPLY(Q8_0)
TM_DEFINE_MULTIPLY(IQ4_NL)

}  // namespace tramontane::TM_DEVICE
