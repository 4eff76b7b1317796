// The cpu backend's stages: which work belongs together and who does it. Five barriers a layer for few rows, eight with
// experts.
#include <algorithm>
#include <cstdio>

#include "adapt.h"
#include "attention.h"
#include "cpu_features.h"
#include "feed_forward.h"
#include "host/host_backend.h"
#include "matmul.h"
#include "pack.h"
#include "prepare.h"
#include "scratch.h"

namespace tramontane::cpu {

const KernelTable& kernels_of(uint32_t cpu_level) {
  switch (cpu_level) {
#if defined(__x86_64__)
    case TM_CPU_AVX512:
      return kAvx512Kernels;
    case TM_CPU_AVX2:
      return kAvx2Kernels;
#endif
    default:
      return kPortableKernels;
  }
}

namespace {

bool computes(uint32_t dtype) { return is_packed(dtype) || block_elements(dtype) == 1; }

// Vectors are floats, and single rows of an embedding are looked up in the file.
bool tensor_bytes(const TensorKind& t, uint64_t* bytes) {
  const bool multiplied = !is_vector(t.role) && t.role != TM_TOKEN_EMBEDDING;
  *bytes = multiplied ? copy_bytes(t.stored, t.dtype, t.rows, t.cols) : 0;
  return computes(t.dtype);
}

uint64_t scratch_bytes(const Model& model, uint32_t max_rows) { return Scratch(model, max_rows, nullptr).bytes; }

void embed(const Frame& frame, const Worker& worker) {
  const Model& model = *frame.model;
  const Scratch scratch(model, frame.step->n_rows, frame.scratch);
  scratch.logits_calls(worker) = 0;
  if (worker.id == 0) {
    for (uint32_t i = 0; i < model.n_layers * kCountersPerLayer; ++i) scratch.counters[i].next = 0;
    for (uint32_t i = 0; i < 2; ++i) scratch.logits_counters[i].next = 0;
    for (uint32_t i = 0; i < 2 * model.n_workers; ++i) scratch.finished[i].next = 0;
    group_rows(frame);
  }
  const auto [first, last] = worker.share(frame.step->n_rows);
  for (uint64_t row = first; row < last; ++row) enter_row(frame, row);
  worker.wait();
}

// Items of the qkv stage: whole kv heads (they go into the cache when they are done), then strips of q.
struct QkvItems {
  uint32_t heads_in_item;  // the fewest whose rows fill strips
  uint32_t kv_items;       // of k, and as many of v
  uint32_t q_strips;

  explicit QkvItems(const Model& model) {
    heads_in_item = 1;
    while (heads_in_item * model.head_dim % kStripRows != 0) ++heads_in_item;
    kv_items = (model.n_kv_heads + heads_in_item - 1) / heads_in_item;
    q_strips = (model.q_width() + kStripRows - 1) / kStripRows;
  }
  uint32_t count() const { return 2 * kv_items + q_strips; }
};

void project_kv(const Frame& frame, uint32_t layer, const QkvItems& items, uint32_t item, const Inputs& inputs,
                Rows rows) {
  const Model& model = *frame.model;
  const bool is_key = item < items.kv_items;
  const Tensor& weights = is_key ? model.layers[layer].k : model.layers[layer].v;
  float* out = is_key ? frame.k : frame.v;
  const uint32_t first_head = (is_key ? item : item - items.kv_items) * items.heads_in_item;
  const uint32_t end_head = std::min(first_head + items.heads_in_item, model.n_kv_heads);
  const uint32_t first_strip = first_head * model.head_dim / kStripRows;
  const uint32_t end_strip = (end_head * model.head_dim + kStripRows - 1) / kStripRows;
  float* to = out + static_cast<uint64_t>(rows.first) * model.kv_width() + first_strip * kStripRows;
  multiply(kernels_of(model.cpu_level), weights, first_strip, end_strip, inputs, rows, Store::kWrite, to,
           model.kv_width());
  const Adapted matrix = is_key ? kAdaptedK : kAdaptedV;
  Expansion{frame, layer, matrix, matrix - kAdaptedQ}.add(first_strip, end_strip, rows, to, model.kv_width());
  if (is_key) {
    write_keys(frame, layer, first_head, end_head, rows);
  } else {
    write_values(frame, layer, first_head, end_head, rows);
  }
}

void qkv(const Frame& frame, uint32_t layer, const Worker& worker) {
  const Model& model = *frame.model;
  const Layer& l = model.layers[layer];
  const Scratch scratch(model, frame.step->n_rows, frame.scratch);
  const uint32_t n_rows = frame.step->n_rows;
  const bool packed[3] = {is_packed(l.q.dtype), is_packed(l.k.dtype), is_packed(l.v.dtype)};
  const Inputs inputs = norm_rows(frame, worker, l.attention_norm, nullptr, n_rows, packed[0] || packed[1] || packed[2],
                                  !(packed[0] && packed[1] && packed[2]) || frame.step->n_runs > 0);
  shrink(frame, layer, kAdaptedQ, 3, inputs, kShrinkQkv, worker);
  const QkvItems items(model);
  const uint32_t turn = rows_in_cache(l.q);
  const uint32_t turns = (n_rows + turn - 1) / turn;
  Tickets tickets(scratch.counters[layer * kCountersPerLayer + kQkv], static_cast<uint64_t>(turns) * items.count(),
                  worker);
  for (uint64_t at, end; tickets.take(&at, &end);) {
    for (; at < end; ++at) {
      const uint32_t first = static_cast<uint32_t>(at / items.count()) * turn;
      const Rows rows = {first, std::min(first + turn, n_rows)};
      const uint32_t item = static_cast<uint32_t>(at % items.count());
      if (item < 2 * items.kv_items) {
        project_kv(frame, layer, items, item, inputs, rows);
      } else {
        const uint32_t strip = item - 2 * items.kv_items;
        float* to = frame.q + static_cast<uint64_t>(first) * model.q_width() + strip * kStripRows;
        multiply(kernels_of(model.cpu_level), l.q, strip, strip + 1, inputs, rows, Store::kWrite, to, model.q_width());
        Expansion{frame, layer, kAdaptedQ, 0}.add(strip, strip + 1, rows, to, model.q_width());
      }
    }
  }
  worker.wait();
}

void output(const Frame& frame, uint32_t layer, const Worker& worker) {
  const Model& model = *frame.model;
  const Tensor& weights = model.layers[layer].out;
  const Scratch scratch(model, frame.step->n_rows, frame.scratch);
  const KernelTable& kernels = kernels_of(model.cpu_level);
  const uint32_t n_rows = frame.step->n_rows;
  const uint32_t width = model.q_width();
  const Inputs inputs = {scratch.inputs, width / kBlock, frame.attention, width};
  if (is_packed(weights.dtype) && !attention_quantises(model)) {
    const auto [first, last] = worker.share(n_rows);
    for (uint64_t row = first; row < last; ++row) {
      kernels.quantise(frame.attention + row * width, width / kBlock, scratch.inputs + row * (width / kBlock));
    }
    worker.wait();
  }
  shrink(frame, layer, kAdaptedOut, 1, inputs, kShrinkOutput, worker);
  const Expansion expansion = {frame, layer, kAdaptedOut, 0};
  multiply_all(kernels, weights, inputs, n_rows, Store::kAdd, frame.hidden, model.width,
               scratch.counters[layer * kCountersPerLayer + kOutput], worker, &expansion);
  worker.wait();
}

void logits(const Frame& frame, const uint32_t* rows, uint32_t n, const Worker& worker) {
  const Model& model = *frame.model;
  const Tensor& head = model.head();
  const Scratch scratch(model, frame.step->n_rows, frame.scratch);
  const uint32_t call = scratch.logits_calls(worker)++;
  // The other counter was last used before the previous call's end.
  if (worker.id == 0) scratch.logits_counters[(call + 1) % 2].next = 0;
  const bool packed = is_packed(head.dtype);
  const Inputs inputs = norm_rows(frame, worker, model.output_norm, rows, n, packed, !packed);
  multiply_all(kernels_of(model.cpu_level), head, inputs, n, Store::kWrite, frame.logits, model.vocab,
               scratch.logits_counters[call % 2], worker);
  worker.wait();
}

bool found(char* text, uint64_t capacity) {
  static constexpr const char* kLevels[] = {"", "portable", "AVX2", "AVX-512"};
  std::snprintf(text, capacity, "%s, %u processors", kLevels[highest_cpu_level()], n_processors());
  return true;
}

// Serves every level: looks at model.cpu_level.
constexpr Stages kStages = {
    .computes = computes,
    .reserve = reserve,
    .prepare = prepare,
    .scratch_bytes = scratch_bytes,
    .embed = embed,
    .qkv = qkv,
    .attention = attention,
    .output = output,
    .gate_up = gate_up,
    .down = down,
    .logits = logits,
};

}  // namespace

extern const BackendKind kBackend;
constinit const BackendKind kBackend = {
    TM_BACKEND_CPU, "cpu", found, open_on_host<kStages>, tensor_bytes, workspace_on_host<kStages>, nullptr, nullptr};

}  // namespace tramontane::cpu
