// What adapters add to products: b (scale * a x), for the rows that have one. Steps without adapters pass by.
//
// The sum of a x over the matrix's columns has the order of the float kernels (float_matmul.h), that of b over the rank
// goes in turn (expand.h), so they depend on neither the other rows nor their adapters.
#pragma once

#include "matmul.h"

namespace tramontane::cpu {

// scale * a x into Frame::adapted, of n matrices from `first` on that read the inputs' floats. Ends with a barrier if
// any row has an adapter.
void shrink(const Frame& frame, uint32_t layer, Adapted first, uint32_t n, const Inputs& inputs, StageCounter counter,
            const Worker& worker);

// One of those matrices, in the hands of who makes its outputs.
struct Expansion {
  const Frame& frame;
  uint32_t layer;
  Adapted matrix;
  uint32_t place;  // among those that read one input

  // Adds b times what shrink left, in strips [first_strip, end_strip), to out[(row - rows.first) * out_stride + 16 *
  // (strip - first_strip) ..].
  void add(uint32_t first_strip, uint32_t end_strip, Rows rows, float* out, uint64_t out_stride) const;
};

}  // namespace tramontane::cpu
