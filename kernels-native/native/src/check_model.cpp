// Checks of tm_open, tm_set_tensor and tm_prepare.
#include <cmath>
#include <string>

#include "backends.h"
#include "context.h"
#include "cpu_features.h"
#include "quantise.h"
#include "scales.h"

namespace tramontane {
namespace {

constexpr uint32_t kWhole = TM_PART_EMBEDDING | TM_PART_HEAD;
constexpr uint32_t kMaxLayers = 1024;
constexpr uint32_t kMaxWidth = 262144;
constexpr uint32_t kMaxHeadDim = 512;
constexpr uint32_t kMaxVocab = 4194304;
constexpr uint32_t kMaxThreads = 1024;
constexpr double kMaxStretch = 1e6;

int32_t check_range(Error& error, const char* field, uint32_t value, uint32_t low, uint32_t high) {
  if (value >= low && value <= high) return TM_OK;
  return error.invalid("%s is %u, expected %u..%u", field, value, low, high);
}

int32_t check_stretch(const tm_model_config& c, Error& error) {
  if (!(c.rope_magnitude > 0 && c.rope_magnitude <= kMaxStretch)) {
    return error.invalid("rope_magnitude is %g, expected a number above 0, up to %g", c.rope_magnitude, kMaxStretch);
  }
  if (!(c.query_scale_beta >= 0 && c.query_scale_beta <= kMaxStretch)) {
    return error.invalid("query_scale_beta is %g, expected 0..%g", c.query_scale_beta, kMaxStretch);
  }
  if ((c.query_scale_beta != 0) != (c.query_scale_positions != 0)) {
    return error.invalid("query_scale_positions is %u, expected %s", c.query_scale_positions,
                         c.query_scale_beta == 0 ? "0 without query_scale_beta" : "at least 1");
  }
  return TM_OK;
}

int32_t check_extents(const tm_model_config& c, Error& error) {
  const struct {
    const char* field;
    uint32_t value, low, high;
  } ranges[] = {
      {"n_threads", c.n_threads, 0, kMaxThreads},
      {"parts", c.parts, 0, kWhole},
      {"n_layers", c.n_layers, c.parts == 0 || c.parts == kWhole ? 1u : 0u, kMaxLayers},
      {"width", c.width, 8, kMaxWidth},
      {"ffn", c.ffn, 8, kMaxWidth},
      {"n_heads", c.n_heads, 1, kMaxWidth},
      {"n_kv_heads", c.n_kv_heads, 1, kMaxWidth},
      {"head_dim", c.head_dim, 2, kMaxHeadDim},
      {"vocab", c.vocab, 1, kMaxVocab},
      {"rope_style", c.rope_style, TM_ROPE_INTERLEAVED, TM_ROPE_HALVES},
      {"rope_dims", c.rope_dims, 0, kMaxHeadDim},
      {"n_experts", c.n_experts, 0, kMaxExperts},
      {"n_experts_used", c.n_experts_used, c.n_experts == 0 ? 0u : 1u, c.n_experts},
      {"n_groups", c.n_groups, 1, TM_MAX_GROUPS},
  };
  for (const auto& r : ranges) {
    if (const int32_t status = check_range(error, r.field, r.value, r.low, r.high)) return status;
  }
  if (c.width % 8 != 0) return error.invalid("width is %u, expected a multiple of 8", c.width);
  if (c.ffn % 8 != 0) return error.invalid("ffn is %u, expected a multiple of 8", c.ffn);
  if (c.head_dim % 2 != 0) return error.invalid("head_dim is %u, expected an even number", c.head_dim);
  if (c.n_heads % c.n_kv_heads != 0) {
    return error.invalid("n_heads is %u, expected a multiple of n_kv_heads (%u)", c.n_heads, c.n_kv_heads);
  }
  const uint64_t q_width = static_cast<uint64_t>(c.n_heads) * c.head_dim;
  if (q_width > kMaxWidth) {
    return error.invalid("n_heads * head_dim is %llu, expected at most %u", static_cast<unsigned long long>(q_width),
                         kMaxWidth);
  }
  if (c.rope_dims % 2 != 0 || c.rope_dims > c.head_dim) {
    return error.invalid("rope_dims is %u, expected an even number up to head_dim (%u)", c.rope_dims, c.head_dim);
  }
  if (!(c.rope_theta > 0 && std::isfinite(c.rope_theta))) {
    return error.invalid("rope_theta is %g, expected a positive number", c.rope_theta);
  }
  if (!(c.rms_epsilon >= 0 && c.rms_epsilon <= 1)) {
    return error.invalid("rms_epsilon is %g, expected 0..1", c.rms_epsilon);
  }
  return check_stretch(c, error);
}

int32_t check_groups(const tm_model_config& c, Error& error) {
  if (c.layer_group == nullptr && c.n_layers > 0)
    return error.invalid("layer_group is NULL, expected %u entries", c.n_layers);
  for (uint32_t layer = 0; layer < c.n_layers; ++layer) {
    if (c.layer_group[layer] >= c.n_groups) {
      return error.invalid("layer_group[%u] is %u, expected a group below %u", layer, c.layer_group[layer], c.n_groups);
    }
  }
  for (uint32_t g = 0; g < TM_MAX_GROUPS; ++g) {
    if (g >= c.n_groups && c.group_window[g] != 0) {
      return error.invalid("group_window[%u] is %u, expected 0 beyond the %u groups", g, c.group_window[g], c.n_groups);
    }
    if (c.group_window[g] > INT32_MAX) {
      return error.invalid("group_window[%u] is %u, expected at most %d", g, c.group_window[g], INT32_MAX);
    }
  }
  return TM_OK;
}

int32_t check_numbers(const tm_model_config& c, Error& error) {
  if (c.struct_size != sizeof c) {
    return error.invalid("tm_model_config.struct_size is %u, expected %zu", c.struct_size, sizeof c);
  }
  if (c.reserved != 0) return error.invalid("tm_model_config.reserved is %u, expected 0", c.reserved);
  if (backend_of(c.backend) == nullptr) {
    return error.invalid("backend is %u, expected one of TM_BACKEND_*", c.backend);
  }
  if (c.cpu_level > TM_CPU_AVX512) {
    return error.invalid("cpu_level is %u, expected 0..%u", c.cpu_level, TM_CPU_AVX512);
  }
  return TM_OK;
}

int32_t check_placement(const tm_model_config& c, Error& error) {
  const BackendKind* kind = backend_of(c.backend);
  char text[kBackendText];
  if (!kind->found(text, sizeof text)) {
    return error.fail(TM_UNSUPPORTED, "the %s backend can't be used here: %s", kind->name, text);
  }
  if (kind->devices == nullptr && c.device != 0) {
    return error.invalid("device is %u, but the %s backend has none", c.device, kind->name);
  }
  DeviceFacts device = {};
  if (kind->devices != nullptr && !kind->devices->facts(c.device, device)) {
    return error.fail(TM_UNSUPPORTED, "the %s backend has no device %u", kind->name, c.device);
  }
  if (kind->devices != nullptr && !device.usable) {
    return error.fail(TM_UNSUPPORTED, "device %u, %s, lacks what the %s backend needs", c.device, device.name,
                      kind->name);
  }
  if (c.cpu_level != TM_CPU_AUTO && !has_cpu_level(c.cpu_level)) {
    static constexpr const char* kNames[] = {"auto", "portable", "avx2", "avx512"};
    static constexpr const char* kNeeds[] = {"", "", " (AVX2 with FMA and F16C)", " (AVX-512 with VNNI)"};
    return error.fail(TM_UNSUPPORTED, "this machine lacks the cpu level %s%s; its highest is %s", kNames[c.cpu_level],
                      kNeeds[c.cpu_level], kNames[highest_cpu_level()]);
  }
  return TM_OK;
}

struct Shape {
  uint64_t rows;
  uint64_t cols;
};

Shape shape_of(const Model& m, uint32_t role) {
  switch (role) {
    case TM_TOKEN_EMBEDDING:
    case TM_OUTPUT:
      return {m.vocab, m.width};
    case TM_ROPE_FACTORS:
      return {1, m.rope_dims / 2};
    case TM_ATTENTION_Q:
      return {m.q_width(), m.width};
    case TM_ATTENTION_K:
    case TM_ATTENTION_V:
      return {m.kv_width(), m.width};
    case TM_ATTENTION_OUT:
      return {m.width, m.q_width()};
    case TM_FFN_ROUTER:
      return {m.n_experts, m.width};
    case TM_FFN_GATE:
    case TM_FFN_UP:
      return {m.ffn, m.width};
    case TM_FFN_DOWN:
      return {m.width, m.ffn};
    default:
      return {1, m.width};  // norms
  }
}

constexpr const char* kRoleNames[TM_N_ROLES] = {
    "token embedding", "output norm",   "output",   "rope factors", "attention norm", "attention q", "attention k",
    "attention v",     "attention out", "ffn norm", "ffn router",   "ffn gate",       "ffn up",      "ffn down"};

int32_t check_computed_as(const tm_tensor& t, const char* name, Error& error) {
  if (t.computed_as == t.dtype) return TM_OK;
  if (block_elements(t.computed_as) == 0 || !is_quantise_target(t.computed_as)) {
    return error.fail(TM_UNSUPPORTED, "%s: computed_as is %u (%s), to which nothing is quantised", name, t.computed_as,
                      dtype_name(t.computed_as));
  }
  if (is_vector(t.role) || !is_quantise_source(t.dtype)) {
    return error.invalid("%s: computed_as is %s, but %s stays as it is", name, dtype_name(t.computed_as),
                         is_vector(t.role) ? "a vector" : dtype_name(t.dtype));
  }
  return TM_OK;
}

int32_t check_types(const tm_tensor& t, const char* name, Error& error) {
  if (block_elements(t.dtype) == 0) return error.fail(TM_UNSUPPORTED, "%s: dtype %u is not supported", name, t.dtype);
  if (is_vector(t.role) && t.dtype != TM_F32) {
    return error.invalid("%s: dtype is %s, expected F32", name, dtype_name(t.dtype));
  }
  return check_computed_as(t, name, error);
}

int32_t check_blocks(const tm_tensor& t, const char* name, Error& error) {
  for (const uint32_t type : {t.dtype, t.computed_as}) {
    if (t.cols % block_elements(type) == 0) continue;
    return error.invalid("%s: a row of %llu elements is not a whole number of %s blocks of %u", name,
                         static_cast<unsigned long long>(t.cols), dtype_name(type), block_elements(type));
  }
  return TM_OK;
}

}  // namespace

const char* role_name(uint32_t role) { return kRoleNames[role]; }

int32_t check_model_config(const tm_model_config& config, Error& error) {
  if (const int32_t status = check_numbers(config, error)) return status;
  if (const int32_t status = check_placement(config, error)) return status;
  return check_model_shape(config, error);
}

int32_t check_model_shape(const tm_model_config& config, Error& error) {
  if (const int32_t status = check_numbers(config, error)) return status;
  if (const int32_t status = check_extents(config, error)) return status;
  return check_groups(config, error);
}

int32_t check_tensor_kind(const tm_tensor& t, Error& error) {
  if (t.struct_size != sizeof t) {
    return error.invalid("tm_tensor.struct_size is %u, expected %zu", t.struct_size, sizeof t);
  }
  if (t.role >= TM_N_ROLES) return error.invalid("role is %u, expected below %u", t.role, TM_N_ROLES);
  const char* name = kRoleNames[t.role];
  if (const int32_t status = check_types(t, name, error)) return status;
  if (t.rows < 1 || t.rows > kMaxVocab || t.cols < 1 || t.cols > kMaxWidth || (is_vector(t.role) && t.rows > 1)) {
    return error.invalid("%s: shape is [%llu, %llu], expected [%s%u, 1..%u]", name,
                         static_cast<unsigned long long>(t.rows), static_cast<unsigned long long>(t.cols),
                         is_vector(t.role) ? "" : "1..", is_vector(t.role) ? 1 : kMaxVocab, kMaxWidth);
  }
  return check_blocks(t, name, error);
}

int32_t check_tensor(Model& model, const tm_tensor& t, Error& error, Tensor** place) {
  if (t.struct_size != sizeof t) {
    return error.invalid("tm_tensor.struct_size is %u, expected %zu", t.struct_size, sizeof t);
  }
  if ((t.flags & ~TM_TENSOR_MAPPED) != 0) return error.invalid("tm_tensor.flags is %u, expected TM_TENSOR_*", t.flags);
  if (t.role >= TM_N_ROLES) return error.invalid("role is %u, expected below %u", t.role, TM_N_ROLES);
  const char* name = kRoleNames[t.role];
  Tensor* tensor = model.find(t.role, t.layer, t.expert);
  if (tensor == nullptr) {
    return error.invalid("%s: %s has no such tensor in layer %u, expert %u (it has %u layers, %u experts)", name,
                         model.is_whole() ? "this model" : "this part of a model", t.layer, t.expert, model.n_layers,
                         model.n_experts);
  }
  if (tensor->set()) return error.invalid("%s of layer %u, expert %u was already set", name, t.layer, t.expert);
  if (const int32_t status = check_types(t, name, error)) return status;
  const Shape shape = shape_of(model, t.role);
  if (t.rows != shape.rows || t.cols != shape.cols) {
    return error.invalid("%s: shape is [%llu, %llu], expected [%llu, %llu]", name,
                         static_cast<unsigned long long>(t.rows), static_cast<unsigned long long>(t.cols),
                         static_cast<unsigned long long>(shape.rows), static_cast<unsigned long long>(shape.cols));
  }
  if (const int32_t status = check_blocks(t, name, error)) return status;
  // rows <= 2^22 and a row's bytes < 2^20, so the product is far from overflowing.
  const uint64_t bytes = t.rows * row_bytes(t.dtype, t.cols);
  if (t.bytes != bytes) {
    return error.invalid("%s: bytes is %llu, expected %llu for %s [%llu, %llu]", name,
                         static_cast<unsigned long long>(t.bytes), static_cast<unsigned long long>(bytes),
                         dtype_name(t.dtype), static_cast<unsigned long long>(t.rows),
                         static_cast<unsigned long long>(t.cols));
  }
  if (t.data == nullptr) return error.invalid("%s: data is NULL", name);
  const uint32_t alignment = dtype_alignment(t.dtype);
  if (reinterpret_cast<uintptr_t>(t.data) % alignment != 0) {
    return error.invalid("%s: data is not aligned to %u bytes", name, alignment);
  }
  if (const int32_t status = check_scales(t.dtype, t.n_scales, t.rows, t.scales, error)) return status;
  *place = tensor;
  return TM_OK;
}

int32_t check_complete(const Model& model, Error& error) {
  const auto missing = [&](const Tensor& tensor, uint32_t role, uint32_t layer, uint32_t expert = 0) {
    if (tensor.set()) return TM_OK;
    const std::string of_expert = model.n_experts > 0 ? ", expert " + std::to_string(expert) : "";
    return error.fail(TM_WRONG_STATE, "%s of layer %u%s was not set before the weights were prepared", kRoleNames[role],
                      layer, of_expert.c_str());
  };
  if (model.has_embedding) {
    if (const int32_t status = missing(model.embedding, TM_TOKEN_EMBEDDING, 0)) return status;
  }
  if (model.has_head) {
    if (const int32_t status = missing(model.output_norm, TM_OUTPUT_NORM, 0)) return status;
    if (const int32_t status = missing(model.head(), TM_OUTPUT, 0)) return status;
  }
  for (uint32_t l = 0; l < model.n_layers; ++l) {
    const Layer& layer = model.layers[l];
    if (const int32_t status = missing(layer.attention_norm, TM_ATTENTION_NORM, l)) return status;
    if (const int32_t status = missing(layer.q, TM_ATTENTION_Q, l)) return status;
    if (const int32_t status = missing(layer.k, TM_ATTENTION_K, l)) return status;
    if (const int32_t status = missing(layer.v, TM_ATTENTION_V, l)) return status;
    if (const int32_t status = missing(layer.out, TM_ATTENTION_OUT, l)) return status;
    if (const int32_t status = missing(layer.ffn_norm, TM_FFN_NORM, l)) return status;
    if (model.n_experts > 0) {
      if (const int32_t status = missing(layer.router, TM_FFN_ROUTER, l)) return status;
    }
    for (uint32_t e = 0; e < layer.experts.size(); ++e) {
      if (const int32_t status = missing(layer.experts[e].gate, TM_FFN_GATE, l, e)) return status;
      if (const int32_t status = missing(layer.experts[e].up, TM_FFN_UP, l, e)) return status;
      if (const int32_t status = missing(layer.experts[e].down, TM_FFN_DOWN, l, e)) return status;
    }
  }
  const Tensor& factors = model.rope_factors;
  for (uint64_t i = 0; factors.set() && i < factors.cols; ++i) {
    const float factor = factors.f32()[i];
    if (!(factor > 0 && std::isfinite(factor))) {
      return error.invalid("rope factors[%llu] is %g, expected a positive number", static_cast<unsigned long long>(i),
                           static_cast<double>(factor));
    }
  }
  return TM_OK;
}

}  // namespace tramontane
