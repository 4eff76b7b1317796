#include "matmul.h"

#include <algorithm>

#include "adapt.h"
#include "pack.h"
#include "prepare.h"

namespace tramontane::cpu {

void multiply(const KernelTable& kernels, const Tensor& weights, uint32_t first_strip, uint32_t end_strip,
              const Inputs& inputs, Rows rows, Store store, float* out, uint64_t out_stride) {
  const PackedMatrix* owned = packed_matrix(weights);
  const bool packed = is_packed(weights.dtype);
  StripJob job = {};
  job.cols = static_cast<uint32_t>(weights.cols);
  job.n_tokens = rows.end - rows.first;
  job.store = store;
  job.out = out;
  job.out_stride = out_stride;
  if (packed) {
    job.activations = inputs.blocks + rows.first * inputs.block_stride;
    job.activation_stride = inputs.block_stride;
    job.weights = owned->strips() + first_strip * owned->strip_bytes();
  } else {
    job.inputs = inputs.floats + rows.first * inputs.float_stride;
    job.input_stride = inputs.float_stride;
  }
  const auto kernel = (packed ? kernels.packed_strip : kernels.float_strip)[type_slot(weights.dtype)];
  for (uint32_t strip = first_strip; strip < end_strip; ++strip) {
    const uint64_t row = strip * uint64_t{kStripRows};
    job.n_rows = static_cast<uint32_t>(std::min<uint64_t>(kStripRows, weights.rows - row));
    for (uint32_t r = 0; r < job.n_rows && !packed; ++r) {
      job.rows[r] = owned != nullptr ? owned->strips() + (row + r) * row_bytes(weights.dtype, weights.cols)
                                     : weights.row(row + r);
      if (!weights.scales.empty()) job.scales[r] = weights.scale(row + r);
    }
    kernel(job);
    if (packed) job.weights += owned->strip_bytes();
    job.out += kStripRows;
  }
}

uint32_t rows_in_cache(const Tensor& weights) {
  constexpr uint64_t kBytes = 768 << 10;
  const uint64_t row =
      is_packed(weights.dtype) ? weights.cols / kBlock * sizeof(ActivationBlock) : weights.cols * sizeof(float);
  return static_cast<uint32_t>(std::clamp<uint64_t>(kBytes / row / 8 * 8, 32, 1024));
}

void multiply_all(const KernelTable& kernels, const Tensor& weights, const Inputs& inputs, uint32_t n_rows, Store store,
                  float* out, uint64_t out_stride, Counter& counter, const Worker& worker, const Expansion* adapters) {
  const uint32_t turn = rows_in_cache(weights);
  const uint32_t strips = n_strips(weights);
  const uint32_t turns = (n_rows + turn - 1) / turn;
  Tickets tickets(counter, static_cast<uint64_t>(turns) * strips, worker);
  for (uint64_t item, end; tickets.take(&item, &end);) {
    while (item < end) {
      const uint32_t first = static_cast<uint32_t>(item / strips) * turn;
      const uint32_t strip = static_cast<uint32_t>(item % strips);
      const uint32_t n = static_cast<uint32_t>(std::min<uint64_t>(strips - strip, end - item));
      const Rows rows = {first, std::min(first + turn, n_rows)};
      float* to = out + first * out_stride + strip * kStripRows;
      multiply(kernels, weights, strip, strip + n, inputs, rows, store, to, out_stride);
      if (adapters != nullptr) adapters->add(strip, strip + n, rows, to, out_stride);
      item += n;
    }
  }
}

Inputs norm_rows(const Frame& frame, const Worker& worker, const Tensor& norm_weight, const uint32_t* rows,
                 uint32_t n_rows, bool any_packed, bool any_in_place) {
  const Model& model = *frame.model;
  const KernelTable& kernels = kernels_of(model.cpu_level);
  const Scratch scratch(model, frame.step->n_rows, frame.scratch);
  const Private own = scratch.of(model, worker);
  const bool by_itself = n_rows <= kPrivateRows || worker.count == 1;
  const bool in_private = n_rows <= kPrivateRows;
  const uint64_t width = model.width;
  ActivationBlock* blocks = in_private ? own.blocks : scratch.inputs;
  float* floats = in_private ? own.normed : scratch.normed;
  const auto [first, last] = by_itself ? Worker::Range{0, n_rows} : worker.share(n_rows);
  for (uint64_t i = first; i < last; ++i) {
    const float* source = frame.hidden + (rows != nullptr ? rows[i] : i) * width;
    // Rows that only become codes pass through one buffer that stays in the first cache.
    float* normed = any_in_place ? floats + i * width : own.normed;
    kernels.norm(source, norm_weight.f32(), model.width, model.rms_epsilon, normed);
    if (any_packed) kernels.quantise(normed, model.width / kBlock, blocks + i * (width / kBlock));
  }
  if (!by_itself) worker.wait();
  return {blocks, width / kBlock, floats, width};
}

}  // namespace tramontane::cpu
