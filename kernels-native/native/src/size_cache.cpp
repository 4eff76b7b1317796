// Checks of tm_cache_config, and the page tables and arrays that it sizes.
#include <algorithm>
#include <bit>

#include "context.h"

namespace tramontane {
namespace {

constexpr uint32_t kMaxSlots = 1u << 20;
constexpr uint32_t kMaxRows = 1u << 20;

using Wide = unsigned __int128;
constexpr Wide kMostBytes = Wide{1} << 60;

// 0: no cache is of that type.
uint32_t kv_element_bytes(uint32_t kv_dtype) {
  const bool is_kept = kv_dtype == TM_F32 || kv_dtype == TM_F16 || kv_dtype == TM_BF16 || kv_dtype == TM_F8_E4M3;
  return is_kept ? block_bytes(kv_dtype) : 0;
}

}  // namespace

int32_t check_cache_config(const Model& model, const tm_cache_config& c, Error& error) {
  if (c.struct_size != sizeof c) {
    return error.invalid("tm_cache_config.struct_size is %u, expected %zu", c.struct_size, sizeof c);
  }
  if (kv_element_bytes(c.kv_dtype) == 0) {
    return error.invalid("kv_dtype is %u, expected TM_F32 (%u), TM_F16 (%u), TM_BF16 (%u) or TM_F8_E4M3 (%u)",
                         c.kv_dtype, TM_F32, TM_F16, TM_BF16, TM_F8_E4M3);
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
  if (c.max_adapters > kMaxAdapters) {
    return error.invalid("max_adapters is %u, expected 0..%u", c.max_adapters, kMaxAdapters);
  }
  const uint32_t least = c.max_adapters == 0 ? 0 : 1;
  const uint32_t most = c.max_adapters == 0 ? 0 : kMaxRank;
  if (c.max_rank < least || c.max_rank > most) {
    return error.invalid("max_rank is %u, expected %u..%u with max_adapters %u", c.max_rank, least, most,
                         c.max_adapters);
  }
  if (!is_adapter_type(c.adapter_dtype)) {
    return error.invalid("adapter_dtype is %u, expected TM_F32 (%u), TM_F16 (%u) or TM_BF16 (%u)", c.adapter_dtype,
                         TM_F32, TM_F16, TM_BF16);
  }
  if (Wide{AdapterLayout(model, c).slot_bytes} * c.max_adapters > kMostBytes) {
    return error.fail(TM_OUT_OF_MEMORY, "max_adapters is %u: as many of rank %u don't fit the address space",
                      c.max_adapters, c.max_rank);
  }
  const uint32_t most_samples = model.has_head ? kMaxRows : 0;
  if (c.max_samples > most_samples) {
    return error.invalid("max_samples is %u, expected 0..%u%s", c.max_samples, most_samples,
                         model.has_head ? "" : " without the head");
  }
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

int32_t size_groups(const Model& model, const tm_cache_config& c, Cache& cache, Error& error) {
  cache.kv_dtype = c.kv_dtype;
  cache.element_bytes = kv_element_bytes(c.kv_dtype);
  cache.page_tokens = c.page_tokens;
  cache.page_shift = static_cast<uint32_t>(std::countr_zero(c.page_tokens));
  cache.n_slots = c.n_slots;
  cache.n_kv_heads = model.n_kv_heads;
  cache.head_dim = model.head_dim;
  cache.n_groups = model.n_groups;
  for (uint32_t g = 0; g < model.n_groups; ++g) {
    CacheGroup& group = cache.groups[g];
    group.n_pages = c.group_pages[g];
    group.ring = c.group_ring[g];
    group.window = model.group_window[g];
    // At most 2^10 layers * 2^18 kv width * 2^8 tokens * 2 * 2^2 bytes = 2^39.
    group.page_bytes = static_cast<uint64_t>(model.group_layers[g]) * model.n_kv_heads * cache.block_bytes();
    if (Wide{group.page_bytes} * group.n_pages > kMostBytes) {
      return error.fail(TM_OUT_OF_MEMORY, "group_pages[%u] is %u: pages of %llu bytes don't fit the address space", g,
                        group.n_pages, static_cast<unsigned long long>(group.page_bytes));
    }
  }
  return TM_OK;
}

void make_tables(Cache& cache) {
  cache.last_token.assign(cache.n_slots, -1);
  for (uint32_t g = 0; g < cache.n_groups; ++g) cache.groups[g].table.assign(cache.table_entries(g), kNoPage);
}

namespace {

uint32_t most_edits(const Cache& cache) {
  uint64_t entries = 0;
  for (uint32_t g = 0; g < cache.n_groups; ++g) entries += cache.table_entries(g);
  return static_cast<uint32_t>(std::min<uint64_t>(entries, UINT32_MAX));
}

uint64_t most_runs(const tm_cache_config& c) {
  return c.max_adapters == 0 ? 0 : uint64_t{c.max_spans} + c.max_rows / kAdapterTurn;
}

}  // namespace

StepRoom::StepRoom(const Cache& cache, const tm_cache_config& c)
    : max_rows(c.max_rows), max_spans(c.max_spans), max_samples(c.max_samples), max_edits(most_edits(cache)) {
  for (uint32_t g = 0; g < cache.n_groups; ++g) writer[g].assign(c.group_pages[g], kNoPage);
  tokens.resize(c.max_rows);
  row_span.resize(c.max_rows);
  logit_rows.resize(std::min(c.max_rows, c.max_samples));
  sample_row.resize(c.max_samples);
  undo.resize(max_edits);
  runs.resize(most_runs(c));
  slot_seen.assign(c.n_slots, 0);
}

uint64_t StepRoom::bytes_for(const Cache& cache, const tm_cache_config& c) {
  uint64_t words = 2ull * c.max_rows + std::min(c.max_rows, c.max_samples) + c.max_samples + most_edits(cache);
  for (uint32_t g = 0; g < cache.n_groups; ++g) words += c.group_pages[g];
  return words * 4 + c.n_slots + most_runs(c) * sizeof(AdapterRun);
}

uint64_t StepRoom::bytes() const {
  uint64_t words = tokens.size() + row_span.size() + logit_rows.size() + sample_row.size() + undo.size();
  for (const std::vector<uint32_t>& of_group : writer) words += of_group.size();
  return words * 4 + slot_seen.size() + runs.size() * sizeof(AdapterRun);
}

}  // namespace tramontane
