#include "adapters.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "context.h"
#include "quantise.h"

namespace tramontane {
namespace {

constexpr uint32_t kRoles[kAdaptedMatrices] = {TM_ATTENTION_Q, TM_ATTENTION_K, TM_ATTENTION_V, TM_ATTENTION_OUT,
                                               TM_FFN_GATE,    TM_FFN_UP,      TM_FFN_DOWN};
uint64_t aligned(uint64_t bytes) { return (bytes + 63) / 64 * 64; }

// n rows of cols elements, row i from place_of(i), in another type.
template <class PlaceOf>
void write_rows(uint32_t from_type, const void* from, uint64_t n, uint64_t cols, uint32_t to_type, uint8_t* to,
                PlaceOf place_of) {
  std::vector<float> values(cols);
  const uint64_t from_bytes = row_bytes(from_type, cols);
  const uint64_t to_bytes = row_bytes(to_type, cols);
  for (uint64_t i = 0; i < n; ++i) {
    dequantise_row(from_type, static_cast<const uint8_t*>(from) + place_of(i) * from_bytes, cols, values.data());
    quantise_row(to_type, values.data(), cols, to + i * to_bytes);
  }
}

// [rows][rank] -> [strips][rank][strip]
void turn(const uint8_t* from, uint64_t rows, uint64_t rank, uint64_t element, uint64_t strip, uint8_t* to) {
  memset(to, 0, (rows + strip - 1) / strip * strip * rank * element);
  for (uint64_t row = 0; row < rows; ++row) {
    uint8_t* lane = to + (row / strip * strip * rank + row % strip) * element;
    for (uint64_t r = 0; r < rank; ++r) {
      memcpy(lane + r * strip * element, from + (row * rank + r) * element, element);
    }
  }
}

int32_t check_matrix(const char* name, const char* which, uint32_t layer, uint32_t dtype, uint64_t rows, uint64_t cols,
                     uint64_t bytes, const void* data, Error& error) {
  if (!is_adapter_type(dtype)) {
    return error.invalid("%s of layer %u: %s_dtype is %u, expected TM_F32, TM_F16 or TM_BF16", name, layer, which,
                         dtype);
  }
  const uint64_t expected = rows * row_bytes(dtype, cols);
  if (bytes != expected) {
    return error.invalid("%s of layer %u: %s_bytes is %llu, expected %llu for %s [%llu, %llu]", name, layer, which,
                         static_cast<unsigned long long>(bytes), static_cast<unsigned long long>(expected),
                         dtype_name(dtype), static_cast<unsigned long long>(rows),
                         static_cast<unsigned long long>(cols));
  }
  if (data == nullptr) return error.invalid("%s of layer %u: %s is NULL", name, layer, which);
  return TM_OK;
}

int32_t check_part(const Model& model, const AdapterLayout& shapes, uint32_t max_rank, const tm_adapter_part& part,
                   Error& error) {
  if (part.struct_size != sizeof part) {
    return error.invalid("tm_adapter_part.struct_size is %u, expected %zu", part.struct_size, sizeof part);
  }
  const uint32_t matrix = adapted_matrix(part.role);
  if (matrix == kAdaptedMatrices) {
    return error.invalid("role is %u, expected q, k, v, out of attention or gate, up, down of the ffn", part.role);
  }
  const char* name = role_name(part.role);
  if (part.layer >= model.n_layers) {
    return error.invalid("%s: layer is %u, expected below %u", name, part.layer, model.n_layers);
  }
  if (matrix >= kAdaptedGate && model.n_experts > 0) {
    return error.fail(TM_UNSUPPORTED, "%s of layer %u: the feed-forward of experts is not adapted", name, part.layer);
  }
  if (part.rank < 1 || part.rank > max_rank) {
    return error.invalid("%s of layer %u: rank is %u, expected 1..%u (max_rank)", name, part.layer, part.rank,
                         max_rank);
  }
  if (part.rope_style > TM_ROPE_HALVES) {
    return error.invalid("%s of layer %u: rope_style is %u, expected 0..%u", name, part.layer, part.rope_style,
                         TM_ROPE_HALVES);
  }
  if (!std::isfinite(part.scale)) {
    return error.invalid("%s of layer %u: scale is %g, expected a finite number", name, part.layer,
                         static_cast<double>(part.scale));
  }
  if (const int32_t status = check_matrix(name, "a", part.layer, part.a_dtype, part.rank, shapes.cols[matrix],
                                          part.a_bytes, part.a, error)) {
    return status;
  }
  return check_matrix(name, "b", part.layer, part.b_dtype, shapes.rows[matrix], part.rank, part.b_bytes, part.b, error);
}

}  // namespace

uint32_t adapted_matrix(uint32_t role) {
  return static_cast<uint32_t>(std::find(std::begin(kRoles), std::end(kRoles), role) - std::begin(kRoles));
}

bool is_adapter_type(uint32_t dtype) { return dtype == TM_F32 || dtype == TM_F16 || dtype == TM_BF16; }

AdapterLayout::AdapterLayout(const Model& m, const tm_cache_config& config)
    : max_rank(config.max_rank), dtype(config.adapter_dtype) {
  const uint64_t shapes[kAdaptedMatrices][2] = {
      {m.q_width(), m.width}, {m.kv_width(), m.width}, {m.kv_width(), m.width}, {m.width, m.q_width()},
      {m.ffn, m.width},       {m.ffn, m.width},        {m.width, m.ffn}};
  for (uint32_t i = 0; i < kAdaptedMatrices; ++i) {
    rows[i] = shapes[i][0];
    cols[i] = shapes[i][1];
    if (i >= kAdaptedGate && m.n_experts > 0) continue;  // never adapted
    a[i] = layer_bytes;
    layer_bytes += aligned(max_rank * row_bytes(dtype, cols[i]));
    b[i] = layer_bytes;
    layer_bytes += aligned((rows[i] + kHostStrip - 1) / kHostStrip * kHostStrip * row_bytes(dtype, max_rank));
  }
  slot_bytes = m.n_layers * layer_bytes;
}

void AdapterLayout::write(const Model& model, const tm_adapter_part& part, uint64_t strip, uint8_t* to_a,
                          uint8_t* to_b) const {
  const uint32_t matrix = adapted_matrix(part.role);
  HalvedRows order;
  if (matrix <= kAdaptedK && part.rope_style == TM_ROPE_HALVES) order = {model.head_dim, model.rope_dims};
  write_rows(part.a_dtype, part.a, part.rank, cols[matrix], dtype, to_a, [](uint64_t row) { return row; });
  std::vector<uint8_t> rows_of_b(rows[matrix] * row_bytes(dtype, part.rank));
  write_rows(part.b_dtype, part.b, rows[matrix], part.rank, dtype, rows_of_b.data(),
             [&](uint64_t row) { return order.place_of(row); });
  turn(rows_of_b.data(), rows[matrix], part.rank, row_bytes(dtype, 1), strip, to_b);
}

Adapters::Adapters(const Model& model, const tm_cache_config& config)
    : n_layers_(model.n_layers),
      max_rank_(config.max_rank),
      parts_(uint64_t{config.max_adapters} * model.n_layers * kAdaptedMatrices),
      loaded_(config.max_adapters) {}

uint64_t Adapters::table_bytes(const Model& model, const tm_cache_config& config) {
  return config.max_adapters * (uint64_t{model.n_layers} * kAdaptedMatrices * sizeof(AdapterPart) + 1);
}

void Adapters::forget(uint32_t adapter) {
  loaded_[adapter - 1] = 0;
  std::fill_n(parts_.begin() + static_cast<int64_t>(adapter - 1) * n_layers_ * kAdaptedMatrices,
              n_layers_ * kAdaptedMatrices, AdapterPart{0, 0});
}

void Adapters::remember(uint32_t adapter, const tm_adapter_part* parts, uint32_t n_parts) {
  for (uint32_t i = 0; i < n_parts; ++i) {
    const uint64_t place = (static_cast<uint64_t>(adapter - 1) * n_layers_ + parts[i].layer) * kAdaptedMatrices;
    parts_[place + adapted_matrix(parts[i].role)] = {parts[i].rank, parts[i].scale};
  }
  loaded_[adapter - 1] = 1;
}

int32_t check_adapter(const Model& model, const Adapters& adapters, uint32_t adapter, const tm_adapter_part* parts,
                      uint32_t n_parts, Error& error) {
  if (adapters.most() == 0)
    return error.fail(TM_WRONG_STATE, "the cache was sized without adapters (max_adapters is 0)");
  if (adapter < 1 || adapter > adapters.most()) {
    return error.invalid("adapter is %u, expected 1..%u (max_adapters)", adapter, adapters.most());
  }
  const uint64_t places = uint64_t{model.n_layers} * kAdaptedMatrices;
  const uint32_t least = model.is_whole() ? 1 : 0;
  if (n_parts < least || n_parts > places) {
    return error.invalid("n_parts is %u, expected %u..%llu", n_parts, least, static_cast<unsigned long long>(places));
  }
  if (parts == nullptr && n_parts > 0) return error.invalid("parts is NULL");
  tm_cache_config shape{};
  const AdapterLayout shapes(model, shape);
  bool seen[kAdaptedMatrices] = {};
  for (uint32_t i = 0; i < n_parts; ++i) {
    if (const int32_t status = check_part(model, shapes, adapters.max_rank(), parts[i], error)) return status;
    // In the order of layers, so that twice the same is next to itself.
    if (i > 0 && parts[i].layer < parts[i - 1].layer) {
      return error.invalid("parts[%u] is of layer %u after %u, expected rising layers", i, parts[i].layer,
                           parts[i - 1].layer);
    }
    if (i > 0 && parts[i].layer != parts[i - 1].layer) std::fill(std::begin(seen), std::end(seen), false);
    bool& there = seen[adapted_matrix(parts[i].role)];
    if (there) {
      return error.invalid("%s of layer %u: the adapter has two parts for it", role_name(parts[i].role),
                           parts[i].layer);
    }
    there = true;
  }
  return TM_OK;
}

uint32_t group_by_adapter(const tm_step& step, AdapterRun* runs) {
  uint32_t n = 0;
  for (uint32_t s = 0; s < step.n_spans; ++s) {
    const tm_span& span = step.spans[s];
    if (span.adapter == 0) continue;
    for (uint32_t row = span.first_row; row < span.first_row + span.n_rows;) {
      const bool goes_on = n > 0 && runs[n - 1].adapter == span.adapter && runs[n - 1].n_rows < kAdapterTurn &&
                           runs[n - 1].first_row + runs[n - 1].n_rows == row;
      if (!goes_on) runs[n++] = {span.adapter, row, 0, 0, 0};
      const uint32_t room = kAdapterTurn - runs[n - 1].n_rows;
      const uint32_t taken = std::min(room, span.first_row + span.n_rows - row);
      runs[n - 1].n_rows += taken;
      row += taken;
    }
  }
  std::sort(runs, runs + n, [](const AdapterRun& a, const AdapterRun& b) {
    return a.adapter != b.adapter ? a.adapter < b.adapter : a.first_row < b.first_row;
  });
  for (uint32_t first = 0; first < n;) {
    uint32_t end = first + 1;
    while (end < n && runs[end].adapter == runs[first].adapter) ++end;
    for (uint32_t i = first; i < end; ++i) {
      runs[i].group_first = first;
      runs[i].group_runs = end - first;
    }
    first = end;
  }
  return n;
}

}  // namespace tramontane
