// Scalar dequantisation after ggml's block formats; float32 operations in the order of gguf-py's quants.py, so that
// the results are equal bit for bit.
#include "dtype.h"

namespace tramontane {
namespace {

void q8_0(const uint8_t* block, float* dst) {
  const float d = half_to_float(load_u16(block));
  for (uint32_t i = 0; i < kQ8_0Block; ++i) dst[i] = d * static_cast<float>(static_cast<int8_t>(block[2 + i]));
}

void q4_0(const uint8_t* block, float* dst) {
  const float d = half_to_float(load_u16(block));
  for (uint32_t i = 0; i < 16; ++i) {
    dst[i] = d * static_cast<float>((block[2 + i] & 15) - 8);
    dst[i + 16] = d * static_cast<float>((block[2 + i] >> 4) - 8);
  }
}

void q4_1(const uint8_t* block, float* dst) {
  const float d = half_to_float(load_u16(block));
  const float m = half_to_float(load_u16(block + 2));
  for (uint32_t i = 0; i < 16; ++i) {
    dst[i] = d * static_cast<float>(block[4 + i] & 15) + m;
    dst[i + 16] = d * static_cast<float>(block[4 + i] >> 4) + m;
  }
}

void q4_k(const uint8_t* block, float* dst) {
  const float d = half_to_float(load_u16(block));
  const float dmin = half_to_float(load_u16(block + 2));
  const uint8_t* scales = block + 4;
  const uint8_t* q = block + 16;
  for (uint32_t j = 0; j < 8; ++j) {  // sub-blocks 2n and 2n + 1 are the low and high nibbles of the same 32 bytes
    uint8_t scale, minimum;
    q4_k_scale_min(scales, j, &scale, &minimum);
    const float a = d * static_cast<float>(scale);
    const float b = dmin * static_cast<float>(minimum);
    for (uint32_t i = 0; i < 32; ++i) {
      const uint8_t byte = q[(j / 2) * 32 + i];
      dst[j * 32 + i] = a * static_cast<float>(j % 2 == 0 ? byte & 15 : byte >> 4) - b;
    }
  }
}

void q6_k(const uint8_t* block, float* dst) {
  const uint8_t* low = block;
  const uint8_t* high = block + 128;
  const uint8_t* scales = block + 192;
  const float d = half_to_float(load_u16(block + 208));
  for (uint32_t j = 0; j < 8; ++j) {  // groups of 32; each half of 128 elements has its own 64 low and 32 high bytes
    const uint32_t half = j / 4;
    const uint32_t part = j % 4;
    for (uint32_t i = 0; i < 32; ++i) {
      const uint8_t nibbles = low[half * 64 + (part % 2) * 32 + i];
      const uint8_t bits = static_cast<uint8_t>(high[half * 32 + i] >> (2 * part)) & 3;
      const int q = ((part < 2 ? nibbles & 15 : nibbles >> 4) | bits << 4) - 32;
      const float scale = d * static_cast<float>(static_cast<int8_t>(scales[j * 2 + i / 16]));
      dst[j * 32 + i] = scale * static_cast<float>(q);
    }
  }
}

template <void (*kBlock)(const uint8_t*, float*)>
void blocks(const void* src, uint32_t elements, uint32_t bytes, uint64_t cols, float* dst) {
  const uint8_t* block = static_cast<const uint8_t*>(src);
  for (uint64_t i = 0; i < cols; i += elements, block += bytes) kBlock(block, dst + i);
}

}  // namespace

uint32_t block_elements(uint32_t dtype) {
  switch (dtype) {
    case TM_F32:
    case TM_F16:
    case TM_BF16:
      return 1;
    case TM_Q4_0:
    case TM_Q4_1:
    case TM_Q8_0:
      return 32;
    case TM_Q4_K:
    case TM_Q6_K:
      return kSuperBlock;
    default:
      return 0;
  }
}

uint32_t block_bytes(uint32_t dtype) {
  switch (dtype) {
    case TM_F32:
      return 4;
    case TM_F16:
    case TM_BF16:
      return 2;
    case TM_Q4_0:
      return kQ4_0Bytes;
    case TM_Q4_1:
      return kQ4_1Bytes;
    case TM_Q8_0:
      return kQ8_0Bytes;
    case TM_Q4_K:
      return kQ4_KBytes;
    case TM_Q6_K:
      return kQ6_KBytes;
    default:
      return 0;
  }
}

const char* dtype_name(uint32_t dtype) {
  switch (dtype) {
    case TM_F32:
      return "F32";
    case TM_F16:
      return "F16";
    case TM_BF16:
      return "BF16";
    case TM_Q4_0:
      return "Q4_0";
    case TM_Q4_1:
      return "Q4_1";
    case TM_Q8_0:
      return "Q8_0";
    case TM_Q4_K:
      return "Q4_K";
    case TM_Q6_K:
      return "Q6_K";
    default:
      return "unknown";
  }
}

uint64_t row_bytes(uint32_t dtype, uint64_t cols) { return cols / block_elements(dtype) * block_bytes(dtype); }

void dequantise_row(uint32_t dtype, const void* src, uint64_t cols, float* dst) {
  const uint8_t* bytes = static_cast<const uint8_t*>(src);
  switch (dtype) {
    case TM_F32:
      memcpy(dst, src, cols * 4);
      return;
    case TM_F16:
      for (uint64_t i = 0; i < cols; ++i) dst[i] = half_to_float(load_u16(bytes + 2 * i));
      return;
    case TM_BF16:
      for (uint64_t i = 0; i < cols; ++i) dst[i] = bf16_to_float(load_u16(bytes + 2 * i));
      return;
    case TM_Q4_0:
      return blocks<q4_0>(src, 32, kQ4_0Bytes, cols, dst);
    case TM_Q4_1:
      return blocks<q4_1>(src, 32, kQ4_1Bytes, cols, dst);
    case TM_Q8_0:
      return blocks<q8_0>(src, 32, kQ8_0Bytes, cols, dst);
    case TM_Q4_K:
      return blocks<q4_k>(src, kSuperBlock, kQ4_KBytes, cols, dst);
    case TM_Q6_K:
      return blocks<q6_k>(src, kSuperBlock, kQ6_KBytes, cols, dst);
    default:
      return;
  }
}

}  // namespace tramontane
