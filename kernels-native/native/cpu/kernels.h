// The cpu backend's vector kernels behind one table per instruction level. kernels_<level>.cpp compiles the same
// templates over that level's sixteen lanes, in a namespace of its own, so no code of one level can reach another.
//
// Every level makes the same bits: lanes are always sixteen, sums go in the order written, fused multiply-adds are
// explicit, and block products of quantised weights are exact integers. So do any batch, chunk and number of threads,
// because an element's order of operations depends on the element alone.
#pragma once

#include <cstdint>

#include "dtype.h"

namespace tramontane::cpu {

inline constexpr uint32_t kStripRows = 16;    // output rows of a strip: one a lane
inline constexpr uint32_t kBlock = 32;        // columns of an activation block
inline constexpr uint32_t kSegment = 256;     // positions of an attention segment, aligned to absolute positions
inline constexpr uint32_t kTile = 16;         // positions of a key tile (host/tile_pages.h)
inline constexpr uint32_t kMaxHeadDim = 512;  // of tm_model_config

// The largest code of an activation: 127 in the high plane, 0 in the low one.
inline constexpr float kLargestCode = 127 * 128;

// Thirty-two consecutive columns of an activation row as 15-bit integers, x[i] ~ scale * code(i), in two planes of
// bytes, because the byte products of every instruction set then make exact sums; and the products of the codes' sum
// that the weight types start or end with. Eight bits alone would move log-probabilities by tenths (docs/adr/0002).
struct alignas(32) ActivationBlock {
  int8_t high[kBlock];       // -127..127
  int8_t low[kBlock];        // -64..63
  float scale;               // largest magnitude / kLargestCode; not a number if an input was not finite
  float scaled_sum;          // scale * sum of codes
  int32_t minus_8_sum;       // Q4_0's offset, half of Q5_0's
  int32_t minus_128_sum;     // Q8_0's and IQ4's codes are kept + 128
  int32_t minus_32_sums[2];  // Q6_K's offset, 8 times Q3_K's, for columns 0..15 and 16..31
  int32_t unused[2];

  int32_t code(uint32_t i) const { return 128 * high[i] + low[i]; }
};
static_assert(sizeof(ActivationBlock) == 96);

// How a strip's products reach out[token * out_stride + 0 .. n_rows).
enum class Store : uint32_t { kWrite, kAdd };

// Sixteen (at the end of a matrix perhaps fewer) rows of a weight matrix times n_tokens activation rows.
struct StripJob {
  const uint8_t* weights;              // packed strip (pack.h); null when in place
  const uint8_t* rows[kStripRows];     // each row in place; unused when packed
  float scales[kStripRows];            // of each row in place, of F8_E4M3 only
  uint32_t cols;                       //
  uint32_t n_rows;                     // 1..16
  const ActivationBlock* activations;  // [n_tokens][activation_stride], for packed weights
  uint64_t activation_stride;          // blocks
  const float* inputs;                 // [n_tokens][input_stride], for weights in place
  uint64_t input_stride;               // floats
  uint32_t n_tokens;
  Store store;
  float* out;
  uint64_t out_stride;
};

// What an adapter adds: out[token][o] += b [o][rank] times inputs [token][rank], summed over the rank in turn.
struct ExpandJob {
  const uint8_t* b;       // [strips][rank][kStripRows], of a float type without scales
  uint32_t n_outputs;     // the last strip may have fewer than sixteen
  uint32_t rank;          //
  const float* inputs;    // [n_tokens][input_stride]
  uint64_t input_stride;  // floats
  uint32_t n_tokens;
  float* out;  // [n_tokens][out_stride]
  uint64_t out_stride;
};

// Sixteen positions of one kv head, elements of the cache's type.
struct KeyValueTile {
  const uint8_t* keys;           // [head_dim][16]
  const uint8_t* values;         // [16][head_dim]
  const uint16_t* key_scales;    // [16], as eight_bits.h has them; only of eight bits
  const uint16_t* value_scales;  // [16]
};

// The positions of one segment against the queries of one kv head. Query i sees positions first[i] <= p < end[i],
// counted from the segment's start, at least one.
struct SegmentJob {
  KeyValueTile tiles[kSegment / kTile];  // those inside [lowest first, highest end)
  uint32_t head_dim;
  uint32_t n_queries;
  const float* queries;   // [n_queries][head_dim], already multiplied by 1 / sqrt(head_dim)
  const uint32_t* first;  // [n_queries]
  const uint32_t* end;    // [n_queries]
  float* scores;          // [n_queries][kSegment], scratch
  float* maximum;         // [n_queries] out: largest score
  float* total;           // [n_queries] out: sum of exp(score - maximum)
  float* sums;            // [n_queries][head_dim] out: sum of exp(score - maximum) * value
};

struct KernelTable {
  // RMSNorm (Zhang and Sennrich, arXiv 1910.07467): out = x / sqrt(mean(x^2) + epsilon) * weight.
  void (*norm)(const float* x, const float* weight, uint32_t width, double epsilon, float* out);
  // n_blocks * 32 floats into as many blocks.
  void (*quantise)(const float* x, uint32_t n_blocks, ActivationBlock* out);
  // out[i] = gate[i] / (1 + exp(-gate[i])) * up[i]
  void (*silu_product)(const float* gate, const float* up, uint32_t n, float* out);
  // Rotates the pairs (2i, 2i + 1) of the first dims elements of a head in place.
  void (*rope)(float* head, const float* cosine, const float* sine, uint32_t dims);
  // out[i] = x[i] * factor
  void (*scale)(const float* x, uint32_t n, float factor, float* out);
  // n floats into binary16, to nearest even.
  void (*to_half)(const float* x, uint32_t n, uint16_t* out);

  // dst[0..n) = scale * element, of float types (scale counts for F8_E4M3 only); and n values to a type that
  // quantise_row writes, with its bits. Null for other types; indexed by type_slot(dtype).
  void (*widen[kTypeSlots])(const uint8_t* src, uint64_t n, float scale, float* dst);
  void (*narrow[kTypeSlots])(const float* x, uint64_t n, uint8_t* dst);

  // Indexed by type_slot(dtype); null for a type that is not of that kind.
  void (*packed_strip[kTypeSlots])(const StripJob&);
  void (*float_strip[kTypeSlots])(const StripJob&);
  void (*expand[kTypeSlots])(const ExpandJob&);

  // Indexed by type_slot(kv_dtype); null for a type that no cache has.
  void (*segment[kTypeSlots])(const SegmentJob&);
  // Folds a segment's result into what came before it: state = state (+) segment. A fresh state has maximum -infinity
  // and zeros.
  void (*fold)(float* maximum, float* total, float* sums, float segment_maximum, float segment_total,
               const float* segment_sums, uint32_t head_dim);
};

extern const KernelTable kPortableKernels;
extern const KernelTable kAvx2Kernels;
extern const KernelTable kAvx512Kernels;

// The table of a resolved TM_CPU_* level.
const KernelTable& kernels_of(uint32_t cpu_level);

}  // namespace tramontane::cpu
