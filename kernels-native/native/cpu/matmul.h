// Products of rows with a weight matrix, of whatever type: shared by the stages.
#pragma once

#include <cstdint>

#include "host/stages.h"
#include "kernels.h"
#include "scratch.h"

namespace tramontane::cpu {

// Input rows of a product, in both forms; each weight type uses its own.
struct Inputs {
  const ActivationBlock* blocks;  // [rows][block_stride]; null if no packed weight reads them
  uint64_t block_stride;
  const float* floats;  // [rows][float_stride]; null if no weight in place reads them
  uint64_t float_stride;
};

// A run of consecutive rows of an input.
struct Rows {
  uint32_t first;
  uint32_t end;
};

inline uint32_t n_strips(const Tensor& tensor) { return static_cast<uint32_t>((tensor.rows + 15) / kStripRows); }

// Strips [first_strip, end_strip) times the given rows of the inputs, to
// out[(row - rows.first) * out_stride + 16 * (strip - first_strip) ..].
void multiply(const KernelTable& kernels, const Tensor& weights, uint32_t first_strip, uint32_t end_strip,
              const Inputs& inputs, Rows rows, Store store, float* out, uint64_t out_stride);

// Rows that are multiplied with all weights before the next come: so many that their inputs stay in the second cache.
uint32_t rows_in_cache(const Tensor& weights);

struct Expansion;  // adapt.h

// Multiplies all rows with all of weights, by tickets: out[row][n] (+)= weights inputs[row], and what their adapters
// add, where there are such.
void multiply_all(const KernelTable& kernels, const Tensor& weights, const Inputs& inputs, uint32_t n_rows, Store store,
                  float* out, uint64_t out_stride, Counter& counter, const Worker& worker,
                  const Expansion* adapters = nullptr);

// norm(source rows) in the forms that the given weights want. source[i] = rows == null ? i : rows[i]. Few rows are made
// by each worker for itself, many are shared out and end with a barrier.
Inputs norm_rows(const Frame& frame, const Worker& worker, const Tensor& norm_weight, const uint32_t* rows,
                 uint32_t n_rows, bool any_packed, bool any_in_place);

}  // namespace tramontane::cpu
