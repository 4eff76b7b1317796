// The reference backend: the slow twin of every kernel. Scalar, double accumulation, weights dequantised row by row.
// It is never optimised and never deleted. Division of work: matrix stages by output row, the others by row of the
// step.
#pragma once

#include <cstdint>

#include "host/stages.h"

namespace tramontane::ref {

void embed(const Frame&, const Worker&);
void qkv(const Frame&, uint32_t layer, const Worker&);
void attention(const Frame&, uint32_t layer, const Worker&);
void output(const Frame&, uint32_t layer, const Worker&);
void gate_up(const Frame&, uint32_t layer, const Worker&);
void down(const Frame&, uint32_t layer, const Worker&);
void logits(const Frame&, const uint32_t* rows, uint32_t n, const Worker&);

// Choice of every row's experts from its normed input; down's outputs into hidden. Both end with a barrier.
void route(const Frame&, uint32_t layer, const Worker&);
void add_experts(const Frame&, const Worker&);

// Of every row with an adapter scale * a x, for n matrices from `first` on that read the inputs [rows][cols]; ends with
// a barrier. Then output o of a row with what its adapter adds, b times that; place: of the matrix among those n.
void shrink(const Frame&, uint32_t layer, uint32_t first, uint32_t n, const float* inputs, const Worker&);
double adapted(const Frame&, uint32_t layer, uint32_t matrix, uint32_t place, uint64_t o, uint64_t row, double output);

// What the stages share of a step's scratch, and what each worker has for itself.
uint64_t scratch_bytes(const Model& model, uint32_t max_rows);
float* normed(const Frame& frame);                            // [rows of the step, or of logits][width]
float* weight_row(const Frame& frame, const Worker& worker);  // [longest row of a matrix]

// y[0..width) = x / sqrt(mean(x^2) + epsilon) * weight. Zhang and Sennrich, arXiv 1910.07467.
void rms_norm(const Model& model, const float* x, const Tensor& weight, float* y);

double dot(const float* a, const float* b, uint64_t n);

}  // namespace tramontane::ref
