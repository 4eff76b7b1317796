#include "prepare.h"

#include <sys/mman.h>
#include <unistd.h>

#include <vector>

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
  visit(model.head());
}

uint64_t strips_of(const Tensor& tensor) { return (tensor.rows + kStripRows - 1) / kStripRows; }

// The file's pages of a tensor that nobody reads any more. Only pages that lie wholly inside it.
void release_pages(const Tensor& tensor) {
  const uintptr_t page = static_cast<uintptr_t>(sysconf(_SC_PAGESIZE));
  const uintptr_t start = reinterpret_cast<uintptr_t>(tensor.data);
  const uintptr_t first = (start + page - 1) / page * page;
  const uintptr_t end = (start + tensor.bytes) / page * page;
  if (first < end) madvise(reinterpret_cast<void*>(first), end - first, MADV_DONTNEED);
}

}  // namespace

void reserve(Model& model) {
  uint64_t bytes = 0;
  uint64_t source = 0;
  each_matrix(model, [&](Tensor& tensor) {
    if (!is_packed(tensor.dtype)) return;
    bytes += strip_bytes(tensor.dtype, tensor.cols) * strips_of(tensor);
    source += tensor.bytes;
  });
  model.prepare_total = source;
  if (bytes == 0) return;
  auto weights = std::make_unique<PackedWeights>(bytes + kPrefetchRoom);
  uint8_t* at = weights->memory.as<uint8_t>();
  each_matrix(model, [&](Tensor& tensor) {
    if (!is_packed(tensor.dtype)) return;
    tensor.packed = std::make_unique<PackedMatrix>(at, strip_bytes(tensor.dtype, tensor.cols), strips_of(tensor));
    at += tensor.packed->bytes();
    tensor.in_place = &tensor == &model.embedding;  // rows are still looked up there
  });
  model.packed = std::move(weights);
}

void prepare(Model& model, const Worker& worker) {
  each_matrix(model, [&](Tensor& tensor) {
    const PackedMatrix* packed = packed_matrix(tensor);
    if (packed == nullptr) return;
    const auto [first, last] = worker.share(strips_of(tensor));
    for (uint64_t strip = first; strip < last; ++strip) {
      const uint64_t row = strip * kStripRows;
      const uint32_t n = static_cast<uint32_t>(tensor.rows - row < kStripRows ? tensor.rows - row : kStripRows);
      uint8_t* to = packed->strips() + strip * packed->strip_bytes();  // zero until now
      for (uint32_t lane = 0; lane < n; ++lane) pack_row(tensor.dtype, tensor.row(row + lane), tensor.cols, lane, to);
      model.prepared_bytes.fetch_add(n * row_bytes(tensor.dtype, tensor.cols), std::memory_order_relaxed);
    }
    worker.wait();
    if (worker.id == 0 && tensor.mapped && !tensor.in_place) release_pages(tensor);
  });
  worker.wait();
}

}  // namespace tramontane::cpu
