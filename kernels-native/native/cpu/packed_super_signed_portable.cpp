// The products of packed types of blocks with a common header and no minima at level portable: the lanes come first.
// clang-format off
#include "lanes_portable.h"
#include "packed_super_signed.h"
