// A product of activations with one or more matrices of one type, as the host describes it to the kernels.
#pragma once

#include <cstdint>

#include "device.h"
#include "tramontane.h"
#include "warp.h"

namespace tramontane::TM_DEVICE {

inline constexpr uint32_t kMaxParts = 3;

// A matrix and where its product goes.
struct Part {
  const uint32_t* records;  // weights.h
  const uint32_t* supers;   // of types with super-blocks
  const float* row_scales;  // of F8_E4M3: what a row's finished sum is multiplied by
  float* out;               // [tokens][stride]
  uint32_t stride;
  uint32_t rows;
  uint32_t units;
};

enum class Result : uint32_t {
  kWrite,  // out = W x, for each part
  kAdd,    // out += W x
  kGated,  // parts are gate and up: out of the first = SiLU(W_gate x) * (W_up x), and the same into `activations`
};

struct Product {
  Part parts[kMaxParts];
  uint32_t n_parts;
  uint32_t n_blocks;  // of 64 columns
  uint32_t n_slices;
  uint32_t n_tokens;
  Result result;
  const uint4* x;         // activations, in the operand type of the weights
  uint32_t* activations;  // kGated: the product again, as the next matrix's activations
  uint32_t next_blocks;   //
  Operand next_operand;   //
};

// How many parts the columns of a sum are cut into, by the matrix's shape alone (docs/adr/0055). Gate and up of a layer
// are one matrix here.
constexpr uint32_t slices_of(uint64_t rows, uint32_t columns) { return columns < 1024 || rows >= 16384 ? 1 : 4; }

// Launches the product for weights of the type; TM_UNSUPPORTED types have been refused before.
cudaError_t multiply(uint32_t dtype, const Product& product, cudaStream_t stream);

// The operand type in which weights of a type are multiplied.
constexpr Operand operand_of(uint32_t dtype) { return dtype == TM_BF16 ? Operand::kBf16 : Operand::kF16; }

}  // namespace tramontane::TM_DEVICE
