#include "quantise.h"

#include <cmath>
#include <limits>

#include "dtype.h"

namespace tramontane {
namespace {

constexpr uint32_t kMostBlockBytes = 34;

void put_u16(uint8_t* to, uint16_t value) { memcpy(to, &value, sizeof value); }

// NaN has one pattern here, so that the bits don't depend on which NaN came in.
uint16_t scale_bits(float scale) { return std::isnan(scale) ? 0x7e00 : float_to_half(scale); }

// The whole part of a value from 0 on, at most `most`. What is no such value (the scale was too small to have an
// inverse, or something was not finite) has the code 0.
uint8_t code(float value, float most) {
  if (!(value >= 0 && value < 256)) return 0;
  return static_cast<uint8_t>(value < most ? value : most);
}

float inverse_of(float scale) { return scale == 0 ? 0.0f : 1 / scale; }

bool any_nan(const float* x) {
  for (uint32_t i = 0; i < kSmallBlock; ++i) {
    if (std::isnan(x[i])) return true;
  }
  return false;
}

// The first of the elements with the largest magnitude.
float extreme(const float* x) {
  float found = x[0];
  for (uint32_t i = 1; i < kSmallBlock; ++i) {
    if (std::fabs(x[i]) > std::fabs(found)) found = x[i];
  }
  return any_nan(x) ? std::numeric_limits<float>::quiet_NaN() : found;
}

struct Limits {
  float least, most;
};

Limits limits(const float* x) {
  if (any_nan(x)) return {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::quiet_NaN()};
  Limits found = {x[0], x[0]};
  for (uint32_t i = 1; i < kSmallBlock; ++i) {
    if (x[i] < found.least) found.least = x[i];
    if (x[i] > found.most) found.most = x[i];
  }
  return found;
}

// Half way goes away from zero.
float round_half_away(float x) {
  const float magnitude = std::fabs(x);
  const float whole = std::floor(magnitude);
  return std::copysign(whole + std::floor(2 * (magnitude - whole)), x);
}

void write_Q8_0(const float* x, uint8_t* block) {
  const float scale = std::fabs(extreme(x)) / 127;
  const float inverse = inverse_of(scale);
  put_u16(block, scale_bits(scale));
  for (uint32_t i = 0; i < kSmallBlock; ++i) {
    const float rounded = round_half_away(x[i] * inverse);
    block[2 + i] = std::fabs(rounded) < 128 ? static_cast<uint8_t>(static_cast<int8_t>(rounded)) : 0;
  }
}

void put_nibbles(const uint8_t* codes, uint8_t* to) {
  for (uint32_t i = 0; i < 16; ++i) to[i] = static_cast<uint8_t>((codes[i] & 15) | codes[16 + i] << 4);
}

void put_fifth_bits(const uint8_t* codes, uint8_t* to) {
  uint32_t bits = 0;
  for (uint32_t i = 0; i < kSmallBlock; ++i) bits |= static_cast<uint32_t>(codes[i] >> 4) << i;
  memcpy(to, &bits, sizeof bits);
}

// Codes around zero whose most negative one is the element with the largest magnitude. Returns the scale.
float centred(const float* x, float half, uint8_t* codes) {
  const float scale = extreme(x) / -half;
  const float inverse = inverse_of(scale);
  for (uint32_t i = 0; i < kSmallBlock; ++i) codes[i] = code(x[i] * inverse + (half + 0.5f), 2 * half - 1);
  return scale;
}

// Codes from the least element up. Returns scale and minimum.
Limits from_minimum(const float* x, float most, uint8_t* codes) {
  const Limits found = limits(x);
  const float scale = (found.most - found.least) / most;
  const float inverse = inverse_of(scale);
  for (uint32_t i = 0; i < kSmallBlock; ++i) codes[i] = code((x[i] - found.least) * inverse + 0.5f, most);
  return {found.least, scale};
}

void write_Q4_0(const float* x, uint8_t* block) {
  uint8_t codes[kSmallBlock];
  put_u16(block, scale_bits(centred(x, 8, codes)));
  put_nibbles(codes, block + 2);
}

void write_Q4_1(const float* x, uint8_t* block) {
  uint8_t codes[kSmallBlock];
  const auto [minimum, scale] = from_minimum(x, 15, codes);
  put_u16(block, scale_bits(scale));
  put_u16(block + 2, scale_bits(minimum));
  put_nibbles(codes, block + 4);
}

void write_Q5_0(const float* x, uint8_t* block) {
  uint8_t codes[kSmallBlock];
  put_u16(block, scale_bits(centred(x, 16, codes)));
  put_fifth_bits(codes, block + 2);
  put_nibbles(codes, block + 6);
}

void write_Q5_1(const float* x, uint8_t* block) {
  uint8_t codes[kSmallBlock];
  const auto [minimum, scale] = from_minimum(x, 31, codes);
  put_u16(block, scale_bits(scale));
  put_u16(block + 2, scale_bits(minimum));
  put_fifth_bits(codes, block + 4);
  put_nibbles(codes, block + 8);
}

void write_F32(const float* x, uint8_t* element) { memcpy(element, x, sizeof *x); }

void write_F16(const float* x, uint8_t* element) { put_u16(element, float_to_half(*x)); }

void write_BF16(const float* x, uint8_t* element) { put_u16(element, float_to_bf16(*x)); }

template <void (*kBlock)(const float*, uint8_t*), uint32_t kElements, uint32_t kBytes>
void write_blocks(const float* src, uint64_t cols, uint8_t* block) {
  static_assert(kBytes <= kMostBlockBytes);
  for (uint64_t i = 0; i < cols; i += kElements, block += kBytes) kBlock(src + i, block);
}

}  // namespace

#define TM_DEFINE(name, elements, bytes, written, ...)                                        \
  TM_WRITTEN_##written(void write_row_##name(const float* src, uint64_t cols, uint8_t* dst) { \
    write_blocks<write_##name, elements, bytes>(src, cols, dst);                              \
  })
TM_ELEMENT_TYPES(TM_DEFINE)
#undef TM_DEFINE

bool is_quantise_target(uint32_t dtype) {
  const ElementType* type = element_type(dtype);
  return type != nullptr && type->write != nullptr;
}

bool is_quantise_source(uint32_t dtype) { return block_elements(dtype) == 1; }

void quantise_row(uint32_t dtype, const float* src, uint64_t cols, void* dst) {
  element_type(dtype)->write(src, cols, static_cast<uint8_t*>(dst));
}

void round_row(uint32_t dtype, float* x, uint64_t cols) {
  const uint32_t elements = block_elements(dtype);
  for (uint64_t i = 0; i < cols; i += elements) {
    uint8_t block[kMostBlockBytes];
    quantise_row(dtype, x + i, elements, block);
    dequantise_row(dtype, block, elements, x + i);
  }
}

}  // namespace tramontane
