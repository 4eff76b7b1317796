// Every wrong argument with which a model is opened, filled or sized, or a tensor converted, has its status and a
// message that names it.
#include <cstdint>
#include <cstring>
#include <functional>
#include <limits>
#include <string>
#include <vector>

#include "check.h"
#include "refusals.h"
#include "tiny_model.h"

namespace test {

TEST(open_refuses) {
  const Shape shape;
  const Placement placement;
  using Change = std::function<void(tm_model_config&)>;
  const struct {
    Change change;
    int32_t status;
    const char* message;
  } cases[] = {
      {[](auto& c) { c.struct_size -= 8; }, TM_INVALID_ARGUMENT, "struct_size is"},
      {[](auto& c) { c.backend = 9; }, TM_INVALID_ARGUMENT, "backend is 9"},
      {[](auto& c) { c.cpu_level = 4; }, TM_INVALID_ARGUMENT, "cpu_level is 4"},
      {[](auto& c) { c.n_threads = 1025; }, TM_INVALID_ARGUMENT, "n_threads is 1025, expected 0..1024"},
      {[](auto& c) { c.n_layers = 0; }, TM_INVALID_ARGUMENT, "n_layers is 0"},
      {[](auto& c) { c.n_layers = 1025; }, TM_INVALID_ARGUMENT, "n_layers is 1025"},
      {[](auto& c) { c.width = 0; }, TM_INVALID_ARGUMENT, "width is 0"},
      {[](auto& c) { c.width = 60; }, TM_INVALID_ARGUMENT, "width is 60, expected a multiple of 8"},
      {[](auto& c) { c.width = UINT32_MAX; }, TM_INVALID_ARGUMENT, "width is"},
      {[](auto& c) { c.ffn = 12; }, TM_INVALID_ARGUMENT, "ffn is 12"},
      {[](auto& c) { c.head_dim = 15; }, TM_INVALID_ARGUMENT, "head_dim is 15"},
      {[](auto& c) { c.head_dim = 514; }, TM_INVALID_ARGUMENT, "head_dim is 514"},
      {[](auto& c) { c.n_heads = 0; }, TM_INVALID_ARGUMENT, "n_heads is 0"},
      {[](auto& c) { c.n_kv_heads = 0; }, TM_INVALID_ARGUMENT, "n_kv_heads is 0"},
      {[](auto& c) { c.n_kv_heads = 3; }, TM_INVALID_ARGUMENT, "multiple of n_kv_heads"},
      {[](auto& c) { c.n_heads = 262144; }, TM_INVALID_ARGUMENT, "n_heads * head_dim is 4194304"},
      {[](auto& c) { c.vocab = 0; }, TM_INVALID_ARGUMENT, "vocab is 0"},
      {[](auto& c) { c.vocab = 4194305; }, TM_INVALID_ARGUMENT, "vocab is 4194305"},
      {[](auto& c) { c.n_experts = 513; }, TM_INVALID_ARGUMENT, "n_experts is 513, expected 0..512"},
      {[](auto& c) { c.n_experts = 8; }, TM_INVALID_ARGUMENT, "n_experts_used is 0, expected 1..8"},
      {[](auto& c) { c.n_experts = 8, c.n_experts_used = 9; }, TM_INVALID_ARGUMENT, "n_experts_used is 9"},
      {[](auto& c) { c.n_experts_used = 2; }, TM_INVALID_ARGUMENT, "n_experts_used is 2"},
      {[](auto& c) { c.rope_style = 2; }, TM_INVALID_ARGUMENT, "rope_style is 2"},
      {[](auto& c) { c.rope_dims = 7; }, TM_INVALID_ARGUMENT, "rope_dims is 7"},
      {[](auto& c) { c.rope_dims = 18; }, TM_INVALID_ARGUMENT, "rope_dims is 18"},
      {[](auto& c) { c.n_groups = 0; }, TM_INVALID_ARGUMENT, "n_groups is 0"},
      {[](auto& c) { c.n_groups = 9; }, TM_INVALID_ARGUMENT, "n_groups is 9"},
      {[](auto& c) { c.rope_theta = 0; }, TM_INVALID_ARGUMENT, "rope_theta is 0"},
      {[](auto& c) { c.rope_theta = std::numeric_limits<double>::quiet_NaN(); }, TM_INVALID_ARGUMENT, "rope_theta"},
      {[](auto& c) { c.rope_theta = std::numeric_limits<double>::infinity(); }, TM_INVALID_ARGUMENT, "rope_theta"},
      {[](auto& c) { c.rms_epsilon = -1; }, TM_INVALID_ARGUMENT, "rms_epsilon is -1"},
      {[](auto& c) { c.rope_magnitude = 0; }, TM_INVALID_ARGUMENT, "rope_magnitude is 0, expected a number above 0"},
      {[](auto& c) { c.rope_magnitude = 1e7; }, TM_INVALID_ARGUMENT, "rope_magnitude is 1e+07"},
      {[](auto& c) { c.rope_magnitude = std::numeric_limits<double>::quiet_NaN(); }, TM_INVALID_ARGUMENT,
       "rope_magnitude"},
      {[](auto& c) { c.query_scale_beta = -0.1, c.query_scale_positions = 4; }, TM_INVALID_ARGUMENT,
       "query_scale_beta is -0.1, expected 0.."},
      {[](auto& c) { c.query_scale_beta = std::numeric_limits<double>::infinity(), c.query_scale_positions = 4; },
       TM_INVALID_ARGUMENT, "query_scale_beta"},
      {[](auto& c) { c.query_scale_beta = 0.1; }, TM_INVALID_ARGUMENT,
       "query_scale_positions is 0, expected at least 1"},
      {[](auto& c) { c.query_scale_positions = 16; }, TM_INVALID_ARGUMENT, "query_scale_positions is 16, expected 0"},
      {[](auto& c) { c.device = 1; }, TM_INVALID_ARGUMENT, "device is 1, but the ref backend has none"},
      {[](auto& c) { c.group_window[5] = 4; }, TM_INVALID_ARGUMENT, "group_window[5]"},
      {[](auto& c) { c.group_window[0] = 0x80000000u; }, TM_INVALID_ARGUMENT, "group_window[0]"},
      {[](auto& c) { c.layer_group = nullptr; }, TM_INVALID_ARGUMENT, "layer_group is NULL"},
      {[](auto& c) {
         static const uint8_t far[] = {0, 1};
         c.layer_group = far;
       },
       TM_INVALID_ARGUMENT, "layer_group[1] is 1"},
  };
  for (const auto& c : cases) {
    std::vector<uint8_t> layer_group;
    tm_model_config config = model_config(shape, placement, layer_group);
    c.change(config);
    const Opened opened(&config);
    expect(opened.status, c.status, opened.message, c.message);
    CHECK(opened.context == nullptr);
  }
  const Opened null(nullptr);
  expect(null.status, TM_INVALID_ARGUMENT, null.message, "config is NULL");
  std::vector<uint8_t> layer_group;
  const tm_model_config good = model_config(shape, placement, layer_group);
  char message[8] = {1, 1, 1, 1, 1, 1, 1, 1};
  CHECK_EQ(tm_open(&good, nullptr, message, 4), TM_INVALID_ARGUMENT);
  CHECK_EQ(std::string(message), "con");  // cut
  CHECK_EQ(message[4], 1);
  CHECK_EQ(tm_open(nullptr, nullptr, nullptr, 100), TM_INVALID_ARGUMENT);
}

TEST(set_tensor_refuses) {
  const Shape shape;
  std::vector<uint8_t> layer_group;
  const tm_model_config config = model_config(shape, {}, layer_group);
  const Opened opened(&config);
  const std::vector<uint8_t> data(1 << 16);
  tm_tensor good{};
  good.struct_size = sizeof good;
  good.role = TM_FFN_DOWN;
  good.layer = 1;
  good.rows = shape.width;
  good.cols = shape.ffn;
  good.bytes = good.rows * good.cols * 4;
  good.data = data.data();
  const struct {
    std::function<void(tm_tensor&)> change;
    int32_t status;
    const char* message;
  } cases[] = {
      {[](auto& t) { t.struct_size = 0; }, TM_INVALID_ARGUMENT, "struct_size is 0"},
      {[](auto& t) { t.flags = 2; }, TM_INVALID_ARGUMENT, "flags is 2"},
      {[](auto& t) { t.role = TM_N_ROLES; }, TM_INVALID_ARGUMENT, "role is 14"},
      {[](auto& t) { t.layer = 2; }, TM_INVALID_ARGUMENT, "no such tensor in layer 2"},
      {[](auto& t) { t.expert = 1; }, TM_INVALID_ARGUMENT, "expert 1"},
      {[](auto& t) { t.role = TM_FFN_ROUTER; }, TM_INVALID_ARGUMENT, "ffn router"},
      {[](auto& t) { t.role = TM_OUTPUT; }, TM_INVALID_ARGUMENT, "no such tensor in layer 1"},
      {[](auto& t) { t.dtype = t.computed_as = 5; }, TM_UNSUPPORTED, "dtype 5"},
      {[](auto& t) { t.computed_as = 5; }, TM_UNSUPPORTED, "computed_as is 5 (unknown)"},
      {[](auto& t) { t.computed_as = TM_Q4_K; }, TM_UNSUPPORTED, "computed_as is 12 (Q4_K), to which nothing is quant"},
      {[](auto& t) { t.dtype = TM_Q8_0; }, TM_INVALID_ARGUMENT, "computed_as is F32, but Q8_0 stays as it is"},
      {[](auto& t) {
         t.role = TM_FFN_NORM;
         t.computed_as = TM_F16;
       },
       TM_INVALID_ARGUMENT, "computed_as is F16, but a vector stays as it is"},
      {[](auto& t) { t.n_scales = 1; }, TM_INVALID_ARGUMENT, "n_scales is 1, but F32 has no scales"},
      {[](auto& t) { t.rows += 1; }, TM_INVALID_ARGUMENT, "shape is [65, 96], expected [64, 96]"},
      {[](auto& t) { t.cols = UINT64_MAX; }, TM_INVALID_ARGUMENT, "shape is"},
      {[](auto& t) { t.bytes -= 1; }, TM_INVALID_ARGUMENT, "bytes is 24575, expected 24576"},
      {[](auto& t) { t.dtype = t.computed_as = TM_Q4_K; }, TM_INVALID_ARGUMENT, "whole number of Q4_K blocks of 256"},
      {[](auto& t) { t.data = nullptr; }, TM_INVALID_ARGUMENT, "data is NULL"},
      {[](auto& t) { t.data = static_cast<const uint8_t*>(t.data) + 2; }, TM_INVALID_ARGUMENT, "aligned to 4"},
      {[](auto& t) {
         t.role = TM_FFN_NORM;
         t.dtype = TM_F16;
       },
       TM_INVALID_ARGUMENT, "expected F32"},
  };
  char message[512];
  for (const auto& c : cases) {
    tm_tensor t = good;
    c.change(t);
    const int32_t status = tm_set_tensor(opened.context, &t);
    tm_last_error(opened.context, message, sizeof message);
    expect(status, c.status, message, c.message);
  }
  CHECK_EQ(tm_set_tensor(opened.context, nullptr), TM_INVALID_ARGUMENT);
  CHECK_EQ(tm_set_tensor(nullptr, &good), TM_INVALID_ARGUMENT);
  CHECK_EQ(tm_set_tensor(opened.context, &good), TM_OK);
  CHECK_EQ(tm_set_tensor(opened.context, &good), TM_INVALID_ARGUMENT);
  tm_last_error(opened.context, message, sizeof message);
  expect(TM_INVALID_ARGUMENT, TM_INVALID_ARGUMENT, message, "already set");
  CHECK_EQ(tm_prepare(opened.context), TM_WRONG_STATE);
  tm_last_error(opened.context, message, sizeof message);
  expect(TM_WRONG_STATE, TM_WRONG_STATE, message, "token embedding of layer 0 was not set");
}

TEST(scales_are_checked) {
  Shape shape;
  shape.dtype = TM_F8_E4M3;
  std::vector<uint8_t> layer_group;
  const tm_model_config config = model_config(shape, {}, layer_group);
  const Opened opened(&config);
  const Weights weights(shape);
  tm_tensor t = weights.entries[0].tensor();
  const std::vector<float> scales(shape.vocab + 1, 1.0f);
  const auto refuse = [&](uint32_t n, const float* data, const char* expected) {
    char message[512];
    t.n_scales = n;
    t.scales = data;
    CHECK_EQ(tm_set_tensor(opened.context, &t), TM_INVALID_ARGUMENT);
    tm_last_error(opened.context, message, sizeof message);
    expect(TM_INVALID_ARGUMENT, TM_INVALID_ARGUMENT, message, expected);
  };
  refuse(2, scales.data(), "n_scales is 2, expected 0, 1 or one for each of 101 rows");
  refuse(102, scales.data(), "n_scales is 102");
  refuse(1, nullptr, "scales is NULL, expected 1");
  refuse(101, reinterpret_cast<const float*>(reinterpret_cast<const char*>(scales.data()) + 2), "aligned to 4 bytes");
  t.n_scales = 101;
  t.scales = scales.data();
  CHECK_EQ(tm_set_tensor(opened.context, &t), TM_OK);
}

TEST(convert_refuses) {
  std::vector<float> source(128), target(128);
  const std::vector<float> scales(2, 1.0f);
  tm_conversion good{};
  good.struct_size = sizeof good;
  good.from = TM_F32;
  good.to = TM_Q8_0;
  good.rows = 2;
  good.cols = 64;
  good.source_bytes = 512;
  good.target_bytes = 136;
  const void* from = source.data();
  void* to = target.data();
  const struct {
    std::function<void(tm_conversion&)> change;
    int32_t status;
    const char* message;
  } cases[] = {
      {[](auto& c) { c.struct_size = 8; }, TM_INVALID_ARGUMENT, "struct_size is 8"},
      {[](auto& c) { c.from = 4; }, TM_UNSUPPORTED, "from is 4, which is no known type"},
      {[](auto& c) { c.to = 99; }, TM_UNSUPPORTED, "to is 99, which is no known type"},
      {[](auto& c) { c.to = TM_Q6_K; }, TM_UNSUPPORTED, "to is Q6_K, but only F32"},
      {[](auto& c) { c.rows = 0; }, TM_INVALID_ARGUMENT, "the extents are [0, 64]"},
      {[](auto& c) { c.cols = 0; }, TM_INVALID_ARGUMENT, "the extents are [2, 0]"},
      {[](auto& c) { c.rows = 1ull << 41; }, TM_INVALID_ARGUMENT, "expected 1..2^40"},
      {[](auto& c) { c.rows = c.cols = 1ull << 40; }, TM_INVALID_ARGUMENT, "larger than any memory"},
      {[](auto& c) {
         c.cols = 48;
         c.source_bytes = 384;
       },
       TM_INVALID_ARGUMENT, "whole number of Q8_0 blocks of 32"},
      {[](auto& c) { c.source_bytes = 511; }, TM_INVALID_ARGUMENT, "source_bytes is 511, expected 512 for F32 [2, 64]"},
      {[](auto& c) { c.target_bytes = 137; }, TM_INVALID_ARGUMENT,
       "target_bytes is 137, expected 136 for Q8_0 [2, 64]"},
      {[&](auto&) { from = nullptr; }, TM_INVALID_ARGUMENT, "source is NULL"},
      {[&](auto&) { to = nullptr; }, TM_INVALID_ARGUMENT, "target is NULL"},
      {[&](auto&) { from = reinterpret_cast<const char*>(source.data()) + 2; }, TM_INVALID_ARGUMENT, "aligned to 4"},
      {[&](auto&) { to = reinterpret_cast<char*>(target.data()) + 1; }, TM_INVALID_ARGUMENT, "aligned to 2"},
      {[&](auto&) { to = source.data(); }, TM_INVALID_ARGUMENT, "overlap"},
      {[&](auto&) { to = source.data() + 127; }, TM_INVALID_ARGUMENT, "overlap"},
      {[&](auto& c) {
         c.n_scales = 2;
         c.scales = scales.data();
       },
       TM_INVALID_ARGUMENT, "F32 has no scales"},
  };
  char message[512];
  for (const auto& c : cases) {
    tm_conversion conversion = good;
    from = source.data();
    to = target.data();
    c.change(conversion);
    const int32_t status = tm_convert(&conversion, from, to, message, sizeof message);
    expect(status, c.status, message, c.message);
  }
  CHECK_EQ(tm_convert(nullptr, from, to, message, sizeof message), TM_INVALID_ARGUMENT);
  CHECK_EQ(tm_convert(nullptr, nullptr, nullptr, nullptr, 0), TM_INVALID_ARGUMENT);
  CHECK_EQ(tm_convert(&good, source.data(), target.data(), message, sizeof message), TM_OK);
  CHECK_EQ(message[0], 0);
}

TEST(rope_factors_must_be_positive) {
  Shape shape;
  shape.rope_factors = true;
  Weights weights(shape);
  for (Weights::Entry& e : weights.entries) {
    if (e.role == TM_ROPE_FACTORS) memset(e.bytes.data() + 4, 0, 4);
  }
  std::vector<uint8_t> layer_group;
  const tm_model_config config = model_config(shape, {}, layer_group);
  const Opened opened(&config);
  for (const Weights::Entry& e : weights.entries) {
    const tm_tensor t = e.tensor();
    CHECK_EQ(tm_set_tensor(opened.context, &t), TM_OK);
  }
  char message[512];
  const int32_t status = tm_prepare(opened.context);
  tm_last_error(opened.context, message, sizeof message);
  expect(status, TM_INVALID_ARGUMENT, message, "rope factors[1] is 0");
}

TEST(size_cache_refuses) {
  const Weights weights{Shape()};
  Session session(weights, {});
  tm_cache_config good{};
  good.struct_size = sizeof good;
  good.page_tokens = 16;
  good.n_slots = 4;
  good.max_rows = 8;
  good.max_spans = 4;
  good.max_samples = 8;
  good.group_pages[0] = 9;
  good.group_ring[0] = 2;
  const struct {
    std::function<void(tm_cache_config&)> change;
    int32_t status;
    const char* message;
  } cases[] = {
      {[](auto& c) { c.struct_size = 4; }, TM_INVALID_ARGUMENT, "struct_size is 4"},
      {[](auto& c) { c.max_adapters = 1025; }, TM_INVALID_ARGUMENT, "max_adapters is 1025, expected 0..1024"},
      {[](auto& c) { c.max_adapters = 1; }, TM_INVALID_ARGUMENT, "max_rank is 0, expected 1..512 with max_adapters 1"},
      {[](auto& c) { c.max_rank = 8; }, TM_INVALID_ARGUMENT, "max_rank is 8, expected 0..0 with max_adapters 0"},
      {[](auto& c) { c.max_adapters = 1, c.max_rank = 513; }, TM_INVALID_ARGUMENT, "max_rank is 513"},
      {[](auto& c) { c.adapter_dtype = TM_Q8_0; }, TM_INVALID_ARGUMENT, "adapter_dtype is 8"},
      {[](auto& c) { c.kv_dtype = TM_Q8_0; }, TM_INVALID_ARGUMENT, "kv_dtype is 8"},
      {[](auto& c) { c.kv_dtype = 31; }, TM_INVALID_ARGUMENT, "kv_dtype is 31"},
      {[](auto& c) { c.page_tokens = 0; }, TM_INVALID_ARGUMENT, "page_tokens is 0"},
      {[](auto& c) { c.page_tokens = 8; }, TM_INVALID_ARGUMENT, "page_tokens is 8"},
      {[](auto& c) { c.page_tokens = 48; }, TM_INVALID_ARGUMENT, "page_tokens is 48"},
      {[](auto& c) { c.page_tokens = 512; }, TM_INVALID_ARGUMENT, "page_tokens is 512"},
      {[](auto& c) { c.n_slots = 0; }, TM_INVALID_ARGUMENT, "n_slots is 0"},
      {[](auto& c) { c.n_slots = UINT32_MAX; }, TM_INVALID_ARGUMENT, "n_slots is"},
      {[](auto& c) { c.max_rows = 0; }, TM_INVALID_ARGUMENT, "max_rows is 0"},
      {[](auto& c) { c.max_rows = UINT32_MAX; }, TM_INVALID_ARGUMENT, "max_rows is"},
      {[](auto& c) { c.max_spans = 0; }, TM_INVALID_ARGUMENT, "max_spans is 0"},
      {[](auto& c) { c.max_spans = 5; }, TM_INVALID_ARGUMENT, "max_spans is 5, expected 1..4"},
      {[](auto& c) { c.max_samples = UINT32_MAX; }, TM_INVALID_ARGUMENT, "max_samples is"},
      {[](auto& c) { c.group_pages[0] = 0; }, TM_INVALID_ARGUMENT, "group_pages[0] is 0"},
      {[](auto& c) { c.group_ring[0] = 0; }, TM_INVALID_ARGUMENT, "group_ring[0] is 0"},
      {[](auto& c) { c.group_ring[0] = UINT32_MAX; }, TM_INVALID_ARGUMENT, "group_ring[0] is"},
      {[](auto& c) { c.group_pages[1] = 1; }, TM_INVALID_ARGUMENT, "group_pages[1]"},
  };
  for (const auto& c : cases) {
    tm_cache_config config = good;
    c.change(config);
    const int32_t status = tm_size_cache(session.context(), &config);
    expect(status, c.status, session.error().c_str(), c.message);
  }
  CHECK_EQ(tm_size_cache(session.context(), nullptr), TM_INVALID_ARGUMENT);
  CHECK_EQ(tm_size_cache(nullptr, &good), TM_INVALID_ARGUMENT);
  CHECK_EQ(tm_size_cache(session.context(), &good), TM_OK);
  good.max_samples = 0;  // a cache for a stage that never samples
  CHECK_EQ(tm_size_cache(session.context(), &good), TM_OK);
}

}  // namespace test
