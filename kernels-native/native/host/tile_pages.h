// The pages of a cache in the host's memory, and the order of a block's elements there:
//
//     keys   [page_tokens / 16][head_dim][16 positions]   transposed in tiles of 16 positions, so that 16 scores come
//                                                         from head_dim vector loads
//     values [page_tokens][head_dim]
//
// Every part begins on a 64-byte boundary.
#pragma once

#include <cstdint>

#include "cache.h"
#include "memory.h"

namespace tramontane {

inline constexpr uint32_t kKeyTile = 16;

// One block seen with its element type T (float, or uint16_t for binary16).
template <class T>
struct KvBlock {
  T* keys;    // [page_tokens / 16][head_dim][16]
  T* values;  // [page_tokens][head_dim]
};

struct TilePages {
  const Cache* cache = nullptr;
  Buffer pools[TM_MAX_GROUPS];  // [n_pages] pages of each group

  TM_ALWAYS_INLINE uint8_t* start(uint32_t group, uint32_t page) const {
    return pools[group].as<uint8_t>() + page * cache->groups[group].page_bytes;
  }

  // Block of (page, layer of the group, kv head).
  template <class T>
  TM_ALWAYS_INLINE KvBlock<T> block(uint32_t group, uint32_t page, uint32_t index_in_group, uint32_t head) const {
    const uint64_t elements = cache->block_elements();
    T* keys = reinterpret_cast<T*>(start(group, page)) + block_start(index_in_group, head, cache->n_kv_heads, elements);
    return {keys, keys + elements};
  }

  // Element of dimension d of the key at an offset inside its page. The 16 positions of a tile are adjacent.
  TM_ALWAYS_INLINE uint64_t key_index(uint32_t offset, uint32_t d) const {
    return (static_cast<uint64_t>(offset / kKeyTile) * cache->head_dim + d) * kKeyTile + offset % kKeyTile;
  }

  TM_ALWAYS_INLINE uint64_t value_index(uint32_t offset, uint32_t d) const {
    return static_cast<uint64_t>(offset) * cache->head_dim + d;
  }
};

}  // namespace tramontane
