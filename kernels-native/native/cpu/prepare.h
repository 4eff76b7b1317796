// Repacking and rounding of weights: where the strips live.
#pragma once

#include <cstdint>

#include "host/stages.h"
#include "memory.h"
#include "model.h"

namespace tramontane::cpu {

// Everything owned of a model in one piece of memory, so that it can be in huge pages.
struct PackedWeights : Packed {
  explicit PackedWeights(uint64_t bytes) : memory(bytes, true) {}
  uint64_t bytes() const override { return 0; }  // each matrix reports its own part

  Buffer memory;
  Buffer rounding;  // of all workers while tm_prepare runs
  uint64_t longest_row = 0;
};

// Strips of sixteen rows each: packed (pack.h), or rows of a float type as they would lie in place.
class PackedMatrix : public Packed {
 public:
  PackedMatrix(uint8_t* strips, uint64_t strip_bytes, uint64_t n_strips)
      : strips_(strips), strip_bytes_(strip_bytes), n_strips_(n_strips) {}
  uint64_t bytes() const override { return strip_bytes_ * n_strips_; }
  uint8_t* strips() const { return strips_; }
  uint64_t strip_bytes() const { return strip_bytes_; }

 private:
  uint8_t* strips_;
  uint64_t strip_bytes_;
  uint64_t n_strips_;
};

// nullptr for a tensor that is used in place.
inline const PackedMatrix* packed_matrix(const Tensor& tensor) {
  return static_cast<const PackedMatrix*>(tensor.packed.get());
}

// Bytes of the owned copy of a matrix; 0 where it is used in place.
uint64_t copy_bytes(uint32_t stored, uint32_t dtype, uint64_t rows, uint64_t cols);

void reserve(Model& model);
void prepare(Model& model, const Worker& worker);

}  // namespace tramontane::cpu
