// The kernels at level portable: the lanes come first, the table last.
// clang-format off
#include "lanes_portable.h"
#include "vector_math.h"
#include "float_matmul.h"
#include "expand.h"
#include "float_convert.h"
#include "attention_segment.h"
#define TM_KERNELS kPortableKernels
#include "kernel_table.h"
