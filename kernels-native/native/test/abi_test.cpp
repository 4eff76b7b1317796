// Every wrong argument has its status and a message that names it; calls out of order are told; layouts are whole.
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <functional>
#include <limits>

#include "backends.h"
#include "check.h"
#include "cpu_features.h"
#include "runtime.h"
#include "tiny_model.h"

namespace test {
namespace {

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
constexpr float kInfinity = std::numeric_limits<float>::infinity();

struct Opened {
  tm_context* context = nullptr;
  char message[512] = {0};
  int32_t status;

  explicit Opened(const tm_model_config* config) { status = tm_open(config, &context, message, sizeof message); }
  ~Opened() { tm_close(context); }
};

void expect(int32_t status, int32_t expected_status, const char* message, const char* expected_message) {
  CHECK_EQ(status, expected_status);
  CHECK_TEXT(std::strstr(message, expected_message) != nullptr,
             std::string("\"") + message + "\" lacks \"" + expected_message + "\"");
}

}  // namespace

TEST(versions_and_host) {
  CHECK_EQ(tm_abi_version(), TM_ABI_VERSION);
  tm_host host{};
  CHECK_EQ(tm_host_info(nullptr), TM_INVALID_ARGUMENT);
  CHECK_EQ(tm_host_info(&host), TM_INVALID_ARGUMENT);
  host.struct_size = sizeof host;
  CHECK_EQ(tm_host_info(&host), TM_OK);
  CHECK(host.n_processors >= 1);
  CHECK(host.cpu_level >= TM_CPU_PORTABLE && host.cpu_level <= TM_CPU_AVX512);
  CHECK_EQ(host.backends & 1u, 1u);
}

TEST(the_host_is_measured_within_limits) {
  double read = -1, operations = -1;
  char message[200] = "";
  const auto measure = [&](uint32_t level, uint32_t threads, uint64_t bytes) {
    return tm_measure_host(level, threads, bytes, &read, &operations, message, sizeof message);
  };
  expect(tm_measure_host(0, 1, 1 << 20, nullptr, &operations, message, sizeof message), TM_INVALID_ARGUMENT, message,
         "NULL");
  expect(tm_measure_host(0, 1, 1 << 20, &read, nullptr, message, sizeof message), TM_INVALID_ARGUMENT, message, "NULL");
  expect(measure(4, 1, 1 << 20), TM_INVALID_ARGUMENT, message, "cpu_level is 4, expected 0..3");
  expect(measure(0, 0, 1 << 20), TM_INVALID_ARGUMENT, message, "n_threads is 0, expected 1..1024");
  expect(measure(0, 1025, 1 << 20), TM_INVALID_ARGUMENT, message, "n_threads is 1025");
  expect(measure(0, 1, (1 << 20) - 1), TM_INVALID_ARGUMENT, message, "bytes is 1048575");
  expect(measure(0, 1, (64ull << 30) + 1), TM_INVALID_ARGUMENT, message, "bytes is 68719476737");
  CHECK_EQ(read, -1.0);
  CHECK_EQ(tm_measure_host(0, 1, 0, &read, &operations, nullptr, 0), TM_INVALID_ARGUMENT);
  for (uint32_t level = TM_CPU_PORTABLE; level <= TM_CPU_AVX512; ++level) {
    const int32_t status = measure(level, 3, (1 << 20) + 8);
    CHECK_EQ(status, tramontane::has_cpu_level(level) ? TM_OK : TM_UNSUPPORTED);
    if (status != TM_OK) continue;
    CHECK(read > 1e6);
    CHECK(level == TM_CPU_PORTABLE ? operations == 0 : operations > 1e6);
  }
}

TEST(a_devices_bus_is_measured) {
  char message[256];
  double rate = -1;
  const auto measure = [&](uint32_t backend, uint32_t index, uint64_t bytes) {
    return tm_measure_device(backend, index, bytes, &rate, message, sizeof message);
  };
  expect(tm_measure_device(TM_BACKEND_EMU, 0, 1 << 20, nullptr, message, sizeof message), TM_INVALID_ARGUMENT, message,
         "NULL");
  expect(measure(TM_BACKEND_EMU + 1, 0, 1 << 20), TM_INVALID_ARGUMENT, message, "there is no backend 4");
  expect(measure(TM_BACKEND_EMU, 0, (1 << 20) - 1), TM_INVALID_ARGUMENT, message, "bytes is 1048575");
  expect(measure(TM_BACKEND_EMU, 2, 1 << 20), TM_INVALID_ARGUMENT, message, "the emu backend has no device 2");
  expect(measure(TM_BACKEND_CPU, 0, 1 << 20), TM_INVALID_ARGUMENT, message, "the cpu backend has no device 0");
  CHECK_EQ(rate, -1.0);
  for (uint32_t index = 0; index < 2; ++index) {
    rate = -1;
    CHECK_EQ(measure(TM_BACKEND_EMU, index, (9 << 20) + 5), TM_OK);
    CHECK(rate > 1e6);
  }
}

TEST(devices_are_told_and_chosen) {
  tm_device device{};
  device.struct_size = sizeof device;
  char name[64], uuid[64], message[512];
  const auto ask = [&](uint32_t backend, uint32_t index) {
    return tm_device_info(backend, index, &device, name, sizeof name, uuid, sizeof uuid);
  };
  CHECK_EQ(ask(TM_BACKEND_CPU, 0), TM_INVALID_ARGUMENT);
  CHECK_EQ(ask(TM_BACKEND_EMU + 1, 0), TM_INVALID_ARGUMENT);
  CHECK_EQ(ask(TM_BACKEND_EMU, 2), TM_INVALID_ARGUMENT);
  for (uint32_t index = 0; index < 2; ++index) {
    CHECK_EQ(ask(TM_BACKEND_EMU, index), TM_OK);
    CHECK_EQ(std::string(name), "emulated device");
    CHECK_EQ(std::string(uuid), "EMU-" + std::to_string(index));
    CHECK_EQ(device.usable, 1u);
    uint64_t free_bytes = 0;
    CHECK_EQ(tm_device_free_bytes(TM_BACKEND_EMU, index, &free_bytes, message, sizeof message), TM_OK);
    CHECK(free_bytes > 0 && free_bytes <= device.total_bytes);
  }
  uint64_t free_bytes = 0;
  const auto refuses = [&](uint32_t backend, uint32_t index, uint64_t* to, const char* why) {
    CHECK_EQ(tm_device_free_bytes(backend, index, to, message, sizeof message), TM_INVALID_ARGUMENT);
    CHECK_EQ(std::string(message), why);
  };
  refuses(TM_BACKEND_EMU, 2, &free_bytes, "the emu backend has no device 2");
  refuses(TM_BACKEND_CPU, 0, &free_bytes, "the cpu backend has no device 0");
  refuses(TM_BACKEND_EMU + 1, 0, &free_bytes, "there is no backend 4");
  refuses(TM_BACKEND_EMU, 0, nullptr, "a place for the bytes is NULL");
  CHECK_EQ(tm_device_info(TM_BACKEND_EMU, 0, &device, name, 4, uuid, 1), TM_OK);
  CHECK_EQ(std::string(name) + uuid, "emu");
  CHECK_EQ(tm_device_info(TM_BACKEND_EMU, 0, nullptr, name, 4, uuid, 1), TM_INVALID_ARGUMENT);
  CHECK_EQ(tm_device_info(TM_BACKEND_EMU, 0, &device, name, 0, uuid, 1), TM_INVALID_ARGUMENT);
  device.struct_size = 0;
  CHECK_EQ(ask(TM_BACKEND_EMU, 0), TM_INVALID_ARGUMENT);

  Shape shape;
  shape.dtype = TM_BF16;
  Placement placement;
  placement.backend = TM_BACKEND_EMU;
  std::vector<uint8_t> layer_group;
  tm_model_config config = model_config(shape, placement, layer_group);
  config.device = 1;
  const Opened chosen(&config);
  expect(chosen.status, TM_OK, chosen.message, "");
  config.device = 2;
  const Opened missing(&config);
  expect(missing.status, TM_UNSUPPORTED, missing.message, "the emu backend has no device 2");
}

// To open a device takes some of its memory, and on a machine with several that of those where nothing is computed.
TEST(no_device_is_opened_but_the_one_that_is_asked_or_chosen) {
  using tramontane::emu::exchange_opened;
  exchange_opened();
  tm_host host{};
  host.struct_size = sizeof host;
  CHECK_EQ(tm_host_info(&host), TM_OK);
  tm_device device{};
  device.struct_size = sizeof device;
  char name[64], uuid[64], message[512];
  for (uint32_t i = 0; i < 2; ++i) tm_device_info(TM_BACKEND_EMU, i, &device, name, sizeof name, uuid, sizeof uuid);
  CHECK_EQ(exchange_opened(), 0u);

  uint64_t free_bytes = 0;
  CHECK_EQ(tm_device_free_bytes(TM_BACKEND_EMU, 1, &free_bytes, message, sizeof message), TM_OK);
  CHECK_EQ(exchange_opened(), 2u);
  CHECK_EQ(tm_describe_backend(TM_BACKEND_EMU, 1, message, sizeof message), TM_OK);
  CHECK_EQ(exchange_opened(), 2u);

  Shape shape;
  shape.dtype = TM_BF16;
  const Weights weights(shape);
  Placement placement;
  placement.backend = TM_BACKEND_EMU;
  placement.device = 1;
  placement.kv_dtype = TM_F16;
  Session session(weights, placement);
  session.run({{0, 0, {1, 2, 3}}});
  CHECK_EQ(exchange_opened(), 2u);
}

// The names, their order and their types are held against the header by the binding's HeaderTest.
TEST(layouts_are_whole) {
  const struct {
    const char* name;
    uint64_t size, fields;
    const char* last;
  } expected[] = {
      {"tm_host", sizeof(tm_host), 6, "reserved 20 u32"},
      {"tm_model_config", sizeof(tm_model_config), 26, "layer_group 144 pointer"},
      {"tm_tensor", sizeof(tm_tensor), 13, "scales 64 pointer"},
      {"tm_conversion", sizeof(tm_conversion), 9, "scales 48 pointer"},
      {"tm_cache_config", sizeof(tm_cache_config), 12, "group_ring 72 u32[8]"},
      {"tm_memory", sizeof(tm_memory), 7, "adapters 40 u64"},
      {"tm_adapter_part", sizeof(tm_adapter_part), 12, "b 56 pointer"},
      {"tm_device", sizeof(tm_device), 3, "total_bytes 8 u64"},
      {"tm_page_edit", sizeof(tm_page_edit), 4, "page 12 u32"},
      {"tm_page_copy", sizeof(tm_page_copy), 4, "reserved 12 u32"},
      {"tm_span", sizeof(tm_span), 5, "position 16 i64"},
      {"tm_token_count", sizeof(tm_token_count), 2, "count 4 i32"},
      {"tm_bias", sizeof(tm_bias), 2, "bias 4 f32"},
      {"tm_sample", sizeof(tm_sample), 18, "position 72 i64"},
      {"tm_result", sizeof(tm_result), 4, "n_top 12 u32"},
      {"tm_step", sizeof(tm_step), 24, "hidden_out 144 pointer"},
  };
  char text[1024];
  for (const auto& e : expected) {
    CHECK_EQ(tm_layout(e.name, text, sizeof text), TM_OK);
    const std::string layout = text;
    CHECK_EQ(layout.substr(0, layout.find('\n')), std::to_string(e.size));
    CHECK_EQ(static_cast<uint64_t>(std::count(layout.begin(), layout.end(), '\n')), e.fields + 1);
    CHECK_TEXT(layout.ends_with(std::string("\n") + e.last + "\n"), layout);
  }
  CHECK_EQ(tm_layout("tm_span", text, sizeof text), TM_OK);
  const uint64_t needed = std::strlen(text) + 1;
  text[0] = 77;
  CHECK_EQ(tm_layout("tm_span", text, needed - 1), TM_INVALID_ARGUMENT);
  CHECK_EQ(tm_layout("tm_nothing", text, sizeof text), TM_INVALID_ARGUMENT);
  CHECK_EQ(static_cast<int>(text[0]), 77);
  CHECK_EQ(tm_layout("tm_span", text, needed), TM_OK);
  CHECK_EQ(tm_layout(nullptr, text, sizeof text), TM_INVALID_ARGUMENT);
  CHECK_EQ(tm_layout("tm_span", nullptr, sizeof text), TM_INVALID_ARGUMENT);
}

TEST(backends_are_described_as_they_open) {
  tm_host host{};
  host.struct_size = sizeof host;
  CHECK_EQ(tm_host_info(&host), TM_OK);
  for (uint32_t backend = TM_BACKEND_REF; backend <= TM_BACKEND_EMU; ++backend) {
    char text[400] = "";
    const int32_t status = tm_describe_backend(backend, 0, text, sizeof text);
    CHECK_EQ(status, (host.backends >> backend & 1) != 0 ? TM_OK : TM_UNSUPPORTED);
    CHECK(text[0] != 0);
    std::vector<uint8_t> layer_group;
    Placement placement;
    placement.backend = backend;
    const tm_model_config config = model_config(Shape(), placement, layer_group);
    tm_context* context = nullptr;
    char message[512];
    CHECK_EQ(tm_open(&config, &context, message, sizeof message), status);
    CHECK(status == TM_OK || std::strstr(message, text) != nullptr);
    tm_close(context);
  }
  CHECK_EQ(host.backends >> TM_BACKEND_EMU & 1u, 1u);
  char text[400];
  CHECK_EQ(tm_describe_backend(TM_BACKEND_EMU + 1, 0, text, sizeof text), TM_INVALID_ARGUMENT);
  CHECK_EQ(tm_describe_backend(TM_BACKEND_REF, 0, nullptr, 8), TM_INVALID_ARGUMENT);
  CHECK_EQ(tm_describe_backend(TM_BACKEND_REF, 0, text, 0), TM_INVALID_ARGUMENT);
  CHECK_EQ(tm_describe_backend(TM_BACKEND_EMU, 1, text, sizeof text), TM_OK);
  CHECK(std::strstr(text, "; mma adds ") != nullptr);
  CHECK_EQ(tm_describe_backend(TM_BACKEND_EMU, 2, text, sizeof text), TM_INVALID_ARGUMENT);
  CHECK_EQ(std::string(text), "there is no emulated device 2; there are 2, counted from 0");
  CHECK_EQ(tm_describe_backend(TM_BACKEND_CPU, 1, text, sizeof text), TM_INVALID_ARGUMENT);
  CHECK_EQ(std::string(text), "the cpu backend has no devices; device is 1, expected 0");
}

// A person reads these: words, and neither the ABI's numbers nor its functions.
TEST(messages_name_what_they_mean) {
  std::vector<uint8_t> layer_group;
  for (const tramontane::BackendKind* kind : tramontane::backends()) {
    char text[tramontane::kBackendText];
    if (kind->found(text, sizeof text)) continue;
    Placement placement;
    placement.backend = kind->number;
    const tm_model_config config = model_config(Shape(), placement, layer_group);
    const Opened opened(&config);
    CHECK_EQ(std::string(opened.message), std::string("the ") + kind->name + " backend can't be used here: " + text);
  }
  for (uint32_t level = TM_CPU_PORTABLE; level <= TM_CPU_AVX512; ++level) {
    if (tramontane::has_cpu_level(level)) continue;
    Placement placement;
    placement.cpu_level = level;
    const tm_model_config config = model_config(Shape(), placement, layer_group);
    const Opened opened(&config);
    expect(opened.status, TM_UNSUPPORTED, opened.message, "this machine lacks the cpu level ");
  }
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)  // their allocators end the process instead
  const Weights weights{Shape()};
  Session session(weights, {});
  tm_cache_config config{};
  config.struct_size = sizeof config;
  config.page_tokens = 256;
  config.n_slots = config.max_rows = config.max_spans = config.group_ring[0] = 1;
  config.group_pages[0] = 16 << 20;
  // Refused by a limit, not by the machine's end: what is had is written at once, whatever else runs here.
  rlimit before{};
  getrlimit(RLIMIT_AS, &before);
  rlimit tight = before;
  tight.rlim_cur = uint64_t{8} << 30;
  setrlimit(RLIMIT_AS, &tight);
  const int32_t status = tm_size_cache(session.context(), &config);
  setrlimit(RLIMIT_AS, &before);
  CHECK_EQ(status, TM_OUT_OF_MEMORY);
  CHECK_EQ(session.error(), std::string("the system gives no more memory or threads"));
#endif
}

// A device lacks types, head sizes and the float cache: each is refused by name, before anything is computed.
TEST(a_device_refuses_what_it_lacks) {
  const struct {
    uint32_t dtype, head_dim, kv_dtype;
    const char* message;
  } cases[] = {
      {TM_F32, 16, TM_F16, "attention q of layer 0 is F32"},
      {TM_BF16, 24, TM_F16, "a head_dim of 16, 32, 64, 96 or 128, not 24"},
      {TM_BF16, 16, TM_F32, "kv_dtype is F32; on a device the cache is F16, BF16 or F8_E4M3"},
  };
  for (const auto& c : cases) {
    Shape shape;
    shape.dtype = c.dtype;
    shape.head_dim = c.head_dim;
    const Weights weights(shape);
    Placement placement;
    placement.backend = TM_BACKEND_EMU;
    std::vector<uint8_t> layer_group;
    const tm_model_config config = model_config(shape, placement, layer_group);
    tm_context* context = nullptr;
    char message[512];
    CHECK_EQ(tm_open(&config, &context, message, sizeof message), TM_OK);
    for (const Weights::Entry& e : weights.entries) {
      tm_tensor t{};
      t.struct_size = sizeof t;
      t.role = e.role;
      t.layer = e.layer;
      t.dtype = t.computed_as = e.dtype;
      t.rows = e.rows;
      t.cols = e.cols;
      t.bytes = e.bytes.size();
      t.data = e.bytes.data();
      CHECK_EQ(tm_set_tensor(context, &t), TM_OK);
    }
    int32_t status = tm_prepare(context);
    if (status == TM_OK) {
      tm_cache_config cache{};
      cache.struct_size = sizeof cache;
      cache.kv_dtype = c.kv_dtype;
      cache.page_tokens = 16;
      cache.n_slots = cache.max_rows = cache.max_spans = cache.max_samples = 1;
      cache.group_pages[0] = cache.group_ring[0] = 1;
      status = tm_size_cache(context, &cache);
    }
    CHECK_EQ(status, TM_UNSUPPORTED);
    tm_last_error(context, message, sizeof message);
    CHECK_TEXT(std::strstr(message, c.message) != nullptr, message);
    tm_close(context);
  }
}

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

TEST(calls_out_of_order_are_told) {
  const Shape shape;
  const Weights weights(shape);
  std::vector<uint8_t> layer_group;
  const tm_model_config config = model_config(shape, {}, layer_group);
  const Opened opened(&config);
  const tm_step step{};
  const tm_cache_config cache{};
  CHECK_EQ(tm_submit(opened.context, &step), TM_WRONG_STATE);
  CHECK_EQ(tm_size_cache(opened.context, &cache), TM_WRONG_STATE);
  CHECK_EQ(tm_wait(opened.context, 0), TM_OK);
  uint64_t done = 7, total = 7;
  CHECK_EQ(tm_progress(opened.context, &done, &total), TM_OK);
  CHECK_EQ(total, 0u);
  for (const Weights::Entry& e : weights.entries) {
    const tm_tensor t = e.tensor();
    CHECK_EQ(tm_set_tensor(opened.context, &t), TM_OK);
  }
  CHECK_EQ(tm_prepare(opened.context), TM_OK);
  CHECK_EQ(tm_prepare(opened.context), TM_WRONG_STATE);
  const Weights::Entry& e = weights.entries[0];
  const tm_tensor t = e.tensor();
  CHECK_EQ(tm_set_tensor(opened.context, &t), TM_WRONG_STATE);
  CHECK_EQ(tm_submit(opened.context, &step), TM_WRONG_STATE);
  CHECK_EQ(tm_progress(nullptr, &done, &total), TM_INVALID_ARGUMENT);
  CHECK_EQ(tm_wait(nullptr, 0), TM_INVALID_ARGUMENT);
  CHECK_EQ(tm_submit(nullptr, &step), TM_INVALID_ARGUMENT);
  CHECK_EQ(tm_prepare(nullptr), TM_INVALID_ARGUMENT);
  CHECK_EQ(tm_close(nullptr), TM_OK);
  char message[4];
  CHECK_EQ(tm_last_error(nullptr, message, 4), TM_INVALID_ARGUMENT);
  CHECK_EQ(tm_last_error(opened.context, nullptr, 4), TM_INVALID_ARGUMENT);
  CHECK_EQ(tm_last_error(opened.context, message, 0), TM_INVALID_ARGUMENT);
  CHECK_EQ(tm_last_error(opened.context, message, 4), TM_OK);
  CHECK_EQ(std::strlen(message), 3u);
}

TEST(memory_is_reported) {
  const Weights weights{Shape()};
  Session session(weights, {});
  uint64_t bytes = 0;
  for (const Weights::Entry& e : weights.entries) bytes += e.bytes.size();
  tm_memory memory{};
  CHECK_EQ(tm_memory_use(session.context(), &memory), TM_INVALID_ARGUMENT);
  memory.struct_size = sizeof memory;
  CHECK_EQ(tm_memory_use(session.context(), nullptr), TM_INVALID_ARGUMENT);
  CHECK_EQ(tm_memory_use(session.context(), &memory), TM_OK);
  CHECK_EQ(memory.weights_in_place, bytes);
  CHECK_EQ(memory.weights_repacked, 0u);
  // 16 + 3 pages of 16 tokens, 2 layers, keys and values of 2 heads of 16 floats; 16 page table entries.
  CHECK_EQ(memory.cache, 19u * 16 * 2 * 2 * 2 * 16 * 4 + 16 * 4);
  CHECK(memory.workspace > 0);
}

#if defined(__linux__)
// Bytes of this process that lie in memory now.
uint64_t resident() {
  unsigned long long total = 0;
  unsigned long long pages = 0;
  std::FILE* file = std::fopen("/proc/self/statm", "r");
  const int found = file == nullptr ? 0 : std::fscanf(file, "%llu %llu", &total, &pages);
  if (file != nullptr) std::fclose(file);
  CHECK_EQ(found, 2);
  return pages * static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
}

TEST(a_sized_cache_has_its_pages) {
  const Weights weights{Shape()};
  for (uint32_t threads : {1u, 3u}) {
    Placement placement;
    placement.threads = threads;
    Session session(weights, placement);
    tm_cache_config large{};
    large.struct_size = sizeof large;
    large.page_tokens = 16;
    large.n_slots = 4;
    large.max_rows = 8;
    large.max_spans = 4;
    large.max_samples = 8;
    large.group_pages[0] = 20'000;  // of 8 KiB
    large.group_ring[0] = 2;
    const uint64_t before = resident();
    CHECK_EQ(tm_size_cache(session.context(), &large), TM_OK);
    tm_memory memory{};
    memory.struct_size = sizeof memory;
    CHECK_EQ(tm_memory_use(session.context(), &memory), TM_OK);
    CHECK(memory.cache >= 20'000u * 8192);
    CHECK_TEXT(resident() >= before + memory.cache / 20 * 19,
               std::to_string(resident() - before) + " of " + std::to_string(memory.cache));
  }
}
#endif

TEST(submit_and_wait) {
  const Shape shape;
  const Weights weights(shape);
  for (Placement p : placements()) {
    p.threads = 2;
    Session session(weights, p);
    const auto tokens = random_tokens(60, shape.vocab, 1);
    session.run({{0, 0, {tokens.begin(), tokens.begin() + 4}}});
    const tm_span span{0, 0, 56, 0, 4};
    tm_step step{};
    step.struct_size = sizeof step;
    step.n_rows = 56;
    step.n_spans = 1;
    step.tokens = tokens.data() + 4;
    step.spans = &span;
    CHECK_EQ(tm_submit(session.context(), &step), TM_OK);
    CHECK_EQ(tm_submit(session.context(), &step), TM_WRONG_STATE);
    const tm_cache_config cache{};
    CHECK_EQ(tm_size_cache(session.context(), &cache), TM_WRONG_STATE);
    int32_t status;
    while ((status = tm_wait(session.context(), 1000)) == TM_PENDING) {
    }
    CHECK_EQ(status, TM_OK);
    CHECK_EQ(tm_wait(session.context(), -1), TM_OK);
    CHECK_EQ(tm_submit(session.context(), &step), TM_OK);
    CHECK_EQ(tm_wait(session.context(), std::numeric_limits<int64_t>::max()), TM_OK);
    CHECK_EQ(tm_submit(session.context(), &step), TM_OK);  // closing waits for it
  }
}

// Masks that come after the step has begun hold up what reads them, and nothing is drawn by what stood there before.
TEST(late_masks) {
  const Shape shape;
  const Weights weights(shape);
  constexpr uint32_t kSamples = 40;  // more rows of logits than are sampled together
  const uint32_t words = (shape.vocab + 31) / 32;
  const auto tokens = random_tokens(kSamples, shape.vocab, 2);
  for (Placement p : placements()) {
    p.threads = 3;
    Session session(weights, p);
    session.run({{0, 0, tokens}});  // sends the page tables
    std::vector<tm_sample> samples;
    for (uint32_t row = 0; row < kSamples; ++row) {
      samples.push_back(plain_sample(row, 0));
      if (row % 3 != 0) samples.back().mask = static_cast<int32_t>(row % 2);
    }
    const tm_span span{0, 0, kSamples, 0, 0};
    const auto run = [&](uint32_t late, std::vector<uint32_t> masks, const std::vector<uint32_t>& written) {
      std::vector<tm_result> results(kSamples);
      tm_step step{};
      step.struct_size = sizeof step;
      step.n_rows = kSamples;
      step.n_spans = 1;
      step.n_samples = kSamples;
      step.n_masks = 2;
      step.late_masks = late;
      step.tokens = tokens.data();
      step.spans = &span;
      step.samples = samples.data();
      step.masks = masks.data();
      step.results = results.data();
      CHECK_EQ(tm_submit(session.context(), &step), TM_OK);
      if (late != 0) {
        for (const int64_t timeout : {int64_t{-1}, int64_t{0}, int64_t{1000}}) {
          CHECK_EQ(tm_wait(session.context(), timeout), TM_WRONG_STATE);
        }
        CHECK(session.error().find("late masks") != std::string::npos);
        masks = written;
      }
      CHECK_EQ(tm_release_masks(session.context()), TM_OK);
      CHECK_EQ(tm_release_masks(session.context()), TM_OK);
      CHECK_EQ(tm_wait(session.context(), -1), TM_OK);
      std::vector<int32_t> drawn;
      for (const tm_result& result : results) {
        CHECK_EQ(result.status, TM_RESULT_OK);
        drawn.push_back(result.token);
      }
      return drawn;
    };
    std::vector<uint32_t> masks(2 * words);
    masks[0] = 1u << 7;       // of the even rows
    masks[words] = 3u << 20;  // of the odd ones
    std::vector<uint32_t> others(2 * words, 1u << 3);
    const auto known = run(0, masks, masks);
    CHECK(run(1, std::vector<uint32_t>(2 * words), masks) == known);
    CHECK(run(1, others, masks) == known);
    CHECK_EQ(tm_release_masks(session.context()), TM_WRONG_STATE);
    CHECK_EQ(tm_release_masks(nullptr), TM_INVALID_ARGUMENT);
  }
}

// Closing waits for the step, but for nobody who was to release its masks.
TEST(closing_with_late_masks) {
  const Shape shape;
  const Weights weights(shape);
  const auto tokens = random_tokens(8, shape.vocab, 3);
  for (Placement p : placements()) {
    p.threads = 2;
    std::vector<uint32_t> mask((shape.vocab + 31) / 32);
    mask[0] = 2;
    const tm_span span{0, 0, 8, 0, 0};
    tm_sample sample = plain_sample(7, 0);
    sample.mask = 0;
    tm_result result{};
    result.token = -7;
    {
      Session session(weights, p);
      session.run({{0, 0, tokens}});  // sends the page tables
      tm_step step{};
      step.struct_size = sizeof step;
      step.n_rows = 8;
      step.n_spans = 1;
      step.n_samples = 1;
      step.n_masks = 1;
      step.late_masks = 1;
      step.tokens = tokens.data();
      step.spans = &span;
      step.samples = &sample;
      step.masks = mask.data();
      step.results = &result;
      CHECK_EQ(tm_submit(session.context(), &step), TM_OK);
    }
    CHECK_EQ(result.token, 1);
  }
}

TEST(step_refusals) {
  Shape shape;
  shape.windows = {0, 12};
  const Weights weights(shape);
  Placement placement;
  placement.slots = 4;
  placement.max_rows = 16;
  placement.max_tokens = 64;
  placement.ring = true;  // group 1 holds 32 tokens
  Session session(weights, placement);
  const auto prompt = random_tokens(16, shape.vocab, 5);
  session.run({{0, 0, prompt}});
  session.run({{1, 0, prompt}});

  // What a case may change.
  struct Bench {
    std::vector<int32_t> tokens = {1, 2, 3, 4};
    std::vector<tm_span> spans = {{0, 0, 3, 0, 16}, {1, 3, 1, 0, 16}};
    std::vector<tm_page_edit> edits = {{2, 0, 0, 0}};
    std::vector<tm_page_copy> copies = {{0, 0, 1, 0}};
    std::vector<tm_sample> samples = {plain_sample(2, 0), plain_sample(3, 1)};
    std::vector<tm_token_count> counts = {{5, 1}};
    std::vector<tm_bias> biases = {{5, 1}};
    std::vector<uint32_t> masks = std::vector<uint32_t>(4, ~0u);
    std::vector<tm_result> results = std::vector<tm_result>(2);
    std::vector<int32_t> top_tokens = std::vector<int32_t>(40);
    std::vector<float> top_logprobs = std::vector<float>(40);
    tm_step step{};
  };
  const struct {
    std::function<void(Bench&)> change;
    const char* message;
  } cases[] = {
      {[](Bench& b) { b.step.struct_size += 8; }, "tm_step.struct_size"},
      {[](Bench& b) { b.step.late_masks = 2; }, "tm_step.late_masks is 2"},
      {[](Bench& b) { b.step.n_rows = 0; }, "n_rows is 0"},
      {[](Bench& b) { b.step.n_rows = 17; }, "n_rows is 17, expected 1..16"},
      {[](Bench& b) { b.step.n_spans = 0; }, "n_spans is 0"},
      {[](Bench& b) { b.step.n_spans = 5; }, "n_spans is 5"},
      {[](Bench& b) { b.step.n_samples = 17; }, "n_samples is 17"},
      {[](Bench& b) { b.step.n_edits = UINT32_MAX; }, "n_edits is"},
      {[](Bench& b) { b.step.tokens = nullptr; }, "tokens is NULL"},
      {[](Bench& b) { b.step.spans = nullptr; }, "spans is NULL"},
      {[](Bench& b) { b.step.edits = nullptr; }, "edits is NULL"},
      {[](Bench& b) { b.step.copies = nullptr; }, "copies is NULL"},
      {[](Bench& b) { b.step.samples = nullptr; }, "samples is NULL"},
      {[](Bench& b) { b.step.counts = nullptr; }, "counts is NULL"},
      {[](Bench& b) { b.step.biases = nullptr; }, "biases is NULL"},
      {[](Bench& b) { b.step.masks = nullptr; }, "masks is NULL"},
      {[](Bench& b) { b.step.results = nullptr; }, "results is NULL"},
      {[](Bench& b) { b.spans[1].slot = 4; }, "spans[1].slot is 4"},
      {[](Bench& b) { b.spans[1].slot = 0; }, "spans[1].slot is 0, which has a span already"},
      {[](Bench& b) { b.spans[1].adapter = 1; }, "spans[1].adapter is 1"},
      {[](Bench& b) { b.spans[1].first_row = 2; }, "spans[1].first_row is 2, expected 3"},
      {[](Bench& b) { b.spans[0].first_row = 1; }, "spans[0].first_row is 1, expected 0"},
      {[](Bench& b) { b.spans[0].n_rows = 0; }, "spans[0].n_rows is 0"},
      {[](Bench& b) { b.spans[1].n_rows = 2; }, "spans[1].n_rows is 2, expected 1..1"},
      {[](Bench& b) { b.spans[1].n_rows = UINT32_MAX; }, "spans[1].n_rows is"},
      {[](Bench& b) { b.step.n_spans = 1; }, "spans cover 3 rows, expected n_rows (4)"},
      {[](Bench& b) { b.spans[0].position = -1; }, "spans[0].position is -1"},
      {[](Bench& b) { b.spans[0].position = INT64_MAX; }, "spans[0].position is 9223372036854775807"},
      {[](Bench& b) { b.spans[0].position = 62; }, "spans[0] ends at position 65, but group 0 has no window"},
      {[](Bench& b) { b.tokens[1] = 101; }, "tokens[1] is 101"},
      {[](Bench& b) { b.tokens[1] = -2; }, "tokens[1] is -2"},
      {[](Bench& b) { b.tokens[1] = TM_TOKEN_PREVIOUS; }, "tokens[1] is TM_TOKEN_PREVIOUS in a span of 3 rows"},
      {[](Bench& b) {
         b.tokens[3] = TM_TOKEN_PREVIOUS;
         b.spans[1].slot = 2;
       },
       "slot 2 has drawn no token"},
      {[](Bench& b) { b.edits[0].slot = 4; }, "edits[0].slot is 4"},
      {[](Bench& b) { b.edits[0].group = 2; }, "edits[0].group is 2"},
      {[](Bench& b) { b.edits[0].index = 4; }, "edits[0].index is 4, expected below group_ring (4)"},
      {[](Bench& b) { b.edits[0].page = 19; }, "edits[0].page is 19, expected below group_pages (19)"},
      {[](Bench& b) { b.copies[0].group = 2; }, "copies[0].group is 2"},
      {[](Bench& b) { b.copies[0].from = 19; }, "copies[0] is from page 19"},
      {[](Bench& b) { b.copies[0].to = 19; }, "to 19"},
      {[](Bench& b) { b.copies[0].to = 0; }, "expected two pages"},
      {[](Bench& b) { b.copies[0].reserved = 1; }, "copies[0].reserved"},
      {[](Bench& b) { b.samples[1].row = 4; }, "samples[1].row is 4"},
      {[](Bench& b) { b.samples[0].row = 4; }, "samples[0].row is 4"},
      {[](Bench& b) { std::swap(b.samples[0], b.samples[1]); }, "samples[1].row is 2 after 3"},
      {[](Bench& b) { b.samples[1].slot = 4; }, "samples[1].slot is 4"},
      {[](Bench& b) { b.samples[1].target = 101; }, "samples[1].target is 101"},
      {[](Bench& b) { b.samples[1].target = -2; }, "samples[1].target is -2"},
      {[](Bench& b) { b.samples[1].top_logprobs = 21; }, "top_logprobs is 21"},
      {[](Bench& b) {
         b.samples[1].top_logprobs = 1;
         b.step.top_tokens = nullptr;
       },
       "top_tokens is NULL"},
      {[](Bench& b) {
         b.samples[1].top_logprobs = 1;
         b.step.top_logprobs = nullptr;
       },
       "tm_step.top_logprobs is NULL"},
      {[](Bench& b) { b.samples[1].temperature = -0.1f; }, "temperature is -0.1"},
      {[](Bench& b) { b.samples[1].temperature = kNan; }, "temperature is"},
      {[](Bench& b) { b.samples[1].temperature = kInfinity; }, "temperature is inf"},
      {[](Bench& b) { b.samples[1].top_p = 0; }, "top_p is 0"},
      {[](Bench& b) { b.samples[1].top_p = 1.01f; }, "top_p is 1.01"},
      {[](Bench& b) { b.samples[1].top_p = kNan; }, "top_p is"},
      {[](Bench& b) { b.samples[1].min_p = -0.5f; }, "min_p is -0.5"},
      {[](Bench& b) { b.samples[1].min_p = kNan; }, "min_p is"},
      {[](Bench& b) { b.samples[1].repetition_penalty = 0; }, "repetition_penalty is 0"},
      {[](Bench& b) { b.samples[1].repetition_penalty = kInfinity; }, "repetition_penalty is inf"},
      {[](Bench& b) { b.samples[1].presence_penalty = 2.5f; }, "presence_penalty is 2.5"},
      {[](Bench& b) { b.samples[1].presence_penalty = kNan; }, "presence_penalty is"},
      {[](Bench& b) { b.samples[1].frequency_penalty = -2.5f; }, "frequency_penalty is -2.5"},
      {[](Bench& b) { b.samples[1].n_counts = 2; }, "names 2 counts"},
      {[](Bench& b) { b.samples[1].first_count = 2; }, "counts from 2 on"},
      {[](Bench& b) { b.samples[1].n_counts = b.samples[1].first_count = UINT32_MAX; }, "counts from"},
      {[](Bench& b) { b.samples[1].n_biases = 2; }, "names 2 biases"},
      {[](Bench& b) { b.samples[1].first_bias = UINT32_MAX; }, "biases from"},
      {[](Bench& b) { b.samples[1].mask = 1; }, "mask is 1"},
      {[](Bench& b) { b.samples[1].mask = -2; }, "mask is -2"},
      {[](Bench& b) { b.samples[1].position = -1; }, "samples[1].position is -1"},
      {[](Bench& b) { b.counts[0].token = 101; }, "counts[0].token is 101"},
      {[](Bench& b) { b.counts[0].token = -1; }, "counts[0].token is -1"},
      {[](Bench& b) { b.counts[0].count = -1; }, "counts[0].count is -1"},
      {[](Bench& b) { b.biases[0].token = 101; }, "biases[0].token is 101"},
      {[](Bench& b) { b.biases[0].bias = 101; }, "biases[0].bias is 101"},
      {[](Bench& b) { b.biases[0].bias = kNan; }, "biases[0].bias is"},
      {[](Bench& b) { b.biases[0].bias = -kInfinity; }, "biases[0].bias is -inf"},
  };
  const auto submit = [&](Bench& b) {
    const int32_t status = tm_submit(session.context(), &b.step);
    tm_wait(session.context(), -1);
    return status;
  };
  const auto refused = [&](Bench& b, const char* message) {
    const int32_t status = submit(b);
    expect(status, TM_INVALID_ARGUMENT, session.error().c_str(), message);
  };
  const auto wire = [](Bench& b) {
    b.step.struct_size = sizeof b.step;
    b.step.n_rows = 4;
    b.step.n_spans = 2;
    b.step.n_edits = 1;
    b.step.n_copies = 1;
    b.step.n_samples = 2;
    b.step.n_counts = 1;
    b.step.n_biases = 1;
    b.step.n_masks = 1;
    b.step.tokens = b.tokens.data();
    b.step.spans = b.spans.data();
    b.step.edits = b.edits.data();
    b.step.copies = b.copies.data();
    b.step.samples = b.samples.data();
    b.step.counts = b.counts.data();
    b.step.biases = b.biases.data();
    b.step.masks = b.masks.data();
    b.step.results = b.results.data();
    b.step.top_tokens = b.top_tokens.data();
    b.step.top_logprobs = b.top_logprobs.data();
  };
  const auto tables = [&] {
    std::vector<uint32_t> all;
    for (const auto& group : session.context()->cache.groups)
      all.insert(all.end(), group.table.begin(), group.table.end());
    return all;
  };
  const auto before = tables();
  for (const auto& c : cases) {
    Bench bench;
    wire(bench);
    bench.edits[0].page = 7;
    c.change(bench);
    refused(bench, c.message);
    CHECK_TEXT(tables() == before, c.message);  // nothing was applied
  }
  CHECK_EQ(tm_submit(session.context(), nullptr), TM_INVALID_ARGUMENT);
  Bench good;
  wire(good);
  good.edits.clear();
  good.copies.clear();
  good.step.n_edits = good.step.n_copies = 0;
  CHECK_EQ(submit(good), TM_OK);

  // The ring: 12 + n - 1 tokens must fit 32 once positions wrap; at most 16 rows fit anyway, so a step is refused only
  // when the window grows. Pages that were never set, and pages that two slots share.
  Bench fresh;
  wire(fresh);
  fresh.step.n_edits = fresh.step.n_copies = 0;
  fresh.spans[0].slot = 3;
  session.context()->cache.groups[1].table[3 * 2 + 1] = tramontane::kNoPage;
  refused(fresh, "slot 3 writes entry 1 of group 1's page table");
  session.context()->cache.groups[1].table = {before.end() - 8, before.end()};
  session.context()->cache.groups[0].table[3 * 4] = tramontane::kNoPage;
  refused(fresh, "slot 3 reads positions 0..18 in group 0, but entry 0");
  session.context()->cache.groups[0].table = {before.begin(), before.begin() + 16};

  Bench shared;
  wire(shared);
  shared.step.n_copies = 0;
  shared.edits[0] = {0, 0, 1, before[1 * 4 + 1]};  // slot 0 writes the page that slot 1 writes
  refused(shared, "is written by slot 0 and slot 1");
  shared.edits[0] = {0, 0, 0, before[1 * 4 + 1]};  // and now reads it
  refused(shared, "is written by slot 1 and read by slot 0");
  shared.edits[0] = {0, 0, 0, before[1 * 4 + 0]};  // sharing a page that nobody writes is what prefixes do
  CHECK_EQ(submit(shared), TM_OK);
}

TEST(ring_must_hold_window_and_chunk) {
  Shape shape;
  shape.windows = {20};
  const Weights weights(shape);
  Placement placement;
  placement.max_rows = 16;
  placement.ring = true;  // 20 + 16 - 1 tokens: 3 pages
  Session session(weights, placement);
  const auto tokens = random_tokens(30, shape.vocab, 5);
  session.run_chunked(0, tokens, 15);
  session.context()->cache.groups[0].ring = 2;  // 32 tokens: 13 rows fit behind a window of 20, 14 don't
  const tm_span span{0, 0, 14, 0, 30};
  tm_step step{};
  step.struct_size = sizeof step;
  step.n_rows = 14;
  step.n_spans = 1;
  step.tokens = tokens.data();
  step.spans = &span;
  const int32_t status = tm_submit(session.context(), &step);
  expect(status, TM_INVALID_ARGUMENT, session.error().c_str(),
         "spans[0] needs 33 tokens of group 0's ring (window 20 + 14 rows - 1), which holds 32");
  const tm_span shorter{0, 0, 13, 0, 30};
  step.n_rows = 13;
  step.spans = &shorter;
  CHECK_EQ(tm_submit(session.context(), &step), TM_OK);
}

TEST(previous_token_is_the_one_drawn) {
  const Shape shape;
  const Weights weights(shape);
  for (const Placement& p : placements()) {
    Session session(weights, p);
    const auto prompt = random_tokens(9, shape.vocab, 5);
    const auto logits = session.run({{0, 0, prompt}});
    const float* last = logits.data() + 8 * shape.vocab;
    const auto greedy = static_cast<int32_t>(std::max_element(last, last + shape.vocab) - last);
    const auto implied = session.run({{0, 9, {TM_TOKEN_PREVIOUS}}});
    const auto named = session.run({{0, 9, {greedy}}});
    CHECK_TEXT(implied == named, p.name());
  }
}

TEST(copied_pages_are_whole) {
  Shape shape;
  shape.windows = {0, 12};
  shape.layers = 3;
  const Weights weights(shape);
  for (const uint32_t threads : {1u, 3u}) {
    for (Placement p : placements()) {
      p.slots = 2;
      p.threads = threads;
      p.max_tokens = 64;
      Session session(weights, p);
      const auto tokens = random_tokens(30, shape.vocab, 6);
      session.run_chunked(0, {tokens.begin(), tokens.begin() + 20}, 20);
      const auto expected = session.run({{0, 20, {tokens.begin() + 20, tokens.end()}}});
      // Slot 1 takes copies of the first two pages of slot 0, by way of a third page.
      const auto& groups = session.context()->cache.groups;
      std::vector<tm_page_copy> copies;
      for (uint32_t g = 0; g < 2; ++g) {
        for (uint32_t i = 0; i < 2; ++i) {
          const uint32_t ring = groups[g].ring;
          copies.push_back({g, groups[g].table[i], groups[g].table[ring + 3], 0});
          copies.push_back({g, groups[g].table[ring + 3], groups[g].table[ring + i], 0});
        }
      }
      const tm_span span{1, 0, 10, 0, 20};
      std::vector<tm_sample> samples;
      for (uint32_t row = 0; row < 10; ++row) samples.push_back(plain_sample(row, 1));
      std::vector<tm_result> results(10);
      std::vector<float> logits(10 * shape.vocab);
      tm_step step{};
      step.struct_size = sizeof step;
      step.n_rows = 10;
      step.n_spans = 1;
      step.n_copies = static_cast<uint32_t>(copies.size());
      step.n_samples = 10;
      step.tokens = tokens.data() + 20;
      step.spans = &span;
      step.copies = copies.data();
      step.samples = samples.data();
      step.results = results.data();
      step.logits = logits.data();
      CHECK_EQ(tm_submit(session.context(), &step), TM_OK);
      CHECK_EQ(tm_wait(session.context(), -1), TM_OK);
      CHECK_TEXT(logits == expected, p.name());
    }
  }
}

}  // namespace test
