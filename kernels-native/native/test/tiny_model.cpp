#include "tiny_model.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <numeric>

#include "backends.h"
#include "cpu_features.h"
#include "quantise.h"
#include "types.h"

namespace test {
namespace {

using tramontane::float_to_bits;
using tramontane::float_to_half;

void put_half(std::vector<uint8_t>& out, double value) {
  const uint16_t half = float_to_half(static_cast<float>(value));
  out.push_back(static_cast<uint8_t>(half));
  out.push_back(static_cast<uint8_t>(half >> 8));
}

[[noreturn]] void die(const char* what, const std::string& why) {
  std::fprintf(stderr, "%s: %s\n", what, why.c_str());
  std::exit(2);
}

void put_random(std::vector<uint8_t>& out, uint32_t n, Random& random) {
  for (uint32_t i = 0; i < n; ++i) out.push_back(static_cast<uint8_t>(random.next()));
}

void put_block(std::vector<uint8_t>& out, uint32_t dtype, double spread, Random& random) {
  const double sign = random.below(2) == 0 ? 1 : -1;
  const double scale = spread * sign * (0.5 + random.uniform());
  const RandomBlock* block = random_block(dtype);
  if (block == nullptr) die(tramontane::dtype_name(dtype), "has no line in test/types.h");
  put_random(out, block->scale_at, random);
  put_half(out, scale / block->divisor);
  if (block->has_minimum()) put_half(out, block->minimum * scale / block->divisor);
  const uint32_t halves = block->has_minimum() ? 4 : 2;
  put_random(out, tramontane::block_bytes(dtype) - block->scale_at - halves, random);
}

// The group of each layer.
std::vector<uint8_t> groups_of_layers(const Shape& s) {
  std::vector<uint8_t> groups = s.layer_group;
  for (uint32_t l = static_cast<uint32_t>(groups.size()); l < s.layers; ++l) {
    groups.push_back(static_cast<uint8_t>(l % s.windows.size()));
  }
  return groups;
}

}  // namespace

std::vector<uint8_t> random_matrix(uint32_t dtype, uint64_t rows, uint64_t cols, double spread, Random& random) {
  std::vector<uint8_t> out;
  const uint32_t elements = tramontane::block_elements(dtype);
  for (uint64_t i = 0; i < rows * cols; i += elements) {
    if (elements > 1) {
      put_block(out, dtype, spread, random);
      continue;
    }
    if (dtype == TM_F8_E4M3) {  // any code but NaN: magnitudes up to 448
      out.push_back(static_cast<uint8_t>(random.below(127) | random.below(2) << 7));
      continue;
    }
    const float value = random.normal() * static_cast<float>(spread);
    const uint32_t bits = float_to_bits(value);
    if (dtype == TM_F32) {
      for (int shift = 0; shift < 32; shift += 8) out.push_back(static_cast<uint8_t>(bits >> shift));
    } else if (dtype == TM_F16) {
      put_half(out, static_cast<double>(value));
    } else {
      out.push_back(static_cast<uint8_t>(bits >> 16));
      out.push_back(static_cast<uint8_t>(bits >> 24));
    }
  }
  return out;
}

Weights::Weights(const Shape& s) : shape(s) {
  Random random{s.seed};
  const auto matrix = [&](uint32_t role, uint32_t layer, uint64_t rows, uint64_t cols, uint32_t expert = 0) {
    const double spread = 1 / std::sqrt(static_cast<double>(cols));
    const bool embedding = role == TM_TOKEN_EMBEDDING;
    const bool own_type = embedding && s.embedding_dtype != kAsStored;
    const uint32_t dtype = own_type ? s.embedding_dtype : role == TM_FFN_ROUTER ? s.router_dtype : s.dtype;
    const double deviation = embedding ? 1.0 : spread;
    const uint32_t computed_as = own_type || role == TM_FFN_ROUTER ? kAsStored : s.computed_as;
    entries.push_back(
        {role, layer, dtype, rows, cols, random_matrix(dtype, rows, cols, deviation, random), expert, computed_as});
    const uint64_t n_scales = dtype != TM_F8_E4M3 ? 0 : s.scales == 2 ? rows : s.scales;
    for (uint64_t i = 0; i < n_scales; ++i) {
      entries.back().scales.push_back(static_cast<float>(deviation / 120 * (0.5 + random.uniform())));
    }
  };
  const auto vector = [&](uint32_t role, uint32_t layer, uint64_t cols, float base, float spread) {
    std::vector<uint8_t> bytes(cols * 4);
    for (uint64_t i = 0; i < cols; ++i) {
      const float value = base + spread * static_cast<float>(random.uniform());
      memcpy(bytes.data() + 4 * i, &value, 4);
    }
    entries.push_back({role, layer, TM_F32, 1, cols, std::move(bytes)});
  };
  matrix(TM_TOKEN_EMBEDDING, 0, s.vocab, s.width);
  vector(TM_OUTPUT_NORM, 0, s.width, 0.5f, 1.0f);
  if (!s.tied) matrix(TM_OUTPUT, 0, s.vocab, s.width);
  if (s.rope_factors) vector(TM_ROPE_FACTORS, 0, s.rope_dims / 2, 1.0f, 4.0f);
  for (uint32_t l = 0; l < s.layers; ++l) {
    vector(TM_ATTENTION_NORM, l, s.width, 0.5f, 1.0f);
    matrix(TM_ATTENTION_Q, l, static_cast<uint64_t>(s.heads) * s.head_dim, s.width);
    matrix(TM_ATTENTION_K, l, static_cast<uint64_t>(s.kv_heads) * s.head_dim, s.width);
    matrix(TM_ATTENTION_V, l, static_cast<uint64_t>(s.kv_heads) * s.head_dim, s.width);
    matrix(TM_ATTENTION_OUT, l, s.width, static_cast<uint64_t>(s.heads) * s.head_dim);
    vector(TM_FFN_NORM, l, s.width, 0.5f, 1.0f);
    if (s.experts > 0) matrix(TM_FFN_ROUTER, l, s.experts, s.width);
    for (uint32_t e = 0; e < std::max(1u, s.experts); ++e) {
      matrix(TM_FFN_GATE, l, s.ffn, s.width, e);
      matrix(TM_FFN_UP, l, s.ffn, s.width, e);
      matrix(TM_FFN_DOWN, l, s.width, s.ffn, e);
    }
  }
}

const std::vector<float>& Weights::values(uint32_t role, uint32_t layer, uint32_t expert) const {
  const auto [place, is_new] = kept_.try_emplace({role, layer, expert});
  for (const Entry& e : entries) {
    if (is_new && e.role == role && e.layer == layer && e.expert == expert) place->second = e.values();
  }
  return place->second;
}

std::vector<float> Weights::Entry::stored_values() const {
  std::vector<float> out(rows * cols);
  tramontane::dequantise_row(dtype, bytes.data(), rows * cols, out.data());
  for (uint64_t i = 0; !scales.empty() && i < out.size(); ++i) out[i] *= scales[scales.size() == 1 ? 0 : i / cols];
  return out;
}

std::vector<float> Weights::Entry::values() const {
  std::vector<float> out = stored_values();
  if (computed_type() != dtype) tramontane::round_row(computed_type(), out.data(), out.size());
  return out;
}

tm_tensor Weights::Entry::tensor() const {
  tm_tensor t{};
  t.struct_size = sizeof t;
  t.role = role;
  t.layer = layer;
  t.expert = expert;
  t.dtype = dtype;
  t.computed_as = computed_type();
  t.n_scales = static_cast<uint32_t>(scales.size());
  t.rows = rows;
  t.cols = cols;
  t.bytes = bytes.size();
  t.data = bytes.data();
  t.scales = scales.data();
  return t;
}

Weights part_of(const Weights& whole, uint32_t first, uint32_t end, uint32_t parts) {
  Weights part = whole;
  Shape& s = part.shape;
  const std::vector<uint8_t> groups = groups_of_layers(s);
  s.layer_group = {groups.begin() + first, groups.begin() + end};
  s.layers = end - first;
  s.parts = parts;
  part.entries.clear();
  for (Weights::Entry e : whole.entries) {
    if (e.role >= TM_ATTENTION_NORM) {
      if (e.layer < first || e.layer >= end) continue;
      e.layer -= first;
    } else if (e.role == TM_TOKEN_EMBEDDING && !s.has(TM_PART_EMBEDDING)) {
      if (!s.has(TM_PART_HEAD) || !s.tied) continue;
      e.role = TM_OUTPUT;
    } else if ((e.role == TM_OUTPUT || e.role == TM_OUTPUT_NORM) && !s.has(TM_PART_HEAD)) {
      continue;
    } else if (e.role == TM_ROPE_FACTORS && s.layers == 0) {
      continue;
    }
    part.entries.push_back(std::move(e));
  }
  return part;
}

std::string Placement::name() const {
  static constexpr const char* kLevels[] = {"", " portable", " avx2", " avx512"};
  return std::string(tramontane::backend_of(backend)->name) + kLevels[cpu_level];
}

bool asked_for(const char* backend) {
  const char* only = std::getenv("TM_TEST_BACKEND");
  return only == nullptr || strcmp(only, backend) == 0;
}

std::vector<Placement> placements() {
  std::vector<Placement> all;
  if (asked_for("ref")) all.emplace_back();
  if (!asked_for("cpu")) return all;
  for (uint32_t level = TM_CPU_PORTABLE; level <= TM_CPU_AVX512; ++level) {
    if (!tramontane::has_cpu_level(level)) continue;
    all.emplace_back();
    all.back().backend = TM_BACKEND_CPU;
    all.back().cpu_level = level;
  }
  return all;
}

std::vector<Placement> device_placements() {
  std::vector<Placement> all;
  for (const uint32_t backend : {TM_BACKEND_CUDA, TM_BACKEND_EMU}) {
    Placement p;
    p.backend = backend;
    p.kv_dtype = TM_F16;
    char text[tramontane::kBackendText];
    if (!asked_for(p.name().c_str())) continue;
    if (tramontane::backend_of(backend)->found(text, sizeof text)) {
      all.push_back(p);
    } else if (std::getenv("TM_TEST_BACKEND") != nullptr) {
      die("TM_TEST_BACKEND", text);
    }
  }
  return all;
}

bool device_runs(const Shape& shape) {
  const bool type = tramontane::element_type(shape.computed_type())->on_device();
  const uint32_t d = shape.head_dim;
  return type && (d == 16 || d == 32 || d == 64 || d == 96 || d == 128);
}

tm_model_config model_config(const Shape& s, const Placement& p, std::vector<uint8_t>& layer_group) {
  layer_group = groups_of_layers(s);
  tm_model_config c{};
  c.struct_size = sizeof c;
  c.backend = p.backend;
  c.device = p.device;
  c.cpu_level = p.cpu_level;
  c.n_threads = p.threads;
  c.parts = s.parts;
  c.n_layers = s.layers;
  c.width = s.width;
  c.n_heads = s.heads;
  c.n_kv_heads = s.kv_heads;
  c.head_dim = s.head_dim;
  c.ffn = s.ffn;
  c.vocab = s.vocab;
  c.n_experts = s.experts;
  c.n_experts_used = s.experts_used;
  c.rope_style = s.rope_style;
  c.rope_dims = s.rope_dims;
  c.n_groups = static_cast<uint32_t>(s.windows.size());
  c.rope_theta = 10000;
  c.rms_epsilon = 1e-5;
  c.rope_magnitude = s.magnitude;
  c.query_scale_beta = s.query_beta;
  c.query_scale_positions = s.query_positions;
  std::copy(s.windows.begin(), s.windows.end(), c.group_window);
  c.layer_group = layer_group.data();
  return c;
}

tm_cache_config cache_config(const Shape& s, const Placement& p) {
  tm_cache_config c{};
  c.struct_size = sizeof c;
  c.kv_dtype = p.kv_dtype;
  c.page_tokens = p.page_tokens;
  c.n_slots = p.slots;
  c.max_rows = p.max_rows;
  c.max_spans = std::min(p.slots, p.max_rows);
  c.max_samples = s.has(TM_PART_HEAD) ? p.max_rows : 0;
  c.max_adapters = p.max_adapters;
  c.max_rank = p.max_rank;
  c.adapter_dtype = p.adapter_dtype;
  for (uint32_t g = 0; g < s.windows.size(); ++g) {
    uint32_t tokens = p.max_tokens;
    if (p.ring && s.windows[g] > 0) tokens = std::min(tokens, s.windows[g] + p.max_rows - 1);
    c.group_ring[g] = (tokens + p.page_tokens - 1) / p.page_tokens;
    c.group_pages[g] = c.group_ring[g] * p.slots + 3;
  }
  return c;
}

Session::Session(const Weights& weights, const Placement& placement, const std::vector<const void*>* copies)
    : weights_(weights) {
  std::vector<uint8_t> layer_group;
  const tm_model_config config = model_config(weights.shape, placement, layer_group);
  char message[512];
  if (tm_open(&config, &context_, message, sizeof message) != TM_OK) die("tm_open", message);
  for (size_t i = 0; i < weights.entries.size(); ++i) {
    tm_tensor t = weights.entries[i].tensor();
    if (copies != nullptr) t.data = (*copies)[i];
    if (tm_set_tensor(context_, &t) != TM_OK) die("tm_set_tensor", error());
  }
  if (tm_prepare(context_) != TM_OK) die("tm_prepare", error());
  resize(placement);
}

Session::~Session() { tm_close(context_); }

std::string Session::error() const {
  char message[512];
  tm_last_error(context_, message, sizeof message);
  return message;
}

tramontane::Probe& Session::probe() {
  if (!probe_) probe_ = context_->backend->probe();
  return *probe_;
}

void Session::resize(const Placement& p) {
  placement_ = p;
  probe_.reset();
  const tm_cache_config c = cache_config(weights_.shape, p);
  edits_.clear();
  Random random{p.page_seed};
  for (uint32_t g = 0; g < weights_.shape.windows.size(); ++g) {
    std::vector<uint32_t> pages(c.group_pages[g]);
    std::iota(pages.begin(), pages.end(), 0u);
    for (size_t i = pages.size(); i > 1; --i) std::swap(pages[i - 1], pages[random.below(static_cast<uint32_t>(i))]);
    for (uint32_t slot = 0; slot < p.slots; ++slot) {
      for (uint32_t i = 0; i < c.group_ring[g]; ++i) edits_.push_back({slot, g, i, pages[slot * c.group_ring[g] + i]});
    }
  }
  if (tm_size_cache(context_, &c) != TM_OK) die("tm_size_cache", error());
}

tm_sample plain_sample(uint32_t row, uint32_t slot) {
  tm_sample s{};
  s.row = row;
  s.slot = slot;
  s.target = TM_SAMPLE_DRAW;
  s.top_p = 1;
  s.repetition_penalty = 1;
  s.mask = -1;
  return s;
}

tm_step Session::describe(const std::vector<SpanInput>& spans) {
  spans_.clear();
  tokens_.clear();
  samples_.clear();
  for (const SpanInput& s : spans) {
    spans_.push_back(
        {s.slot, static_cast<uint32_t>(tokens_.size()), static_cast<uint32_t>(s.tokens.size()), s.adapter, s.position});
    for (const int32_t token : s.tokens) {
      if (weights_.shape.has(TM_PART_HEAD)) {
        samples_.push_back(plain_sample(static_cast<uint32_t>(tokens_.size()), s.slot));
      }
      tokens_.push_back(token);
    }
  }
  results_.assign(samples_.size(), {});
  logits_.assign(samples_.size() * weights_.shape.vocab, 0.0f);
  tm_step step{};
  step.struct_size = sizeof step;
  step.n_rows = static_cast<uint32_t>(tokens_.size());
  step.n_spans = static_cast<uint32_t>(spans_.size());
  step.n_edits = static_cast<uint32_t>(edits_.size());
  step.n_samples = static_cast<uint32_t>(samples_.size());
  step.tokens = tokens_.data();
  step.spans = spans_.data();
  step.edits = edits_.data();
  step.samples = samples_.data();
  step.results = results_.data();
  step.logits = logits_.data();
  const size_t floats = tokens_.size() * weights_.shape.width;
  hidden_in_.resize(weights_.shape.has(TM_PART_EMBEDDING) ? 0 : floats);
  hidden_out_.assign(weights_.shape.has(TM_PART_HEAD) ? 0 : floats, 0.0f);
  step.hidden_in = hidden_in_.empty() ? nullptr : hidden_in_.data();
  step.hidden_out = hidden_out_.empty() ? nullptr : hidden_out_.data();
  return step;
}

std::vector<float> Session::run(const std::vector<SpanInput>& spans, const std::vector<float>& hidden) {
  hidden_in_ = hidden;
  const tm_step step = describe(spans);
  if (tm_submit(context_, &step) != TM_OK) die("tm_submit", error());
  edits_.clear();
  if (tm_wait(context_, -1) != TM_OK) die("tm_wait", error());
  return weights_.shape.has(TM_PART_HEAD) ? logits_ : hidden_out_;
}

const tramontane::Step& Session::stage(const std::vector<SpanInput>& spans) {
  const tm_step step = describe(spans);
  tm_context& c = *context_;
  if (check_step(c.model, c.adapters, step, c.cache, c.room, c.step, c.error) != TM_OK) die("check_step", error());
  edits_.clear();
  return c.step;
}

std::vector<float> Session::run_chunked(uint32_t slot, const std::vector<int32_t>& tokens, uint32_t chunk,
                                        uint32_t adapter) {
  std::vector<float> all;
  for (size_t at = 0; at < tokens.size(); at += chunk) {
    const size_t end = std::min(tokens.size(), at + chunk);
    const auto part = run({{slot,
                            static_cast<int64_t>(at),
                            {tokens.begin() + static_cast<long>(at), tokens.begin() + static_cast<long>(end)},
                            adapter}});
    all.insert(all.end(), part.begin(), part.end());
  }
  return all;
}

std::vector<int32_t> random_tokens(uint32_t n, uint32_t vocab, uint64_t seed) {
  Random random{seed};
  std::vector<int32_t> tokens(n);
  for (int32_t& token : tokens) token = static_cast<int32_t>(random.below(vocab));
  return tokens;
}

bool same(const std::vector<float>& a, const std::vector<float>& b) {
  return a.size() == b.size() && memcmp(a.data(), b.data(), a.size() * sizeof(float)) == 0;
}

}  // namespace test
