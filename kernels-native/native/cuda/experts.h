// The launches of a mixture of experts, and what they leave in the device's memory for products and for the sum
// (src/routing.h has the same for the host).
#pragma once

#include "expert_work.h"
#include "kernels.h"

namespace tramontane::TM_DEVICE {

enum ExpertProduct : uint32_t { kGateUpOfExperts, kDownOfExperts, kExpertProducts };

inline constexpr uint32_t kNoExpert = UINT32_MAX;  // of a row that only fills a captured graph

// Pointers into the device's memory, the same for every step; R = a step's rows.
struct ExpertView {
  Experts experts;
  uint32_t* expert;                     // [R][used] rising, or kNoExpert
  float* share;                         // [R][used]
  uint32_t* place;                      // [R][used] among all experts' rows, which lie side by side
  uint32_t* first;                      // [n + 1] the first place of each
  uint32_t* pick;                       // [tiles][kTileTokens] the row of each token of the activations, or kNoRow
  ExpertPass* passes[kExpertProducts];  // [most_passes]
  uint32_t* n_passes;                   // [kExpertProducts]
  float* outputs;                       // [R * used][width] of down
};

// Most tokens of a pass of each product.
struct PassTokens {
  uint32_t of[kExpertProducts];
};

// Chooses experts of each row of norm.hidden, normed, by router: [n][width] floats. Rows of no span choose none.
cudaError_t route(const Norm& norm, const float* router, const uint32_t* span, const ExpertView& view, uint32_t n_rows,
                  cudaStream_t stream);

// Fills all that comes after shares out of the choice.
cudaError_t gather(const ExpertView& view, uint32_t n_rows, const PassTokens& tokens, cudaStream_t stream);

// hidden[row] += the sum, in rising order of the row's experts, of shares times outputs.
cudaError_t add_experts(const ExpertView& view, float* hidden, uint32_t width, uint32_t n_rows, cudaStream_t stream);

}  // namespace tramontane::TM_DEVICE
