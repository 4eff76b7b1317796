#include <algorithm>
#include <cmath>
#include <cstring>

#include "host/stages.h"

namespace tramontane {
namespace {

// Each worker copies its share of the bytes of every page, in order: a copy from a page that an earlier copy wrote
// reads bytes that the same worker wrote.
void copy_pages(const Frame& frame, const Worker& worker) {
  const tm_step& raw = frame.step->raw;
  for (uint32_t i = 0; i < raw.n_copies; ++i) {
    const tm_page_copy& copy = raw.copies[i];
    const uint64_t page_bytes = frame.cache->groups[copy.group].page_bytes;
    if (page_bytes == 0) continue;  // of a part of a model that has none of the group's layers
    const auto [first, last] = worker.share(page_bytes, 64);
    uint8_t* pages = frame.pages->pools[copy.group].as<uint8_t>();
    memcpy(pages + copy.to * page_bytes + first, pages + copy.from * page_bytes + first, last - first);
  }
}

// RoFormer's angles (arXiv 2104.09864) as transformers computes them: position and frequency are float32, and so is
// their product. Only the cosine and sine of that float are taken in double, times the magnitude, then rounded.
void position_tables(const Frame& frame, const Worker& worker) {
  const uint32_t n = frame.model->rope_dims / 2;
  const auto [first, last] = worker.share(frame.step->n_rows);
  for (uint64_t row = first; row < last; ++row) {
    const float position = static_cast<float>(frame.step->position(static_cast<uint32_t>(row)));
    for (uint32_t i = 0; i < n; ++i) {
      const double angle = static_cast<double>(position * frame.model->rope_frequency[i]);
      frame.rope_cos[row * n + i] = static_cast<float>(std::cos(angle) * frame.model->rope_magnitude);
      frame.rope_sin[row * n + i] = static_cast<float>(std::sin(angle) * frame.model->rope_magnitude);
    }
    frame.query_scale[row] = frame.model->query_scale.at(frame.step->position(static_cast<uint32_t>(row)));
  }
}

void give_rows(const Frame& frame, const Worker& worker) {
  const uint64_t width = frame.model->width;
  const auto [first, last] = worker.share(frame.step->n_rows);
  memcpy(frame.step->raw.hidden_out + first * width, frame.hidden + first * width,
         (last - first) * width * sizeof(float));
}

}  // namespace

void enter_row(const Frame& frame, uint64_t row) {
  const Model& model = *frame.model;
  float* to = frame.hidden + row * model.width;
  if (model.has_embedding) return model.embedding.values(static_cast<uint32_t>(frame.step->tokens[row]), to);
  memcpy(to, frame.step->raw.hidden_in + row * model.width, model.width * sizeof(float));
}

void forward(const Stages& stages, const Frame& frame, Sampling& sampling, const Worker& worker) {
  const Step& step = *frame.step;
  copy_pages(frame, worker);
  if (frame.model->n_layers > 0) position_tables(frame, worker);
  worker.wait();
  stages.embed(frame, worker);
  for (uint32_t layer = 0; layer < frame.model->n_layers; ++layer) {
    stages.qkv(frame, layer, worker);
    stages.attention(frame, layer, worker);
    stages.output(frame, layer, worker);
    stages.gate_up(frame, layer, worker);
    stages.down(frame, layer, worker);
  }
  if (!frame.model->has_head) return give_rows(frame, worker);
  for (uint32_t first = 0; first < step.n_logit_rows; first += kLogitRows) {
    const uint32_t n = std::min(kLogitRows, step.n_logit_rows - first);
    stages.logits(frame, step.logit_rows + first, n, worker);
    sampling.run(step, first, n, frame.logits, worker);
  }
}

}  // namespace tramontane
