// The pages of a cache in the host's memory, and the order of a block's elements there:
//
//     keys   [page_tokens / 16][head_dim][16 positions]   transposed in tiles of 16 positions, so that 16 scores come
//                                                         from head_dim vector loads
//     values [page_tokens][head_dim]
//     scales [page_tokens] of keys, then as many of values; of eight bits only (eight_bits.h)
//
// Every part begins on a 64-byte boundary; scales on a 32-byte one.
#pragma once

#include <cstdint>

#include "cache.h"
#include "memory.h"

namespace tramontane {

inline constexpr uint32_t kKeyTile = 16;

struct KvBlock {
  uint8_t* keys;    // [page_tokens / 16][head_dim][16] elements
  uint8_t* values;  // [page_tokens][head_dim]
  uint16_t* key_scales;
  uint16_t* value_scales;  // [page_tokens] each
};

struct TilePages {
  const Cache* cache = nullptr;
  Buffer pools[TM_MAX_GROUPS];  // [n_pages] pages of each group

  TM_ALWAYS_INLINE uint8_t* start(uint32_t group, uint32_t page) const {
    return pools[group].as<uint8_t>() + page * cache->groups[group].page_bytes;
  }

  // Block of (page, layer of the group, kv head).
  TM_ALWAYS_INLINE KvBlock block(uint32_t group, uint32_t page, uint32_t index_in_group, uint32_t head) const {
    uint8_t* keys = start(group, page) + block_start(index_in_group, head, cache->n_kv_heads, cache->block_bytes());
    uint16_t* scales = reinterpret_cast<uint16_t*>(keys + 2 * cache->keys_bytes());
    return {keys, keys + cache->keys_bytes(), scales, scales + cache->page_tokens};
  }

  // Element of dimension d of the key at an offset inside its page. The 16 positions of a tile are adjacent.
  TM_ALWAYS_INLINE uint64_t key_index(uint32_t offset, uint32_t d) const {
    return (static_cast<uint64_t>(offset / kKeyTile) * cache->head_dim + d) * kKeyTile + offset % kKeyTile;
  }

  TM_ALWAYS_INLINE uint64_t value_index(uint32_t offset, uint32_t d) const {
    return static_cast<uint64_t>(offset) * cache->head_dim + d;
  }

  // head_dim numbers of the key, or value, at an offset inside its page: into the block, and out of it. Scalar.
  void put_key(const KvBlock& block, uint32_t offset, const float* key) const;
  void put_value(const KvBlock& block, uint32_t offset, const float* value) const;
  void get_key(const KvBlock& block, uint32_t offset, float* key) const;
  void get_value(const KvBlock& block, uint32_t offset, float* value) const;
};

}  // namespace tramontane
