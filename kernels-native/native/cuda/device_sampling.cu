#include <algorithm>
#include <cstring>

#include "carver.h"
#include "device_sampling.h"

namespace tramontane::TM_DEVICE {
namespace {

constexpr uint32_t kEntries = 1 << 15;  // of lists, that are sent together

uint32_t batch_of(const tm_cache_config& config) { return std::min(kLogitTile, config.max_samples); }
uint32_t mask_words(uint32_t vocab) { return (vocab + 31) / 32; }

uint64_t lay_out(uint32_t vocab, uint32_t n, void* base, SampleBuffers& b) {
  Carver carver(base);
  carver.take(b.samples, n);
  carver.take(b.rows, n);
  carver.take(b.masks, static_cast<uint64_t>(n) * mask_words(vocab));
  carver.take(b.biases, n);
  carver.take(b.counts, n);
  carver.take(b.entries, n == 0 ? 0 : kEntries);
  carver.take(b.results, n);
  carver.take(b.top_tokens, static_cast<uint64_t>(n) * TM_MAX_TOP_LOGPROBS);
  carver.take(b.top_logprobs, static_cast<uint64_t>(n) * TM_MAX_TOP_LOGPROBS);
  return carver.bytes();
}

struct Sizes {
  uint64_t buffers, tiles, adjusted;

  Sizes(uint32_t vocab, const tm_cache_config& config) {
    const uint64_t n = batch_of(config);
    SampleBuffers unused = {};
    buffers = lay_out(vocab, static_cast<uint32_t>(n), nullptr, unused);
    tiles = n * summary_tiles(vocab) * sizeof(Summary);
    adjusted = n * vocab * sizeof(float);
  }
  uint64_t sum() const { return 2 * buffers + tiles + adjusted; }
};

static_assert(sizeof(tm_bias) == sizeof(uint64_t) && sizeof(tm_token_count) == sizeof(uint64_t));

}  // namespace

uint64_t DeviceSampling::bytes_for(uint32_t vocab, const tm_cache_config& config) { return Sizes(vocab, config).sum(); }

DeviceSampling::DeviceSampling(uint32_t vocab, const tm_cache_config& config, cudaStream_t stream)
    : vocab_(vocab), stream_(stream) {
  const Sizes sizes(vocab, config);
  host_memory_ = Memory(sizes.buffers, Memory::Place::kPinned);
  device_memory_ = Memory(sizes.buffers, Memory::Place::kDevice);
  tiles_ = Memory(sizes.tiles, Memory::Place::kDevice);
  adjusted_ = Memory(sizes.adjusted, Memory::Place::kDevice);
  lay_out(vocab, batch_of(config), host_memory_.as<void>(), host_);
  lay_out(vocab, batch_of(config), device_memory_.as<void>(), device_);
}

void DeviceSampling::send(void* to, const void* from, uint64_t bytes) {
  must(cudaMemcpyAsync(to, from, bytes, cudaMemcpyHostToDevice, stream_), "sending samples");
}

void DeviceSampling::fetch(void* to, const void* from, uint64_t bytes) {
  must(cudaMemcpyAsync(to, from, bytes, cudaMemcpyDeviceToHost, stream_), "fetching samples");
}

void DeviceSampling::wait() {
  done_.mark(stream_, "running a step");
  done_.wait("running a step");
}

void DeviceSampling::run(const Step& step, uint32_t first, uint32_t n, const float* logits) {
  must(summarise_rows(logits, n, vocab_, tiles_.as<Summary>(), stream_), "starting a summary");
  const uint32_t* rows = step.sample_row;
  const uint32_t from = static_cast<uint32_t>(std::lower_bound(rows, rows + step.raw.n_samples, first) - rows);
  const uint32_t to = static_cast<uint32_t>(std::lower_bound(rows, rows + step.raw.n_samples, first + n) - rows);
  for (uint32_t at = from; at < to; at += kLogitTile) {
    run_batch(step, at, std::min(kLogitTile, to - at), first, logits);
  }
}

void DeviceSampling::run_batch(const Step& step, uint32_t from, uint32_t n, uint32_t first_row, const float* logits) {
  const tm_step& raw = step.raw;
  bool adjusting = false;
  uint32_t most_tops = 0;
  for (uint32_t i = 0; i < n; ++i) {
    const tm_sample& s = raw.samples[from + i];
    host_.samples[i] = s;
    host_.rows[i] = step.sample_row[from + i] - first_row;
    adjusting = adjusting || (s.target == TM_SAMPLE_DRAW && adjusts(s));
    most_tops = std::max(most_tops, s.top_logprobs);
    if (raw.logits == nullptr) continue;
    const uint64_t bytes = static_cast<uint64_t>(vocab_) * sizeof(float);
    fetch(raw.logits + static_cast<uint64_t>(from + i) * vocab_, logits + static_cast<uint64_t>(host_.rows[i]) * vocab_,
          bytes);
  }
  send(device_.samples, host_.samples, n * sizeof(tm_sample));
  send(device_.rows, host_.rows, n * sizeof(uint32_t));
  Draws draws = {};
  draws.logits = logits;
  draws.tiles = tiles_.as<Summary>();
  draws.samples = device_.samples;
  draws.rows = device_.rows;
  draws.masks = device_.masks;
  draws.adjusted = adjusted_.as<float>();
  draws.results = device_.results;
  draws.top_tokens = device_.top_tokens;
  draws.top_logprobs = device_.top_logprobs;
  draws.n = n;
  draws.vocab = vocab_;
  if (adjusting) {
    send_masks(step, from, n);
    must(mask_rows(draws, stream_), "starting a mask");
    adjust(step, from, draws);
  }
  must(decide_all(draws, stream_), "starting a draw");
  fetch(host_.results, device_.results, n * sizeof(tm_result));
  if (most_tops > 0) {
    const uint64_t n_tops = static_cast<uint64_t>(n) * TM_MAX_TOP_LOGPROBS;
    fetch(host_.top_tokens, device_.top_tokens, n_tops * sizeof(int32_t));
    fetch(host_.top_logprobs, device_.top_logprobs, n_tops * sizeof(float));
  }
  wait();
  std::copy(host_.results, host_.results + n, raw.results + from);
  for (uint32_t i = 0; i < n; ++i) {
    const uint64_t to = static_cast<uint64_t>(from + i) * TM_MAX_TOP_LOGPROBS;
    const uint32_t place = i * TM_MAX_TOP_LOGPROBS, tops = host_.results[i].n_top;
    if (tops == 0) continue;  // there may be no place for any
    std::copy(host_.top_tokens + place, host_.top_tokens + place + tops, raw.top_tokens + to);
    std::copy(host_.top_logprobs + place, host_.top_logprobs + place + tops, raw.top_logprobs + to);
  }
}

// The masks come last: whoever makes them does so while everything before is computed.
void DeviceSampling::send_masks(const Step& step, uint32_t from, uint32_t n) {
  const uint64_t words = mask_words(vocab_);
  uint32_t with_mask = 0;  // one more than the last that has one
  for (uint32_t i = 0; i < n; ++i) {
    const int32_t mask = step.raw.samples[from + i].mask;
    if (mask < 0) continue;
    if (with_mask == 0) step.gate->pass();
    memcpy(host_.masks + i * words, step.raw.masks + static_cast<uint64_t>(mask) * words, words * sizeof(uint32_t));
    with_mask = i + 1;
  }
  if (with_mask > 0) send(device_.masks, host_.masks, with_mask * words * sizeof(uint32_t));
}

// All biases, then all counts, as many at a time as there is room for.
void DeviceSampling::adjust(const Step& step, uint32_t from, const Draws& draws) {
  const uint32_t n = draws.n;
  uint32_t at = 0;    // list: biases of sample 0, 1, ..., then counts
  uint32_t done = 0;  // of it
  for (bool again = false; at < 2 * n; again = true) {
    if (again) wait();  // the buffers are read until then
    std::fill_n(host_.biases, n, EntryRange{});
    std::fill_n(host_.counts, n, EntryRange{});
    uint32_t filled = 0, n_biases = 0, most_counts = 0;
    while (at < 2 * n && filled < kEntries) {
      const bool is_bias = at < n;
      const tm_sample& s = step.raw.samples[from + at % n];
      const uint32_t whole = s.target != TM_SAMPLE_DRAW ? 0 : is_bias ? s.n_biases : s.n_counts;
      const uint32_t taken = std::min(whole - done, kEntries - filled);
      const void* list = is_bias ? static_cast<const void*>(step.raw.biases + s.first_bias + done)
                                 : static_cast<const void*>(step.raw.counts + s.first_count + done);
      if (taken > 0) memcpy(host_.entries + filled, list, taken * sizeof(uint64_t));
      // By its own name: g++ 12, with its sanitizers, loses what is assigned to an element of a choice.
      EntryRange* ranges = is_bias ? host_.biases : host_.counts;
      ranges[at % n] = {filled, taken};
      filled += taken;
      done += taken;
      if (is_bias) n_biases += taken;
      if (!is_bias) most_counts = std::max(most_counts, taken);
      if (done < whole) break;
      ++at;
      done = 0;
    }
    if (filled == 0) return;
    send(device_.entries, host_.entries, filled * sizeof(uint64_t));
    send(device_.biases, host_.biases, n * sizeof(EntryRange));
    send(device_.counts, host_.counts, n * sizeof(EntryRange));
    if (n_biases > 0) {
      must(add_biases(draws, reinterpret_cast<const tm_bias*>(device_.entries), device_.biases, stream_),
           "starting biases");
    }
    if (most_counts > 0) {
      must(penalise(draws, reinterpret_cast<const tm_token_count*>(device_.entries), device_.counts, most_counts,
                    stream_),
           "starting penalties");
    }
  }
}

}  // namespace tramontane::TM_DEVICE
