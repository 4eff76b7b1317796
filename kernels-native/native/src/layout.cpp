// tm_layout: where every field lies. The binding reads it at load and repeats nothing; a test holds the names, their
// order and types against the header.
#include <cstddef>
#include <cstdio>
#include <cstring>
#include <initializer_list>
#include <type_traits>

#include "tramontane.h"

namespace {

struct Field {
  const char* name;
  size_t offset;
  const char* type;
  size_t length;  // of an array, else 1
};

struct Layout {
  const char* name;
  size_t size;
  std::initializer_list<Field> fields;
};

template <class T>
constexpr const char* type_name() {
  if constexpr (std::is_pointer_v<T>) return "pointer";
  if constexpr (std::is_same_v<T, uint32_t>) return "u32";
  if constexpr (std::is_same_v<T, int32_t>) return "i32";
  if constexpr (std::is_same_v<T, uint64_t>) return "u64";
  if constexpr (std::is_same_v<T, int64_t>) return "i64";
  if constexpr (std::is_same_v<T, float>) return "f32";
  if constexpr (std::is_same_v<T, double>) return "f64";
}

template <class T>
constexpr Field field_of(const char* name, size_t offset) {
  using Element = std::remove_extent_t<T>;
  return {name, offset, type_name<Element>(), sizeof(T) / sizeof(Element)};
}

#define TM_AT(type, field) field_of<decltype(type::field)>(#field, offsetof(type, field))
#define TM_LAYOUT(type, ...)             \
  {                                      \
#type, sizeof(type), { __VA_ARGS__ } \
  }

#define H(field) TM_AT(tm_host, field)
#define M(field) TM_AT(tm_model_config, field)
#define T(field) TM_AT(tm_tensor, field)
#define V(field) TM_AT(tm_conversion, field)
#define C(field) TM_AT(tm_cache_config, field)
#define U(field) TM_AT(tm_memory, field)
#define D(field) TM_AT(tm_adapter_part, field)
#define G(field) TM_AT(tm_device, field)
#define E(field) TM_AT(tm_page_edit, field)
#define P(field) TM_AT(tm_page_copy, field)
#define N(field) TM_AT(tm_span, field)
#define O(field) TM_AT(tm_token_count, field)
#define B(field) TM_AT(tm_bias, field)
#define A(field) TM_AT(tm_sample, field)
#define R(field) TM_AT(tm_result, field)
#define S(field) TM_AT(tm_step, field)

constexpr Layout kLayouts[] = {
    TM_LAYOUT(tm_host, H(struct_size), H(features), H(cpu_level), H(backends), H(n_processors), H(reserved)),
    TM_LAYOUT(tm_model_config, M(struct_size), M(backend), M(cpu_level), M(n_threads), M(n_layers), M(width),
              M(n_heads), M(n_kv_heads), M(head_dim), M(ffn), M(vocab), M(n_experts), M(n_experts_used), M(rope_style),
              M(rope_dims), M(n_groups), M(rope_theta), M(rms_epsilon), M(rope_magnitude), M(query_scale_beta),
              M(query_scale_positions), M(device), M(parts), M(reserved), M(group_window), M(layer_group)),
    TM_LAYOUT(tm_tensor, T(struct_size), T(role), T(layer), T(expert), T(dtype), T(computed_as), T(flags), T(n_scales),
              T(rows), T(cols), T(bytes), T(data), T(scales)),
    TM_LAYOUT(tm_conversion, V(struct_size), V(from), V(to), V(n_scales), V(rows), V(cols), V(source_bytes),
              V(target_bytes), V(scales)),
    TM_LAYOUT(tm_cache_config, C(struct_size), C(kv_dtype), C(page_tokens), C(n_slots), C(max_rows), C(max_spans),
              C(max_samples), C(max_adapters), C(max_rank), C(adapter_dtype), C(group_pages), C(group_ring)),
    TM_LAYOUT(tm_memory, U(struct_size), U(reserved), U(weights_in_place), U(weights_repacked), U(cache), U(workspace),
              U(adapters)),
    TM_LAYOUT(tm_adapter_part, D(struct_size), D(role), D(layer), D(rank), D(a_dtype), D(b_dtype), D(rope_style),
              D(scale), D(a_bytes), D(b_bytes), D(a), D(b)),
    TM_LAYOUT(tm_device, G(struct_size), G(usable), G(total_bytes)),
    TM_LAYOUT(tm_page_edit, E(slot), E(group), E(index), E(page)),
    TM_LAYOUT(tm_page_copy, P(group), P(from), P(to), P(reserved)),
    TM_LAYOUT(tm_span, N(slot), N(first_row), N(n_rows), N(adapter), N(position)),
    TM_LAYOUT(tm_token_count, O(token), O(count)),
    TM_LAYOUT(tm_bias, B(token), B(bias)),
    TM_LAYOUT(tm_sample, A(row), A(slot), A(target), A(top_logprobs), A(temperature), A(top_p), A(min_p),
              A(repetition_penalty), A(presence_penalty), A(frequency_penalty), A(top_k), A(n_counts), A(first_count),
              A(n_biases), A(first_bias), A(mask), A(seed), A(position)),
    TM_LAYOUT(tm_result, R(token), R(status), R(logprob), R(n_top)),
    TM_LAYOUT(tm_step, S(struct_size), S(n_rows), S(n_spans), S(n_edits), S(n_copies), S(n_samples), S(n_counts),
              S(n_biases), S(n_masks), S(late_masks), S(tokens), S(spans), S(edits), S(copies), S(samples), S(counts),
              S(biases), S(masks), S(results), S(top_tokens), S(top_logprobs), S(logits), S(hidden_in), S(hidden_out)),
};

// What is said of the layout, as far as there is room; returns the length of all of it.
uint64_t print(const Layout& layout, char* text, uint64_t capacity) {
  uint64_t used = 0;
  const auto add = [&](const char* format, auto... values) {
    const bool room = used < capacity;
    used +=
        static_cast<uint64_t>(snprintf(room ? text + used : nullptr, room ? capacity - used : 0, format, values...));
  };
  add("%zu\n", layout.size);
  for (const Field& field : layout.fields) {
    if (field.length == 1) {
      add("%s %zu %s\n", field.name, field.offset, field.type);
    } else {
      add("%s %zu %s[%zu]\n", field.name, field.offset, field.type, field.length);
    }
  }
  return used;
}

}  // namespace

int32_t tm_layout(const char* name, char* text, uint64_t capacity) {
  if (name == nullptr || text == nullptr) return TM_INVALID_ARGUMENT;
  for (const Layout& layout : kLayouts) {
    if (strcmp(name, layout.name) != 0) continue;
    if (print(layout, nullptr, 0) >= capacity) return TM_INVALID_ARGUMENT;
    print(layout, text, capacity);
    return TM_OK;
  }
  return TM_INVALID_ARGUMENT;
}
