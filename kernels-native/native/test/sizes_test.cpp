// What is told of sizes before there is a context is what a context then holds, to the byte, on every backend.
#include <cstring>

#include "check.h"
#include "tiny_model.h"
#include "types.h"

namespace test {
namespace {

std::vector<Placement> all_placements() {
  std::vector<Placement> all = placements();
  for (const Placement& p : device_placements()) all.push_back(p);
  return all;
}

tm_cache_config cache_of(const Shape& shape, const Placement& p) {
  tm_cache_config c = cache_config(shape, p);
  for (uint32_t g = 0; g < shape.windows.size(); ++g) {
    c.group_ring[g] = 5 + g;
    c.group_pages[g] = 7 + 3 * g;
  }
  return c;
}

tm_memory told(const Shape& shape, const Placement& p, const tm_cache_config& cache) {
  std::vector<uint8_t> layer_group;
  const tm_model_config config = model_config(shape, p, layer_group);
  tm_memory memory{};
  memory.struct_size = sizeof memory;
  char message[512];
  CHECK_EQ(tm_cache_bytes(&config, &cache, &memory, message, sizeof message), TM_OK);
  CHECK_EQ(std::string(message), "");
  return memory;
}

uint64_t repacked(const Weights& weights, const Placement& p) {
  uint64_t sum = 0;
  char message[512];
  const auto add = [&](tm_tensor t) {
    t.data = nullptr;  // not read, like all that says nothing of the size
    t.bytes = 0;
    uint64_t bytes = 99;
    CHECK_EQ(tm_tensor_bytes(p.backend, &t, &bytes, message, sizeof message), TM_OK);
    sum += bytes;
  };
  for (const Weights::Entry& e : weights.entries) {
    tm_tensor t = e.tensor();
    if (e.role == TM_ROPE_FACTORS) continue;
    if (e.role == TM_TOKEN_EMBEDDING && weights.shape.tied && weights.shape.has(TM_PART_HEAD)) t.role = TM_OUTPUT;
    add(t);
  }
  tm_tensor frequencies{};
  frequencies.struct_size = sizeof frequencies;
  frequencies.role = TM_ROPE_FACTORS;
  frequencies.rows = 1;
  frequencies.cols = weights.shape.rope_dims / 2;
  if (weights.shape.layers > 0) add(frequencies);
  return sum;
}

void compare(const Weights& weights, const Placement& base) {
  const Shape& shape = weights.shape;
  Session session(weights, base);
  for (const uint32_t rows : {1u, 33u, 200u}) {
    for (const uint32_t slots : {1u, 40u}) {
      Placement p = base;
      p.max_rows = rows;
      p.slots = slots;
      tm_cache_config cache = cache_of(shape, p);
      for (const uint32_t samples : {0u, 3u, 64u}) {
        cache.max_samples = shape.has(TM_PART_HEAD) ? samples : 0;
        if (samples > 0) cache.max_adapters = samples, cache.max_rank = 5;
        CHECK_EQ(tm_size_cache(session.context(), &cache), TM_OK);
        tm_memory held{};
        held.struct_size = sizeof held;
        CHECK_EQ(tm_memory_use(session.context(), &held), TM_OK);
        const tm_memory foreseen = told(shape, p, cache);
        CHECK_EQ(foreseen.cache, held.cache);
        CHECK_EQ(foreseen.workspace, held.workspace);
        CHECK_EQ(foreseen.adapters, held.adapters);
        CHECK_EQ(held.adapters > 0, cache.max_adapters > 0);
        CHECK_EQ(foreseen.weights_in_place + foreseen.weights_repacked, 0u);
        CHECK_EQ(repacked(weights, p), held.weights_repacked);
      }
    }
  }
}

}  // namespace

// Of what gate and up make a device keeps the 16 bits that down reads, and floats where adapters' parts are added.
TEST(a_device_keeps_no_floats_that_nobody_reads) {
  for (const Placement& base : device_placements()) {
    for (const uint32_t experts : {0u, 8u}) {
      const auto workspace = [&](uint32_t ffn, uint32_t rows, uint32_t adapters) {
        Shape shape;
        shape.dtype = TM_BF16;
        shape.ffn = ffn;
        shape.experts = experts;
        shape.experts_used = experts / 4;
        Placement p = base;
        p.max_rows = p.max_tokens = rows;
        tm_cache_config cache = cache_of(shape, p);
        cache.max_adapters = adapters;
        cache.max_rank = adapters;
        return told(shape, p, cache).workspace;
      };
      const auto of_row = [&](uint32_t adapters) {
        const uint64_t wide = workspace(1024, 4096, adapters) - workspace(1024, 2048, adapters);
        const uint64_t narrow = workspace(512, 4096, adapters) - workspace(512, 2048, adapters);
        return (wide - narrow) / 2048;
      };
      CHECK_EQ(of_row(0), 512u * 2 * std::max(1u, experts / 4));
      CHECK_EQ(of_row(1), 512u * 2 * std::max(1u, experts / 4) + (experts == 0 ? 512u * 8 : 0));
    }
  }
}

TEST(what_is_told_is_what_is_held) {
  Shape plain;
  Shape grouped;
  grouped.layers = 3;
  grouped.heads = 6;
  grouped.kv_heads = 1;
  grouped.windows = {24, 0};
  grouped.tied = false;
  grouped.rope_factors = true;
  Shape experts;
  experts.ffn = 40;
  experts.experts = 5;
  experts.experts_used = 2;
  experts.router_dtype = TM_BF16;
  for (const Placement& base : all_placements()) {
    for (const uint32_t threads : {1u, 3u}) {
      Placement p = base;
      p.threads = threads;
      const bool device = p.backend == TM_BACKEND_CUDA || p.backend == TM_BACKEND_EMU;
      if (device) p.kv_dtype = TM_F16;
      for (const Shape& shape : {plain, grouped, experts}) {
        for (const uint32_t kv : {TM_BF16, TM_F8_E4M3}) {
          Shape s = shape;
          s.dtype = TM_BF16;
          Placement other = p;
          other.kv_dtype = kv;
          if (!device || device_runs(s)) compare(Weights(s), other);
        }
        for (const uint32_t dtype : {TM_BF16, TM_Q8_0, TM_Q4_0}) {
          Shape s = shape;
          s.dtype = dtype;
          if (s.ffn % tramontane::block_elements(dtype) != 0) continue;
          if (!device || device_runs(s)) compare(Weights(s), p);
        }
        Shape rounded = shape;
        rounded.computed_as = TM_F16;
        if (!device || device_runs(rounded)) compare(Weights(rounded), p);
      }
    }
  }
}

TEST(of_parts_too) {
  Shape shape;
  shape.layers = 3;
  shape.windows = {24, 0};
  shape.rope_factors = true;
  shape.dtype = TM_Q8_0;
  for (const bool tied : {true, false}) {
    shape.tied = tied;
    const Weights whole(shape);
    for (Placement p : all_placements()) {
      p.threads = 2;
      for (const Weights& part :
           {part_of(whole, 0, 0, TM_PART_EMBEDDING), part_of(whole, 0, 1, TM_PART_EMBEDDING), part_of(whole, 1, 3, 0),
            part_of(whole, 1, 3, TM_PART_HEAD), part_of(whole, 3, 3, TM_PART_HEAD)}) {
        compare(part, p);
      }
    }
  }
}

// What layers alone need is not taken without layers, nor what the head needs without it.
TEST(parts_together_take_about_what_the_whole_takes) {
  Shape shape;
  shape.layers = 4;
  shape.dtype = TM_BF16;
  const Weights whole(shape);
  for (Placement p : all_placements()) {
    p.slots = p.max_rows = 64;
    tm_cache_config cache = cache_of(shape, p);
    const tm_memory all = told(shape, p, cache);
    const tm_memory head = told(part_of(whole, 4, 4, TM_PART_HEAD).shape, p, cache);
    cache.max_samples = 0;
    const tm_memory layers = told(part_of(whole, 0, 4, TM_PART_EMBEDDING).shape, p, cache);
    CHECK(head.workspace < all.workspace && layers.workspace < all.workspace);
    CHECK_EQ(all.cache, layers.cache);
    CHECK(head.cache > 0 && head.cache < layers.cache);  // tables alone
  }
}

TEST(every_type_has_the_size_of_its_copy) {
  for (const uint32_t dtype : kAllTypes) {
    Shape shape;
    shape.layers = 1;
    shape.dtype = dtype;
    shape.width = 256;
    shape.ffn = 512;
    shape.heads = 4;
    shape.head_dim = 64;
    const Weights weights(shape);
    for (Placement p : all_placements()) {
      if (p.backend == TM_BACKEND_CUDA || p.backend == TM_BACKEND_EMU) {
        if (!device_runs(shape)) continue;
        p.kv_dtype = TM_F16;
      }
      Session session(weights, p);
      tm_memory held{};
      held.struct_size = sizeof held;
      CHECK_EQ(tm_memory_use(session.context(), &held), TM_OK);
      CHECK_EQ(repacked(weights, p), held.weights_repacked);
    }
  }
}

TEST(types_are_told_one_by_one) {
  char name[16];
  uint32_t number = 0, elements = 0, bytes = 0, written = 9, n = 0;
  for (; tm_element_type(n, name, sizeof name, &number, &elements, &bytes, &written) == TM_OK; ++n) {
    const tramontane::ElementType* type = tramontane::element_type(number);
    CHECK(type != nullptr && std::strcmp(type->name, name) == 0);
    CHECK_EQ(elements, type->block_elements);
    CHECK_EQ(bytes, type->block_bytes);
    CHECK_EQ(written, type->write == nullptr ? 0u : 1u);
  }
  CHECK_EQ(n, std::size(kAllTypes));
  number = 77;
  CHECK_EQ(tm_element_type(UINT32_MAX, name, sizeof name, &number, &elements, &bytes, &written), TM_INVALID_ARGUMENT);
  CHECK_EQ(tm_element_type(0, nullptr, sizeof name, &number, &elements, &bytes, &written), TM_INVALID_ARGUMENT);
  CHECK_EQ(tm_element_type(0, name, 3, &number, &elements, &bytes, &written), TM_INVALID_ARGUMENT);  // "F32" and NUL
  CHECK_EQ(tm_element_type(0, name, sizeof name, nullptr, &elements, &bytes, &written), TM_INVALID_ARGUMENT);
  CHECK_EQ(tm_element_type(0, name, sizeof name, &number, nullptr, &bytes, &written), TM_INVALID_ARGUMENT);
  CHECK_EQ(tm_element_type(0, name, sizeof name, &number, &elements, nullptr, &written), TM_INVALID_ARGUMENT);
  CHECK_EQ(tm_element_type(0, name, sizeof name, &number, &elements, &bytes, nullptr), TM_INVALID_ARGUMENT);
  CHECK_EQ(number, 77u);
  CHECK_EQ(tm_element_type(0, name, 4, &number, &elements, &bytes, &written), TM_OK);
}

TEST(sizes_of_what_cannot_be_are_refused) {
  tm_tensor good{};
  good.struct_size = sizeof good;
  good.role = TM_FFN_UP;
  good.dtype = good.computed_as = TM_Q4_K;
  good.rows = 300;
  good.cols = 512;
  const struct {
    void (*change)(tm_tensor&);
    uint32_t backend;
    int32_t status;
    const char* message;
  } cases[] = {
      {[](tm_tensor&) {}, 9, TM_INVALID_ARGUMENT, "backend is 9"},
      {[](tm_tensor& t) { t.struct_size = 4; }, TM_BACKEND_CPU, TM_INVALID_ARGUMENT, "struct_size is 4"},
      {[](tm_tensor& t) { t.role = TM_N_ROLES; }, TM_BACKEND_CPU, TM_INVALID_ARGUMENT, "role is 14"},
      {[](tm_tensor& t) { t.dtype = 4; }, TM_BACKEND_CPU, TM_UNSUPPORTED, "dtype 4 is not supported"},
      {[](tm_tensor& t) { t.computed_as = TM_Q8_0; }, TM_BACKEND_CPU, TM_INVALID_ARGUMENT, "Q4_K stays as it is"},
      {[](tm_tensor& t) { t.role = TM_FFN_NORM; }, TM_BACKEND_CPU, TM_INVALID_ARGUMENT, "dtype is Q4_K, expected F32"},
      {[](tm_tensor& t) { t.rows = 0; }, TM_BACKEND_CPU, TM_INVALID_ARGUMENT, "shape is [0, 512]"},
      {[](tm_tensor& t) { t.rows = UINT64_MAX; }, TM_BACKEND_CPU, TM_INVALID_ARGUMENT, "expected [1..4194304,"},
      {[](tm_tensor& t) { t.cols = 1ull << 40; }, TM_BACKEND_CPU, TM_INVALID_ARGUMENT, "1..262144]"},
      {[](tm_tensor& t) { t.cols = 500; }, TM_BACKEND_CPU, TM_INVALID_ARGUMENT, "whole number of Q4_K blocks"},
      {[](tm_tensor& t) { t.dtype = t.computed_as = TM_F32; }, TM_BACKEND_EMU, TM_UNSUPPORTED,
       "the emu backend doesn't compute F32 there"},
      {[](tm_tensor& t) { t.dtype = t.computed_as = TM_F32; }, TM_BACKEND_CUDA, TM_UNSUPPORTED,
       "the cuda backend doesn't compute F32 there"},
  };
  char message[512];
  uint64_t bytes = 77;
  for (const auto& c : cases) {
    tm_tensor tensor = good;
    c.change(tensor);
    CHECK_EQ(tm_tensor_bytes(c.backend, &tensor, &bytes, message, sizeof message), c.status);
    CHECK_TEXT(std::strstr(message, c.message) != nullptr, message);
  }
  CHECK_EQ(tm_tensor_bytes(TM_BACKEND_CPU, nullptr, &bytes, message, sizeof message), TM_INVALID_ARGUMENT);
  CHECK_EQ(tm_tensor_bytes(TM_BACKEND_CPU, &good, nullptr, nullptr, 0), TM_INVALID_ARGUMENT);
  CHECK_EQ(bytes, 77u);
  CHECK_EQ(tm_tensor_bytes(TM_BACKEND_CPU, &good, &bytes, nullptr, 0), TM_OK);
  CHECK_EQ(bytes, 19u * 2 * 2368);  // strips of sixteen rows, two super-blocks
  CHECK_EQ(tm_tensor_bytes(TM_BACKEND_EMU, &good, &bytes, nullptr, 0), TM_OK);
  CHECK_EQ(bytes, 320u * 512 * 37 / 64);  // tiles of 64 rows; 4.625 bits
}

TEST(a_backend_says_beforehand_which_shapes_it_lacks) {
  Shape shape;
  shape.head_dim = 48;
  for (const uint32_t backend : {TM_BACKEND_CUDA, TM_BACKEND_EMU}) {
    Placement p;
    p.backend = backend;
    p.kv_dtype = TM_F16;
    std::vector<uint8_t> layer_group;
    const tm_model_config model = model_config(shape, p, layer_group);
    const tm_cache_config cache = cache_of(shape, p);
    tm_memory memory{};
    memory.struct_size = sizeof memory;
    char message[512];
    CHECK_EQ(tm_cache_bytes(&model, &cache, &memory, message, sizeof message), TM_UNSUPPORTED);
    CHECK_TEXT(std::strstr(message, backend == TM_BACKEND_EMU ? "emu" : "cuda") != nullptr, message);
  }
}

TEST(sizes_of_caches_that_cannot_be_are_refused) {
  const Shape shape;
  const Placement p;
  std::vector<uint8_t> layer_group;
  const tm_model_config good_model = model_config(shape, p, layer_group);
  const tm_cache_config good_cache = cache_of(shape, p);
  tm_memory memory{};
  memory.struct_size = sizeof memory;
  char message[512];
  const auto refused = [&](const tm_model_config* m, const tm_cache_config* c, tm_memory* to, const char* what) {
    const int32_t status = tm_cache_bytes(m, c, to, message, sizeof message);
    CHECK_EQ(status, TM_INVALID_ARGUMENT);
    CHECK_TEXT(std::strstr(message, what) != nullptr, message);
  };
  refused(nullptr, &good_cache, &memory, "config is NULL");
  refused(&good_model, nullptr, &memory, "cache is NULL");
  refused(&good_model, &good_cache, nullptr, "memory is NULL");
  tm_memory small = memory;
  small.struct_size = 8;
  refused(&good_model, &good_cache, &small, "tm_memory.struct_size is 8");
  tm_model_config model = good_model;
  model.width = 60;
  refused(&model, &good_cache, &memory, "width is 60");
  model = good_model;
  model.backend = 9;
  refused(&model, &good_cache, &memory, "backend is 9");
  model = good_model;
  model.layer_group = nullptr;
  refused(&model, &good_cache, &memory, "layer_group is NULL");
  tm_cache_config cache = good_cache;
  cache.page_tokens = 17;
  refused(&good_model, &cache, &memory, "page_tokens is 17");
  CHECK_EQ(memory.workspace + memory.cache, 0u);
  // The largest that the checks let through is counted, not allocated; and a device need not be there.
  cache = good_cache;
  cache.n_slots = 1u << 20;
  cache.max_rows = cache.max_spans = cache.max_samples = 1u << 20;
  cache.group_ring[0] = 1u << 24;
  model = good_model;
  for (const uint32_t backend : {TM_BACKEND_REF, TM_BACKEND_CPU, TM_BACKEND_CUDA, TM_BACKEND_EMU}) {
    model.backend = backend;
    CHECK_EQ(tm_cache_bytes(&model, &cache, &memory, message, sizeof message), TM_OK);
    CHECK(memory.cache > uint64_t{4} << 44 && memory.workspace > uint64_t{4} << 32);
  }
  model.backend = TM_BACKEND_REF;
  cache.kv_dtype = TM_F32;
  cache.group_pages[0] = UINT32_MAX - 1;
  model.n_kv_heads = model.n_heads = 512;
  model.head_dim = 512;
  model.n_layers = 1024;
  const std::vector<uint8_t> groups(1024, 0);
  model.layer_group = groups.data();
  CHECK_EQ(tm_cache_bytes(&model, &cache, &memory, message, sizeof message), TM_OUT_OF_MEMORY);
  CHECK_TEXT(std::strstr(message, "group_pages[0] is 4294967294") != nullptr, message);
}

}  // namespace test
