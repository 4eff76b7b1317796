#include "tile_mm.h"

namespace tramontane::TM_DEVICE {

TM_DEFINE_TILES(BF16)
TM_DEFINE_TILES(F16)
TM_DEFINE_TILES(F8_E4M3)

}  // namespace tramontane::TM_DEVICE
