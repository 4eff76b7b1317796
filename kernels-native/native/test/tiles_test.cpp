// Large tiles (cuda/tile_mm.h): products of 33 rows and more have the bits that mma makes of 32 and fewer, of every
// type and in every way that a tile is cut; and wgmma makes them only where the self-test found that it adds as mma
// does. On every device; which instruction was at work is asked of the emulator, whose two can be made to differ.
#include <cstdlib>
#include <optional>
#include <set>

#include "../cuda/tile_work.h"
#include "async.h"
#include "backends.h"
#include "check.h"
#include "device_as.h"
#include "dtype.h"
#include "probe.h"
#include "tiny_model.h"
#include "types.h"

namespace test {
namespace {

using tramontane::Activation;
using tramontane::Operation;
using namespace tramontane::emulated;

constexpr uint32_t kMostRows = 300;
constexpr uint32_t kFewRows = kFewestTileTokens - 1;
const std::vector<uint32_t> kRows = {33, 64, 65, 96, 128, 256, kMostRows};

bool has_supers(uint32_t dtype) { return tramontane::block_elements(dtype) == 256; }

Shape shape_of(uint32_t dtype, uint32_t width, uint32_t ffn) {
  Shape s;
  s.layers = 1;
  s.dtype = dtype;
  s.width = width;
  s.heads = 2;
  s.kv_heads = 1;
  s.ffn = ffn;
  s.vocab = 8;
  s.scales = dtype == TM_F8_E4M3 ? 2 : 0;
  if (has_supers(dtype)) s.head_dim = 128, s.ffn = 256;
  s.seed = width;
  return s;
}

// Keys, values, and what becomes of gate and up, of the first rows of a hidden state.
class Products {
 public:
  using Outputs = std::vector<std::vector<float>>;

  Products(const Shape& shape, Placement p, uint32_t most) : shape_(shape), weights_(shape) {
    p.max_rows = p.max_tokens = most;
    session_.emplace(weights_, p);
    Random random{shape.width};
    hidden_.resize(static_cast<size_t>(most) * shape.width);
    for (float& value : hidden_) value = random.hard();
    session_->run({{0, 0, std::vector<int32_t>(most, 1)}});  // whose spans the probe goes on with
  }

  Outputs run(uint32_t first, uint32_t n) {
    const float* from = &hidden_[static_cast<size_t>(first) * shape_.width];
    const auto write = [&] {
      session_->probe().write(Activation::kHidden, from, static_cast<size_t>(n) * shape_.width);
    };
    const auto& step = session_->stage({{0, 0, std::vector<int32_t>(n, 1)}});
    Outputs outputs;
    const auto read = [&](Activation which, uint32_t width) {
      outputs.emplace_back(static_cast<size_t>(n) * width);
      session_->probe().read(which, outputs.back().data(), outputs.back().size());
    };
    write();
    session_->probe().run(Operation::kQkv, step, 0);
    read(Activation::kK, shape_.head_dim);
    read(Activation::kV, shape_.head_dim);
    session_->probe().run(Operation::kGateUp, step, 0);
    read(Activation::kGate, shape_.ffn);
    session_->probe().run(Operation::kDown, step, 0);
    read(Activation::kHidden, shape_.width);
    tramontane::Error error;
    CHECK_TEXT(session_->context()->backend->failure(error) == TM_OK, error.text());
    return outputs;
  }

  // All rows, so few at a time that mma multiplies them.
  Outputs by_mma(uint32_t n) {
    Outputs all(4);
    for (uint32_t first = 0; first < n; first += kFewRows) {
      const Outputs some = run(first, std::min(kFewRows, n - first));
      for (size_t o = 0; o < all.size(); ++o) all[o].insert(all[o].end(), some[o].begin(), some[o].end());
    }
    return all;
  }

 private:
  const Shape shape_;
  const Weights weights_;
  std::optional<Session> session_;
  std::vector<float> hidden_;
};

// Whether these rows are the first of those.
bool begins(const Products::Outputs& some, const Products::Outputs& all) {
  for (size_t o = 0; o < all.size(); ++o) {
    if (memcmp(some[o].data(), all[o].data(), some[o].size() * sizeof(float)) != 0) return false;
  }
  return true;
}

void compare(const Shape& shape, const Placement& p, const std::vector<uint32_t>& rows) {
  Products products(shape, p, rows.back());
  const Products::Outputs all = products.by_mma(rows.back());
  for (const uint32_t n : rows) {
    CHECK_TEXT(begins(products.run(0, n), all), p.name() + " " + tramontane::dtype_name(shape.dtype) + " " +
                                                    std::to_string(shape.width) + " columns, " + std::to_string(n) +
                                                    " rows");
  }
}

// On the emulator without TM_TEST_WHOLE most types have few rows, and short ones: what a type has of its own is how a
// block is unpacked.
bool is_whole(const Placement& p) { return p.backend != TM_BACKEND_EMU || std::getenv("TM_TEST_WHOLE") != nullptr; }

Product product_of(uint32_t rows, uint32_t columns, uint32_t n_tokens) {
  Product p = {};
  p.n_parts = 1;
  p.parts[0].rows = rows;
  p.parts[0].units = rows / 16;
  p.n_blocks = columns / 64;
  p.n_slices = slices_of(rows, columns);
  p.n_tokens = n_tokens;
  p.result = Result::kAdd;
  return p;
}

}  // namespace

TEST(tiles_have_the_bits_of_mma) {
  for (const Placement& p : device_placements()) {
    for (const uint32_t dtype : kDeviceTypes) {
      for (const uint32_t chunks : {9u, 33u, 57u}) {
        const bool longer = chunks > 9;
        if (longer && !is_whole(p) && (kSanitised || dtype != TM_BF16 || chunks < 57)) continue;
        const uint32_t width = (chunks + (has_supers(dtype) ? 1 : 0)) * 128;
        const bool all = is_whole(p) || (dtype == TM_BF16 && !longer && !kSanitised);
        compare(shape_of(dtype, width, longer ? 96 : 160), p, all ? kRows : std::vector<uint32_t>{33});
      }
    }
  }
}

// Sums of one slice, in tiles of every size: of a whole number of pairs of groups, and of one that lacks its second.
TEST(tiles_of_one_slice_have_the_bits_of_mma) {
  for (const Placement& p : device_placements()) {
    compare(shape_of(TM_Q8_0, 768, 192), p, kSanitised ? std::vector<uint32_t>{65} : kRows);
    compare(shape_of(TM_BF16, 768, 64), p, {33, 96});
    compare(shape_of(TM_Q6_K, 768, 64), p, {33, 96});
  }
}

TEST(tiles_have_the_bits_of_mma_as_a_device_adds) {
  if (kSanitised) return;
  for (const Placement& p : device_placements()) {
    if (p.backend != TM_BACKEND_EMU) continue;
    const DeviceAs device(90, StepArithmetic::kHopper, StepArithmetic::kHopper);
    compare(shape_of(TM_BF16, 1152, 32), p, {33, 65});
    compare(shape_of(TM_Q4_0, 1152, 32), p, {33, 65});
  }
}

// The shapes above take every way on the emulator, which has three processors; an H200 has 132.
TEST(every_way_is_taken) {
  constexpr uint32_t kBf16 = 8192;  // bytes of a stack
  const auto way = [](uint32_t rows, uint32_t columns, uint32_t n_tokens, uint32_t at_once) {
    const TileWay w = quickest(product_of(rows, columns, n_tokens), kBf16, at_once);
    return std::to_string(w.tokens) + (w.divided ? " divided" : w.folds ? " folded" : "");
  };
  std::set<std::string> taken;
  for (const uint32_t n : kRows) {
    taken.insert(way(384, 768, n, 3));  // gate and up of 192
    taken.insert(way(64, 1152, n, 3));
    taken.insert(way(768, 1152, n, 3));  // down
  }
  std::string all;
  for (const std::string& each : taken) all += each + ", ";
  CHECK_EQ(all, std::string("128, 128 divided, 128 folded, 256, 256 divided, 64, 64 divided, "));
  CHECK_EQ(way(28672, 4096, 2048, 132), std::string("256"));
  CHECK_EQ(way(28672, 4096, 64, 132), std::string("64"));
  CHECK_EQ(way(4096, 14336, 2048, 132), std::string("128 folded"));
  CHECK_EQ(way(4096, 14336, 512, 132), std::string("128 folded"));
  CHECK_EQ(way(4096, 14336, 256, 132), std::string("256 divided"));
  CHECK_EQ(way(4096, 14336, 64, 132), std::string("64 divided"));
}

TEST(wgmma_multiplies_many_rows_where_it_adds_as_mma_does) {
  for (const Placement& p : device_placements()) {
    if (p.backend != TM_BACKEND_EMU || kSanitised) continue;
    const Shape shape = shape_of(TM_BF16, 1152, 32);
    Products::Outputs plain, hopper;
    {
      const DeviceAs device(90, StepArithmetic::kPlain, StepArithmetic::kPlain);
      Products products(shape, p, kFewestTileTokens);
      plain = products.by_mma(kFewestTileTokens);
      use_arithmetic(StepArithmetic::kHopper);
      hopper = products.by_mma(kFewestTileTokens);
      CHECK(!begins(plain, hopper));
      // Found alike, and made to differ behind the self-test's back.
      use_arithmetic(StepArithmetic::kPlain, StepArithmetic::kHopper);
      CHECK(begins(products.run(0, kFewestTileTokens), hopper));
      CHECK(begins(products.run(0, kFewRows), plain));
    }
    for (const int capability :
         {90, 80}) {  // found to differ; without wgmma, and with small copies in place of bulk ones
      const DeviceAs device(capability, StepArithmetic::kPlain, StepArithmetic::kHopper);
      Products products(shape, p, kFewestTileTokens);
      CHECK(begins(products.run(0, kFewestTileTokens), plain));
    }
  }
}

// What is copied for logits is weights, once for each pass over them, and the rows' tiles, for every group of weights
// or every other one: of 8 and 16 rows, which take one pass, it follows what one pass over 64 takes at most. The
// weights of a group are as many bytes as 64 rows', so that a second pass shows.
TEST(logits_of_64_rows_read_the_head_once) {
  for (const Placement& placement : device_placements()) {
    if (placement.backend != TM_BACKEND_EMU) continue;
    Placement p = placement;
    p.max_rows = p.max_tokens = 64;
    Shape shape = shape_of(TM_BF16, 256, 32);
    shape.vocab = 512;
    const Weights weights(shape);
    for (const int capability : {90, 80}) {  // by groups, and by warps alone
      const DeviceAs device(capability, StepArithmetic::kPlain, StepArithmetic::kPlain);
      Session session(weights, p);
      const std::vector<SpanInput> spans = {{0, 0, std::vector<int32_t>(64, 1)}};
      session.run(spans);
      const tramontane::Step& step = session.stage(spans);
      const auto copied = [&](uint32_t n) {
        std::vector<uint32_t> rows(n);
        for (uint32_t i = 0; i < n; ++i) rows[i] = i;
        const uint64_t before = tramontane::emu::Async::bytes_copied;
        session.probe().logits(step, rows.data(), n);
        return tramontane::emu::Async::bytes_copied - before;
      };
      const uint64_t of_8 = copied(8), of_16 = copied(16), of_64 = copied(64);
      const uint64_t weights_bytes = uint64_t{shape.vocab} * shape.width * 2;
      CHECK(of_8 >= weights_bytes && of_16 > of_8);
      CHECK_TEXT(of_64 <= of_8 + 7 * (of_16 - of_8), std::to_string(of_64) + " bytes are copied for 64 rows, " +
                                                         std::to_string(of_8) + " and " + std::to_string(of_16) +
                                                         " for 8 and 16");
    }
  }
}

}  // namespace test
