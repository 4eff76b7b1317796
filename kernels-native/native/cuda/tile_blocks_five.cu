#include "tile_mm.h"

namespace tramontane::TM_DEVICE {

TM_DEFINE_TILES(Q4_1)
TM_DEFINE_TILES(Q5_0)
TM_DEFINE_TILES(Q5_1)

}  // namespace tramontane::TM_DEVICE
