// Every stage alone against a naive version in double, on every backend and level: shapes from vectors/stages.txt,
// limits from vectors/tolerances.txt. Each stage's inputs are what the previous one left in the frame, so an error does
// not hide behind another; outputs are poisoned first.
#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <limits>
#include <map>
#include <memory>

#include "check.h"
#include "oracle.h"
#include "stages.h"
#include "tiny_model.h"

namespace test {
namespace {

using namespace tramontane;

struct Vector {
  std::string text;
  Shape shape;
  Placement placement;
  std::vector<SpanInput> spans;
  uint64_t seed;
};

std::vector<Vector> vectors() {
  std::ifstream file(TM_VECTORS "/stages.txt");
  std::vector<Vector> all;
  std::string line;
  while (std::getline(file, line)) {
    if (line.empty() || line[0] == '#') continue;
    std::map<std::string, std::string> fields;
    std::istringstream words(line);
    std::string word;
    while (words >> word) fields[word.substr(0, word.find('='))] = word.substr(word.find('=') + 1);
    const auto number = [&](const char* key) { return static_cast<uint32_t>(std::stoul(fields.at(key))); };
    Vector v;
    v.text = line;
    v.seed = number("seed");
    Shape& s = v.shape;
    s.layers = 2;  // the stages run on the second: its place in a page counts
    s.dtype = dtype_named(fields.at("dtype").c_str());
    s.width = number("width");
    s.heads = number("heads");
    s.kv_heads = number("kv_heads");
    s.head_dim = number("head_dim");
    s.rope_dims = number("rope_dims");
    s.ffn = number("ffn");
    s.vocab = number("vocab");
    s.windows = {number("window")};
    s.rope_style = number("style");
    s.rope_factors = number("factors") != 0;
    if (fields.count("experts") != 0) {
      s.experts = number("experts");
      s.experts_used = number("used");
      s.router_dtype = dtype_named(fields.at("router").c_str());
    }
    if (fields.count("as") != 0) s.computed_as = dtype_named(fields.at("as").c_str());
    if (fields.count("scales") != 0) s.scales = number("scales");
    s.seed = v.seed;
    Placement& p = v.placement;
    p.kv_dtype = dtype_named(fields.at("kv").c_str());
    p.page_tokens = number("page");
    p.threads = number("threads");
    std::istringstream spans(fields.at("spans"));
    uint32_t rows = 0;
    p.max_tokens = 0;
    for (std::string span; std::getline(spans, span, ',');) {
      const auto position = static_cast<uint32_t>(std::stoul(span));
      const auto n = static_cast<uint32_t>(std::stoul(span.substr(span.find(':') + 1)));
      const auto slot = static_cast<uint32_t>(v.spans.size());
      v.spans.push_back({slot, position, random_tokens(n, s.vocab, v.seed + slot)});
      rows += n;
      p.max_tokens = std::max(p.max_tokens, position + n);
    }
    p.slots = static_cast<uint32_t>(v.spans.size());
    p.max_rows = rows;
    all.push_back(std::move(v));
  }
  return all;
}

struct Limits {
  double ref, cpu_float, cpu_quantised, device_float, device_bf16;
};

std::map<std::string, Limits> tolerances() {
  std::ifstream file(TM_VECTORS "/tolerances.txt");
  std::map<std::string, Limits> all;
  std::string line;
  while (std::getline(file, line)) {
    if (line.empty() || line[0] == '#') continue;
    std::istringstream words(line);
    std::string stage;
    Limits limits{};
    words >> stage >> limits.ref >> limits.cpu_float >> limits.cpu_quantised >> limits.device_float >>
        limits.device_bf16;
    all[stage] = limits;
  }
  return all;
}

// One vector on one backend.
class Bench {
 public:
  Bench(const Vector& v, const Weights& weights, const Placement& p)
      : v_(v), weights_(weights), p_(p), session_(weights, p), random_{v.seed * 77} {}

  void run() {
    session_.run(v_.spans);  // sends the page tables; leaves garbage everywhere, which is then poisoned
    session_.stage(v_.spans);
    step_ = &session_.context()->step;
    n_ = step_->n_rows;
    embed();
    fill_cache();
    qkv();
    attention();
    output();
    gate_up();
    down();
    logits();
  }

 private:
  using Stage = void (*)(const Frame&, uint32_t, const Worker&);

  void on_workers(Stage stage) {
    struct Job {
      const Frame* frame;
      Stage stage;
    } job{&session_.frame(), stage};
    session_.context()->pool->run(
        [](void* argument, const Worker& worker) {
          const Job* j = static_cast<Job*>(argument);
          j->stage(*j->frame, kLayer, worker);
        },
        &job);
    finish();
  }

  // What a device was given it does when somebody waits.
  void finish() {
    if (stages().device == nullptr) return;
    session_.context()->pool->run(
        [](void* context, const Worker& worker) {
          const tm_context* c = static_cast<tm_context*>(context);
          c->stages->device->finish(c->run.frame, worker);
        },
        session_.context());
    Error error;
    CHECK_TEXT(stages().device->failure(session_.context()->model, error) == TM_OK, error.text());
  }

  const Stages& stages() { return *session_.context()->stages; }
  void poison(float* data, uint64_t n) { std::fill_n(data, n, std::numeric_limits<float>::quiet_NaN()); }
  std::vector<float> weights(uint32_t role) const { return weights_.values(role, kLayer); }
  Row row_of(const float* data, uint64_t row, uint64_t width) const {
    return Row(data + row * width, data + (row + 1) * width);
  }

  void compare(const char* stage, uint64_t row, const Row& expected, const Row& actual) {
    double error = 0, length = 0;
    for (size_t i = 0; i < expected.size(); ++i) {
      error += (expected[i] - actual[i]) * (expected[i] - actual[i]);
      length += expected[i] * expected[i];
    }
    static const std::map<std::string, Limits> all = tolerances();
    const Limits& limits = all.at(stage);
    const bool quantised = block_elements(v_.shape.computed_type()) > 1;
    const double limit = p_.backend >= TM_BACKEND_CUDA
                             ? (v_.shape.computed_type() == TM_BF16 ? limits.device_bf16 : limits.device_float)
                         : p_.backend == TM_BACKEND_REF ? limits.ref
                         : quantised                    ? limits.cpu_quantised
                                                        : limits.cpu_float;
    const double relative = std::sqrt(error / length);
    CHECK_TEXT(relative <= limit, p_.name() + " " + stage + " row " + std::to_string(row) + ": " +
                                      std::to_string(relative) + " of " + std::to_string(limit) + ": " + v_.text);
  }

  void embed() {
    Frame& frame = session_.frame();
    const uint64_t width = v_.shape.width;
    // The rope table is the core's; run() has left it in place, because the spans are the same.
    poison(frame.hidden, n_ * width);
    on_workers([](const Frame& f, uint32_t, const Worker& worker) { stages_of(f.model->backend)->embed(f, worker); });
    const std::vector<float> table = weights_.values(TM_TOKEN_EMBEDDING, 0);
    for (uint64_t row = 0; row < n_; ++row) {
      const float* expected = table.data() + static_cast<uint64_t>(step_->tokens[row]) * width;
      CHECK_TEXT(memcmp(frame.hidden + row * width, expected, width * sizeof(float)) == 0,
                 p_.name() + " embed " + v_.text);
    }
    for (uint64_t i = 0; i < n_ * width; ++i) frame.hidden[i] = random_.hard();
  }

  // Calls visit(key element, value element) of a position of a slot.
  template <class Visit>
  void each_element(uint32_t slot, int64_t position, Visit visit) {
    const Cache& cache = session_.context()->cache;
    const uint32_t page = cache.page_of(0, slot, position);
    const uint32_t offset = cache.offset_in_page(position);
    for (uint32_t h = 0; h < v_.shape.kv_heads; ++h) {
      for (uint32_t d = 0; d < v_.shape.head_dim; ++d) {
        const uint32_t i = h * v_.shape.head_dim + d;
        if (p_.kv_dtype == TM_F32) {
          const auto block = cache.block<float>(0, page, kLayer, h);
          visit(i, block.keys[cache.key_index(offset, d)], block.values[cache.value_index(offset, d)]);
        } else {
          const auto block = cache.block<uint16_t>(0, page, kLayer, h);
          visit(i, block.keys[cache.key_index(offset, d)], block.values[cache.value_index(offset, d)]);
        }
      }
    }
  }

  static double load(float element) { return static_cast<double>(element); }
  static double load(uint16_t element) { return static_cast<double>(half_to_float(element)); }
  static void store(float& element, float value) { element = value; }
  static void store(uint16_t& element, float value) { element = float_to_half(value); }

  void fill_cache() {
    Cache& cache = session_.context()->cache;
    const CacheGroup& group = cache.groups[0];
    const uint64_t elements = group.page_bytes * group.n_pages / cache.element_bytes;
    if (p_.kv_dtype == TM_F32) {
      poison(group.pages.as<float>(), elements);
    } else {
      std::fill_n(group.pages.as<uint16_t>(), elements, uint16_t{0x7e00});
    }
    for (const SpanInput& span : v_.spans) {
      const int64_t window = v_.shape.windows[0];
      const int64_t first = window == 0 ? 0 : std::max<int64_t>(0, span.position - window + 1);
      for (int64_t p = first; p < span.position; ++p) {
        each_element(span.slot, p, [&](uint32_t, auto& key, auto& value) {
          store(key, random_.hard());
          store(value, random_.hard());
        });
      }
    }
  }

  void cached(uint32_t slot, int64_t position, Row& keys, Row& values) {
    keys.assign(v_.shape.kv_heads * v_.shape.head_dim, 0);
    values = keys;
    each_element(slot, position, [&](uint32_t i, auto& key, auto& value) {
      keys[i] = load(key);
      values[i] = load(value);
    });
  }

  Row projected(uint32_t role, uint64_t row) {
    const Row x = oracle_norm(row_of(hidden_.data(), row, v_.shape.width), weights(TM_ATTENTION_NORM), 1e-5);
    return oracle_matmul(weights(role), x);
  }

  // Rotates in the file's order, then goes over to the order in which the library keeps queries and keys.
  void rotate(Row& heads, uint64_t row) {
    const Shape& s = v_.shape;
    const std::vector<float> factors = weights_.values(TM_ROPE_FACTORS, 0);
    for (size_t at = 0; at < heads.size(); at += s.head_dim) {
      oracle_rope(s, factors, step_->position(static_cast<uint32_t>(row)), &heads[at]);
      if (s.rope_style == TM_ROPE_INTERLEAVED) continue;
      const Row halves(&heads[at], &heads[at] + s.rope_dims);
      for (uint32_t i = 0; i < s.rope_dims; ++i) heads[at + i] = halves[i / 2 + i % 2 * (s.rope_dims / 2)];
    }
  }

  void qkv() {
    Frame& frame = session_.frame();
    hidden_.assign(frame.hidden, frame.hidden + n_ * v_.shape.width);
    poison(frame.q, n_ * session_.context()->model.q_width());
    poison(frame.k, n_ * session_.context()->model.kv_width());
    poison(frame.v, n_ * session_.context()->model.kv_width());
    on_workers(stages().qkv);
    for (uint64_t row = 0; row < n_; ++row) {
      Row keys, values;
      cached(step_->span_of(static_cast<uint32_t>(row)).slot, step_->position(static_cast<uint32_t>(row)), keys,
             values);
      Row expected = projected(TM_ATTENTION_K, row);
      rotate(expected, row);
      compare("keys", row, expected, keys);
      compare("values", row, projected(TM_ATTENTION_V, row), values);
    }
  }

  void attention() {
    Frame& frame = session_.frame();
    const Shape& s = v_.shape;
    const uint64_t q_width = session_.context()->model.q_width();
    poison(frame.attention, n_ * q_width);
    on_workers(stages().attention);
    for (uint64_t row = 0; row < n_; ++row) {
      const int64_t position = step_->position(static_cast<uint32_t>(row));
      const int64_t window = s.windows[0];
      const int64_t first = window == 0 ? 0 : std::max<int64_t>(0, position - window + 1);
      Rows keys, values;
      for (int64_t p = first; p <= position; ++p) {
        keys.emplace_back();
        values.emplace_back();
        cached(step_->span_of(static_cast<uint32_t>(row)).slot, p, keys.back(), values.back());
      }
      Row q = projected(TM_ATTENTION_Q, row);
      rotate(q, row);
      Row expected;
      for (uint32_t h = 0; h < s.heads; ++h) {
        const size_t from = h / (s.heads / s.kv_heads) * s.head_dim;
        std::vector<const double*> k, v;
        for (size_t j = 0; j < keys.size(); ++j) {
          k.push_back(&keys[j][from]);
          v.push_back(&values[j][from]);
        }
        const Row head = oracle_attend(&q[h * s.head_dim], k, v, s.head_dim);
        expected.insert(expected.end(), head.begin(), head.end());
      }
      compare("attention", row, expected, row_of(frame.attention, row, q_width));
    }
  }

  // hidden += weight * input, seen from before and after the stage.
  void added(const char* name, Stage stage, uint32_t role, const float* input, uint64_t input_width) {
    Frame& frame = session_.frame();
    const uint64_t width = v_.shape.width;
    const std::vector<float> before(frame.hidden, frame.hidden + n_ * width);
    on_workers(stage);
    for (uint64_t row = 0; row < n_; ++row) {
      Row expected = oracle_matmul(weights(role), row_of(input, row, input_width));
      for (uint64_t i = 0; i < width; ++i) expected[i] += static_cast<double>(before[row * width + i]);
      compare(name, row, expected, row_of(frame.hidden, row, width));
    }
  }

  void output() {
    added("output", stages().output, TM_ATTENTION_OUT, session_.frame().attention, session_.context()->model.q_width());
  }

  void gate_up() {
    Frame& frame = session_.frame();
    const uint32_t k = v_.shape.experts_used;
    poison(frame.gate, n_ * std::max(1u, k) * v_.shape.ffn);
    on_workers(stages().gate_up);
    for (uint64_t row = 0; row < n_; ++row) {
      const Row x = oracle_norm(row_of(frame.hidden, row, v_.shape.width), weights(TM_FFN_NORM), 1e-5);
      if (k == 0) {
        compare("gate", row, oracle_gate(weights_, kLayer, 0, x), row_of(frame.gate, row, v_.shape.ffn));
        continue;
      }
      const auto experts = oracle_experts(weights_, kLayer, x);
      Row expected, actual;
      for (uint32_t i = 0; i < k; ++i) {
        CHECK_EQ(frame.routing.expert[row * k + i], experts[i].index);
        expected.push_back(experts[i].share);
        actual.push_back(static_cast<double>(frame.routing.share[row * k + i]));
        const uint32_t place = frame.routing.place[row * k + i];
        CHECK_EQ(frame.routing.row[place], row);
        CHECK(place >= frame.routing.first[experts[i].index] && place < frame.routing.first[experts[i].index + 1]);
        compare("gate", row, oracle_gate(weights_, kLayer, experts[i].index, x),
                row_of(frame.gate, place, v_.shape.ffn));
      }
      compare("shares", row, expected, actual);
    }
  }

  void down() {
    Frame& frame = session_.frame();
    const uint32_t k = v_.shape.experts_used;
    if (k == 0) {
      added("down", stages().down, TM_FFN_DOWN, frame.gate, v_.shape.ffn);
      return;
    }
    const uint64_t width = v_.shape.width;
    const std::vector<float> before(frame.hidden, frame.hidden + n_ * width);
    on_workers(stages().down);
    for (uint64_t row = 0; row < n_; ++row) {
      Row expected = row_of(before.data(), row, width);
      for (uint64_t i = row * k; i < (row + 1) * k; ++i) {
        const Row output = oracle_matmul(weights_.values(TM_FFN_DOWN, kLayer, frame.routing.expert[i]),
                                         row_of(frame.gate, frame.routing.place[i], v_.shape.ffn));
        for (uint64_t o = 0; o < width; ++o) expected[o] += static_cast<double>(frame.routing.share[i]) * output[o];
      }
      compare("down", row, expected, row_of(frame.hidden, row, width));
    }
  }

  void logits() {
    Frame& frame = session_.frame();
    struct Job {
      const Frame* frame;
      const Stages* stages;
      std::vector<uint32_t> rows;
    } job{&frame, &stages(), {}};
    for (uint32_t row = 0; row < n_ && job.rows.size() < kLogitRows; row += 1 + row % 3) job.rows.push_back(row);
    poison(frame.logits, job.rows.size() * v_.shape.vocab);
    session_.context()->pool->run(
        [](void* argument, const Worker& worker) {
          const Job* j = static_cast<Job*>(argument);
          j->stages->logits(*j->frame, j->rows.data(), static_cast<uint32_t>(j->rows.size()), worker);
        },
        &job);
    for (size_t i = 0; i < job.rows.size(); ++i) {
      const Row x =
          oracle_norm(row_of(frame.hidden, job.rows[i], v_.shape.width), weights_.values(TM_OUTPUT_NORM, 0), 1e-5);
      compare("logits", job.rows[i], oracle_matmul(weights_.values(TM_TOKEN_EMBEDDING, 0), x),
              row_of(frame.logits, i, v_.shape.vocab));
    }
  }

  static constexpr uint32_t kLayer = 1;
  const Vector& v_;
  const Weights& weights_;
  const Placement p_;
  Session session_;
  Random random_;
  const Step* step_ = nullptr;
  uint64_t n_ = 0;
  std::vector<float> hidden_;  // before qkv
};

}  // namespace

TEST(stages_agree_with_double) {
  const std::vector<Vector> all = vectors();
  CHECK(all.size() >= 10);
  for (const Vector& v : all) {
    const Weights weights(v.shape);
    for (const Placement& base : placements()) {
      Placement p = v.placement;
      p.backend = base.backend;
      p.cpu_level = base.cpu_level;
      Bench(v, weights, p).run();
    }
    // The emulator's device memory is the host's, so its frame can be read; of a device only forward_test sees results.
    for (const Placement& base : device_placements()) {
      Placement p = v.placement;
      p.backend = base.backend;
      if (p.backend == TM_BACKEND_EMU && p.kv_dtype == TM_F16 && device_runs(v.shape)) Bench(v, weights, p).run();
    }
  }
}

}  // namespace test
