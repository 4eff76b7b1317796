// Prefill and decode rates of a random model through the ABI.
//
//   step_bench [shape=135m|1b|7b|8x7b/16] [dtype=Q4_1] [head=Q8_0] [threads=2] [level=auto|avx512|avx2|portable]
//              [prefill=512] [depth=0] [seconds=2]
//
// One line a measurement: tokens a second of the fastest repetition, and of the median. The rate of weights counts each
// expert that a batch of rows with independent, even choices is expected to touch.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <string>

#include "bench_shapes.h"

namespace {

using bench::seconds;

struct Bench {
  tm_context* context = nullptr;
  bench::Shape shape;
  std::vector<tramontane::Buffer> memory;
  uint64_t streamed = 0;          // bytes of weights that every decode reads
  uint64_t streamed_experts = 0;  // of all experts

  [[noreturn]] void die(const char* what) const {
    char message[512] = "";
    if (context != nullptr) tm_last_error(context, message, sizeof message);
    std::fprintf(stderr, "%s: %s\n", what, message);
    std::exit(1);
  }

  void set(uint32_t role, uint32_t layer, uint32_t dtype, uint64_t rows, uint64_t cols, uint32_t expert = 0) {
    const uint64_t bytes = rows * tramontane::row_bytes(dtype, cols);
    memory.emplace_back(bytes + 8);
    uint8_t* data = memory.back().as<uint8_t>();
    if (rows == 1) {
      for (uint64_t i = 0; i < cols; ++i) memcpy(data + 4 * i, "\0\0\x80\x3f", 4);  // 1.0f
    } else {
      bench::random_weights(dtype, rows, cols, memory.size(), data);
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
    tensor.data = data;
    if (tm_set_tensor(context, &tensor) != TM_OK) die("tm_set_tensor");
    const bool of_expert = shape.experts > 0 && role >= TM_FFN_GATE;
    if (role != TM_TOKEN_EMBEDDING || shape.tied) (of_expert ? streamed_experts : streamed) += bytes;
  }

  void open(uint32_t level, uint32_t threads, uint32_t dtype, uint32_t head) {
    std::vector<uint8_t> groups(shape.layers, 0);
    tm_model_config config = {};
    config.struct_size = sizeof config;
    config.backend = TM_BACKEND_CPU;
    config.cpu_level = level;
    config.n_threads = threads;
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
    config.rope_theta = 10000;
    config.rms_epsilon = 1e-5;
    config.layer_group = groups.data();
    char message[512];
    if (tm_open(&config, &context, message, sizeof message) != TM_OK) {
      std::fprintf(stderr, "tm_open: %s\n", message);
      std::exit(1);
    }
    const uint64_t q = shape.heads * shape.head_dim;
    const uint64_t kv = shape.kv_heads * shape.head_dim;
    set(TM_TOKEN_EMBEDDING, 0, shape.tied ? head : TM_F16, shape.vocab, shape.width);
    set(TM_OUTPUT_NORM, 0, TM_F32, 1, shape.width);
    if (!shape.tied) set(TM_OUTPUT, 0, head, shape.vocab, shape.width);
    for (uint32_t layer = 0; layer < shape.layers; ++layer) {
      set(TM_ATTENTION_NORM, layer, TM_F32, 1, shape.width);
      set(TM_ATTENTION_Q, layer, dtype, q, shape.width);
      set(TM_ATTENTION_K, layer, dtype, kv, shape.width);
      set(TM_ATTENTION_V, layer, dtype, kv, shape.width);
      set(TM_ATTENTION_OUT, layer, dtype, shape.width, q);
      set(TM_FFN_NORM, layer, TM_F32, 1, shape.width);
      if (shape.experts > 0) set(TM_FFN_ROUTER, layer, TM_F32, shape.experts, shape.width);
      for (uint32_t expert = 0; expert < std::max(1u, shape.experts); ++expert) {
        set(TM_FFN_GATE, layer, dtype, shape.ffn, shape.width, expert);
        set(TM_FFN_UP, layer, dtype, shape.ffn, shape.width, expert);
        set(TM_FFN_DOWN, layer, dtype, shape.width, shape.ffn, expert);
      }
    }
    const double start = seconds();
    if (tm_prepare(context) != TM_OK) die("tm_prepare");
    std::printf("prepare %.2f s\n", seconds() - start);
  }

  void size(uint32_t slots, uint32_t max_rows, uint32_t tokens) {
    constexpr uint32_t kPage = 64;
    tm_cache_config config = {};
    config.struct_size = sizeof config;
    config.kv_dtype = TM_F16;
    config.page_tokens = kPage;
    config.n_slots = slots;
    config.max_rows = max_rows;
    config.max_spans = slots;
    config.max_samples = slots;
    const uint32_t pages = (tokens + kPage - 1) / kPage;
    config.group_pages[0] = slots * pages;
    config.group_ring[0] = pages;
    if (tm_size_cache(context, &config) != TM_OK) die("tm_size_cache");
    edits.clear();
    for (uint32_t slot = 0; slot < slots; ++slot) {
      for (uint32_t i = 0; i < pages; ++i) edits.push_back({slot, 0, i, slot * pages + i});
    }
  }

  // One step with rows consecutive tokens in each of slots sequences; the last row of each is sampled.
  double step(uint32_t slots, uint32_t rows, int64_t position) {
    std::vector<int32_t> tokens(slots * rows);
    std::vector<tm_span> spans(slots);
    std::vector<tm_sample> samples(slots);
    std::vector<tm_result> results(slots);
    for (uint32_t i = 0; i < tokens.size(); ++i) {
      tokens[i] = static_cast<int32_t>((i * 7919 + static_cast<uint32_t>(position)) % shape.vocab);
    }
    for (uint32_t s = 0; s < slots; ++s) {
      spans[s] = {s, s * rows, rows, 0, position};
      samples[s] = {};
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
    step.n_edits = static_cast<uint32_t>(edits.size());
    step.n_samples = slots;
    step.tokens = tokens.data();
    step.spans = spans.data();
    step.edits = edits.data();
    step.samples = samples.data();
    step.results = results.data();
    const double start = seconds();
    if (tm_submit(context, &step) != TM_OK) die("tm_submit");
    if (tm_wait(context, -1) != TM_OK) die("tm_wait");
    const double took = seconds() - start;
    edits.clear();
    if (results[0].status != TM_RESULT_OK) die("logits are not finite");
    return took;
  }

  double expected_bytes(uint32_t batch) const {
    if (shape.experts == 0) return static_cast<double>(streamed);
    const double untouched = std::pow(1 - static_cast<double>(shape.experts_used) / shape.experts, batch);
    return static_cast<double>(streamed) + static_cast<double>(streamed_experts) * (1 - untouched);
  }

  std::vector<tm_page_edit> edits;
};

void report(const char* what, uint32_t n, uint32_t tokens, std::vector<double> times, double bytes) {
  std::sort(times.begin(), times.end());
  const double best = times.front();
  const double median = times[times.size() / 2];
  std::printf("%-8s %4u   %8.1f tok/s (median %8.1f)   %8.3f ms/step", what, n, tokens / best, tokens / median,
              best * 1e3);
  if (bytes > 0) std::printf("   weights %5.1f GB/s", bytes / best * 1e-9);
  std::printf("\n");
  std::fflush(stdout);
}

}  // namespace

int main(int argc, char** argv) {
  std::map<std::string, std::string> options = {{"shape", "135m"}, {"dtype", "Q4_1"}, {"head", "Q8_0"},
                                                {"threads", "2"},  {"level", "auto"}, {"prefill", "512"},
                                                {"depth", "0"},    {"seconds", "2"}};
  for (int i = 1; i < argc; ++i) {
    const std::string argument = argv[i];
    const size_t equals = argument.find('=');
    if (equals == std::string::npos || options.count(argument.substr(0, equals)) == 0) {
      std::fprintf(stderr, "unknown option %s; see the top of step_bench.cpp\n", argv[i]);
      return 2;
    }
    options[argument.substr(0, equals)] = argument.substr(equals + 1);
  }
  Bench bench = {};
  for (const bench::Shape& shape : bench::kShapes) {
    if (options["shape"] == shape.name) bench.shape = shape;
  }
  const uint32_t dtype = tramontane::dtype_named(options["dtype"].c_str());
  const uint32_t head = tramontane::dtype_named(options["head"].c_str());
  if (bench.shape.name == nullptr || dtype == UINT32_MAX || head == UINT32_MAX) {
    std::fprintf(stderr, "no such shape or dtype\n");
    return 2;
  }
  const std::string level = options["level"];
  const uint32_t cpu_level = level == "avx512"     ? TM_CPU_AVX512
                             : level == "avx2"     ? TM_CPU_AVX2
                             : level == "portable" ? TM_CPU_PORTABLE
                                                   : TM_CPU_AUTO;
  const uint32_t prefill = static_cast<uint32_t>(std::stoul(options["prefill"]));
  const uint32_t depth = static_cast<uint32_t>(std::stoul(options["depth"]));
  const double limit = std::stod(options["seconds"]);
  std::printf("%s %s head %s, %s threads, level %s\n", bench.shape.name, options["dtype"].c_str(),
              options["head"].c_str(), options["threads"].c_str(), level.c_str());
  bench.open(cpu_level, static_cast<uint32_t>(std::stoul(options["threads"])), dtype, head);

  bench.size(1, prefill, prefill);
  std::vector<double> times;
  for (const double start = seconds(); times.size() < 3 || seconds() - start < limit;) {
    times.push_back(bench.step(1, prefill, 0));
  }
  report("prefill", prefill, prefill, times, 0);

  for (const uint32_t batch : {1u, 2u, 4u, 8u, 16u}) {
    bench.size(batch, std::max(batch, 256u), depth + 512);
    for (uint32_t at = 0; at < depth; at += 256 / batch) bench.step(batch, 256 / batch, at);
    times.clear();
    int64_t position = depth;
    for (const double start = seconds(); times.size() < 4 || seconds() - start < limit;) {
      times.push_back(bench.step(batch, 1, position));
      position = position + 1 < depth + 512 ? position + 1 : depth;
    }
    report("decode", batch, batch, times, bench.expected_bytes(batch));
  }
  tm_close(bench.context);
  return 0;
}
