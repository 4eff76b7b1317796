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
#include "sampling.h"
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
    if (fields.count("magnitude") != 0) s.magnitude = std::stod(fields.at("magnitude"));
    if (fields.count("beta") != 0) {
      s.query_beta = std::stod(fields.at("beta"));
      s.query_positions = number("every");
    }
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
    step_ = &session_.stage(v_.spans);
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
  void run(Operation operation) {
    session_.probe().run(operation, *step_, kLayer);
    check_alive();
  }
  void check_alive() {
    Error error;
    CHECK_TEXT(session_.context()->backend->failure(error) == TM_OK, error.text());
  }

  // Rows of a part, [row][width].
  std::vector<float> rows_of(Activation which, uint64_t n, uint64_t width) {
    std::vector<float> rows(n * width);
    session_.probe().read(which, rows.data(), rows.size());
    return rows;
  }
  void poison(Activation which, uint64_t n) {
    const std::vector<float> nothing(n, std::numeric_limits<float>::quiet_NaN());
    session_.probe().write(which, nothing.data(), n);
  }
  const std::vector<float>& weights(uint32_t role) const { return weights_.values(role, kLayer); }
  Row row_of(const std::vector<float>& data, uint64_t row, uint64_t width) const {
    return Row(data.data() + row * width, data.data() + (row + 1) * width);
  }

  void compare(const char* stage, uint64_t row, const Row& expected, const Row& actual) {
    double error = 0, length = 0;
    for (size_t i = 0; i < expected.size(); ++i) {
      error += (expected[i] - actual[i]) * (expected[i] - actual[i]);
      length += expected[i] * expected[i];
    }
    static const std::map<std::string, Limits> all = tolerances();
    const auto of_cache = all.find(std::string(stage) + "_" + dtype_name(p_.kv_dtype));
    const Limits& limits = of_cache == all.end() ? all.at(stage) : of_cache->second;
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
    const uint64_t width = v_.shape.width;
    // The angles are not embed's; run() has left them in place, because the spans are the same.
    poison(Activation::kHidden, n_ * width);
    run(Operation::kEmbed);
    std::vector<float> hidden = rows_of(Activation::kHidden, n_, width);
    const std::vector<float> table = weights_.values(TM_TOKEN_EMBEDDING, 0);
    for (uint64_t row = 0; row < n_; ++row) {
      const float* expected = table.data() + static_cast<uint64_t>(step_->tokens[row]) * width;
      CHECK_TEXT(memcmp(hidden.data() + row * width, expected, width * sizeof(float)) == 0,
                 p_.name() + " embed " + v_.text);
    }
    for (float& value : hidden) value = random_.hard();
    session_.probe().write(Activation::kHidden, hidden.data(), hidden.size());
  }

  void fill_cache() {
    session_.probe().fill_pages(0, 0xff);  // not a number, in either type
    const uint32_t head_dim = v_.shape.head_dim;
    std::vector<float> key(head_dim), value(head_dim);
    for (const SpanInput& span : v_.spans) {
      const int64_t window = v_.shape.windows[0];
      const int64_t first = window == 0 ? 0 : std::max<int64_t>(0, span.position - window + 1);
      for (int64_t p = first; p < span.position; ++p) {
        for (uint32_t h = 0; h < v_.shape.kv_heads; ++h) {
          for (uint32_t d = 0; d < head_dim; ++d) {
            key[d] = random_.hard();
            value[d] = random_.hard();
          }
          session_.probe().write({kLayer, span.slot, h, p}, key.data(), value.data());
        }
      }
    }
  }

  void cached(uint32_t slot, int64_t position, Row& keys, Row& values) {
    const uint32_t head_dim = v_.shape.head_dim;
    std::vector<float> key(head_dim), value(head_dim);
    keys.clear();
    values.clear();
    for (uint32_t h = 0; h < v_.shape.kv_heads; ++h) {
      session_.probe().read({kLayer, slot, h, position}, key.data(), value.data());
      keys.insert(keys.end(), key.begin(), key.end());
      values.insert(values.end(), value.begin(), value.end());
    }
  }

  Row projected(uint32_t role, uint64_t row) {
    const Row x = oracle_norm(row_of(hidden_, row, v_.shape.width), weights(TM_ATTENTION_NORM), 1e-5);
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
    hidden_ = rows_of(Activation::kHidden, n_, v_.shape.width);
    poison(Activation::kQ, n_ * session_.context()->model.q_width());
    poison(Activation::kK, n_ * session_.context()->model.kv_width());
    poison(Activation::kV, n_ * session_.context()->model.kv_width());
    run(Operation::kQkv);
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
    const Shape& s = v_.shape;
    const uint64_t q_width = session_.context()->model.q_width();
    poison(Activation::kAttention, n_ * q_width);
    run(Operation::kAttention);
    const std::vector<float> actual = rows_of(Activation::kAttention, n_, q_width);
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
      for (double& value : q) value *= oracle_query_scale(s, position);
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
      compare("attention", row, expected, row_of(actual, row, q_width));
    }
  }

  // hidden += weight * input, seen from before and after the stage.
  void added(const char* name, Operation operation, uint32_t role, Activation input_part, uint64_t input_width) {
    const uint64_t width = v_.shape.width;
    const std::vector<float> input = rows_of(input_part, n_, input_width);
    const std::vector<float> before = rows_of(Activation::kHidden, n_, width);
    run(operation);
    const std::vector<float> after = rows_of(Activation::kHidden, n_, width);
    for (uint64_t row = 0; row < n_; ++row) {
      Row expected = oracle_matmul(weights(role), row_of(input, row, input_width));
      for (uint64_t i = 0; i < width; ++i) expected[i] += static_cast<double>(before[row * width + i]);
      compare(name, row, expected, row_of(after, row, width));
    }
  }

  void output() {
    added("output", Operation::kOutput, TM_ATTENTION_OUT, Activation::kAttention, session_.context()->model.q_width());
  }

  void gate_up() {
    const uint32_t k = v_.shape.experts_used;
    poison(Activation::kGate, n_ * std::max(1u, k) * v_.shape.ffn);
    run(Operation::kGateUp);
    const std::vector<float> hidden = rows_of(Activation::kHidden, n_, v_.shape.width);
    const std::vector<float> gate = rows_of(Activation::kGate, n_ * std::max(1u, k), v_.shape.ffn);
    const Routing* routing = session_.probe().routing();
    for (uint64_t row = 0; row < n_; ++row) {
      const Row x = oracle_norm(row_of(hidden, row, v_.shape.width), weights(TM_FFN_NORM), 1e-5);
      if (k == 0) {
        compare("gate", row, oracle_gate(weights_, kLayer, 0, x), row_of(gate, row, v_.shape.ffn));
        continue;
      }
      const auto experts = oracle_experts(weights_, kLayer, x);
      Row expected, actual;
      for (uint32_t i = 0; i < k; ++i) {
        CHECK_EQ(routing->expert[row * k + i], experts[i].index);
        expected.push_back(experts[i].share);
        actual.push_back(static_cast<double>(routing->share[row * k + i]));
        const uint32_t place = routing->place[row * k + i];
        CHECK_EQ(routing->row[place], row);
        CHECK(place >= routing->first[experts[i].index] && place < routing->first[experts[i].index + 1]);
        compare("gate", row, oracle_gate(weights_, kLayer, experts[i].index, x), row_of(gate, place, v_.shape.ffn));
      }
      compare("shares", row, expected, actual);
    }
  }

  void down() {
    const uint32_t k = v_.shape.experts_used;
    if (k == 0) {
      added("down", Operation::kDown, TM_FFN_DOWN, Activation::kGate, v_.shape.ffn);
      return;
    }
    const uint64_t width = v_.shape.width;
    const std::vector<float> gate = rows_of(Activation::kGate, n_ * k, v_.shape.ffn);
    const std::vector<float> before = rows_of(Activation::kHidden, n_, width);
    run(Operation::kDown);
    const std::vector<float> after = rows_of(Activation::kHidden, n_, width);
    const Routing& routing = *session_.probe().routing();
    for (uint64_t row = 0; row < n_; ++row) {
      Row expected = row_of(before, row, width);
      for (uint64_t i = row * k; i < (row + 1) * k; ++i) {
        const Row output = oracle_matmul(weights_.values(TM_FFN_DOWN, kLayer, routing.expert[i]),
                                         row_of(gate, routing.place[i], v_.shape.ffn));
        for (uint64_t o = 0; o < width; ++o) expected[o] += static_cast<double>(routing.share[i]) * output[o];
      }
      compare("down", row, expected, row_of(after, row, width));
    }
  }

  void logits() {
    std::vector<uint32_t> rows;
    for (uint32_t row = 0; row < n_ && rows.size() < kLogitRows; row += 1 + row % 3) rows.push_back(row);
    poison(Activation::kLogits, rows.size() * v_.shape.vocab);
    session_.probe().logits(*step_, rows.data(), static_cast<uint32_t>(rows.size()));
    check_alive();
    const std::vector<float> hidden = rows_of(Activation::kHidden, n_, v_.shape.width);
    const std::vector<float> actual = rows_of(Activation::kLogits, rows.size(), v_.shape.vocab);
    for (size_t i = 0; i < rows.size(); ++i) {
      const Row x = oracle_norm(row_of(hidden, rows[i], v_.shape.width), weights_.values(TM_OUTPUT_NORM, 0), 1e-5);
      compare("logits", rows[i], oracle_matmul(weights_.values(TM_TOKEN_EMBEDDING, 0), x),
              row_of(actual, i, v_.shape.vocab));
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
  // TM_TEST_VECTORS=TEXT: those whose line has it alone.
  const char* part = std::getenv("TM_TEST_VECTORS");
  const std::vector<Vector> all = vectors();
  CHECK(all.size() >= 10);
  uint32_t off_devices = 0;  // for their size of heads alone
  uint32_t run = 0;
  for (const Vector& v : all) {
    if (part != nullptr && v.text.find(part) == std::string::npos) continue;
    ++run;
    const Weights weights(v.shape);
    Shape other = v.shape;
    other.head_dim = 64;
    off_devices += device_runs(other) && !device_runs(v.shape) ? 1 : 0;
    for (const Placement& base : placements()) {
      Placement p = v.placement;
      p.backend = base.backend;
      p.cpu_level = base.cpu_level;
      Bench(v, weights, p).run();
    }
    // On a device where one asks for it by name: none has set these tolerances.
    for (const Placement& base : device_placements()) {
      Placement p = v.placement;
      p.backend = base.backend;
      if (p.kv_dtype == TM_F32) p.kv_dtype = base.kv_dtype;
      const bool asked = p.backend == TM_BACKEND_EMU || std::getenv("TM_TEST_BACKEND") != nullptr;
      if (asked && device_runs(v.shape)) Bench(v, weights, p).run();
    }
  }
  CHECK(run > 0);
  CHECK(part != nullptr || off_devices >= 7);
}

}  // namespace test
