#include "ref.h"

namespace tramontane::ref {
namespace {

// Rotates the first rope_dims elements of each head in place, pair by pair (RoFormer, arXiv 2104.09864, equation 15).
void rotate(const Frame& f, uint64_t row, float* heads, uint32_t n_heads) {
  const Model& m = *f.model;
  const uint32_t half = m.rope_dims / 2;
  const float* cosine = f.rope_cos + row * half;
  const float* sine = f.rope_sin + row * half;
  for (uint32_t h = 0; h < n_heads; ++h) {
    float* x = heads + h * m.head_dim;
    for (uint32_t i = 0; i < half; ++i) {
      float& a = x[2 * i];
      float& b = x[2 * i + 1];
      const double c = static_cast<double>(cosine[i]);
      const double s = static_cast<double>(sine[i]);
      const double first = static_cast<double>(a) * c - static_cast<double>(b) * s;
      const double second = static_cast<double>(a) * s + static_cast<double>(b) * c;
      a = static_cast<float>(first);
      b = static_cast<float>(second);
    }
  }
}

void write_cache(const Frame& f, const Layer& layer, uint64_t row) {
  const Cache& cache = *f.cache;
  const int64_t position = f.step->position(static_cast<uint32_t>(row));
  const uint32_t page = cache.page_of(layer.group, f.step->span_of(static_cast<uint32_t>(row)).slot, position);
  const uint32_t offset = cache.offset_in_page(position);
  for (uint32_t h = 0; h < cache.n_kv_heads; ++h) {
    const KvBlock block = f.pages->block(layer.group, page, layer.index_in_group, h);
    const uint64_t from = (row * cache.n_kv_heads + h) * cache.head_dim;
    f.pages->put_key(block, offset, f.k + from);
    f.pages->put_value(block, offset, f.v + from);
  }
}

}  // namespace

void qkv(const Frame& f, uint32_t l, const Worker& worker) {
  const Model& m = *f.model;
  const Layer& layer = m.layers[l];
  const uint32_t n_rows = f.step->n_rows;
  const auto [first_row, last_row] = worker.share(n_rows);
  for (uint64_t row = first_row; row < last_row; ++row) {
    rms_norm(m, f.hidden + row * m.width, layer.attention_norm, normed(f) + row * m.width);
  }
  worker.wait();
  shrink(f, l, kAdaptedQ, 3, normed(f), worker);

  const struct {
    const Tensor& weight;
    float* out;
    Adapted matrix;
  } projections[] = {{layer.q, f.q, kAdaptedQ}, {layer.k, f.k, kAdaptedK}, {layer.v, f.v, kAdaptedV}};
  float* weights = weight_row(f, worker);
  for (const auto& p : projections) {
    const auto [first, last] = worker.share(p.weight.rows);
    for (uint64_t o = first; o < last; ++o) {
      p.weight.values(o, weights);
      for (uint64_t row = 0; row < n_rows; ++row) {
        const double output = dot(weights, normed(f) + row * m.width, m.width);
        p.out[row * p.weight.rows + o] =
            static_cast<float>(adapted(f, l, p.matrix, p.matrix - kAdaptedQ, o, row, output));
      }
    }
  }
  worker.wait();

  for (uint64_t row = first_row; row < last_row; ++row) {
    rotate(f, row, f.q + row * m.q_width(), m.n_heads);
    for (uint64_t i = row * m.q_width(); i < (row + 1) * m.q_width(); ++i) f.q[i] *= f.query_scale[row];
    rotate(f, row, f.k + row * m.kv_width(), m.n_kv_heads);
    write_cache(f, layer, row);
  }
  worker.wait();
}

}  // namespace tramontane::ref
