#include <algorithm>
#include <cmath>
#include <limits>

#include "ref.h"

namespace tramontane::ref {
namespace {

constexpr uint32_t kMostHeadDim = 512;

// Softmax over the positions inside the window (Vaswani et al., arXiv 1706.03762), computed online: a running maximum,
// and sums rescaled whenever it rises (Milakov and Gimelshein, arXiv 1805.02867). Positions in rising order.
void attend(const Frame& f, const Layer& layer, uint32_t row, uint32_t head) {
  const Model& m = *f.model;
  const Cache& cache = *f.cache;
  const TilePages& pages = *f.pages;
  const uint32_t kv_head = head / (m.n_heads / m.n_kv_heads);
  const uint32_t slot = f.step->span_of(row).slot;
  const int64_t position = f.step->position(row);
  const int64_t window = m.group_window[layer.group];
  const int64_t first = window == 0 ? 0 : std::max<int64_t>(0, position - window + 1);
  const double scale = 1 / std::sqrt(static_cast<double>(m.head_dim));
  const float* q = f.q + (static_cast<uint64_t>(row) * m.n_heads + head) * m.head_dim;

  double largest = -std::numeric_limits<double>::infinity();
  double total = 0;
  double sums[kMostHeadDim] = {0};
  float key[kMostHeadDim], value[kMostHeadDim];
  for (int64_t p = first; p <= position; ++p) {
    const KvBlock block = pages.block(layer.group, cache.page_of(layer.group, slot, p), layer.index_in_group, kv_head);
    const uint32_t offset = cache.offset_in_page(p);
    pages.get_key(block, offset, key);
    pages.get_value(block, offset, value);
    double score = 0;
    for (uint32_t d = 0; d < m.head_dim; ++d) score += static_cast<double>(q[d]) * static_cast<double>(key[d]);
    score *= scale;
    if (score > largest) {
      const double shrink = std::exp(largest - score);
      total *= shrink;
      for (uint32_t d = 0; d < m.head_dim; ++d) sums[d] *= shrink;
      largest = score;
    }
    const double weight = std::exp(score - largest);
    total += weight;
    for (uint32_t d = 0; d < m.head_dim; ++d) sums[d] += weight * static_cast<double>(value[d]);
  }
  float* out = f.attention + (static_cast<uint64_t>(row) * m.n_heads + head) * m.head_dim;
  for (uint32_t d = 0; d < m.head_dim; ++d) out[d] = static_cast<float>(sums[d] / total);
}

}  // namespace

void attention(const Frame& f, uint32_t l, const Worker& worker) {
  const Layer& layer = f.model->layers[l];
  const uint32_t n_heads = f.model->n_heads;
  const auto [first, last] = worker.share(static_cast<uint64_t>(f.step->n_rows) * n_heads);
  for (uint64_t i = first; i < last; ++i) {
    const uint32_t row = static_cast<uint32_t>(i / n_heads);
    const uint32_t head = static_cast<uint32_t>(i % n_heads);
    attend(f, layer, row, head);
  }
  worker.wait();
}

}  // namespace tramontane::ref
