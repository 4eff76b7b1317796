// The level's KernelTable, named TM_KERNELS. Included last by kernels_<level>.cpp.
#include "kernels.h"

namespace tramontane::cpu::TM_LEVEL {
namespace {

constexpr KernelTable table() {
  KernelTable t = {};
  t.norm = norm;
  t.quantise = quantise;
  t.silu_product = silu_product;
  t.rope = rope;
  t.scale = scale;
  t.to_half = to_half;
  t.packed_strip[TM_Q4_0] = packed_strip<Q4_0>;
  t.packed_strip[TM_Q4_1] = packed_strip<Q4_1>;
  t.packed_strip[TM_Q8_0] = packed_strip<Q8_0>;
  t.packed_strip[TM_Q4_K] = packed_strip<Q4_K>;
  t.packed_strip[TM_Q6_K] = packed_strip<Q6_K>;
  t.float_strip[TM_F32] = float_strip<F32>;
  t.float_strip[TM_F16] = float_strip<F16>;
  t.float_strip[TM_BF16] = float_strip<BF16>;
  t.segment_float = segment<float>;
  t.segment_half = segment<uint16_t>;
  t.fold = fold;
  return t;
}

}  // namespace
}  // namespace tramontane::cpu::TM_LEVEL

namespace tramontane::cpu {
constinit const KernelTable TM_KERNELS = TM_LEVEL::table();
}  // namespace tramontane::cpu
