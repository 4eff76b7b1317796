// What the check of a step writes: the arrays that Step points to, and notes of its own. Sized once, for the largest
// step.
#pragma once

#include <cstdint>
#include <vector>

#include "adapters.h"
#include "cache.h"
#include "tramontane.h"

namespace tramontane {

struct StepRoom {
  uint32_t max_rows = 0;
  uint32_t max_spans = 0;
  uint32_t max_samples = 0;
  uint32_t max_edits = 0;                       // entries of all page tables
  std::vector<int32_t> tokens;                  // [max_rows]
  std::vector<uint32_t> row_span;               // [max_rows]
  std::vector<uint32_t> logit_rows;             // [min(max_rows, max_samples)]
  std::vector<uint32_t> sample_row;             // [max_samples]
  std::vector<uint32_t> undo;                   // [max_edits] page table entries as they were before the edits
  std::vector<AdapterRun> runs;                 // of every span and kAdapterTurn rows; none without adapters
  std::vector<uint8_t> slot_seen;               // [n_slots] zero between steps
  std::vector<uint32_t> writer[TM_MAX_GROUPS];  // [group_pages] the slot that writes the page in this step, or kNoPage

  StepRoom() = default;
  StepRoom(const Cache& cache, const tm_cache_config& config);
  uint64_t bytes() const;
  static uint64_t bytes_for(const Cache& cache, const tm_cache_config& config);  // before there is one
};

}  // namespace tramontane
