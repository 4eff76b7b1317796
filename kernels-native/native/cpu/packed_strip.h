// Packed quantised weights times quantised activations: what all types share. Compiled once per level, after its lanes
// and before a family of types (packed_blocks.h, packed_super_affine.h, packed_super_signed.h).
//
// An output is acc = fma(float(block sum), weight scale * activation scale, acc) over the blocks of 32 columns in
// order, in its row's lane; the block sum is an exact integer made of the sums of the activations' two planes.
// Types with a minimum add fma(minimum, activation scale * sum of codes, acc) after each block.
#include "kernels.h"
#include "pack.h"
#include "packed_types.h"

namespace tramontane::cpu::TM_LEVEL {
namespace {

TM_ALWAYS_INLINE Codes load_five_bits(const uint8_t* p) {
  Codes codes = load_nibbles(p);
  add_bits<4>(codes, p + 256);
  return codes;
}

// Eight-bit codes that are looked up by nibbles: value + 128.
constexpr uint8_t kIQ4Codes[16] = {1, 24, 45, 63, 79, 93, 106, 118, 129, 141, 153, 166, 181, 197, 217, 241};

TM_ALWAYS_INLINE Codes load_iq4(const uint8_t* p) {
  Codes codes = load_nibbles(p);
  look_up(codes, kIQ4Codes);
  return codes;
}

constexpr uint32_t kPrefetchBytes = 4096;

template <class Weights, int kTokens>
TM_ALWAYS_INLINE void tile(const StripJob& job, uint32_t first_token, bool fetch) {
  constexpr StripLayout layout = Weights::kLayout;
  const ActivationBlock* a = job.activations + first_token * job.activation_stride;
  const uint64_t stride = job.activation_stride;
  Floats acc[kTokens];
#pragma GCC unroll 16
  for (int t = 0; t < kTokens; ++t) acc[t] = zero();
  const uint8_t* header = job.weights;
  for (uint32_t groups = job.cols / kBlock / layout.group_blocks; groups > 0; --groups) {
    const uint8_t* block = header + layout.header_bytes;
    for (uint32_t b = 0; b < layout.group_blocks; ++b, block += layout.block_bytes, ++a) {
      if (fetch) {
        for (uint32_t i = 0; i < layout.block_bytes; i += 64) prefetch(block + kPrefetchBytes + i);
      }
      const Weights w(header, block);
#pragma GCC unroll 16
      for (int t = 0; t < kTokens; ++t) acc[t] = w.step(a[t * stride], acc[t]);
    }
    header = block;
  }
  float* out = job.out + first_token * job.out_stride;
#pragma GCC unroll 16
  for (int t = 0; t < kTokens; ++t, out += job.out_stride) {
    if (job.n_rows == kStripRows) {
      store(out, job.store == Store::kAdd ? add(load(out), acc[t]) : acc[t]);
    } else {
      const Floats old = job.store == Store::kAdd ? load_first(out, job.n_rows) : zero();
      store_first(out, job.store == Store::kAdd ? add(old, acc[t]) : acc[t], job.n_rows);
    }
  }
}

template <class Weights, int kTokens>
TM_ALWAYS_INLINE void last_tile(const StripJob& job, uint32_t token) {
  if (job.n_tokens - token == kTokens) {
    tile<Weights, kTokens>(job, token, token == 0);
  } else if constexpr (kTokens > 1) {
    last_tile<Weights, kTokens - 1>(job, token);
  }
}

template <class Weights>
void packed_strip(const StripJob& job) {
  uint32_t token = 0;
  for (; token + kTokensAtOnce <= job.n_tokens; token += kTokensAtOnce) {
    tile<Weights, kTokensAtOnce>(job, token, token == 0);
  }
  last_tile<Weights, kTokensAtOnce - 1>(job, token);
}

}  // namespace
}  // namespace tramontane::cpu::TM_LEVEL

// Defines what packed_types.h declares.
#define TM_DEFINE_STRIP(type, ...) \
  void strip_##type(const StripJob& job) { packed_strip<type>(job); }
