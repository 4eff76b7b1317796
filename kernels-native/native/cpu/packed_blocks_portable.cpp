// The products of packed types of independent blocks at level portable: the lanes come first.
// clang-format off
#include "lanes_portable.h"
#include "packed_blocks.h"
