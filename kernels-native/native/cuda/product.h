// A product of activations with one or more matrices of one type, as the host describes it to the kernels.
#pragma once

#include <cstdint>

#include "fragments.h"
#include "heads.h"
#include "tramontane.h"

namespace tramontane::TM_DEVICE {

inline constexpr uint32_t kMaxParts = 3;

// A matrix and where its product goes.
struct Part {
  const uint32_t* records;  // weights.h
  const uint32_t* supers;   // of types with super-blocks
  const float* row_scales;  // of F8_E4M3: what a row's finished sum is multiplied by
  float* out;               // [tokens][stride]; nullptr where nobody reads it, of kHeads' keys and values and of kGated
  uint32_t stride;
  uint32_t rows;
  uint32_t units;
  Head head;  // kHeads: what its rows are
};

enum class Result : uint32_t {
  kWrite,  // out = W x, for each part
  kAdd,    // out += W x
  kHeads,  // parts are q, k and v, or some of them: heads.h
  kGated,  // parts are gate and up: `next` = SiLU(W_gate x) * (W_up x), and so is the first's out
};

// Some tokens of one expert, side by side, which its matrices alone multiply.
struct alignas(16) ExpertPass {
  uint32_t expert;
  uint32_t first_tile;  // of the activations: an expert's begin at one
  uint32_t first_row;   // of the outputs, which lie without gaps
  uint32_t n_tokens;
};

// What a product of experts goes over. The device makes the list, because it alone knows how many rows an expert has; a
// launch depends on how many passes there can be.
struct ExpertPasses {
  const ExpertPass* list;  // nullptr: of a product without experts
  const uint32_t* n;       // passes in it
  uint32_t most;           // that there can be
};

// Where slices of a sum that different blocks make meet.
struct Meeting {
  float* sums;        // of a group of 64 rows and a pass: [slice][token][row]
  uint32_t* arrived;  // slices of them that are there: 0 before a product, and after it
};

struct Product {
  Part parts[kMaxParts];  // of experts the first one's: the others' lie behind it, each from a stack on
  uint32_t n_parts;
  uint32_t n_blocks;  // of 64 columns
  uint32_t n_slices;
  uint32_t n_tokens;  // of experts: most of a pass
  Result result;
  bool by_groups;    // wgmma may make it: it adds as mma does (self_test.h)
  Activations x;     // in the operand type of the weights
  Activations next;  // kGated: the product again, for the next matrix
  Meeting meeting;
  Heads heads;  // kHeads
  ExpertPasses passes;
};

// How many parts the columns of a sum are cut into, by the matrix's shape alone (docs/adr/0055). Gate and up of a layer
// are one matrix here.
constexpr uint32_t slices_of(uint64_t rows, uint32_t columns) { return columns < 1024 || rows >= 16384 ? 1 : 4; }

// What a meeting takes for a product of so many rows that are cut into slices, in all its matrices.
inline constexpr uint32_t kGroupRows = 64;
inline constexpr uint32_t kMeetingTokens = 256;  // beyond them one block makes all slices of a sum
inline constexpr uint32_t kMeetingPasses = 4;    // over as many
inline constexpr uint32_t kMeetingRoom = 288;    // tokens of whole passes
constexpr uint64_t meeting_rows(uint64_t rows) { return slices_of(rows, UINT32_MAX) == 1 ? 0 : rows; }
constexpr uint64_t meeting_groups(uint64_t rows) { return rows / kGroupRows + 2 * kMaxParts; }
constexpr uint64_t meeting_counts(uint64_t rows) { return meeting_groups(rows) * kMeetingPasses; }
constexpr uint64_t meeting_floats(uint64_t rows) { return meeting_groups(rows) * 4 * kMeetingRoom * kGroupRows; }

// Launches the product for weights of the type; TM_UNSUPPORTED types have been refused before.
cudaError_t multiply(uint32_t dtype, const Product& product, cudaStream_t stream);

// The operand type in which weights of a type are multiplied.
constexpr Operand operand_of(uint32_t dtype) { return dtype == TM_BF16 ? Operand::kBf16 : Operand::kF16; }

}  // namespace tramontane::TM_DEVICE
