// How the rows of q and k lie in a file of the TM_ROPE_HALVES style, where elements i and i + rope_dims / 2 of a head
// rotate together. Whoever reads such rows undoes the order with this formula (Tensor::row): stages see the interleaved
// order, (2i, 2i + 1), whatever the file, so the numbers and the cache are the same for both (docs/adr/0011).
#pragma once

#include <cstdint>

namespace tramontane {

struct HalvedRows {
  uint32_t head_dim = 0;
  uint32_t rope_dims = 0;  // 0: rows lie as stages see them

  // Where row r of the interleaved order lies in the file.
  template <class Row>
  Row place_of(Row r) const {
    if (rope_dims == 0) return r;
    const Row element = r % head_dim;
    if (element >= rope_dims) return r;
    return r - element + element / 2 + element % 2 * (rope_dims / 2);
  }
};

}  // namespace tramontane
