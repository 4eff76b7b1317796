// The products of packed types of independent blocks at level avx2: the lanes come first.
// clang-format off
#include "lanes_avx2.h"
#include "packed_blocks.h"
