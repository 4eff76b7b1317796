#include "scales.h"

#include "dtype.h"

namespace tramontane {

int32_t check_scales(uint32_t dtype, uint32_t n_scales, uint64_t rows, const float* scales, Error& error) {
  if (n_scales == 0) return TM_OK;
  if (dtype != TM_F8_E4M3) return error.invalid("n_scales is %u, but %s has no scales", n_scales, dtype_name(dtype));
  if (n_scales != 1 && n_scales != rows) {
    return error.invalid("n_scales is %u, expected 0, 1 or one for each of %llu rows", n_scales,
                         static_cast<unsigned long long>(rows));
  }
  if (scales == nullptr) return error.invalid("scales is NULL, expected %u", n_scales);
  if (reinterpret_cast<uintptr_t>(scales) % alignof(float) != 0) {
    return error.invalid("scales is not aligned to %zu bytes", alignof(float));
  }
  return TM_OK;
}

void scale_row(float scale, uint64_t n, float* values) {
  for (uint64_t i = 0; i < n; ++i) values[i] *= scale;
}

}  // namespace tramontane
