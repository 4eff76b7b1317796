#include "tile_mm.h"

namespace tramontane::TM_DEVICE {

TM_DEFINE_TILES(Q2_K)
TM_DEFINE_TILES(Q4_K)
TM_DEFINE_TILES(Q5_K)

}  // namespace tramontane::TM_DEVICE
