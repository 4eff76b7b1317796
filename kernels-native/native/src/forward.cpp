// The layer loop, written once for all backends. Every worker runs it; stages and the helpers here divide their work.
#include <algorithm>
#include <cmath>
#include <cstring>

#include "context.h"

namespace tramontane {
namespace {

// Each worker copies its share of the bytes of every page, in order: a copy from a page that an earlier copy wrote
// reads bytes that the same worker wrote.
void copy_pages(const Frame& frame, const Worker& worker) {
  const tm_step& raw = frame.step->raw;
  for (uint32_t i = 0; i < raw.n_copies; ++i) {
    const tm_page_copy& copy = raw.copies[i];
    const CacheGroup& group = frame.cache->groups[copy.group];
    const auto [first, last] = worker.share(group.page_bytes, 64);
    uint8_t* pages = group.pages.as<uint8_t>();
    memcpy(pages + copy.to * group.page_bytes + first, pages + copy.from * group.page_bytes + first, last - first);
  }
}

// RoFormer's angles (arXiv 2104.09864) as transformers computes them: position and frequency are float32, and so is
// their product. Only the cosine and sine of that float are taken in double, then rounded.
void rope_table(const Run& run, const Worker& worker) {
  const Frame& frame = run.frame;
  const uint32_t n = frame.model->rope_dims / 2;
  const auto [first, last] = worker.share(frame.step->n_rows);
  for (uint64_t row = first; row < last; ++row) {
    const float position = static_cast<float>(frame.step->position(static_cast<uint32_t>(row)));
    for (uint32_t i = 0; i < n; ++i) {
      const double angle = static_cast<double>(position * frame.model->rope_frequency[i]);
      run.rope_cos[row * n + i] = static_cast<float>(std::cos(angle));
      run.rope_sin[row * n + i] = static_cast<float>(std::sin(angle));
    }
  }
}

// Samples that name one of the tile's rows [first, first + n) of step.logit_rows.
void sample_tile(Run& run, uint32_t first, uint32_t n, const Worker& worker) {
  const Step& step = *run.frame.step;
  const uint32_t vocab = run.frame.model->vocab;
  const uint32_t tiles = summary_tiles(vocab);
  Summary* summaries = run.workspace->summaries.data();
  const auto [begin, end] = worker.share(static_cast<uint64_t>(n) * tiles);
  for (uint64_t i = begin; i < end; ++i) {
    const uint32_t id = static_cast<uint32_t>(i % tiles) * kSummaryTile;
    const float* row = run.frame.logits + i / tiles * vocab;
    summaries[i] = summarise(row + id, std::min(kSummaryTile, vocab - id), static_cast<int32_t>(id));
  }
  worker.wait();

  const uint32_t* rows = step.sample_row;
  const uint32_t from = static_cast<uint32_t>(std::lower_bound(rows, rows + step.raw.n_samples, first) - rows);
  const uint32_t to = static_cast<uint32_t>(std::lower_bound(rows, rows + step.raw.n_samples, first + n) - rows);
  for (uint32_t i = from + worker.id; i < to; i += worker.count) {
    const uint64_t row = step.sample_row[i] - first;
    const float* logits = run.frame.logits + row * vocab;
    if (step.raw.logits != nullptr) {
      memcpy(step.raw.logits + static_cast<uint64_t>(i) * vocab, logits, static_cast<uint64_t>(vocab) * sizeof(float));
    }
    decide(step.raw, i, logits, summaries + row * tiles, vocab, run.workspace->samplers[worker.id]);
  }
  worker.wait();  // the next tile overwrites the logits
}

// In order, so that the last draw for a slot counts.
void remember_tokens(const Run& run) {
  const tm_step& raw = run.frame.step->raw;
  for (uint32_t i = 0; i < raw.n_samples; ++i) {
    if (raw.samples[i].target == TM_SAMPLE_DRAW) (*run.last_token)[raw.samples[i].slot] = raw.results[i].token;
  }
}

void layers(const Frame& frame, const Stages& stages, const Worker& worker) {
  for (uint32_t layer = 0; layer < frame.model->n_layers; ++layer) {
    stages.qkv(frame, layer, worker);
    stages.attention(frame, layer, worker);
    stages.output(frame, layer, worker);
    stages.gate_up(frame, layer, worker);
    stages.down(frame, layer, worker);
  }
}

}  // namespace

void forward(Run& run, const Worker& worker) {
  const Frame& frame = run.frame;
  const Stages& stages = *run.stages;
  const Step& step = *frame.step;

  if (stages.device != nullptr) {
    stages.device->begin(frame, worker);
    stages.embed(frame, worker);
    stages.device->layers(frame, worker);
  } else {
    copy_pages(frame, worker);
    rope_table(run, worker);
    worker.wait();
    stages.embed(frame, worker);
    layers(frame, stages, worker);
  }

  for (uint32_t first = 0; first < step.n_logit_rows; first += kLogitRows) {
    const uint32_t n = std::min(kLogitRows, step.n_logit_rows - first);
    stages.logits(frame, step.logit_rows + first, n, worker);
    sample_tile(run, first, n, worker);
  }
  if (stages.device != nullptr) stages.device->finish(frame, worker);
  if (worker.id == 0) remember_tokens(run);
}

}  // namespace tramontane
