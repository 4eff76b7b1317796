// The products of packed types of independent blocks at level avx512: the lanes come first.
// clang-format off
#include "lanes_avx512.h"
#include "packed_blocks.h"
