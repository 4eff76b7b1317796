#include "host/tile_pages.h"

#include "kv_elements.h"

namespace tramontane {

void TilePages::put_key(const KvBlock& block, uint32_t offset, const float* key) const {
  put_elements(
      cache->kv_dtype, key, cache->head_dim, block.keys, [&](uint32_t d) { return key_index(offset, d); },
      block.key_scales + offset);
}

void TilePages::put_value(const KvBlock& block, uint32_t offset, const float* value) const {
  put_elements(
      cache->kv_dtype, value, cache->head_dim, block.values, [&](uint32_t d) { return value_index(offset, d); },
      block.value_scales + offset);
}

void TilePages::get_key(const KvBlock& block, uint32_t offset, float* key) const {
  get_elements(
      cache->kv_dtype, block.keys, cache->head_dim, [&](uint32_t d) { return key_index(offset, d); },
      block.key_scales + offset, key);
}

void TilePages::get_value(const KvBlock& block, uint32_t offset, float* value) const {
  get_elements(
      cache->kv_dtype, block.values, cache->head_dim, [&](uint32_t d) { return value_index(offset, d); },
      block.value_scales + offset, value);
}

}  // namespace tramontane
