// Pages copied out of a cache and into another: their bits are whole on every backend, and every wrong argument is
// told.
#include "check.h"
#include "tiny_model.h"

namespace test {
namespace {

std::vector<Placement> everywhere(const Shape& shape) {
  std::vector<Placement> all = placements();
  if (device_runs(shape)) {
    for (const Placement& p : device_placements()) all.push_back(p);
  }
  return all;
}

// The same with every type of cache.
std::vector<Placement> every_cache(const Shape& shape) {
  std::vector<Placement> all;
  for (Placement p : everywhere(shape)) {
    for (const uint32_t kv_dtype : {TM_F32, TM_F16, TM_BF16, TM_F8_E4M3}) {
      if (kv_dtype == TM_F32 && p.backend >= TM_BACKEND_CUDA) continue;
      p.kv_dtype = kv_dtype;
      all.push_back(p);
    }
  }
  return all;
}

// What a page of each group was read as.
using Pages = std::vector<std::vector<std::vector<uint8_t>>>;  // [group][page]

Pages read_all(Session& session, const Placement& p) {
  Pages pages;
  const tramontane::Cache& cache = session.context()->cache;
  for (uint32_t g = 0; g < cache.n_groups; ++g) {
    pages.emplace_back();
    for (uint32_t page = 0; page < cache.groups[g].n_pages; ++page) {
      std::vector<uint8_t> bytes(cache.groups[g].page_bytes, 0xa5);
      const int32_t status = tm_read_page(session.context(), g, page, bytes.data(), bytes.size());
      CHECK_TEXT(status == TM_OK, p.name() + ": " + session.error());
      pages.back().push_back(std::move(bytes));
    }
  }
  return pages;
}

}  // namespace

// In 32 bits as in 64.
TEST(a_position_has_its_entry_however_far_it_is) {
  for (const uint32_t ring : {1u, 2u, 3u, 130u, 65537u, tramontane::kMaxRing - 1, tramontane::kMaxRing}) {
    for (const uint32_t shift : {4u, 5u, 8u}) {
      for (int64_t power = 1; power <= int64_t{1} << 48; power *= 2) {
        for (const int64_t position : {power - 1, power, power / 3 * 2 + 1, power + 12345}) {
          CHECK_EQ(uint64_t{tramontane::ring_entry(position, shift, ring)},
                   (static_cast<uint64_t>(position) >> shift) % ring);
        }
      }
    }
  }
}

TEST(a_page_read_and_written_elsewhere_is_the_same) {
  Shape shape;
  shape.windows = {0, 12};
  shape.layers = 3;
  const Weights weights(shape);
  for (Placement p : every_cache(shape)) {
    p.threads = 2;
    p.max_tokens = 64;
    Session first(weights, p);
    const auto tokens = random_tokens(40, shape.vocab, 6);
    first.run_chunked(0, {tokens.begin(), tokens.begin() + 30}, 20);
    const Pages pages = read_all(first, p);
    const auto expected = first.run({{0, 30, {tokens.begin() + 30, tokens.end()}}});

    // Another context, whose slot has other pages.
    p.page_seed = 77;
    Session second(weights, p);
    second.run({{0, 0, {tokens[39]}}});  // places the slot's pages, and spoils the first
    const auto& from = first.context()->cache.groups;
    const auto& to = second.context()->cache.groups;
    for (uint32_t g = 0; g < 2; ++g) {
      for (uint32_t entry = 0; entry < 2; ++entry) {
        const std::vector<uint8_t>& bytes = pages[g][from[g].table[entry]];
        CHECK_EQ(tm_write_page(second.context(), g, to[g].table[entry], bytes.data(), bytes.size()), TM_OK);
      }
    }
    const auto continued = second.run({{0, 30, {tokens.begin() + 30, tokens.end()}}});
    CHECK_TEXT(continued == expected, p.name());
    // And what was written is what is read.
    std::vector<uint8_t> again(to[1].page_bytes);
    CHECK_EQ(tm_read_page(second.context(), 1, to[1].table[0], again.data(), again.size()), TM_OK);
    CHECK_TEXT(again == pages[1][from[1].table[0]], p.name());
  }
}

// A file may say anything: the answer is a status of the row, and other rows stay what they are.
TEST(any_bits_are_numbers) {
  const Shape shape;
  const Weights weights(shape);
  for (Placement p : every_cache(shape)) {
    p.slots = 2;
    Session session(weights, p);
    const auto tokens = random_tokens(20, shape.vocab, 9);
    session.run_chunked(0, {tokens.begin(), tokens.begin() + 10}, 10);
    session.run_chunked(1, {tokens.begin(), tokens.begin() + 10}, 10);
    const auto& group = session.context()->cache.groups[0];
    const std::vector<uint8_t> ones(group.page_bytes, 0xff);  // NaN
    CHECK_EQ(tm_write_page(session.context(), 0, group.table_of(0)[0], ones.data(), ones.size()), TM_OK);
    session.run({{0, 10, {tokens[10]}}, {1, 10, {tokens[10]}}});
    CHECK_TEXT(session.results()[0].status == TM_RESULT_NOT_FINITE, p.name());
    CHECK_TEXT(session.results()[1].status == TM_RESULT_OK, p.name());
  }
}

TEST(page_copies_refuse) {
  Shape shape;
  shape.windows = {0, 12};
  shape.layers = 3;
  const Weights weights(shape);
  for (Placement p : everywhere(shape)) {
    if (p.backend >= TM_BACKEND_CUDA) p.kv_dtype = TM_F16;
    Session session(weights, p);
    tm_context* context = session.context();
    const auto& groups = context->cache.groups;
    std::vector<uint8_t> bytes(groups[0].page_bytes + 1);
    const uint64_t size = groups[1].page_bytes;
    const struct {
      uint32_t group, page;
      void* place;
      uint64_t bytes;
      const char* message;
    } cases[] = {
        {2, 0, bytes.data(), size, "group is 2, expected 0..1"},
        {UINT32_MAX, 0, bytes.data(), size, "group is 4294967295"},
        {1, groups[1].n_pages, bytes.data(), size, "page is "},
        {1, UINT32_MAX, bytes.data(), size, "page is 4294967295"},
        {1, 0, bytes.data(), size - 1, "a page of group 1 has "},
        {1, 0, bytes.data(), size + 1, "a page of group 1 has "},
        {1, 0, bytes.data(), 0, "a page of group 1 has "},
        {1, 0, nullptr, size, "the memory of the page is NULL"},
    };
    for (const auto& c : cases) {
      CHECK_EQ(tm_read_page(context, c.group, c.page, c.place, c.bytes), TM_INVALID_ARGUMENT);
      CHECK_TEXT(session.error().find(c.message) != std::string::npos, session.error());
      CHECK_EQ(tm_write_page(context, c.group, c.page, c.place, c.bytes), TM_INVALID_ARGUMENT);
      CHECK_TEXT(session.error().find(c.message) != std::string::npos, session.error());
    }
    CHECK_EQ(tm_read_page(nullptr, 0, 0, bytes.data(), size), TM_INVALID_ARGUMENT);
    CHECK_EQ(tm_write_page(nullptr, 0, 0, bytes.data(), size), TM_INVALID_ARGUMENT);

    const auto tokens = random_tokens(30, shape.vocab, 1);
    session.run({{0, 0, {tokens[0]}}});
    const tm_span span{0, 0, 29, 0, 1};
    tm_step step{};
    step.struct_size = sizeof step;
    step.n_rows = 29;
    step.n_spans = 1;
    step.tokens = tokens.data() + 1;
    step.spans = &span;
    CHECK_EQ(tm_submit(context, &step), TM_OK);
    CHECK_EQ(tm_read_page(context, 1, 0, bytes.data(), size), TM_WRONG_STATE);
    CHECK_EQ(tm_write_page(context, 1, 0, bytes.data(), size), TM_WRONG_STATE);
    CHECK_EQ(tm_wait(context, -1), TM_OK);
    CHECK_EQ(tm_read_page(context, 1, 0, bytes.data(), size), TM_OK);

    const tm_cache_config none{};
    CHECK_EQ(tm_size_cache(context, &none), TM_INVALID_ARGUMENT);  // refused before the old one goes
    CHECK_EQ(tm_read_page(context, 1, 0, bytes.data(), size), TM_OK);
  }
}

TEST(without_a_cache_there_is_no_page) {
  const Shape shape;
  std::vector<uint8_t> layer_group;
  const tm_model_config config = model_config(shape, {}, layer_group);
  tm_context* context = nullptr;
  char message[512];
  CHECK_EQ(tm_open(&config, &context, message, sizeof message), TM_OK);
  uint8_t byte = 0;
  CHECK_EQ(tm_read_page(context, 0, 0, &byte, 1), TM_WRONG_STATE);
  CHECK_EQ(tm_write_page(context, 0, 0, &byte, 1), TM_WRONG_STATE);
  tm_close(context);
}

}  // namespace test
