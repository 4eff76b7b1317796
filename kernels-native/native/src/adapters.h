// LoRA adapters (Hu et al., arXiv 2106.09685): where their matrices lie in the backend's memory, and which are there.
//
// An adapter has a slot of one size, whatever it brings: for each layer and each matrix that can be adapted a [rank,
// cols] and b, where a part of the largest rank would have them. b lies turned, in strips of rows, [rank, rows of a
// strip] each: so neighbouring outputs have neighbouring numbers, and a sum over the rank needs no sum across lanes or
// threads. Rows of b for q and k lie in the interleaved order (halved_rows.h). A part that is not there has rank 0, and
// its place means nothing.
#pragma once

#include <cstdint>
#include <vector>

#include "tramontane.h"

namespace tramontane {

struct Model;

inline constexpr uint32_t kMaxAdapters = 1024;
inline constexpr uint32_t kMaxRank = 512;
inline constexpr uint32_t kAdapterTurn = 64;  // most rows of a run
inline constexpr uint32_t kHostStrip = 16;    // rows of b in a strip of backends on the host: what a vector holds

// The matrices that can be adapted. Those with one input follow each other.
enum Adapted : uint32_t { kAdaptedQ, kAdaptedK, kAdaptedV, kAdaptedOut, kAdaptedGate, kAdaptedUp, kAdaptedDown };
inline constexpr uint32_t kAdaptedMatrices = 7;
inline constexpr uint32_t kAdaptedTogether = 3;  // most that read one input

// kAdaptedMatrices for a role that is never adapted.
uint32_t adapted_matrix(uint32_t role);
bool is_adapter_type(uint32_t dtype);

struct AdapterLayout {
  uint32_t max_rank = 0;
  uint32_t dtype = TM_F32;
  uint64_t a[kAdaptedMatrices] = {};     // bytes from a layer's begin on
  uint64_t b[kAdaptedMatrices] = {};     //
  uint64_t rows[kAdaptedMatrices] = {};  // of the adapted matrix
  uint64_t cols[kAdaptedMatrices] = {};  //
  uint64_t layer_bytes = 0;
  uint64_t slot_bytes = 0;

  AdapterLayout() = default;
  AdapterLayout(const Model& model, const tm_cache_config& config);
  uint64_t a_of(uint32_t layer, uint32_t matrix) const { return layer * layer_bytes + a[matrix]; }
  uint64_t b_of(uint32_t layer, uint32_t matrix) const { return layer * layer_bytes + b[matrix]; }
  // Writes a checked part: its a, and its b in strips, whose last is filled up with zeros.
  void write(const Model& model, const tm_adapter_part& part, uint64_t strip, uint8_t* a, uint8_t* b) const;
};

// What steps need to know of a part beside its matrices.
struct AdapterPart {
  uint32_t rank;  // 0: the adapter leaves the matrix alone
  float scale;
};

class Adapters {
 public:
  Adapters() = default;
  Adapters(const Model& model, const tm_cache_config& config);

  uint32_t most() const { return static_cast<uint32_t>(loaded_.size()); }
  uint32_t max_rank() const { return max_rank_; }
  bool loaded(uint32_t adapter) const { return adapter >= 1 && adapter <= most() && loaded_[adapter - 1] != 0; }
  const AdapterPart& part(uint32_t adapter, uint32_t layer, uint32_t matrix) const {
    return parts_[(static_cast<uint64_t>(adapter - 1) * n_layers_ + layer) * kAdaptedMatrices + matrix];
  }
  void forget(uint32_t adapter);
  void remember(uint32_t adapter, const tm_adapter_part* parts, uint32_t n_parts);

  uint64_t bytes() const { return parts_.size() * sizeof(AdapterPart) + loaded_.size(); }
  static uint64_t table_bytes(const Model& model, const tm_cache_config& config);  // before there is one

 private:
  uint32_t n_layers_ = 0;
  uint32_t max_rank_ = 0;
  std::vector<AdapterPart> parts_;  // [adapter - 1][layer][matrix]
  std::vector<uint8_t> loaded_;     // [adapter - 1]
};

// Rows of a step that lie side by side and have one adapter, at most kAdapterTurn. Runs of one adapter follow each
// other: they are a group, whose weights are read for all of them.
struct AdapterRun {
  uint32_t adapter;
  uint32_t first_row;
  uint32_t n_rows;
  uint32_t group_first;  // run
  uint32_t group_runs;
};

// Writes the runs of a step whose spans were checked, and gives their number.
uint32_t group_by_adapter(const tm_step& step, AdapterRun* runs);

}  // namespace tramontane
