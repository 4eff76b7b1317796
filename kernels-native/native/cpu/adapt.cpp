#include "adapt.h"

#include <algorithm>

namespace tramontane::cpu {
namespace {

static_assert(kStripRows == kHostStrip);
constexpr uint32_t kShrunkRows = 4;  // of a, in an item: a rank is small beside the threads

const KernelTable& kernels_for(const Frame& frame) { return kernels_of(frame.model->cpu_level); }

// Rows [first, first + n) of a matrix of cols columns that lies at `matrix`.
StripJob job_of(const Frame& frame, const uint8_t* matrix, uint64_t first, uint32_t n, uint64_t cols) {
  const uint64_t bytes = row_bytes(frame.adapter_layout.dtype, cols);
  StripJob job = {};
  for (uint32_t r = 0; r < n; ++r) job.rows[r] = matrix + (first + r) * bytes;
  job.cols = static_cast<uint32_t>(cols);
  job.n_rows = n;
  return job;
}

// The largest rank that the step's adapters have for n matrices of a layer.
uint32_t largest_rank(const Step& step, uint32_t layer, uint32_t first, uint32_t n) {
  uint32_t most = 0;
  for (uint32_t i = 0; i < step.n_runs; i += step.runs[i].group_runs) {
    for (uint32_t m = first; m < first + n; ++m) {
      most = std::max(most, step.adapters->part(step.runs[i].adapter, layer, m).rank);
    }
  }
  return most;
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
  kernels_for(frame).float_strip[type_slot(frame.adapter_layout.dtype)](job);
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
  const uint32_t pieces = n * ((largest_rank(step, layer, first, n) + kShrunkRows - 1) / kShrunkRows);
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
  const AdapterLayout& layout = frame.adapter_layout;
  const uint64_t first_output = first_strip * uint64_t{kStripRows};
  ExpandJob job = {};
  job.n_outputs = static_cast<uint32_t>(std::min(end_strip * uint64_t{kStripRows}, layout.rows[matrix]) - first_output);
  job.input_stride = uint64_t{kAdaptedTogether} * layout.max_rank;
  job.out_stride = out_stride;
  for (uint32_t i = 0; i < step.n_runs; ++i) {
    const AdapterRun& run = step.runs[i];
    const uint32_t first = std::max(run.first_row, rows.first);
    const uint32_t end = std::min(run.first_row + run.n_rows, rows.end);
    job.rank = step.adapters->part(run.adapter, layer, matrix).rank;
    if (first >= end || job.rank == 0) continue;
    job.b = frame.adapter_b(run.adapter, layer, matrix) + row_bytes(layout.dtype, first_output * job.rank);
    job.inputs = frame.adapted_of(first, place);
    job.n_tokens = end - first;
    job.out = out + (first - rows.first) * out_stride;
    kernels_for(frame).expand[type_slot(layout.dtype)](job);
  }
}

}  // namespace tramontane::cpu
