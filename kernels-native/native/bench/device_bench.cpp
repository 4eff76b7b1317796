// Prefill and decode rates of a random 7B model (Mistral's shape, window 4096) on a device, through the ABI.
//
//   device_bench [backend=cuda] [shape=7b] [layers=0] [dtype=BF16] [prefill=512,2048,8192] [context=512,4096]
//                [batch=1,8,32,64] [steps=30] [chunk=2048] [bandwidth=4.3]
//
// layers: so many of the shape's; 0: all. Layers, and experts of a layer, share their weights on the host and have
// their own copies on the device. Every slot's pages hold what a prefill wrote there. One line a measurement: the
// median step and the fastest, and for decode the bytes that must be read (weights, of experts those that so many rows
// choose on average if they choose evenly, and keys and values inside the window) over the median, with its share of
// the given bandwidth in TB/s. A cache that finds no room says so in its line, and the next is measured.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <sstream>
#include <string>

#include "bench_shapes.h"

namespace {

using bench::seconds;

constexpr uint32_t kPage = 64;
constexpr uint32_t kWindow = 4096;

struct Settings {
  std::map<std::string, std::string> text = {
      {"backend", "cuda"},     {"shape", "7b"},        {"layers", "0"}, {"dtype", "BF16"}, {"prefill", "512,2048,8192"},
      {"context", "512,4096"}, {"batch", "1,8,32,64"}, {"steps", "30"}, {"chunk", "2048"}, {"bandwidth", "4.3"}};

  std::vector<uint32_t> numbers(const char* name) {
    std::vector<uint32_t> all;
    std::istringstream in(text[name]);
    for (std::string number; std::getline(in, number, ',');) all.push_back(static_cast<uint32_t>(std::stoul(number)));
    return all;
  }
};

class Bench {
 public:
  Bench(const bench::Shape& shape, uint32_t backend, uint32_t dtype) : shape_(shape), dtype_(dtype) {
    std::vector<uint8_t> groups(shape.layers, 0);
    tm_model_config config = {};
    config.struct_size = sizeof config;
    config.backend = backend;
    config.parts = TM_PART_EMBEDDING | TM_PART_HEAD;
    config.n_layers = shape.layers;
    config.width = shape.width;
    config.n_heads = shape.heads;
    config.n_kv_heads = shape.kv_heads;
    config.head_dim = shape.head_dim;
    config.ffn = shape.ffn;
    config.vocab = shape.vocab;
    config.n_experts = shape.experts;
    config.n_experts_used = shape.experts_used;
    config.rope_dims = shape.head_dim;
    config.n_groups = 1;
    config.group_window[0] = kWindow;
    config.rope_theta = 10000;
    config.rms_epsilon = 1e-5;
    config.rope_magnitude = 1;
    config.layer_group = groups.data();
    char message[512];
    if (tm_open(&config, &context_, message, sizeof message) != TM_OK) {
      std::fprintf(stderr, "tm_open: %s\n", message);
      std::exit(1);
    }
    load();
  }
  ~Bench() { tm_close(context_); }
  Bench(const Bench&) = delete;

  // deepest: tokens that a sequence comes to hold. False: there is no room for so many.
  bool size(uint32_t slots, uint32_t chunk, uint32_t deepest) {
    slots_ = slots;
    ring_ = (std::min(kWindow + chunk - 1, deepest) + kPage - 1) / kPage;
    tm_cache_config config = {};
    config.struct_size = sizeof config;
    config.kv_dtype = TM_F16;
    config.page_tokens = kPage;
    config.n_slots = slots;
    config.max_rows = std::max(chunk, slots);
    config.max_spans = slots;
    config.max_samples = slots;
    config.group_pages[0] = slots * ring_;
    config.group_ring[0] = ring_;
    const int32_t status = tm_size_cache(context_, &config);
    if (status == TM_OUT_OF_MEMORY) return false;
    must(status, "tm_size_cache");
    edits_.clear();
    copies_.clear();
    for (uint32_t slot = 0; slot < slots; ++slot) {
      for (uint32_t i = 0; i < ring_; ++i) edits_.push_back({slot, 0, i, slot * ring_ + i});
    }
    return true;
  }

  // The other slots' pages become copies of slot 0's, in the next step.
  void share() {
    for (uint32_t slot = 1; slot < slots_; ++slot) {
      for (uint32_t i = 0; i < ring_; ++i) copies_.push_back({0, i, slot * ring_ + i, 0});
    }
  }

  // rows consecutive tokens in each of the first slots, the last row of each sampled. Seconds.
  double step(uint32_t slots, uint32_t rows, int64_t position) {
    std::vector<int32_t> tokens(slots * rows);
    std::vector<tm_span> spans(slots);
    std::vector<tm_sample> samples(slots);
    std::vector<tm_result> results(slots);
    for (int32_t& token : tokens) token = static_cast<int32_t>(bench::next(random_) % shape_.vocab);
    for (uint32_t s = 0; s < slots; ++s) {
      spans[s] = {s, s * rows, rows, 0, position};
      samples[s].row = s * rows + rows - 1;
      samples[s].slot = s;
      samples[s].target = TM_SAMPLE_DRAW;
      samples[s].top_p = 1;
      samples[s].repetition_penalty = 1;
      samples[s].mask = -1;
      samples[s].position = position + rows;
    }
    tm_step step = {};
    step.struct_size = sizeof step;
    step.n_rows = slots * rows;
    step.n_spans = slots;
    step.n_edits = static_cast<uint32_t>(edits_.size());
    step.n_copies = static_cast<uint32_t>(copies_.size());
    step.n_samples = slots;
    step.tokens = tokens.data();
    step.spans = spans.data();
    step.edits = edits_.data();
    step.copies = copies_.data();
    step.samples = samples.data();
    step.results = results.data();
    const double start = seconds();
    must(tm_submit(context_, &step), "tm_submit");
    must(tm_wait(context_, -1), "tm_wait");
    const double took = seconds() - start;
    edits_.clear();
    copies_.clear();
    for (const tm_result& result : results) {
      if (result.status != TM_RESULT_OK) die("logits are not finite");
    }
    return took;
  }

  double prefill(uint32_t tokens, uint32_t chunk) {
    double took = 0;
    for (uint32_t at = 0; at < tokens; at += chunk) took += step(1, std::min(chunk, tokens - at), at);
    return took;
  }

  // Bytes that a decode of batch rows at a depth reads at least.
  double bytes(uint32_t batch, uint32_t depth) const {
    const double kv = 2.0 * 2 * shape_.layers * shape_.kv_heads * shape_.head_dim * std::min(depth, kWindow);
    const double chosen =
        shape_.experts == 0 ? 0 : 1 - std::pow(1 - static_cast<double>(shape_.experts_used) / shape_.experts, batch);
    return static_cast<double>(streamed_) + chosen * static_cast<double>(of_experts_) + batch * kv;
  }

 private:
  [[noreturn]] void die(const char* what) {
    char message[512];
    tm_last_error(context_, message, sizeof message);
    std::fprintf(stderr, "%s: %s\n", what, message);
    std::exit(1);
  }
  void must(int32_t status, const char* what) {
    if (status != TM_OK) die(what);
  }

  void set(uint32_t role, uint32_t layer, uint32_t dtype, uint64_t rows, uint64_t cols, uint32_t expert = 0) {
    const uint64_t bytes = rows * tramontane::row_bytes(dtype, cols);
    const auto [place, is_new] = memory_.try_emplace(role);
    if (is_new) {
      place->second = tramontane::Buffer(bytes + 8);
      uint8_t* data = place->second.as<uint8_t>();
      if (rows == 1) {
        for (uint64_t i = 0; i < cols; ++i) memcpy(data + 4 * i, "\0\0\x80\x3f", 4);  // 1.0f
      } else {
        bench::random_weights(dtype, rows, cols, role + 1, data);
      }
    }
    tm_tensor tensor = {};
    tensor.struct_size = sizeof tensor;
    tensor.role = role;
    tensor.layer = layer;
    tensor.expert = expert;
    tensor.dtype = dtype;
    tensor.computed_as = dtype;
    tensor.rows = rows;
    tensor.cols = cols;
    tensor.bytes = bytes;
    tensor.data = place->second.as<void>();
    // Codes of e4m3 are numbers up to 448.
    const float scale = 1 / (120 * std::sqrt(static_cast<float>(cols)));
    tensor.n_scales = dtype == TM_F8_E4M3 ? 1 : 0;
    tensor.scales = &scale;
    must(tm_set_tensor(context_, &tensor), "tm_set_tensor");
    loaded_ += bytes;
    const bool of_expert = shape_.experts > 0 && (role == TM_FFN_GATE || role == TM_FFN_UP || role == TM_FFN_DOWN);
    if (role != TM_TOKEN_EMBEDDING) (of_expert ? of_experts_ : streamed_) += bytes;
  }

  void load() {
    const uint64_t q = shape_.heads * shape_.head_dim;
    const uint64_t kv = shape_.kv_heads * shape_.head_dim;
    set(TM_TOKEN_EMBEDDING, 0, TM_F16, shape_.vocab, shape_.width);
    set(TM_OUTPUT_NORM, 0, TM_F32, 1, shape_.width);
    set(TM_OUTPUT, 0, dtype_, shape_.vocab, shape_.width);
    for (uint32_t layer = 0; layer < shape_.layers; ++layer) {
      set(TM_ATTENTION_NORM, layer, TM_F32, 1, shape_.width);
      set(TM_ATTENTION_Q, layer, dtype_, q, shape_.width);
      set(TM_ATTENTION_K, layer, dtype_, kv, shape_.width);
      set(TM_ATTENTION_V, layer, dtype_, kv, shape_.width);
      set(TM_ATTENTION_OUT, layer, dtype_, shape_.width, q);
      set(TM_FFN_NORM, layer, TM_F32, 1, shape_.width);
      if (shape_.experts > 0) set(TM_FFN_ROUTER, layer, TM_F32, shape_.experts, shape_.width);
      for (uint32_t expert = 0; expert < std::max(1u, shape_.experts); ++expert) {
        set(TM_FFN_GATE, layer, dtype_, shape_.ffn, shape_.width, expert);
        set(TM_FFN_UP, layer, dtype_, shape_.ffn, shape_.width, expert);
        set(TM_FFN_DOWN, layer, dtype_, shape_.width, shape_.ffn, expert);
      }
    }
    const double start = seconds();
    must(tm_prepare(context_), "tm_prepare");
    const double took = seconds() - start;
    const double gigabytes = static_cast<double>(loaded_) * 1e-9;
    std::printf("weights %.3f GB, prepared in %.3f s, %.3f GB/s\n", gigabytes, took, gigabytes / took);
    std::fflush(stdout);
  }

  const bench::Shape shape_;
  const uint32_t dtype_;
  tm_context* context_ = nullptr;
  std::map<uint32_t, tramontane::Buffer> memory_;  // by role
  uint64_t loaded_ = 0;                            // bytes of all of them
  uint64_t streamed_ = 0;                          // bytes of weights that each decode reads
  uint64_t of_experts_ = 0;                        // of all experts
  uint64_t random_ = 42;
  uint32_t slots_ = 0;
  uint32_t ring_ = 0;
  std::vector<tm_page_edit> edits_;
  std::vector<tm_page_copy> copies_;
};

void report(const std::string& what, uint32_t tokens, std::vector<double> times, double bytes, double bandwidth) {
  std::sort(times.begin(), times.end());
  const double median = times[times.size() / 2];
  std::printf("%-28s %9.1f tok/s   %8.3f ms (fastest %8.3f)", what.c_str(), tokens / median, median * 1e3,
              times.front() * 1e3);
  if (bytes > 0) {
    std::printf("   %5.2f TB/s  %4.1f %%", bytes / median * 1e-12, bytes / median * 1e-12 / bandwidth * 100);
  }
  std::printf("\n");
  std::fflush(stdout);
}

void report_no_room(const std::string& what) {
  std::printf("%-28s no room\n", what.c_str());
  std::fflush(stdout);
}

}  // namespace

int main(int argc, char** argv) {
  Settings settings;
  for (int i = 1; i < argc; ++i) {
    const std::string argument = argv[i];
    const size_t equals = argument.find('=');
    if (equals == std::string::npos || settings.text.count(argument.substr(0, equals)) == 0) {
      std::fprintf(stderr, "unknown option %s; see the top of device_bench.cpp\n", argv[i]);
      return 2;
    }
    settings.text[argument.substr(0, equals)] = argument.substr(equals + 1);
  }
  const bench::Shape* known = std::find_if(std::begin(bench::kShapes), std::end(bench::kShapes),
                                           [&](const bench::Shape& s) { return settings.text["shape"] == s.name; });
  const uint32_t dtype = tramontane::dtype_named(settings.text["dtype"].c_str());
  if (known == std::end(bench::kShapes) || dtype == UINT32_MAX) {
    std::fprintf(stderr, "no such shape or dtype\n");
    return 2;
  }
  const double bandwidth = std::stod(settings.text["bandwidth"]);
  const uint32_t steps = settings.numbers("steps")[0];
  const uint32_t chunk = settings.numbers("chunk")[0];
  bench::Shape shape = *known;
  if (const uint32_t layers = settings.numbers("layers")[0]; layers > 0) shape.layers = layers;
  std::printf("%s %s, %u layers\n", shape.name, settings.text["dtype"].c_str(), shape.layers);
  Bench bench(shape, settings.text["backend"] == "emu" ? TM_BACKEND_EMU : TM_BACKEND_CUDA, dtype);

  for (const uint32_t tokens : settings.numbers("prefill")) {
    const std::string what = "prefill " + std::to_string(tokens);
    if (!bench.size(1, chunk, tokens)) {
      report_no_room(what);
      continue;
    }
    std::vector<double> times;
    for (int i = 0; i < 3; ++i) times.push_back(bench.prefill(tokens, chunk));
    report(what, tokens, times, 0, bandwidth);
  }
  for (const uint32_t batch : settings.numbers("batch")) {
    for (const uint32_t context : settings.numbers("context")) {
      const std::string what = "decode b" + std::to_string(batch) + " context " + std::to_string(context);
      if (!bench.size(batch, chunk, context + 2 + steps)) {
        report_no_room(what);
        continue;
      }
      bench.prefill(context, chunk);
      bench.share();
      bench.step(batch, 1, context);
      bench.step(batch, 1, context + 1);
      std::vector<double> times;
      for (uint32_t i = 0; i < steps; ++i) times.push_back(bench.step(batch, 1, context + 2 + i));
      report(what, batch, times, bench.bytes(batch, context + 2 + steps / 2), bandwidth);
    }
  }
  return 0;
}
