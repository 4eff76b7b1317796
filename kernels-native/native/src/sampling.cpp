#include "sampling.h"

#include <algorithm>
#include <cstring>

#include "carver.h"

namespace tramontane {
namespace {

uint64_t lay_out(std::vector<SamplerScratch>& scratch, uint32_t vocab, void* base) {
  Carver carver(base);
  for (SamplerScratch& s : scratch) {
    carver.take(s.logits, vocab);
    carver.take(s.weights, vocab);
    carver.take(s.ids, vocab);
  }
  return carver.bytes();
}

}  // namespace

uint32_t Sampling::rows_at_once(const tm_cache_config& config) {
  return std::min({kLogitRows, config.max_rows, config.max_samples});
}

Sampling::Sampling(uint32_t vocab, uint32_t n_workers, const tm_cache_config& config) : vocab_(vocab) {
  if (config.max_samples == 0) return;
  scratch_.resize(n_workers);
  memory_ = Buffer(lay_out(scratch_, vocab, nullptr));
  lay_out(scratch_, vocab, memory_.as<void>());
  summaries_.resize(static_cast<uint64_t>(rows_at_once(config)) * summary_tiles(vocab));
}

uint64_t Sampling::bytes_for(uint32_t vocab, uint32_t n_workers, const tm_cache_config& config) {
  if (config.max_samples == 0) return 0;
  std::vector<SamplerScratch> scratch(n_workers);
  return lay_out(scratch, vocab, nullptr) +
         static_cast<uint64_t>(rows_at_once(config)) * summary_tiles(vocab) * sizeof(Summary);
}

void Sampling::touch(const Worker& worker) const {
  const auto [first, last] = worker.share(memory_.bytes(), Buffer::kTouched);
  memory_.touch(first, last);
}

void Sampling::run(const Step& step, uint32_t first, uint32_t n, const float* logits, const Worker& worker) {
  const uint32_t tiles = summary_tiles(vocab_);
  const auto [begin, end] = worker.share(static_cast<uint64_t>(n) * tiles);
  for (uint64_t i = begin; i < end; ++i) {
    const uint32_t id = static_cast<uint32_t>(i % tiles) * kSummaryTile;
    const float* row = logits + i / tiles * vocab_;
    summaries_[i] = summarise(row + id, std::min(kSummaryTile, vocab_ - id), static_cast<int32_t>(id));
  }
  worker.wait();

  const uint32_t* rows = step.sample_row;
  const uint32_t from = static_cast<uint32_t>(std::lower_bound(rows, rows + step.raw.n_samples, first) - rows);
  const uint32_t to = static_cast<uint32_t>(std::lower_bound(rows, rows + step.raw.n_samples, first + n) - rows);
  for (uint32_t i = from + worker.id; i < to; i += worker.count) {
    const uint64_t row = step.sample_row[i] - first;
    const float* of_row = logits + row * vocab_;
    if (step.raw.logits != nullptr) {
      memcpy(step.raw.logits + static_cast<uint64_t>(i) * vocab_, of_row,
             static_cast<uint64_t>(vocab_) * sizeof(float));
    }
    if (step.raw.samples[i].mask >= 0) step.gate->pass();
    decide(step.raw, i, of_row, summaries_.data() + row * tiles, vocab_, scratch_[worker.id]);
  }
  worker.wait();
}

}  // namespace tramontane
