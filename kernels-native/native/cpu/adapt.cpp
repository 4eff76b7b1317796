#include "adapt.h"

#include <algorithm>

namespace tramontane::cpu {
namespace {

constexpr uint32_t kShrunkRows = 4;  // of a, in an item: a rank is small beside the threads

auto* kernel_of(const Frame& frame) {
  return kernels_of(frame.model->cpu_level).float_strip[type_slot(frame.adapter_layout.dtype)];
}

// Rows [first, first + n) of a matrix of cols columns that lies at `matrix`.
StripJob job_of(const Frame& frame, const uint8_t* matrix, uint64_t first, uint32_t n, uint64_t cols) {
  const uint64_t bytes = row_bytes(frame.adapter_layout.dtype, cols);
  StripJob job = {};
  for (uint32_t r = 0; r < n; ++r) job.rows[r] = matrix + (first + r) * bytes;
  job.cols = static_cast<uint32_t>(cols);
  job.n_rows = n;
  return job;
}

void shrink_run(const Frame& frame, uint32_t layer, uint32_t matrix, uint32_t place, uint32_t first_rank,
                const AdapterRun& run, const Inputs& inputs) {
  const AdapterPart& part = frame.step->adapters->part(run.adapter, layer, matrix);
  if (first_rank >= part.rank) return;
  const uint32_t n = std::min(kShrunkRows, part.rank - first_rank);
  StripJob job =
      job_of(frame, frame.adapter_a(run.adapter, layer, matrix), first_rank, n, frame.adapter_layout.cols[matrix]);
  job.inputs = inputs.floats + run.first_row * inputs.float_stride;
  job.input_stride = inputs.float_stride;
  job.n_tokens = run.n_rows;
  job.store = Store::kWrite;
  job.out = frame.adapted_of(run.first_row, place) + first_rank;
  job.out_stride = uint64_t{kAdaptedTogether} * frame.adapter_layout.max_rank;
  kernel_of(frame)(job);
  for (uint32_t row = 0; row < run.n_rows; ++row) {
    for (uint32_t r = 0; r < n; ++r) job.out[row * job.out_stride + r] *= part.scale;
  }
}

}  // namespace

// An item is a run of rows, a matrix and some rows of a. Items that read the same rows of a follow each other, so that
// they come from memory once for all rows of an adapter, wherever those lie.
void shrink(const Frame& frame, uint32_t layer, Adapted first, uint32_t n, const Inputs& inputs, StageCounter counter,
            const Worker& worker) {
  const Step& step = *frame.step;
  if (step.n_runs == 0) return;
  const Scratch scratch(*frame.model, step.n_rows, frame.scratch);
  const uint32_t pieces = n * ((frame.adapter_layout.max_rank + kShrunkRows - 1) / kShrunkRows);
  Tickets tickets(scratch.counters[layer * kCountersPerLayer + counter], uint64_t{step.n_runs} * pieces, worker);
  for (uint64_t at, end; tickets.take(&at, &end);) {
    for (; at < end; ++at) {
      const AdapterRun& any = step.runs[at / pieces];
      const uint64_t within = at - uint64_t{any.group_first} * pieces;
      const AdapterRun& run = step.runs[any.group_first + within % any.group_runs];
      const uint32_t piece = static_cast<uint32_t>(within / any.group_runs);
      shrink_run(frame, layer, first + piece % n, piece % n, piece / n * kShrunkRows, run, inputs);
    }
  }
  worker.wait();
}

void Expansion::add(uint32_t first_strip, uint32_t end_strip, Rows rows, float* out, uint64_t out_stride) const {
  const Step& step = *frame.step;
  for (uint32_t i = 0; i < step.n_runs; ++i) {
    const AdapterRun& run = step.runs[i];
    const uint32_t first = std::max(run.first_row, rows.first);
    const uint32_t end = std::min(run.first_row + run.n_rows, rows.end);
    const uint32_t rank = step.adapters->part(run.adapter, layer, matrix).rank;
    if (first >= end || rank == 0) continue;
    const uint8_t* b = frame.adapter_b(run.adapter, layer, matrix);
    for (uint32_t strip = first_strip; strip < end_strip; ++strip) {
      const uint64_t row = strip * uint64_t{kStripRows};
      const uint64_t left = frame.adapter_layout.rows[matrix] - row;
      StripJob job = job_of(frame, b, row, static_cast<uint32_t>(std::min<uint64_t>(kStripRows, left)), rank);
      job.inputs = frame.adapted_of(first, place);
      job.input_stride = uint64_t{kAdaptedTogether} * frame.adapter_layout.max_rank;
      job.n_tokens = end - first;
      job.store = Store::kAdd;
      job.out = out + (first - rows.first) * out_stride + (strip - first_strip) * kStripRows;
      job.out_stride = out_stride;
      kernel_of(frame)(job);
    }
  }
}

}  // namespace tramontane::cpu
