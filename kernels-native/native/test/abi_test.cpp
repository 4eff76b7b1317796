// Host, devices and backends are told as they are; calls out of order are told; layouts are whole; memory is had.
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>

#include "backends.h"
#include "check.h"
#include "cpu_features.h"
#include "refusals.h"
#include "runtime.h"
#include "tiny_model.h"

namespace test {

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

}  // namespace test
