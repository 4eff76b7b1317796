// What becomes of a product that makes queries, keys and values: queries are rotated and scaled, keys are rotated into
// the cache, values are put beside them (RoFormer, arXiv 2104.09864). Rows of q and k are in the interleaved order:
// elements 2 i and 2 i + 1 rotate together.
#pragma once

#include "mma_order.h"
#include "tramontane.h"
#include "view.h"
#include "warp.h"

namespace tramontane::TM_DEVICE {

enum class Head : uint32_t { kNone, kQueries, kKeys, kValues };

struct Heads {
  const float* cosines;      // [rows][rope_dims / 2]
  const float* sines;        // [rows][rope_dims / 2]
  const float* query_scale;  // [rows]
  uint32_t rope_dims;
  RowView rows;
  CacheView cache;

  // Elements i and i + 1 of all heads of a row, i even; out: where they lie as floats, of keys and values as the
  // product made them, for probes and store_eight_bits, or nullptr.
  __device__ void put(Head head, uint32_t row, uint32_t i, float a, float b, float* out) const {
    if (head == Head::kQueries) {
      rotate(row, i % cache.head_dim, a, b);
      const float scale = query_scale[row];
      out[0] = a * scale;
      out[1] = b * scale;
      return;
    }
    if (out != nullptr) {
      out[0] = a;
      out[1] = b;
    }
    if (rows.span[row] == kNoSpan) return;
    if (cache.kv_dtype == TM_F8_E4M3) return;  // a scale is made of the whole head: store_eight_bits
    const int64_t position = rows.position[row];
    const uint32_t offset = cache.offset_in_page(position);
    const uint32_t d = i % cache.head_dim;
    uint8_t* block = cache.block(rows.span[row], position, i / cache.head_dim);
    const Operand kept = cache.kv_dtype == TM_BF16 ? Operand::kBf16 : Operand::kF16;
    if (head == Head::kKeys) {
      rotate(row, d, a, b);
      uint16_t* keys = reinterpret_cast<uint16_t*>(block);
      *reinterpret_cast<uint32_t*>(keys + stored_key(offset, d, cache.head_dim)) = pack(kept, a, b);
      return;
    }
    const uint32_t pair = pack(kept, a, b);
    uint16_t* values = reinterpret_cast<uint16_t*>(block + cache.keys_bytes);
    values[stored_value(offset, d, cache.head_dim)] = static_cast<uint16_t>(pair);
    values[stored_value(offset, d + 1, cache.head_dim)] = static_cast<uint16_t>(pair >> 16);
  }

  // If it is among the rotated dimensions.
  __device__ void rotate(uint64_t row, uint32_t dimension, float& a, float& b) const {
    if (dimension >= rope_dims) return;
    const uint64_t at = row * (rope_dims / 2) + dimension / 2;
    const float c = cosines[at];
    const float s = sines[at];
    const float first = __fmaf_rn(a, c, -(b * s));
    const float second = __fmaf_rn(a, s, b * c);
    a = first;
    b = second;
  }
};

}  // namespace tramontane::TM_DEVICE
