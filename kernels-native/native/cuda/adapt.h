// What adapters add to products: b (scale * a x), for the rows that have one. Steps without adapters pass by, and rows
// without one get what the product alone makes of them, to the bit.
//
// A sum's order depends on the matrix alone. Of a x: a warp takes every n-th block of 64 columns, a lane of it eight
// neighbouring columns of 32, and lanes and then warps are added in order. Of b the rank, one after the other. Both
// round once a step, and are added to W x last.
#pragma once

#include "adapters.h"
#include "product.h"

namespace tramontane::TM_DEVICE {

inline constexpr uint32_t kAdapterTokens = 8;  // most rows of a tile: those of a tile of activations

// Rows of one adapter, wherever they lie in the step; of adapter 0 rows without one. Of no rows it is none.
struct AdapterTile {
  uint32_t adapter;
  uint32_t first;  // AdapterView::rows
  uint32_t n_rows;
};

// Pointers into the device's memory, the same for every step.
struct AdapterView {
  const uint8_t* slots;      // [max_adapters], as AdapterLayout has them, but b is [rank][rows of the matrix]
  const AdapterPart* parts;  // [max_adapters][layers][kAdaptedMatrices]
  const AdapterTile* tiles;  // of the step
  const uint32_t* rows;      // of its tiles, one tile's after the other's
  float* shrunk;             // [rows][kAdaptedTogether][max_rank] scale * a x
  uint64_t slot_bytes;
  uint32_t n_layers;
  uint32_t max_rank;
  uint32_t dtype;

  __device__ AdapterPart part(uint32_t adapter, uint32_t layer, uint32_t matrix) const {
    if (adapter == 0) return {0, 0};
    return parts[(static_cast<uint64_t>(adapter - 1) * n_layers + layer) * kAdaptedMatrices + matrix];
  }
  __device__ const uint8_t* slot(uint32_t adapter) const { return slots + (adapter - 1) * slot_bytes; }
  __device__ float* shrunk_of(uint32_t row, uint32_t place) const {
    return shrunk + (static_cast<uint64_t>(row) * kAdaptedTogether + place) * max_rank;
  }
};

// A layer's matrices that one product multiplies, in the order of its parts. `place` in shrunk is the part's number.
struct Adaption {
  AdapterView view;
  struct {
    uint32_t matrix;  // Adapted
    uint64_t a, b;    // bytes from the slot's begin on
  } matrices[kMaxParts];
  uint32_t n_matrices;
  uint32_t layer;
  uint32_t n_tiles;
  uint32_t columns;  // of all of them
};

// scale * a x of every row with an adapter, x being the product's activations.
cudaError_t shrink(const Adaption& adaption, const Activations& x, cudaStream_t stream);

// Ends a product whose sums lie where its parts' `out` is: adds what shrink's are expanded to, and does what its result
// says. kAdd: they were added already. kGated: up's sums lie at the second part's `out`.
cudaError_t expand(const Adaption& adaption, const Product& product, cudaStream_t stream);

}  // namespace tramontane::TM_DEVICE
