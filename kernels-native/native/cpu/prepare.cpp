#include "prepare.h"

#include <algorithm>

#include "convert.h"
#include "kernels.h"
#include "pack.h"

namespace tramontane::cpu {
namespace {

constexpr uint64_t kPrefetchRoom = 8192;  // kernels prefetch past the last strip

// Matrices that are multiplied with rows. The embedding is one when it is tied to the output.
template <class Visit>
void each_matrix(Model& model, Visit visit) {
  for (Layer& layer : model.layers) {
    visit(layer.q);
    visit(layer.k);
    visit(layer.v);
    visit(layer.out);
    if (layer.router.set()) visit(layer.router);
    for (FeedForward& expert : layer.experts) {
      visit(expert.gate);
      visit(expert.up);
      visit(expert.down);
    }
  }
  if (model.has_head) visit(model.head());
}

uint64_t strips_of(uint64_t rows) { return (rows + kStripRows - 1) / kStripRows; }

// Whether the tensor's data becomes an owned copy: strips of a quantised type, or rows of a float type that the data
// has to be rounded to.
bool is_owned(uint32_t stored, uint32_t dtype) { return is_packed(dtype) || dtype != stored; }
bool is_owned(const Tensor& tensor) { return is_owned(tensor.stored, tensor.dtype); }

// Bytes of sixteen rows in their owned form.
uint64_t owned_bytes(uint32_t dtype, uint64_t cols) {
  return is_packed(dtype) ? strip_bytes(dtype, cols) : kStripRows * row_bytes(dtype, cols);
}

// Room in which a worker rounds a row before it packs it.
struct Rounding {
  const KernelTable& kernels;
  float* values;
  uint8_t* row;

  static uint64_t bytes(uint64_t longest_row) { return (2 * longest_row * sizeof(float) + 63) / 64 * 64; }
  Rounding(const Model& model, const PackedWeights& weights, const Worker& worker)
      : kernels(kernels_of(model.cpu_level)),
        values(reinterpret_cast<float*>(weights.rounding.as<uint8_t>() + worker.id * bytes(weights.longest_row))),
        row(reinterpret_cast<uint8_t*>(values + weights.longest_row)) {}  // no type is wider than float

  // Row r of the tensor in the type that it is computed as, in `row` or where it is given.
  const uint8_t* round(const Tensor& tensor, uint64_t r, uint8_t* to) const {
    const float scale = tensor.scales.empty() ? 1.0f : tensor.scale(r);
    read_values(kernels, tensor.stored, tensor.row(r), tensor.cols, scale, values);
    write_values(kernels, tensor.dtype, values, tensor.cols, to);
    return to;
  }
};

// Sixteen rows from `first` on, or what is left of them, into their owned form; `to` is zero until now.
void make_strip(const Tensor& tensor, uint64_t first, uint32_t n, const Rounding& rounding, uint8_t* to) {
  for (uint32_t lane = 0; lane < n; ++lane) {
    if (!is_packed(tensor.dtype)) {
      rounding.round(tensor, first + lane, to + lane * row_bytes(tensor.dtype, tensor.cols));
      continue;
    }
    const bool rounded = tensor.dtype != tensor.stored;
    const uint8_t* row = rounded ? rounding.round(tensor, first + lane, rounding.row) : tensor.row(first + lane);
    pack_row(tensor.dtype, row, tensor.cols, lane, to);
  }
}

}  // namespace

uint64_t copy_bytes(uint32_t stored, uint32_t dtype, uint64_t rows, uint64_t cols) {
  return is_owned(stored, dtype) ? owned_bytes(dtype, cols) * strips_of(rows) : 0;
}

void reserve(Model& model) {
  uint64_t bytes = 0;
  uint64_t source = 0;
  uint64_t longest_rounded = 0;
  each_matrix(model, [&](Tensor& tensor) {
    if (!is_owned(tensor)) return;
    bytes += copy_bytes(tensor.stored, tensor.dtype, tensor.rows, tensor.cols);
    source += tensor.bytes;
    if (tensor.dtype != tensor.stored) longest_rounded = std::max(longest_rounded, tensor.cols);
  });
  model.prepare_total = source;
  if (bytes == 0) return;
  auto weights = std::make_unique<PackedWeights>(bytes + kPrefetchRoom);
  weights->longest_row = longest_rounded;
  weights->rounding = Buffer(model.n_workers * Rounding::bytes(longest_rounded));
  uint8_t* at = weights->memory.as<uint8_t>();
  each_matrix(model, [&](Tensor& tensor) {
    if (!is_owned(tensor)) return;
    tensor.packed = std::make_unique<PackedMatrix>(at, owned_bytes(tensor.dtype, tensor.cols), strips_of(tensor.rows));
    at += tensor.packed->bytes();
    tensor.in_place = &tensor == &model.embedding;  // rows are still looked up there
  });
  model.packed = std::move(weights);
}

void prepare(Model& model, const Worker& worker) {
  PackedWeights* weights = static_cast<PackedWeights*>(model.packed.get());
  if (weights == nullptr) return;
  const Rounding rounding(model, *weights, worker);
  each_matrix(model, [&](Tensor& tensor) {
    const PackedMatrix* packed = packed_matrix(tensor);
    if (packed == nullptr) return;
    const auto [first, last] = worker.share(strips_of(tensor.rows));
    for (uint64_t strip = first; strip < last; ++strip) {
      const uint64_t row = strip * kStripRows;
      const uint32_t n = static_cast<uint32_t>(std::min<uint64_t>(kStripRows, tensor.rows - row));
      make_strip(tensor, row, n, rounding, packed->strips() + strip * packed->strip_bytes());
      model.prepared_bytes.fetch_add(n * row_bytes(tensor.stored, tensor.cols), std::memory_order_relaxed);
    }
    worker.wait();
    if (worker.id == 0 && !tensor.in_place) tensor.drop_pages();
  });
  worker.wait();
  if (worker.id == 0) weights->rounding = Buffer();
}

}  // namespace tramontane::cpu
