#include "convert.h"

#include "../src/convert.h"
#include "cpu_features.h"
#include "quantise.h"

namespace tramontane {
namespace cpu {

void read_values(const KernelTable& kernels, uint32_t dtype, const uint8_t* src, uint64_t n, float scale, float* dst) {
  if (block_elements(dtype) > 1 || dtype == TM_F32) return dequantise_row(dtype, src, n, dst);
  kernels.widen[type_slot(dtype)](src, n, scale, dst);
}

void write_values(const KernelTable& kernels, uint32_t dtype, const float* x, uint64_t n, uint8_t* dst) {
  if (dtype == TM_F32) {
    memcpy(dst, x, n * sizeof(float));
  } else {
    kernels.narrow[type_slot(dtype)](x, n, dst);
  }
}

}  // namespace cpu

void convert_rows(const tm_conversion& c, const uint8_t* from, uint8_t* to) {
  constexpr uint64_t kChunk = 1024;  // elements at a time: whole blocks of every type, values stay in the first cache
  const cpu::KernelTable& kernels = cpu::kernels_of(highest_cpu_level());
  for (uint64_t row = 0; row < c.rows; ++row) {
    const float scale = c.n_scales == 0 ? 1.0f : c.scales[c.n_scales == 1 ? 0 : row];
    for (uint64_t done = 0; done < c.cols; done += kChunk) {
      const uint64_t n = c.cols - done < kChunk ? c.cols - done : kChunk;
      float values[kChunk];
      cpu::read_values(kernels, c.from, from, n, scale, values);
      cpu::write_values(kernels, c.to, values, n, to);
      from += row_bytes(c.from, n);
      to += row_bytes(c.to, n);
    }
  }
}

}  // namespace tramontane
