#include "dtype.h"

namespace tramontane {
namespace {

struct ElementType {
  uint32_t number;
  const char* name;
  uint32_t block_elements;
  uint32_t block_bytes;
};

constexpr ElementType kUnknown = {UINT32_MAX, "unknown", 0, 0};
constexpr ElementType kTypes[] = {
    {TM_F32, "F32", 1, 4},
    {TM_F16, "F16", 1, 2},
    {TM_BF16, "BF16", 1, 2},
    {TM_F8_E4M3, "F8_E4M3", 1, 1},
    {TM_Q4_0, "Q4_0", kSmallBlock, kQ4_0Bytes},
    {TM_Q4_1, "Q4_1", kSmallBlock, kQ4_1Bytes},
    {TM_Q5_0, "Q5_0", kSmallBlock, kQ5_0Bytes},
    {TM_Q5_1, "Q5_1", kSmallBlock, kQ5_1Bytes},
    {TM_Q8_0, "Q8_0", kSmallBlock, kQ8_0Bytes},
    {TM_IQ4_NL, "IQ4_NL", kSmallBlock, kIQ4_NLBytes},
    {TM_Q2_K, "Q2_K", kSuperBlock, kQ2_KBytes},
    {TM_Q3_K, "Q3_K", kSuperBlock, kQ3_KBytes},
    {TM_Q4_K, "Q4_K", kSuperBlock, kQ4_KBytes},
    {TM_Q5_K, "Q5_K", kSuperBlock, kQ5_KBytes},
    {TM_Q6_K, "Q6_K", kSuperBlock, kQ6_KBytes},
    {TM_IQ4_XS, "IQ4_XS", kSuperBlock, kIQ4_XSBytes},
};

const ElementType& find(uint32_t dtype) {
  for (const ElementType& type : kTypes) {
    if (type.number == dtype) return type;
  }
  return kUnknown;
}

}  // namespace

uint32_t block_elements(uint32_t dtype) { return find(dtype).block_elements; }

uint32_t block_bytes(uint32_t dtype) { return find(dtype).block_bytes; }

const char* dtype_name(uint32_t dtype) { return find(dtype).name; }

uint32_t dtype_named(const char* name) {
  for (const ElementType& type : kTypes) {
    if (strcmp(type.name, name) == 0) return type.number;
  }
  return UINT32_MAX;
}

uint32_t dtype_alignment(uint32_t dtype) { return dtype == TM_F32 ? 4 : dtype == TM_F8_E4M3 ? 1 : 2; }

uint64_t row_bytes(uint32_t dtype, uint64_t cols) {
  const ElementType& type = find(dtype);
  return cols / type.block_elements * type.block_bytes;
}

}  // namespace tramontane
