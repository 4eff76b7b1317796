// The kernels' launches, one function an operation. Each gives the error of its launch; what happens later shows when
// the stream is waited for.
#pragma once

#include <cstdint>

#include "dtype.h"
#include "product.h"
#include "query_scale.h"
#include "view.h"

namespace tramontane::TM_DEVICE {

// What depends on a row's position alone, as host/forward.cpp's position_tables has it.
struct PositionTables {
  const float* frequency;  // [n]
  uint32_t n;
  double magnitude;
  QueryScale scale;
  float* cosines;      // [rows][n] of position * frequency, times the magnitude
  float* sines;        // [rows][n]
  float* query_scale;  // [rows]
};
cudaError_t make_position_tables(const PositionTables& tables, const RowView& rows, uint32_t n_rows,
                                 cudaStream_t stream);

// Activations of the root-mean-square norm of hidden[pick == nullptr ? i : pick[i]], i < n_rows (arXiv 1910.07467).
inline constexpr uint32_t kNoRow = UINT32_MAX;  // picked: the activations stay what they are
struct Norm {
  const float* hidden;
  const float* weight;
  const uint32_t* pick;
  uint32_t width;
  float epsilon;
};
cudaError_t normalise(const Norm& norm, uint32_t n_rows, const Activations& to, cudaStream_t stream);

// Puts keys and values that a product of Result::kHeads left as floats, [rows][kv heads][head_dim], into a cache of
// eight bits.
cudaError_t store_eight_bits(const Heads& heads, const float* keys, const float* values, uint32_t n_rows,
                             cudaStream_t stream);

// Windowed attention. The first n_split tiles hold one row each, and their segments of keys are divided among blocks of
// threads; of the others each is walked by one.
struct Attention {
  const float* q;
  const QueryTile* tiles;  // [n_tiles]
  uint32_t n_split;
  uint32_t n_tiles;
  uint32_t max_segments;  // that a row can see
  uint32_t n_heads;
  uint32_t heads_per_kv;
  uint32_t tile_pairs;  // most of a tile that isn't divided: kTilePairs, of groups also twice as many
  bool by_groups;       // wgmma multiplies for those: it adds as mma does (self_test.h)
  float* partial;       // [n_split rows * n_heads][max_segments][head_dim + 2]
  uint32_t* arrived;    // [n_split rows * kv heads] segments that are there: 0 before a launch, and after it
  float* out;           // [rows][n_heads * head_dim], or nullptr: for probes alone
  Activations next;     // the same, for the next matrix
};
bool has_attention(uint32_t head_dim);
cudaError_t attend(const Attention& attention, const CacheView& cache, cudaStream_t stream);
// Whether there is a kernel of wgmma's for tiles that aren't divided. It is code for 9.0a alone.
constexpr bool attends_by_groups(uint32_t kv_dtype, uint32_t head_dim) {
  return (kv_dtype == TM_F16 || kv_dtype == TM_BF16) && (head_dim == 64 || head_dim == 96 || head_dim == 128);
}
cudaError_t attend_chunks_by_groups(const Attention& attention, const CacheView& cache, cudaStream_t stream);

// Rows of a matrix on the device, in the file's encoding and in the order of the stages (halved_rows.h) -> fragment
// order.
struct Raw {
  const uint8_t* data;
  uint64_t row_bytes;
  uint32_t rows;
  uint32_t columns;
};
// A matrix as the products read it (weights.h).
struct Arranged {
  uint32_t* records;
  uint32_t* supers;   // of types with super-blocks
  float* row_scales;  // of F8_E4M3: NaN is written to those of rows that hold one
};
// Their bytes; 0 of what a type lacks.
struct ArrangedBytes {
  uint64_t records = 0, supers = 0, row_scales = 0;

  ArrangedBytes(uint32_t dtype, uint32_t rows, uint32_t columns);
  uint64_t sum() const { return records + supers + row_scales; }
};
cudaError_t arrange(uint32_t dtype, const Raw& raw, const Arranged& to, cudaStream_t stream);

// A matrix whose rows are looked up: arranged, or of F32 as it lies in the file.
struct Table {
  const uint32_t* records;
  const uint32_t* supers;
  const float* row_scales;
  DeviceLayout layout;
  uint32_t dtype;
  uint32_t columns;
  uint32_t n_blocks;
};
// hidden[i][0..columns) = the row of tokens[i], both in the device's memory.
cudaError_t look_up(const Table& table, const int32_t* tokens, uint32_t n_rows, float* hidden, cudaStream_t stream);

}  // namespace tramontane::TM_DEVICE
