// A look into a backend between two steps, for tests of single operations: runs them one at a time and copies what they
// read and leave, so that a test need not know in which memory and order a backend keeps it. Steps never use it.
#pragma once

#include <cstdint>
#include <vector>

#include "routing.h"
#include "step.h"

namespace tramontane {

// What every layer loop is made of.
enum class Operation {
  kEmbed,      // hidden[r] = embedding[token[r]]; of no layer
  kQkv,        // norm, q/k/v projections, RoPE at absolute positions, write of k and v into the slot's pages
  kAttention,  // windowed grouped-query attention of every row over its slot's pages -> attention
  kOutput,     // hidden += W_o attention
  kGateUp,     // norm, gate = SiLU(W_gate x) * (W_up x); with experts of each row's chosen ones
  kDown,       // hidden += W_down gate; with experts the sum of shares times W_down gate
};

// Rows of floats between operations.
enum class Activation { kHidden, kQ, kK, kV, kAttention, kGate, kLogits };

// Where they begin in a backend's frame: every frame names them alike.
template <class AnyFrame>
float* rows_of(const AnyFrame& frame, Activation which) {
  switch (which) {
    case Activation::kHidden:
      return frame.hidden;
    case Activation::kQ:
      return frame.q;
    case Activation::kK:
      return frame.k;
    case Activation::kV:
      return frame.v;
    case Activation::kAttention:
      return frame.attention;
    case Activation::kGate:
      return frame.gate;
    case Activation::kLogits:
      return frame.logits;
  }
  return nullptr;
}

class Probe {
 public:
  virtual ~Probe() = default;

  // One operation on all rows of a step, whose spans are those of the step that ran last. Returns when it is done.
  virtual void run(Operation operation, const Step& step, uint32_t layer) = 0;
  // Logits of n <= kLogitRows rows of hidden.
  virtual void logits(const Step& step, const uint32_t* rows, uint32_t n) = 0;

  // The first n of its floats.
  virtual void read(Activation which, float* to, uint64_t n) = 0;
  virtual void write(Activation which, const float* from, uint64_t n) = 0;
  // The latest choice of experts, until the next call; nullptr without. A device keeps no logits.
  virtual const Routing* routing() = 0;

  // Key and value, head_dim floats each, of a kv head of a layer at a position of a slot.
  struct Place {
    uint32_t layer, slot, head;
    int64_t position;
  };
  virtual void read(const Place& place, float* key, float* value) = 0;
  virtual void write(const Place& place, const float* key, const float* value) = 0;
  // All pages of a group as they lie in memory.
  virtual std::vector<uint8_t> pages(uint32_t group) = 0;
  virtual void fill_pages(uint32_t group, uint8_t byte) = 0;
};

}  // namespace tramontane
