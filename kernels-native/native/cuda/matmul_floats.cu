#include "stream_mm.h"

namespace tramontane::TM_DEVICE {

TM_DEFINE_MULTIPLY(BF16)
TM_DEFINE_MULTIPLY(F16)
TM_DEFINE_MULTIPLY(F8_E4M3)

}  // namespace tramontane::TM_DEVICE
