// The kernels at level avx2: the lanes come first, the table last.
// clang-format off
#include "lanes_avx2.h"
#include "vector_math.h"
#include "float_matmul.h"
#include "expand.h"
#include "float_convert.h"
#include "attention_segment.h"
#define TM_KERNELS kAvx2Kernels
#include "kernel_table.h"
