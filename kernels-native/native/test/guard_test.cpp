// An over-read must crash: weights, tokens, spans, samples and results end flush against a page that may not be
// touched, and so do the cache's and the workspace's own buffers, for many lengths of the tails.
#include <sys/mman.h>
#include <unistd.h>

#include "check.h"
#include "host/host_backend.h"
#include "tiny_model.h"
#include "types.h"

namespace test {
namespace {

// Bytes that end at a PROT_NONE page (flush) or begin after one (front).
class Guarded {
 public:
  Guarded(const void* data, size_t bytes, bool front) : bytes_(bytes) {
    const size_t page = static_cast<size_t>(sysconf(_SC_PAGESIZE));
    body_ = (bytes + page - 1) / page * page;
    total_ = body_ + 2 * page;
    base_ = static_cast<uint8_t*>(mmap(nullptr, total_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    start_ = base_ + page + (front ? 0 : body_ - bytes);
    if (bytes > 0) memcpy(start_, data, bytes);
    mprotect(base_, page, PROT_NONE);
    mprotect(base_ + page + body_, page, PROT_NONE);
  }
  ~Guarded() { munmap(base_, total_); }
  Guarded(const Guarded&) = delete;
  template <class T>
  T* as() const {
    return reinterpret_cast<T*>(start_);
  }

 private:
  size_t bytes_, body_, total_;
  uint8_t* base_;
  uint8_t* start_;
};

template <class T>
std::unique_ptr<Guarded> guard(const std::vector<T>& data) {
  return std::make_unique<Guarded>(data.data(), data.size() * sizeof(T), false);
}

// An overrun into a guard crashes without sanitizers, too: with them every third runs, at each level other ones.
void run_guarded(const Shape& shape, Placement p, bool front, const std::string& name) {
  static uint32_t asked = 0;
  if (kSanitised && asked++ % 3 != 0) return;
  const Weights weights(shape);
  std::vector<std::unique_ptr<Guarded>> memory;
  std::vector<const void*> pointers;
  for (const Weights::Entry& e : weights.entries) {
    memory.push_back(std::make_unique<Guarded>(e.bytes.data(), e.bytes.size(), front));
    pointers.push_back(memory.back()->as<void>());
  }
  p.slots = 2;
  p.max_rows = 24;
  Session session(weights, p, &pointers);
  const auto tokens = random_tokens(23, shape.vocab, 3);
  session.run({{0, 0, {tokens[0]}}, {1, 0, {tokens[0]}}});

  // The caches' own pages, flush as well. Reads over a page's end would land in the next page, so the pool's last page
  // is the one in use: its end is the guard.
  auto& cache = session.context()->cache;
  auto& host = dynamic_cast<tramontane::HostBackend&>(*session.context()->backend);
  std::vector<std::unique_ptr<Guarded>> pools;
  std::vector<tramontane::Buffer> originals;
  for (uint32_t g = 0; g < cache.n_groups; ++g) {
    auto& group = cache.groups[g];
    group.n_pages = group.ring;
    for (uint32_t i = 0; i < group.ring; ++i) group.table[i] = group.ring - 1 - i;
    tramontane::Buffer& pages = host.pages().pools[g];
    pools.push_back(std::make_unique<Guarded>(pages.as<uint8_t>(), group.page_bytes * group.ring, false));
    originals.push_back(std::move(pages));
    pages = tramontane::Buffer::borrow(pools.back()->as<uint8_t>(), group.page_bytes * group.ring);
  }
  for (const size_t n : {1, 2, 3, 5, 8, 13, 16, 17, 23}) {
    const auto row_tokens = guard(std::vector<int32_t>(tokens.begin(), tokens.begin() + static_cast<long>(n)));
    const auto spans = guard(std::vector<tm_span>{{0, 0, static_cast<uint32_t>(n), 0, 0}});
    std::vector<tm_sample> draws;
    for (uint32_t row = 0; row < n; row += 2) {
      tm_sample s = plain_sample(row, 0);
      s.temperature = static_cast<float>(row % 3);
      s.top_p = row % 4 == 0 ? 0.9f : 1.0f;
      s.top_k = row % 5;
      s.top_logprobs = 20;
      s.mask = 0;
      s.n_counts = s.n_biases = 1;
      draws.push_back(s);
    }
    const auto samples = guard(draws);
    const auto counts = guard(std::vector<tm_token_count>{{static_cast<int32_t>(shape.vocab) - 1, 1}});
    const auto biases = guard(std::vector<tm_bias>{{static_cast<int32_t>(shape.vocab) - 1, 1}});
    const auto masks = guard(std::vector<uint32_t>((shape.vocab + 31) / 32, ~0u));
    const auto results = guard(std::vector<tm_result>(draws.size()));
    const auto top_tokens = guard(std::vector<int32_t>(draws.size() * TM_MAX_TOP_LOGPROBS));
    const auto top_logprobs = guard(std::vector<float>(draws.size() * TM_MAX_TOP_LOGPROBS));
    const auto logits = guard(std::vector<float>(draws.size() * shape.vocab));
    tm_step step{};
    step.struct_size = sizeof step;
    step.n_rows = static_cast<uint32_t>(n);
    step.n_spans = 1;
    step.n_samples = static_cast<uint32_t>(draws.size());
    step.n_counts = step.n_biases = step.n_masks = 1;
    step.tokens = row_tokens->as<int32_t>();
    step.spans = spans->as<tm_span>();
    step.samples = samples->as<tm_sample>();
    step.counts = counts->as<tm_token_count>();
    step.biases = biases->as<tm_bias>();
    step.masks = masks->as<uint32_t>();
    step.results = results->as<tm_result>();
    step.top_tokens = top_tokens->as<int32_t>();
    step.top_logprobs = top_logprobs->as<float>();
    step.logits = logits->as<float>();
    CHECK_EQ(tm_submit(session.context(), &step), TM_OK);
    CHECK_EQ(tm_wait(session.context(), -1), TM_OK);
    for (size_t i = 0; i < draws.size(); ++i) CHECK_TEXT(step.results[i].status == TM_RESULT_OK, name);
  }
  for (uint32_t g = 0; g < cache.n_groups; ++g) host.pages().pools[g] = std::move(originals[g]);
}

}  // namespace

TEST(nothing_is_read_or_written_beyond_its_end) {
  for (const Placement& base : placements()) {
    for (const uint32_t kv : {TM_F32, TM_F16, TM_BF16, TM_F8_E4M3}) {
      Placement p = base;
      p.kv_dtype = kv;
      p.max_tokens = 32;
      for (const uint32_t dtype : kFloatTypes) {
        if (dtype != TM_F32 && (kv == TM_BF16 || kv == TM_F8_E4M3)) continue;  // a cache doesn't ask what weights are
        for (uint32_t extra = 0; extra < 8; ++extra) {  // every tail of a vector of sixteen in steps of two
          Shape shape;
          shape.layers = 1;
          shape.dtype = dtype;
          shape.head_dim = 8 + 2 * extra;
          shape.rope_dims = 2 + 2 * (extra % 4);
          shape.heads = 3;
          shape.kv_heads = 1;
          shape.width = 8 * (1 + extra);
          shape.ffn = 8 * (1 + (extra + 3) % 8);
          shape.vocab = 33 + extra;
          shape.rope_factors = true;
          shape.windows = {7};
          for (const bool front : {false, true}) {
            run_guarded(shape, p, front, p.name() + " head_dim " + std::to_string(shape.head_dim));
          }
        }
      }
      for (const uint32_t dtype : {TM_F32, TM_BF16, TM_Q8_0, TM_Q4_K}) {
        if (kv == TM_BF16 || kv == TM_F8_E4M3) continue;
        const uint32_t unit = std::max(24u, tramontane::block_elements(dtype));
        Shape shape;
        shape.layers = 1;
        shape.dtype = shape.router_dtype = dtype;
        shape.width = unit;
        shape.ffn = unit;
        shape.head_dim = 16;
        shape.rope_dims = 16;
        shape.heads = unit / 8;  // n_heads * head_dim: whole blocks
        shape.kv_heads = 1;
        shape.vocab = 37;
        shape.experts = 5;
        shape.experts_used = 2;
        run_guarded(shape, p, false, p.name() + " experts " + tramontane::dtype_name(dtype));
      }
      for (const uint32_t dtype : kPackedTypes) {
        for (const uint32_t blocks : {1u, 3u}) {
          const uint32_t unit = tramontane::block_elements(dtype) * blocks;
          Shape shape;
          shape.layers = 1;
          shape.dtype = dtype;
          shape.width = unit;
          shape.ffn = unit * (blocks == 1 ? 3 : 1);
          shape.heads = 2;
          shape.kv_heads = 1;
          shape.head_dim = unit / 2;
          shape.rope_dims = 10;
          shape.vocab = 37;
          shape.windows = {0};
          run_guarded(shape, p, false, p.name() + " " + tramontane::dtype_name(dtype));
        }
      }
    }
  }
}

}  // namespace test
