// Rows of the embedding on a device: to the bit what the file says, in every type, beside the output and tied to it.
#include <cstring>

#include "check.h"
#include "probe.h"
#include "tiny_model.h"
#include "types.h"

namespace test {
namespace {

Shape shape_of(uint32_t dtype, bool tied) {
  Shape s;
  s.layers = 1;
  s.width = 512;  // two super-blocks
  s.ffn = 256;
  s.heads = 4;
  s.head_dim = 64;
  s.vocab = 101;  // a second stack of units, and a unit that is cut
  s.dtype = dtype;
  s.tied = tied;
  return s;
}

// In every row of a unit, and at both ends.
std::vector<int32_t> tokens_of(const Shape& shape) {
  std::vector<int32_t> tokens = {0, static_cast<int32_t>(shape.vocab) - 1};
  for (int32_t i = 0; i < 16; ++i) tokens.push_back(i % 6 * 16 + i);
  return tokens;
}

void compare(const Weights& weights, const Placement& placement, const std::string& name) {
  Session session(weights, placement);
  const std::vector<int32_t> tokens = tokens_of(weights.shape);
  const std::vector<SpanInput> spans = {{0, 0, tokens}};
  session.run(spans);
  const uint64_t width = weights.shape.width;
  std::vector<float> hidden(tokens.size() * width, NAN);
  session.probe().write(tramontane::Activation::kHidden, hidden.data(), hidden.size());
  session.probe().run(tramontane::Operation::kEmbed, session.stage(spans), 0);
  session.probe().read(tramontane::Activation::kHidden, hidden.data(), hidden.size());
  const std::vector<float>& table = weights.values(TM_TOKEN_EMBEDDING, 0);
  for (size_t row = 0; row < tokens.size(); ++row) {
    const float* expected = table.data() + static_cast<uint64_t>(tokens[row]) * width;
    CHECK_TEXT(memcmp(hidden.data() + row * width, expected, width * sizeof(float)) == 0,
               placement.name() + " " + name + " token " + std::to_string(tokens[row]));
  }
}

std::vector<Placement> devices() {
  std::vector<Placement> all = device_placements();
  for (Placement& p : all) p.kv_dtype = TM_F16;
  return all;
}

}  // namespace

TEST(rows_of_a_tied_embedding_come_from_the_output) {
  for (const Placement& placement : devices()) {
    for (const uint32_t dtype : kDeviceTypes) {
      compare(Weights(shape_of(dtype, true)), placement, tramontane::dtype_name(dtype));
    }
  }
}

TEST(an_embedding_may_have_any_type_whatever_the_matrices_have) {
  for (const Placement& placement : devices()) {
    for (const uint32_t dtype : kAllTypes) {
      Weights weights(shape_of(TM_BF16, false));
      Random random{dtype};
      Weights::Entry& embedding = weights.entries[0];
      embedding.dtype = dtype;
      embedding.bytes = random_matrix(dtype, embedding.rows, embedding.cols, 1, random);
      compare(weights, placement, tramontane::dtype_name(dtype));
    }
  }
}

TEST(rows_of_an_embedding_have_the_scales_and_the_type_of_its_values) {
  for (const Placement& placement : devices()) {
    for (const uint32_t scales : {1u, 2u}) {
      Shape scaled = shape_of(TM_F8_E4M3, true);
      scaled.scales = scales;
      compare(Weights(scaled), placement, "scaled");
    }
    for (const uint32_t dtype : kWrittenTypes) {
      if (dtype == TM_F32) continue;  // matrices of F32 are refused
      Shape rounded = shape_of(TM_F32, true);
      rounded.computed_as = dtype;
      compare(Weights(rounded), placement, std::string("rounded to ") + tramontane::dtype_name(dtype));
    }
  }
}

}  // namespace test
