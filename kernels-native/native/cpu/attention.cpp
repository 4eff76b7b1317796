#include "attention.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "kv_elements.h"
#include "pack.h"

namespace tramontane::cpu {
namespace {

static_assert(kTile == kKeyTile);

// Positions [first, end) that one row sees.
struct Range {
  int64_t first;
  int64_t end;
};

Range visible(const Model& model, uint32_t layer, int64_t position) {
  const int64_t window = model.window(layer);
  return {window > 0 && position >= window ? position - window + 1 : 0, position + 1};
}

// All that the workers share about one layer's attention.
struct Stage {
  const Frame& frame;
  const Model& model;
  const KernelTable& kernels;
  const Scratch scratch;
  const uint32_t layer;
  const uint32_t heads_per_kv;
  const Private own;

  Stage(const Frame& f, uint32_t l, const Worker& worker)
      : frame(f),
        model(*f.model),
        kernels(kernels_of(f.model->cpu_level)),
        scratch(*f.model, f.step->n_rows, f.scratch),
        layer(l),
        heads_per_kv(f.model->n_heads / f.model->n_kv_heads),
        own(scratch.of(*f.model, worker)) {}

  // Segments [first, end) that some row of the group sees.
  Range segments(const RowGroup& group) const {
    const int64_t position = frame.step->position(group.first);
    return {visible(model, layer, position).first / kSegment, (position + group.n - 1) / kSegment + 1};
  }

  // own.queries = the group's queries of one kv head, rotated, scaled by their position and divided by sqrt(head_dim),
  // [row][head of the kv head].
  void load_queries(const RowGroup& group, uint32_t kv_head) const {
    const float root = static_cast<float>(1.0 / std::sqrt(static_cast<double>(model.head_dim)));
    const uint32_t pairs = model.rope_dims / 2;
    float* to = own.queries;
    for (uint64_t row = group.first; row < group.first + group.n; ++row) {
      const float* q = frame.q + row * model.q_width() + static_cast<uint64_t>(kv_head) * heads_per_kv * model.head_dim;
      const float factor = root * frame.query_scale[row];
      for (uint32_t head = 0; head < heads_per_kv; ++head, q += model.head_dim, to += model.head_dim) {
        kernels.scale(q, model.head_dim, factor, to);
        kernels.rope(to, frame.rope_cos + row * pairs, frame.rope_sin + row * pairs, model.rope_dims);
      }
    }
  }

  void find_tiles(SegmentJob& job, uint32_t slot, uint32_t kv_head, int64_t start, uint32_t first, uint32_t end) const {
    const Cache& cache = *frame.cache;
    const Layer& l = model.layers[layer];
    for (uint32_t tile = first / kTile; tile < (end + kTile - 1) / kTile; ++tile) {
      const int64_t position = start + tile * kTile;
      const KvBlock block =
          frame.pages->block(l.group, cache.page_of(l.group, slot, position), l.index_in_group, kv_head);
      const uint32_t offset = cache.offset_in_page(position);
      job.tiles[tile] = {block.keys + frame.pages->key_index(offset, 0) * cache.element_bytes,
                         block.values + frame.pages->value_index(offset, 0) * cache.element_bytes,
                         block.key_scales + offset, block.value_scales + offset};
    }
  }

  // One segment for those rows of the group that see some of it. Writes maxima, totals and sums from the first such
  // query on and returns which queries those are.
  Rows run_segment(const RowGroup& group, uint32_t kv_head, int64_t segment, float* maxima, float* totals,
                   float* sums) const {
    const int64_t start = segment * kSegment;
    const int64_t stop = start + kSegment;
    const uint32_t queries = group.n * heads_per_kv;
    uint32_t* const first = own.first;
    uint32_t* const end = own.end;
    uint32_t from = queries;
    uint32_t to = 0;
    uint32_t lowest = kSegment;
    uint32_t highest = 0;
    for (uint32_t i = 0; i < group.n; ++i) {
      const Range seen = visible(model, layer, frame.step->position(group.first + i));
      if (seen.end <= start || seen.first >= stop) continue;
      const uint32_t low = static_cast<uint32_t>(std::max(seen.first, start) - start);
      const uint32_t high = static_cast<uint32_t>(std::min(seen.end, stop) - start);
      from = std::min(from, i * heads_per_kv);
      to = (i + 1) * heads_per_kv;
      lowest = std::min(lowest, low);
      highest = std::max(highest, high);
      for (uint32_t q = i * heads_per_kv; q < to; ++q) {
        first[q] = low;
        end[q] = high;
      }
    }
    SegmentJob job;
    job.head_dim = model.head_dim;
    job.n_queries = to - from;
    job.queries = own.queries + static_cast<uint64_t>(from) * model.head_dim;
    job.first = first + from;
    job.end = end + from;
    job.scores = own.scores;
    job.maximum = maxima + from;
    job.total = totals + from;
    job.sums = sums + static_cast<uint64_t>(from) * model.head_dim;
    const uint32_t slot = frame.step->span_of(group.first).slot;
    find_tiles(job, slot, kv_head, start, lowest, highest);
    kernels.segment[type_slot(frame.cache->kv_dtype)](job);
    return {from, to};
  }

  void begin_fold(uint32_t queries) const {
    std::fill_n(own.folded_maxima, queries, -std::numeric_limits<float>::infinity());
    std::fill_n(own.folded_totals, queries, 0.0f);
    std::fill_n(own.folded_sums, static_cast<uint64_t>(queries) * model.head_dim, 0.0f);
  }

  void fold(Rows queries, const float* maxima, const float* totals, const float* sums) const {
    for (uint32_t q = queries.first; q < queries.end; ++q) {
      const uint64_t at = static_cast<uint64_t>(q) * model.head_dim;
      kernels.fold(own.folded_maxima + q, own.folded_totals + q, own.folded_sums + at, maxima[q], totals[q], sums + at,
                   model.head_dim);
    }
  }

  // Divides by the totals and hands the rows on.
  void finish(const RowGroup& group, uint32_t kv_head) const {
    const uint64_t width = static_cast<uint64_t>(heads_per_kv) * model.head_dim;
    const uint64_t column = kv_head * width;
    const bool quantise = attention_quantises(model) && is_packed(model.layers[layer].out.dtype);
    for (uint32_t i = 0; i < group.n; ++i) {
      const uint64_t row = group.first + i;
      float* out = frame.attention + row * model.q_width() + column;
      for (uint32_t head = 0; head < heads_per_kv; ++head) {
        const uint32_t q = i * heads_per_kv + head;
        kernels.scale(own.folded_sums + static_cast<uint64_t>(q) * model.head_dim, model.head_dim,
                      1.0f / own.folded_totals[q], out + head * model.head_dim);
      }
      if (quantise) {
        kernels.quantise(out, static_cast<uint32_t>(width / kBlock),
                         scratch.inputs + (row * model.q_width() + column) / kBlock);
      }
    }
  }
};

void attend(const Stage& stage, const RowGroup& group, uint32_t kv_head) {
  stage.load_queries(group, kv_head);
  stage.begin_fold(group.n * stage.heads_per_kv);
  const Range segments = stage.segments(group);
  const Private& own = stage.own;
  for (int64_t segment = segments.first; segment < segments.end; ++segment) {
    const Rows queries = stage.run_segment(group, kv_head, segment, own.maxima, own.totals, own.sums);
    stage.fold(queries, own.maxima, own.totals, own.sums);
  }
  stage.finish(group, kv_head);
}

// With fewer (rows, kv head) items than would keep the workers busy, their segments are the items; who finishes an
// item's last segment folds them, in order.
class SplitAttention {
 public:
  // Whether to split; all workers come to the same answer.
  static bool worthwhile(const Stage& stage, const Worker& worker) {
    const uint64_t items = static_cast<uint64_t>(*stage.scratch.n_groups) * stage.model.n_kv_heads;
    if (worker.count == 1 || items >= 2 * worker.count) return false;
    const uint64_t segments = total(stage);
    return segments > items && segments <= kMaxPartials;
  }

  SplitAttention(const Stage& stage, const Worker& worker) : stage_(stage), worker_(worker) {}

  void run(Counter& counter) {
    Tickets tickets(counter, total(stage_), worker_);
    for (uint64_t at, end; tickets.take(&at, &end);) {
      for (; at < end; ++at) segment(at);
    }
  }

 private:
  static uint64_t total(const Stage& stage) {
    uint64_t segments = 0;
    for (uint32_t i = 0; i < *stage.scratch.n_groups; ++i) {
      const Range range = stage.segments(stage.scratch.groups[i]);
      segments += static_cast<uint64_t>(range.end - range.first);
    }
    return segments * stage.model.n_kv_heads;
  }

  // Partials of a segment: maxima and totals of its queries, then sums.
  float* partial(uint64_t index) const {
    const uint64_t queries = Scratch::queries_at_once(stage_.model);
    return stage_.scratch.partials + index * queries * (stage_.model.head_dim + 2);
  }

  void segment(uint64_t index) {
    const Model& model = stage_.model;
    uint64_t item = 0;
    uint64_t start = 0;  // index of the item's first segment
    for (uint32_t g = 0;; ++g) {
      const RowGroup& group = stage_.scratch.groups[g];
      const Range range = stage_.segments(group);
      const uint64_t n = static_cast<uint64_t>(range.end - range.first);
      if (index - start >= n * model.n_kv_heads) {
        start += n * model.n_kv_heads;
        item += model.n_kv_heads;
        continue;
      }
      const uint32_t kv_head = static_cast<uint32_t>((index - start) / n);
      start += kv_head * n;
      item += kv_head;
      compute(group, kv_head, range.first + static_cast<int64_t>(index - start), partial(index));
      if (stage_.scratch.finished[item].next.fetch_add(1, std::memory_order_acq_rel) + 1 == n) {
        stage_.scratch.finished[item].next.store(0, std::memory_order_relaxed);
        combine(group, kv_head, start, n);
      }
      return;
    }
  }

  void compute(const RowGroup& group, uint32_t kv_head, int64_t segment, float* out) const {
    const uint64_t queries = Scratch::queries_at_once(stage_.model);
    std::fill_n(out, 2 * queries, -std::numeric_limits<float>::infinity());  // marks queries that see nothing of it
    stage_.load_queries(group, kv_head);
    stage_.run_segment(group, kv_head, segment, out, out + queries, out + 2 * queries);
  }

  void combine(const RowGroup& group, uint32_t kv_head, uint64_t start, uint64_t n) const {
    const uint64_t queries = Scratch::queries_at_once(stage_.model);
    const uint32_t used = group.n * stage_.heads_per_kv;
    stage_.begin_fold(used);
    for (uint64_t i = 0; i < n; ++i) {
      const float* from = partial(start + i);
      for (uint32_t q = 0; q < used; ++q) {
        if (from[queries + q] == -std::numeric_limits<float>::infinity()) continue;
        stage_.fold({q, q + 1}, from, from + queries, from + 2 * queries);
      }
    }
    stage_.finish(group, kv_head);
  }

  const Stage& stage_;
  const Worker& worker_;
};

// f(row, block of its page, offset in the page) for each row and head.
template <class Function>
void each_place(const Frame& frame, uint32_t layer, uint32_t first_head, uint32_t end_head, Rows rows, Function f) {
  const Cache& cache = *frame.cache;
  const Layer& l = frame.model->layers[layer];
  for (uint32_t row = rows.first; row < rows.end; ++row) {
    const int64_t position = frame.step->position(row);
    const uint32_t page = cache.page_of(l.group, frame.step->span_of(row).slot, position);
    for (uint32_t head = first_head; head < end_head; ++head) {
      f(row, head, frame.pages->block(l.group, page, l.index_in_group, head), cache.offset_in_page(position));
    }
  }
}

// A head's numbers as elements of the cache, one after the other; those of eight bits have a scale.
void to_elements(const KernelTable& kernels, uint32_t kv_dtype, const float* x, uint32_t n, uint8_t* to,
                 uint16_t* scale) {
  if (kv_dtype == TM_F8_E4M3) {
    put_elements(
        kv_dtype, x, n, to, [](uint32_t i) { return i; }, scale);
  } else if (kv_dtype == TM_F32) {
    memcpy(to, x, n * sizeof *x);
  } else {
    kernels.narrow[type_slot(kv_dtype)](x, n, to);
  }
}

// To every sixteenth place of `to`.
template <class Element>
void spread(const uint8_t* from, uint32_t n, uint8_t* to, uint64_t first) {
  for (uint32_t d = 0; d < n; ++d) {
    memcpy(to + (first + d * kTile) * sizeof(Element), from + d * sizeof(Element), sizeof(Element));
  }
}

}  // namespace

void group_rows(const Frame& frame) {
  const Scratch scratch(*frame.model, frame.step->n_rows, frame.scratch);
  const uint32_t most = Scratch::rows_at_once(*frame.model);
  uint32_t n = 0;
  for (uint32_t s = 0; s < frame.step->n_spans; ++s) {
    const tm_span& span = frame.step->spans[s];
    for (uint32_t i = 0; i < span.n_rows; i += most) {
      scratch.groups[n++] = {span.first_row + i, std::min(most, span.n_rows - i)};
    }
  }
  *scratch.n_groups = n;
}

void write_keys(const Frame& frame, uint32_t layer, uint32_t first_head, uint32_t end_head, Rows rows) {
  const Model& model = *frame.model;
  const Cache& cache = *frame.cache;
  const KernelTable& kernels = kernels_of(model.cpu_level);
  const uint32_t pairs = model.rope_dims / 2;
  const auto rotated = [&](uint64_t row, uint32_t head) {
    float* key = frame.k + row * model.kv_width() + static_cast<uint64_t>(head) * model.head_dim;
    kernels.rope(key, frame.rope_cos + row * pairs, frame.rope_sin + row * pairs, model.rope_dims);
    return key;
  };
  each_place(frame, layer, first_head, end_head, rows,
             [&](uint32_t row, uint32_t head, const KvBlock& block, uint32_t offset) {
               uint8_t elements[kMaxHeadDim * sizeof(float)];
               to_elements(kernels, cache.kv_dtype, rotated(row, head), model.head_dim, elements,
                           block.key_scales + offset);
               const uint64_t first = frame.pages->key_index(offset, 0);
               if (cache.element_bytes == 4) return spread<uint32_t>(elements, model.head_dim, block.keys, first);
               if (cache.element_bytes == 2) return spread<uint16_t>(elements, model.head_dim, block.keys, first);
               spread<uint8_t>(elements, model.head_dim, block.keys, first);
             });
}

void write_values(const Frame& frame, uint32_t layer, uint32_t first_head, uint32_t end_head, Rows rows) {
  const Model& model = *frame.model;
  const Cache& cache = *frame.cache;
  const KernelTable& kernels = kernels_of(model.cpu_level);
  each_place(frame, layer, first_head, end_head, rows,
             [&](uint32_t row, uint32_t head, const KvBlock& block, uint32_t offset) {
               const float* value = frame.v + row * static_cast<uint64_t>(model.kv_width()) + head * model.head_dim;
               to_elements(kernels, cache.kv_dtype, value, model.head_dim,
                           block.values + frame.pages->value_index(offset, 0) * cache.element_bytes,
                           block.value_scales + offset);
             });
}

void attention(const Frame& frame, uint32_t layer, const Worker& worker) {
  const Stage stage(frame, layer, worker);
  Counter& counter = stage.scratch.counters[layer * kCountersPerLayer + kAttention];
  if (SplitAttention::worthwhile(stage, worker)) {
    SplitAttention(stage, worker).run(counter);
  } else {
    const uint32_t groups = *stage.scratch.n_groups;
    const uint32_t kv_heads = stage.model.n_kv_heads;
    Tickets tickets(counter, static_cast<uint64_t>(groups) * kv_heads, worker);
    for (uint64_t item, end; tickets.take(&item, &end);) {
      for (; item < end; ++item) {
        // Late rows of a chunk see most: they go first.
        const uint32_t group = groups - 1 - static_cast<uint32_t>(item / kv_heads);
        attend(stage, stage.scratch.groups[group], static_cast<uint32_t>(item % kv_heads));
      }
    }
  }
  worker.wait();
}

}  // namespace tramontane::cpu
