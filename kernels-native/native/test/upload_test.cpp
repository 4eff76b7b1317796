// Weights that come to a device in several parts are there to the bit, in whatever order and type their files have
// them, and so is the progress that is told.
#include <algorithm>
#include <cmath>
#include <cstring>

#include "check.h"
#include "probe.h"
#include "tiny_model.h"

namespace test {
namespace {

Shape shape_of(uint32_t vocab) {
  Shape s;
  s.layers = 1;
  s.width = 64;
  s.ffn = 64;
  s.heads = 4;
  s.kv_heads = 2;
  s.head_dim = 16;
  s.vocab = vocab;
  s.dtype = TM_F16;
  return s;
}

std::vector<Placement> devices(uint32_t threads) {
  std::vector<Placement> all = device_placements();
  for (Placement& p : all) p.threads = threads;
  return all;
}

// Rows of a table that takes some MiB, from all over it.
void compare_rows(const Weights& weights, const std::string& name) {
  const Shape& shape = weights.shape;
  std::vector<int32_t> tokens;
  for (uint32_t i = 0; i < 8; ++i) tokens.push_back(static_cast<int32_t>((shape.vocab - 1) * i / 7));
  const std::vector<SpanInput> spans = {{0, 0, tokens}};
  for (const Placement& p : devices(3)) {
    Session session(weights, p);
    uint64_t done = 0, total = 1;
    CHECK_EQ(tm_progress(session.context(), &done, &total), TM_OK);
    CHECK_EQ(done, total);
    session.run(spans);
    std::vector<float> hidden(tokens.size() * shape.width, NAN);
    session.probe().write(tramontane::Activation::kHidden, hidden.data(), hidden.size());
    session.probe().run(tramontane::Operation::kEmbed, session.stage(spans), 0);
    session.probe().read(tramontane::Activation::kHidden, hidden.data(), hidden.size());
    const std::vector<float>& table = weights.values(TM_TOKEN_EMBEDDING, 0);
    for (size_t i = 0; i < tokens.size(); ++i) {
      const float* expected = &table[static_cast<uint64_t>(tokens[i]) * shape.width];
      if (std::any_of(expected, expected + shape.width, [](float x) { return std::isnan(x); })) {
        CHECK_TEXT(std::isnan(hidden[i * shape.width]), p.name() + " " + name + " is not NaN");
        continue;
      }
      CHECK_TEXT(memcmp(&hidden[i * shape.width], expected, shape.width * sizeof(float)) == 0,
                 p.name() + " " + name + " row " + std::to_string(tokens[i]));
    }
  }
}

}  // namespace

// Parts are of 4 MiB.
TEST(tables_of_several_parts_are_whole) {
  Shape shape = shape_of(70001);  // 9 MB: the third part comes where the first one was
  compare_rows(Weights(shape), "F16");
  shape.dtype = TM_F8_E4M3;  // 4.5 MB
  shape.scales = 2;          // one of each row
  Weights with_nan(shape);
  for (Weights::Entry& e : with_nan.entries) {
    if (e.role == TM_TOKEN_EMBEDDING) e.bytes[70000ull * shape.width + 5] = 0x7f;  // its row is NaN, in the second part
  }
  compare_rows(with_nan, "F8_E4M3");
  shape = shape_of(20003);
  shape.tied = false;
  shape.embedding_dtype = TM_F32;  // 5.1 MB, not arranged
  compare_rows(Weights(shape), "F32");
  shape = shape_of(70001);
  shape.dtype = TM_F32;  // rounded on the way
  shape.computed_as = TM_Q8_0;
  compare_rows(Weights(shape), "F32 as Q8_0");
}

// Rows of q lie elsewhere in the file, and its parts end within a head's.
TEST(parts_of_a_matrix_keep_the_order_of_its_file) {
  Shape shape = shape_of(67);
  shape.width = 512;
  shape.heads = 96;
  shape.kv_heads = 8;
  shape.head_dim = 96;
  shape.rope_dims = 96;
  Weights interleaved(shape);  // q is 9.4 MB
  Weights halves(interleaved);
  halves.shape.rope_style = TM_ROPE_HALVES;
  for (Weights::Entry& e : halves.entries) {
    if (e.role != TM_ATTENTION_Q && e.role != TM_ATTENTION_K) continue;
    const std::vector<uint8_t> before = e.bytes;
    const uint64_t row = e.bytes.size() / e.rows, half = shape.rope_dims / 2;
    for (uint64_t r = 0; r < e.rows; ++r) {
      const uint64_t in_head = r % shape.head_dim;
      const uint64_t to = r - in_head + in_head / 2 + in_head % 2 * half;
      memcpy(&e.bytes[to * row], &before[r * row], row);
    }
  }
  for (const Placement& p : devices(2)) {
    Session one(interleaved, p), other(halves, p);
    const std::vector<SpanInput> spans = {{0, 0, {1, 2, 3}}};
    const auto expected = one.run(spans), got = other.run(spans);
    CHECK_TEXT(memcmp(expected.data(), got.data(), got.size() * sizeof(float)) == 0, p.name());
  }
}

}  // namespace test
