// The products of packed types of blocks with a common header and no minima at level avx512: the lanes come first.
// clang-format off
#include "lanes_avx512.h"
#include "packed_super_signed.h"
