#include "tile_mm.h"

namespace tramontane::TM_DEVICE {

TM_DEFINE_TILES(Q4_0)
TM_DEFINE_TILES(Q8_0)
TM_DEFINE_TILES(IQ4_NL)

}  // namespace tramontane::TM_DEVICE
