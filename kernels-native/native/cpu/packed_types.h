// The product of each packed type (src/element_types.h) at a level. The families are translation units of their own
// (packed_<family>_<level>.cpp), because they take the compiler longer than everything else together.
#include "kernels.h"

namespace tramontane::cpu::TM_LEVEL {

#define TM_DECLARE_STRIP(type, ...) void strip_##type(const StripJob& job);
TM_PACKED_TYPES(TM_DECLARE_STRIP)
#undef TM_DECLARE_STRIP

}  // namespace tramontane::cpu::TM_LEVEL
