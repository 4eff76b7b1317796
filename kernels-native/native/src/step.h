// A tm_step after it was checked: what the layer loop and the backends see. The caller's arrays are borrowed (the ABI
// says until when); the derived arrays live in the context's workspace.
#pragma once

#include <cstdint>

#include "adapters.h"
#include "dtype.h"
#include "mask_gate.h"
#include "tramontane.h"

namespace tramontane {

struct Step {
  tm_step raw;
  uint32_t n_rows;
  uint32_t n_spans;
  const tm_span* spans;        // [n_spans] they cover the rows in order without gaps
  const int32_t* tokens;       // [n_rows] ids, TM_TOKEN_PREVIOUS already replaced
  const uint32_t* row_span;    // [n_rows] index of the row's span
  uint32_t n_logit_rows;       // distinct rows that some sample names
  const uint32_t* logit_rows;  // [n_logit_rows] rising
  const uint32_t* sample_row;  // [n_samples] index into logit_rows
  const MaskGate* gate;        // to pass before masks are read
  const Adapters* adapters;    // what those that spans name are made of
  uint32_t n_runs;             // 0: no span names an adapter
  const AdapterRun* runs;      // [n_runs] in rising order of adapters, then of rows

  TM_ALWAYS_INLINE const tm_span& span_of(uint32_t row) const { return spans[row_span[row]]; }
  TM_ALWAYS_INLINE int64_t position(uint32_t row) const {
    const tm_span& span = span_of(row);
    return span.position + static_cast<int64_t>(row - span.first_row);
  }
};

}  // namespace tramontane
