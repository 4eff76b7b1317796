// Decodes as captured graphs: whichever of them a step takes, its bits are those of its rows alone, its cache is
// theirs, and there are as many as when the cache was sized.
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <string>
#include <vector>

#include "check.h"
#include "runtime.h"
#include "tiny_model.h"

namespace test {
namespace {

using tramontane::emu::Graph;

constexpr uint32_t kSlots = 66;  // more than a graph has rows

Shape shape_of() {
  Shape s;
  s.layers = 2;
  s.width = 64;
  s.ffn = 64;
  s.heads = 4;
  s.kv_heads = 2;
  s.head_dim = 16;
  s.vocab = 67;
  s.dtype = TM_F16;
  s.windows = {0, 100};
  return s;
}

std::vector<Placement> devices(uint32_t slots) {
  std::vector<Placement> all = device_placements();
  for (Placement& p : all) {
    p.slots = slots;
    p.max_rows = 160;
    p.max_tokens = 304;
  }
  return all;
}

// What a slot says, and how much of it is there before it decodes: long ones see several segments.
std::vector<int32_t> tokens_of(uint32_t slot) { return random_tokens(300, shape_of().vocab, 100 + slot); }
uint32_t begun(uint32_t slot) { return slot % 7 == 3 ? 120 + slot : slot % 11 == 5 ? 250 : 1 + slot % 9; }

void begin(Session& session, uint32_t slots, std::vector<uint32_t>& at) {
  at.clear();
  for (uint32_t slot = 0; slot < slots; ++slot) {
    const auto tokens = tokens_of(slot);
    session.run_chunked(slot, {tokens.begin(), tokens.begin() + begun(slot)}, 160);
    at.push_back(begun(slot));
  }
}

std::vector<SpanInput> decode(const std::vector<uint32_t>& slots, std::vector<uint32_t>& at) {
  std::vector<SpanInput> spans;
  for (const uint32_t slot : slots) {
    spans.push_back({slot, at[slot], {tokens_of(slot)[at[slot]]}});
    ++at[slot];
  }
  return spans;
}

// n slots, others each time.
std::vector<uint32_t> some(uint32_t n, uint32_t turn) {
  std::vector<uint32_t> slots;
  for (uint32_t i = 0; i < n; ++i) slots.push_back((turn * 13 + i) % kSlots);
  return slots;
}

// Of every page, in the order of groups.
std::vector<uint8_t> cache_of(Session& session) {
  const tramontane::Cache& cache = session.context()->cache;
  std::vector<uint8_t> all;
  for (uint32_t g = 0; g < cache.n_groups; ++g) {
    std::vector<uint8_t> page(cache.groups[g].page_bytes);
    for (uint32_t i = 0; i < cache.groups[g].n_pages; ++i) {
      CHECK_EQ(tm_read_page(session.context(), g, i, page.data(), page.size()), TM_OK);
      all.insert(all.end(), page.begin(), page.end());
    }
  }
  return all;
}

}  // namespace

TEST(bits_of_a_decode_depend_on_no_graph) {
  const Weights weights(shape_of());
  const uint32_t vocab = weights.shape.vocab;
  for (const Placement& p : devices(kSlots)) {
    Session session(weights, p), alone(weights, p);
    std::vector<uint32_t> at, at_alone;
    begin(session, kSlots, at);
    begin(alone, kSlots, at_alone);
    uint32_t turn = 0;
    for (const uint32_t n : {2, 7, 9, 17, 64, 65, 5}) {
      const std::vector<uint32_t> slots = some(n, ++turn);
      if (n == 5) {  // after a chunk, whose tiles are many
        const auto tokens = tokens_of(5);
        const std::vector<int32_t> chunk(tokens.begin() + at[5], tokens.begin() + at[5] + 40);
        session.run({{5, at[5], chunk}});
        alone.run({{5, at[5], chunk}});
        at[5] = at_alone[5] = at[5] + 40;
      }
      const std::vector<float> together = session.run(decode(slots, at));
      for (uint32_t i = 0; i < n; ++i) {
        const std::vector<float> one = alone.run(decode({slots[i]}, at_alone));
        CHECK_TEXT(memcmp(one.data(), &together[static_cast<size_t>(i) * vocab], vocab * sizeof(float)) == 0,
                   p.name() + " slot " + std::to_string(slots[i]) + " among " + std::to_string(n));
      }
    }
  }
}

TEST(rows_that_fill_a_graph_write_nothing) {
  const Weights weights(shape_of());
  std::vector<Placement> all = devices(13);
  for (size_t i = 0, n = all.size(); i < n; ++i) {
    all.push_back(all[i]);
    all.back().kv_dtype = TM_F8_E4M3;  // which a kernel of its own writes
  }
  for (const Placement& p : all) {
    Session session(weights, p), alone(weights, p);
    std::vector<uint32_t> at, at_alone;
    begin(session, p.slots, at);
    begin(alone, p.slots, at_alone);
    session.run(decode({3, 1, 4, 5, 9}, at));
    session.run(decode({0, 1, 2, 3, 4, 5, 6, 7, 8, 9}, at));
    for (const uint32_t slot : {3, 1, 4, 5, 9, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9}) alone.run(decode({slot}, at_alone));
    CHECK_TEXT(cache_of(session) == cache_of(alone), p.name());
  }
}

// They would have experts read for nobody.
TEST(rows_that_fill_a_graph_choose_no_expert) {
  Shape shape = shape_of();
  shape.experts = 6;
  shape.experts_used = 2;
  const Weights weights(shape);
  for (const Placement& p : devices(13)) {
    Session session(weights, p), alone(weights, p);
    std::vector<uint32_t> at, at_alone;
    begin(session, p.slots, at);
    begin(alone, p.slots, at_alone);
    for (const std::vector<uint32_t>& slots : {std::vector<uint32_t>{3, 1, 4, 5, 9}, std::vector<uint32_t>{7}}) {
      const std::vector<float> together = session.run(decode(slots, at));
      CHECK_EQ(session.probe().routing()->first[shape.experts], slots.size() * shape.experts_used);
      for (size_t i = 0; i < slots.size(); ++i) {
        const std::vector<float> one = alone.run(decode({slots[i]}, at_alone));
        CHECK_TEXT(memcmp(one.data(), &together[i * shape.vocab], shape.vocab * sizeof(float)) == 0,
                   p.name() + " slot " + std::to_string(slots[i]));
      }
    }
  }
}

TEST(graphs_are_as_many_as_the_cache_was_sized_for) {
  const Weights weights(shape_of());
  for (Placement p : devices(kSlots)) {
    if (p.backend != TM_BACKEND_EMU) continue;  // which counts them
    const int64_t before = Graph::alive;
    {
      Session session(weights, p);
      // 1, 8, 16, 32 or 64 rows that see up to 1, 2 or 4 segments.
      CHECK_EQ(Graph::alive - before, 15);
      std::vector<uint32_t> at;
      begin(session, kSlots, at);
      for (uint32_t n = 1; n <= 66; n += 13) session.run(decode(some(n, n), at));
      CHECK_EQ(Graph::alive - before, 15);
      p.slots = 1;
      session.resize(p);
      CHECK_EQ(Graph::alive - before, 3);
      p.slots = 12;
      session.resize(p);
      CHECK_EQ(Graph::alive - before, 9);
    }
    CHECK_EQ(Graph::alive - before, 0);
  }
}

TEST(what_graphs_are_expected_to_take_is_in_the_plan) {
  const Weights weights(shape_of());
  for (Placement p : devices(2)) {
    uint64_t bytes[2];
    for (uint32_t i = 0; i < 2; ++i) {
      p.slots = 1 + i;
      std::vector<uint8_t> layer_group;
      const tm_model_config config = model_config(weights.shape, p, layer_group);
      Session session(weights, p);
      const tm_cache_config sizes = cache_config(weights.shape, p);
      tm_memory said{}, had{};
      said.struct_size = had.struct_size = sizeof said;
      char message[256] = "";
      CHECK_EQ(tm_cache_bytes(&config, &sizes, &said, message, sizeof message), TM_OK);
      CHECK_EQ(tm_memory_use(session.context(), &had), TM_OK);
      CHECK_EQ(said.workspace, had.workspace);
      bytes[i] = had.workspace;
    }
    // Three graphs more, of two layers of eight kernels each.
    CHECK_TEXT(bytes[1] - bytes[0] > 3ull * 2 * 8 * 8192, std::to_string(bytes[1] - bytes[0]));
  }
}

// Nothing of a cache stays whose graphs took too much, and a smaller one is had.
TEST(graphs_that_take_more_than_is_left_are_refused_before_steps) {
  const Weights weights(shape_of());
  for (Placement p : devices(2)) {
    if (p.backend != TM_BACKEND_EMU) continue;  // whose graphs take what is asked
    const int64_t before = Graph::alive;
    Session session(weights, p);
    const auto size = [&](uint32_t slots, uint64_t bytes) {
      p.slots = slots;
      const tm_cache_config sizes = cache_config(weights.shape, p);
      Graph::bytes = bytes;
      const int32_t status = tm_size_cache(session.context(), &sizes);
      Graph::bytes = 0;
      return status;
    };
    // Six graphs of two layers of eight kernels are planned with 768 KiB; the driver is left 512 MiB. They may take
    // more where as much stays free.
    const auto memory = static_cast<uint64_t>(sysconf(_SC_PHYS_PAGES)) * static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
    const uint64_t most = (memory - (512ull << 20)) / 6;
    CHECK(6 * most > 513ull << 20);
    CHECK_EQ(size(2, most), TM_OK);
    CHECK_EQ(Graph::alive - before, 6);
    CHECK_EQ(size(2, most + 1), TM_OUT_OF_MEMORY);
    const std::string expected = "captured decodes took " + std::to_string((6 * (most + 1)) >> 20) +
                                 " MiB of the device, where 0 are planned and 512 left";
    CHECK_TEXT(session.error().find(expected) == 0, session.error());
    CHECK_EQ(Graph::alive - before, 0);
    CHECK_EQ(size(1, most + 1), TM_OK);  // three
    p.slots = 2;
    session.resize(p);
    session.run({{0, 0, random_tokens(4, weights.shape.vocab, 1)}});
  }
}

// The refusal comes at the first launch, in the middle and at the last one of all graphs.
TEST(a_graph_that_cannot_be_captured_leaves_the_stream_as_it_was) {
  const Weights weights(shape_of());
  for (const Placement& p : devices(20)) {
    if (p.backend != TM_BACKEND_EMU) continue;  // which can refuse
    Session session(weights, p);
    const int64_t graphs = Graph::alive;
    const tm_cache_config sizes = cache_config(weights.shape, p);
    for (const uint32_t launches : {0, 1, 77, 167}) {
      tramontane::emu::refuse_launch_after(launches);
      CHECK_TEXT(tm_size_cache(session.context(), &sizes) == TM_DEVICE_ERROR, std::to_string(launches));
      CHECK_TEXT(session.error().find("the device failed while starting") == 0, session.error());
      CHECK(Graph::alive < graphs);
      session.resize(p);
      CHECK_EQ(Graph::alive, graphs);
      const auto tokens = random_tokens(4, weights.shape.vocab, 1);
      const auto whole = session.run({{0, 0, tokens}});
      session.resize(p);
      session.run({{0, 0, {tokens.begin(), tokens.begin() + 3}}});
      const auto last = session.run({{0, 3, {tokens[3]}}});
      CHECK_TEXT(memcmp(last.data(), &whole[3ull * weights.shape.vocab], last.size() * sizeof(float)) == 0, p.name());
    }
  }
}

}  // namespace test
