// What the kernels see of a step and of the cache: pointers into the device's memory. Passed to kernels by value, and
// the same for every step of a size, so a captured graph keeps it.
#pragma once

#include <cstdint>

#include "device.h"
#include "positions.h"

namespace tramontane::TM_DEVICE {

// Consecutive (row, query head of a kv head) pairs of one span, query head fastest: a row's, or up to
// Attention::tile_pairs.
struct QueryTile {
  uint32_t span;
  uint32_t first_row;   // of the span, in the step
  uint32_t n_rows;      // of the span
  uint32_t first_pair;  // counted from the span's first row
  int64_t position;     // of the span's first row
};

inline constexpr uint32_t kNoSpan = UINT32_MAX;  // of a row that only fills a captured graph

struct RowView {
  const int64_t* position;  // [rows]
  const uint32_t* span;     // [rows] or kNoSpan
};

// Pages and tables of the group of one layer.
struct CacheView {
  uint8_t* pages;
  const uint32_t* table;  // [spans][ring]
  uint64_t page_bytes;
  uint64_t block_bytes;  // of one head
  uint32_t keys_bytes;   // of its keys; then come its values, then scales of keys and of values, if there are any
  uint32_t kv_dtype;
  uint32_t index_in_group;
  uint32_t ring;
  uint32_t page_shift;
  uint32_t window;  // 0: none
  uint32_t n_kv_heads;
  uint32_t head_dim;

  // The block of kv head `head` in the page that holds a position: its keys.
  __device__ uint8_t* block(uint32_t span, int64_t position, uint32_t head) const {
    const uint64_t page = table[static_cast<uint64_t>(span) * ring + ring_entry(position, page_shift, ring)];
    return pages + page * page_bytes + block_start(index_in_group, head, n_kv_heads, block_bytes);
  }
  // Bytes from there to the scales of keys, or of values, two of them each position.
  __device__ uint32_t scales_at(bool values) const { return 2 * keys_bytes + (values ? 2u << page_shift : 0); }
  __device__ uint32_t offset_in_page(int64_t position) const {
    return tramontane::offset_in_page(position, page_shift);
  }
};

}  // namespace tramontane::TM_DEVICE
