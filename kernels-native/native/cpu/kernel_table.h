// The level's KernelTable, named TM_KERNELS. Included last by kernels_<level>.cpp.
#include "kernels.h"
#include "packed_types.h"

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
#define TM_ENTER_STRIP(type, ...) t.packed_strip[type_slot(TM_##type)] = strip_##type;
  TM_PACKED_TYPES(TM_ENTER_STRIP)
#undef TM_ENTER_STRIP
#define TM_ENTER_STRIP(type, ...) t.float_strip[type_slot(TM_##type)] = float_strip<type>;
  TM_FLOAT_TYPES(TM_ENTER_STRIP)
#undef TM_ENTER_STRIP
  t.expand[TM_F32] = expand<F32>;
  t.expand[TM_F16] = expand<F16>;
  t.expand[TM_BF16] = expand<BF16>;
  t.widen[TM_F16] = widen<F16>;
  t.widen[TM_BF16] = widen<BF16>;
  t.widen[type_slot(TM_F8_E4M3)] = widen<F8_E4M3>;
  t.narrow[TM_F16] = to_f16;
  t.narrow[TM_BF16] = to_bf16;
  t.narrow[TM_Q8_0] = quantise_blocks<ToQ8_0>;
  t.narrow[TM_Q4_0] = quantise_blocks<Centred<8>>;
  t.narrow[TM_Q4_1] = quantise_blocks<FromMinimum<15>>;
  t.narrow[TM_Q5_0] = quantise_blocks<Centred<16>>;
  t.narrow[TM_Q5_1] = quantise_blocks<FromMinimum<31>>;
#define TM_ENTER_SEGMENT(type, ...) t.segment[type_slot(TM_##type)] = segment<type>;
  TM_FLOAT_TYPES(TM_ENTER_SEGMENT)
#undef TM_ENTER_SEGMENT
  t.fold = fold;
  return t;
}

}  // namespace
}  // namespace tramontane::cpu::TM_LEVEL

namespace tramontane::cpu {
constinit const KernelTable TM_KERNELS = TM_LEVEL::table();
}  // namespace tramontane::cpu
