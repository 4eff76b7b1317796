#include "tile_mm.h"

namespace tramontane::TM_DEVICE {

TM_DEFINE_TILES(Q3_K)
TM_DEFINE_TILES(Q6_K)
TM_DEFINE_TILES(IQ4_XS)

}  // namespace tramontane::TM_DEVICE
