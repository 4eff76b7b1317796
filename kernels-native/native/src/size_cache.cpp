// Checks of tm_cache_config, and the allocation of everything a step uses.
#include <algorithm>
#include <bit>

#include "context.h"

namespace tramontane {
namespace {

constexpr uint32_t kMaxSlots = 1u << 20;
constexpr uint32_t kMaxRows = 1u << 20;
constexpr uint32_t kMaxRing = 1u << 24;

using Wide = unsigned __int128;
constexpr Wide kMostBytes = Wide{1} << 60;
constexpr uint64_t kTouched = 2ull << 20;  // a worker touches whole ones of these, so that huge pages stay whole

uint64_t aligned(uint64_t bytes) { return (bytes + 63) / 64 * 64; }

}  // namespace

int32_t check_cache_config(const Model& model, const tm_cache_config& c, Error& error) {
  if (c.struct_size != sizeof c) {
    return error.invalid("tm_cache_config.struct_size is %u, expected %zu", c.struct_size, sizeof c);
  }
  if (c.reserved != 0) return error.invalid("tm_cache_config.reserved is %u, expected 0", c.reserved);
  if (c.kv_dtype != TM_F32 && c.kv_dtype != TM_F16) {
    return error.invalid("kv_dtype is %u, expected TM_F32 (%u) or TM_F16 (%u)", c.kv_dtype, TM_F32, TM_F16);
  }
  if (!std::has_single_bit(c.page_tokens) || c.page_tokens < 16 || c.page_tokens > 256) {
    return error.invalid("page_tokens is %u, expected 16, 32, 64, 128 or 256", c.page_tokens);
  }
  if (c.n_slots < 1 || c.n_slots > kMaxSlots) {
    return error.invalid("n_slots is %u, expected 1..%u", c.n_slots, kMaxSlots);
  }
  if (c.max_rows < 1 || c.max_rows > kMaxRows) {
    return error.invalid("max_rows is %u, expected 1..%u", c.max_rows, kMaxRows);
  }
  if (c.max_spans < 1 || c.max_spans > std::min(c.n_slots, c.max_rows)) {
    return error.invalid("max_spans is %u, expected 1..%u (the smaller of n_slots and max_rows)", c.max_spans,
                         std::min(c.n_slots, c.max_rows));
  }
  if (c.max_samples > kMaxRows) return error.invalid("max_samples is %u, expected 0..%u", c.max_samples, kMaxRows);
  for (uint32_t g = 0; g < TM_MAX_GROUPS; ++g) {
    if (g >= model.n_groups) {
      if (c.group_pages[g] != 0 || c.group_ring[g] != 0) {
        return error.invalid("group_pages[%u] and group_ring[%u] are %u and %u, expected 0 beyond the %u groups", g, g,
                             c.group_pages[g], c.group_ring[g], model.n_groups);
      }
      continue;
    }
    if (c.group_pages[g] < 1 || c.group_pages[g] == kNoPage) {
      return error.invalid("group_pages[%u] is %u, expected 1..%u", g, c.group_pages[g], kNoPage - 1);
    }
    if (c.group_ring[g] < 1 || c.group_ring[g] > kMaxRing) {
      return error.invalid("group_ring[%u] is %u, expected 1..%u", g, c.group_ring[g], kMaxRing);
    }
  }
  return TM_OK;
}

int32_t allocate_cache(const Model& model, const Stages& stages, const tm_cache_config& c, Cache& cache, Error& error) {
  cache.order = stages.device == nullptr ? Order::kTiles : Order::kFragments;
  cache.kv_dtype = c.kv_dtype;
  cache.element_bytes = c.kv_dtype == TM_F32 ? 4 : 2;
  cache.page_tokens = c.page_tokens;
  cache.page_shift = static_cast<uint32_t>(std::countr_zero(c.page_tokens));
  cache.n_slots = c.n_slots;
  cache.n_kv_heads = model.n_kv_heads;
  cache.head_dim = model.head_dim;
  cache.n_groups = model.n_groups;
  cache.last_token.assign(c.n_slots, -1);
  for (uint32_t g = 0; g < model.n_groups; ++g) {
    CacheGroup& group = cache.groups[g];
    group.n_pages = c.group_pages[g];
    group.ring = c.group_ring[g];
    group.window = model.group_window[g];
    // At most 2^10 layers * 2^18 kv width * 2^8 tokens * 2 * 2^2 bytes = 2^39.
    group.page_bytes = 2ull * model.group_layers[g] * model.kv_width() * c.page_tokens * cache.element_bytes;
    if (Wide{group.page_bytes} * group.n_pages > kMostBytes) {
      return error.fail(TM_OUT_OF_MEMORY, "group_pages[%u] is %u: pages of %llu bytes don't fit the address space", g,
                        group.n_pages, static_cast<unsigned long long>(group.page_bytes));
    }
    group.table.assign(static_cast<uint64_t>(c.n_slots) * group.ring, kNoPage);
    const uint64_t bytes = group.page_bytes * group.n_pages;
    group.pages = stages.device == nullptr ? Buffer(bytes) : stages.device->allocate(bytes, true);
  }
  return TM_OK;
}

int32_t allocate_workspace(const Model& m, const Stages& stages, const tm_cache_config& c, Workspace& w, Run& run,
                           Error& error) {
  w.max_rows = c.max_rows;
  w.max_spans = c.max_spans;
  w.max_samples = c.max_samples;
  uint64_t entries = 0;
  for (uint32_t g = 0; g < m.n_groups; ++g) entries += static_cast<uint64_t>(c.n_slots) * c.group_ring[g];
  w.max_edits = static_cast<uint32_t>(std::min<uint64_t>(entries, UINT32_MAX));

  // Rows <= 2^20, experts <= 2^9 and widths <= 2^18 floats: each product is below 2^50.
  const uint64_t rows = c.max_rows;
  const uint64_t chosen = rows * m.n_experts_used;
  const uint64_t logit_rows = std::min({kLogitRows, c.max_rows, c.max_samples});
  const uint64_t sizes[] = {
      rows * (m.rope_dims / 2) * 4,
      rows * (m.rope_dims / 2) * 4,  // cosines, sines
      rows * m.width * 4,            // hidden
      rows * m.q_width() * 4,        // q
      rows * m.kv_width() * 4,
      rows * m.kv_width() * 4,             // k, v
      rows * m.q_width() * 4,              // attention
      std::max(rows, chosen) * m.ffn * 4,  // gate
      rows * m.n_experts * 4,              // routing: logits of the router
      chosen * 4,
      chosen * 4,
      chosen * 4,
      chosen * 4,  // experts, shares, places, rows
      m.n_experts == 0 ? 0 : (m.n_experts + 1) * 4ull,
      chosen * m.width * 4,  // expert_rows
  };
  constexpr uint32_t kParts = sizeof sizes / sizeof sizes[0];
  float* parts[kParts];
  uint64_t total = 0;
  for (const uint64_t size : sizes) total += aligned(size);
  const uint64_t logits = logit_rows * m.vocab * 4;
  w.floats = stages.device == nullptr ? Buffer(total) : stages.device->allocate(total, true);
  w.logits = stages.device == nullptr ? Buffer(logits) : stages.device->allocate(logits, false);
  uint64_t at = 0;
  for (uint32_t i = 0; i < kParts; ++i) {
    parts[i] = reinterpret_cast<float*>(w.floats.as<uint8_t>() + at);
    at += aligned(sizes[i]);
  }
  const uint64_t scratch = stages.scratch_bytes(m, c.max_rows);
  if (scratch > static_cast<uint64_t>(kMostBytes)) {
    return error.fail(TM_OUT_OF_MEMORY, "max_rows is %u: the backend's scratch does not fit the address space",
                      c.max_rows);
  }
  w.scratch = Buffer(scratch);

  const uint64_t row = aligned(static_cast<uint64_t>(m.vocab) * 4);
  w.sampler = Buffer(c.max_samples == 0 ? 0 : row * 3 * m.n_workers);
  w.samplers.resize(m.n_workers);
  for (uint32_t i = 0; i < m.n_workers && c.max_samples > 0; ++i) {
    uint8_t* start = w.sampler.as<uint8_t>() + i * row * 3;
    w.samplers[i] = {reinterpret_cast<float*>(start), reinterpret_cast<float*>(start + row),
                     reinterpret_cast<int32_t*>(start + 2 * row)};
  }
  w.summaries.resize(logit_rows * summary_tiles(m.vocab));
  w.tokens.resize(rows);
  w.row_span.resize(rows);
  w.logit_rows.resize(std::min(c.max_rows, c.max_samples));
  w.sample_row.resize(c.max_samples);
  w.undo.resize(w.max_edits);
  w.slot_seen.assign(c.n_slots, 0);
  w.bytes = w.floats.bytes() + w.logits.bytes() + w.scratch.bytes() + w.sampler.bytes() +
            w.summaries.size() * sizeof(Summary) +
            (w.tokens.size() + w.row_span.size() + w.logit_rows.size() + w.sample_row.size() + w.undo.size()) * 4 +
            w.slot_seen.size();
  for (uint32_t g = 0; g < m.n_groups; ++g) {
    w.writer[g].assign(c.group_pages[g], kNoPage);
    w.bytes += w.writer[g].size() * 4;
  }

  run.rope_cos = parts[0];
  run.rope_sin = parts[1];
  run.workspace = &w;
  run.frame.rope_cos = parts[0];
  run.frame.rope_sin = parts[1];
  run.frame.hidden = parts[2];
  run.frame.q = parts[3];
  run.frame.k = parts[4];
  run.frame.v = parts[5];
  run.frame.attention = parts[6];
  run.frame.gate = parts[7];
  run.frame.logits = w.logits.as<float>();
  const auto indices = [&](uint32_t part) { return reinterpret_cast<uint32_t*>(parts[part]); };
  run.frame.routing = {parts[8], indices(9), parts[10], indices(11), indices(12), indices(13)};
  run.frame.expert_rows = parts[14];
  run.frame.scratch = w.scratch.as<void>();
  return TM_OK;
}

void touch(const Cache& cache, const Workspace& workspace, const Worker& worker) {
  const auto share = [&](const Buffer& buffer) {
    const auto [first, last] = worker.share(buffer.bytes(), kTouched);
    buffer.touch(first, last);
  };
  for (uint32_t g = 0; g < cache.n_groups; ++g) share(cache.groups[g].pages);
  for (const Buffer* buffer : {&workspace.floats, &workspace.logits, &workspace.scratch, &workspace.sampler}) {
    share(*buffer);
  }
}

}  // namespace tramontane
