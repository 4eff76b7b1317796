// Kernels that start before the one ahead of them has ended: which may, and that those which do wait in every thread
// before they touch anything but weights.
#include "../cuda/early_start.h"
#include "asynchronous.h"
#include "block.h"
#include "check.h"
#include "early_access.h"
#include "runtime.h"
#include "tiny_model.h"

namespace test {
namespace {

using namespace tramontane::emu;

constexpr cudaFuncAttributes kWithWait = {90, 90};
constexpr cudaFuncAttributes kWithout = {120, 80};  // made by a driver out of PTX of 8.0

struct Watching {
  Watching() { watch_early_access(true); }
  ~Watching() { watch_early_access(false); }
};

std::vector<Shape> shapes() {
  std::vector<Shape> all;
  for (const uint32_t dtype : {TM_BF16, TM_F8_E4M3, TM_Q4_0, TM_Q6_K}) {
    Shape s;
    s.dtype = dtype;
    s.layers = 1;
    s.width = 288;  // five blocks of columns
    s.ffn = 160;
    s.windows = {40};
    if (dtype == TM_F8_E4M3) s.scales = 1;
    if (dtype == TM_Q6_K) s.width = s.ffn = 256, s.head_dim = 64;
    all.push_back(s);
    if (dtype != TM_BF16) continue;
    s.experts = 5;
    s.experts_used = 2;
    all.push_back(s);
  }
  // Sanitised, where nothing is found here that isn't found without, two of them.
  if (kSanitised) all = {all.front(), all.back()};
  return all;
}

// One part of rank 3 for each matrix of the first layer.
void load_adapter(Session& session, const Weights& weights) {
  std::vector<float> values(3 * 512, 0.01f);
  std::vector<tm_adapter_part> parts;
  for (const Weights::Entry& e : weights.entries) {
    if (e.layer != 0 || e.role < TM_ATTENTION_Q || e.role == TM_FFN_NORM) continue;
    if (weights.shape.experts > 0 && e.role >= TM_FFN_ROUTER) continue;  // experts are not adapted
    parts.push_back({sizeof(tm_adapter_part), e.role, 0, 3, TM_F32, TM_F32, TM_ROPE_HALVES, 1, 3 * e.cols * 4,
                     e.rows * 3 * 4, values.data(), values.data()});
  }
  CHECK_EQ(parts.size(), weights.shape.experts > 0 ? 4u : 7u);
  CHECK_EQ(tm_load_adapter(session.context(), 1, parts.data(), static_cast<uint32_t>(parts.size())), TM_OK);
}

// A chunk, one row of it alone, and both kinds in one step, some of them with an adapter.
std::vector<float> every_kernel(Session& session, const Weights& weights) {
  const uint32_t vocab = weights.shape.vocab;
  load_adapter(session, weights);
  const auto tokens = random_tokens(50, vocab, 3);
  const auto from = [&](size_t first, size_t n) {
    return std::vector<int32_t>(tokens.begin() + static_cast<long>(first),
                                tokens.begin() + static_cast<long>(first + n));
  };
  std::vector<float> all = session.run({{0, 0, from(0, 40)}});
  const auto one = session.run({{0, 40, from(40, 1)}});
  const auto mixed = session.run({{0, 41, from(41, 1)}, {1, 0, from(0, 9), 1}});
  all.insert(all.end(), one.begin(), one.end());
  all.insert(all.end(), mixed.begin(), mixed.end());
  return all;
}

Placement emulated() {
  Placement p;
  p.backend = TM_BACKEND_EMU;
  p.kv_dtype = TM_F16;
  p.slots = 2;
  p.max_rows = 40;
  p.max_adapters = 1;
  p.max_rank = 3;
  return p;
}

}  // namespace

TEST(only_code_that_has_the_wait_starts_early) {
  using tramontane::emulated::has_wait;
  CHECK(!has_wait(80, 80));
  CHECK(!has_wait(89, 80));
  CHECK(!has_wait(90, 80));
  CHECK(!has_wait(100, 80));
  CHECK(!has_wait(120, 80));
  CHECK(has_wait(90, 90));
  CHECK(has_wait(100, 90));
  CHECK(has_wait(120, 90));
  CHECK(has_wait(130, 90));
}

TEST(what_was_loaded_is_asked_for_each_device) {
  static int kernel;
  for (const bool expected : {true, false, true}) {
    exchange_device(expected ? kWithWait : kWithout);
    for (int i = 0; i < 2; ++i) {
      bool early = !expected;
      CHECK_EQ(tramontane::emulated::starts_early(&kernel, &early), cudaSuccess);
      CHECK_EQ(early, expected);
    }
  }
}

TEST(a_thread_that_ends_without_waiting_is_found) {
  const auto all_but_one = [] {
    if (current().thread().x != 37) current().wait_for_previous();
  };
  Launch launch = {dim3(2), dim3(64)};
  CHECK_EQ(current().run(launch, 1, all_but_one), "");  // nothing is ahead of it
  launch.early = true;
  const std::string error = current().run(launch, 1, all_but_one);
  CHECK_TEXT(error == "thread 37 ended without waiting for the kernel ahead of it", error);
  CHECK_EQ(current().run(launch, 1, [] { current().wait_for_previous(); }), "");
  launch.has_wait = false;  // compiled for a device that has none
  CHECK(!current().run(launch, 1, [] { current().wait_for_previous(); }).empty());
}

TEST(touching_more_than_weights_before_the_wait_is_found) {
  const Watching watching;
  void* weights = nullptr;
  void* other = nullptr;
  CHECK_EQ(cudaMalloc(&weights, 5000), cudaSuccess);
  CHECK_EQ(cudaMalloc(&other, 5000), cudaSuccess);
  may_be_read_early(weights);
  static volatile int* from;
  static volatile int* to;
  from = static_cast<int*>(weights) + 1000;
  to = static_cast<int*>(other) + 1000;
  static int sum;
  static const auto copy_around_the_wait = [](const volatile int* source) {
    uint8_t* shared = static_cast<uint8_t*>(current().shared());
    uint64_t* there = reinterpret_cast<uint64_t*>(shared + 32);
    if (current().thread().x == 0) {
      barrier_init(there, 1);
      barrier_fence();
      barrier_expect(there, 16);
      copy_bulk(shared, const_cast<const int*>(source), 16, there);
      barrier_arrive(there);
    }
    current().wait_for_previous();
    if (current().thread().x == 0) barrier_wait(there, 0);
  };
  const struct {
    bool wrong;
    void (*body)();
  } cases[] = {
      {false,
       [] {
         sum = *from;
         current().wait_for_previous();
         *to = sum;
       }},
      {true,
       [] {
         sum = *to;
         current().wait_for_previous();
       }},
      {true,
       [] {
         *to = 1;
         current().wait_for_previous();
       }},
      {true,  // one thread has waited, another has not: the block is not past its wait
       [] {
         if (current().thread().x != 5) return current().wait_for_previous();
         sum = *to;
         current().wait_for_previous();
       }},
      {false,  // a copy of weights, which is carried out when it may be
       [] { copy_around_the_wait(from); }},
      {true,  // and one of what isn't, which is carried out after the wait but may come before it
       [] { copy_around_the_wait(to); }},
      {true,  // threads that meet have not waited
       [] {
         current().barrier(__FILE__, __LINE__);
         sum = *to;
         current().wait_for_previous();
       }},
  };
  Launch launch = {dim3(1), dim3(64), 64};
  launch.early = true;
  for (const auto& c : cases) {
    for (uint64_t seed = 1; seed <= 5; ++seed) {
      const std::string error = current().run(launch, seed, c.body);
      CHECK_TEXT(error.empty() != c.wrong, error);
      CHECK(error.empty() || error.find("touched memory before") != std::string::npos);
    }
  }
  cudaFree(weights);
  cudaFree(other);
}

TEST(every_kernel_waits_before_it_touches_more_than_weights) {
  const Watching watching;
  exchange_device(kWithWait);
  for (const Shape& shape : shapes()) {
    const Weights weights(shape);
    Session session(weights, emulated());
    every_kernel(session, weights);
    if (shape.dtype != TM_BF16) continue;
    Placement p = emulated();
    p.kv_dtype = TM_F8_E4M3;  // which has a kernel of its own
    session.resize(p);
    every_kernel(session, weights);
  }
}

TEST(without_the_wait_kernels_run_one_after_the_other) {
  for (const Shape& shape : shapes()) {
    const Weights weights(shape);
    std::vector<std::vector<float>> logits;
    for (const cudaFuncAttributes& loaded : {kWithWait, kWithout}) {
      exchange_device(loaded);
      Session session(weights, emulated());
      logits.push_back(every_kernel(session, weights));
    }
    CHECK(logits[0] == logits[1]);
    CHECK(std::isfinite(logits[0][0]));
  }
  exchange_device(kWithWait);
}

}  // namespace test
