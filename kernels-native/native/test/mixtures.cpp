#include "mixtures.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "check.h"

namespace test {

Weights::Entry& entry(Weights& weights, uint32_t role, uint32_t expert) {
  for (Weights::Entry& e : weights.entries) {
    if (e.role == role && e.layer == 0 && e.expert == expert) return e;
  }
  std::abort();
}

void level_router(Weights& experts) {
  for (Weights::Entry& e : experts.entries) {
    if (e.role == TM_FFN_ROUTER) std::fill(e.bytes.begin(), e.bytes.end(), uint8_t{0});
  }
}

Weights dense_of(const Weights& experts, uint32_t expert) {
  Weights dense = experts;
  dense.shape.experts = dense.shape.experts_used = 0;
  std::erase_if(dense.entries, [&](const Weights::Entry& e) {
    return e.role == TM_FFN_ROUTER || (e.role > TM_FFN_ROUTER && e.expert != expert);
  });
  for (Weights::Entry& e : dense.entries) e.expert = 0;
  return dense;
}

std::string failure_of_prepare(const Weights& weights, const Placement& p, int32_t status) {
  std::vector<uint8_t> layer_group;
  const tm_model_config config = model_config(weights.shape, p, layer_group);
  char message[512];
  tm_context* context = nullptr;
  CHECK_EQ(tm_open(&config, &context, message, sizeof message), TM_OK);
  for (const Weights::Entry& e : weights.entries) {
    const tm_tensor tensor = e.tensor();
    CHECK_EQ(tm_set_tensor(context, &tensor), TM_OK);
  }
  CHECK_EQ(tm_prepare(context), status);
  tm_last_error(context, message, sizeof message);
  tm_close(context);
  return message;
}

void check_row_fails_alone(const Weights& weights, const Weights& broken, int32_t token, Placement p) {
  p.slots = 2;
  Session session(broken, p);
  Session sound(weights, p);
  const std::vector<int32_t> other = {3, 4, 5};
  const auto logits = session.run({{0, 0, {token, 1}}, {1, 0, other}});
  const auto expected = sound.run({{1, 0, other}});
  CHECK(std::isnan(logits[0]));
  CHECK_TEXT(same({logits.begin() + 2 * weights.shape.vocab, logits.end()}, expected), p.name());
  CHECK_EQ(session.results()[0].status, TM_RESULT_NOT_FINITE);
  CHECK_EQ(session.results()[2].status, TM_RESULT_OK);
}

}  // namespace test
