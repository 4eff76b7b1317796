// Checks a whole tm_step before anything of it is applied. Page-table edits are the one thing that later checks build
// on: they are applied while checking and taken back when a check fails.
#include <algorithm>
#include <cmath>

#include "context.h"

namespace tramontane {
namespace {

constexpr int64_t kMaxPosition = int64_t{1} << 48;

long long wide(int64_t value) { return static_cast<long long>(value); }

struct Check {
  const Model& model;
  const Adapters& adapters;
  const tm_step& raw;
  Cache& cache;
  StepRoom& room;
  Step& step;
  Error& error;

  int32_t extents() const;
  int32_t hidden() const;
  int32_t spans() const;
  int32_t tokens() const;
  int32_t edits(uint32_t* applied) const;
  void take_back(uint32_t applied) const;
  int32_t copies() const;
  int32_t pages() const;
  int32_t mark_written(uint32_t group, const tm_span& span) const;
  int32_t check_read(uint32_t group, const tm_span& span) const;
  void clear_written() const;
  int32_t lists() const;
  int32_t sample(uint32_t i) const;
  int32_t samples() const;
};

int32_t Check::extents() const {
  if (raw.struct_size != sizeof raw) {
    return error.invalid("tm_step.struct_size is %u, expected %zu", raw.struct_size, sizeof raw);
  }
  if (raw.late_masks > 1) return error.invalid("tm_step.late_masks is %u, expected 0 or 1", raw.late_masks);
  const struct {
    const char* field;
    uint32_t value, low, high;
  } counts[] = {
      {"n_rows", raw.n_rows, 1, room.max_rows},
      {"n_spans", raw.n_spans, 1, room.max_spans},
      {"n_samples", raw.n_samples, 0, room.max_samples},
      {"n_edits", raw.n_edits, 0, room.max_edits},
  };
  for (const auto& c : counts) {
    if (c.value < c.low || c.value > c.high) {
      return error.invalid("tm_step.%s is %u, expected %u..%u", c.field, c.value, c.low, c.high);
    }
  }
  const struct {
    const char* field;
    const void* pointer;
    uint32_t count;
  } arrays[] = {
      {"tokens", raw.tokens, model.has_embedding ? raw.n_rows : 0},
      {"spans", raw.spans, raw.n_spans},
      {"edits", raw.edits, raw.n_edits},
      {"copies", raw.copies, raw.n_copies},
      {"samples", raw.samples, raw.n_samples},
      {"counts", raw.counts, raw.n_counts},
      {"biases", raw.biases, raw.n_biases},
      {"masks", raw.masks, raw.n_masks},
      {"results", raw.results, raw.n_samples},
  };
  for (const auto& a : arrays) {
    if (a.pointer == nullptr && a.count > 0) {
      return error.invalid("tm_step.%s is NULL, expected %u entries", a.field, a.count);
    }
  }
  return TM_OK;
}

// Rows come from somewhere and go somewhere.
int32_t Check::hidden() const {
  const struct {
    const char* field;
    const void* pointer;
    bool needed;
    const char* part;
  } ends[] = {{"hidden_in", raw.hidden_in, !model.has_embedding, "embedding"},
              {"hidden_out", raw.hidden_out, !model.has_head, "head"}};
  for (const auto& end : ends) {
    if (end.needed != (end.pointer != nullptr)) {
      return error.invalid("tm_step.%s is %s, but the context has %s %s", end.field, end.needed ? "NULL" : "not NULL",
                           end.needed ? "no" : "the", end.part);
    }
    if (reinterpret_cast<uintptr_t>(end.pointer) % sizeof(float) != 0) {
      return error.invalid("tm_step.%s is not aligned to %zu bytes", end.field, sizeof(float));
    }
  }
  return TM_OK;
}

int32_t Check::spans() const {
  uint32_t next = 0;
  for (uint32_t i = 0; i < raw.n_spans; ++i) {
    const tm_span& s = raw.spans[i];
    if (s.slot >= cache.n_slots) {
      return error.invalid("spans[%u].slot is %u, expected below n_slots (%u)", i, s.slot, cache.n_slots);
    }
    if (s.adapter != 0 && !adapters.loaded(s.adapter)) {
      return error.invalid("spans[%u].adapter is %u, expected 0 or a loaded one", i, s.adapter);
    }
    if (s.first_row != next) {
      return error.invalid("spans[%u].first_row is %u, expected %u: spans cover the rows in order without gaps", i,
                           s.first_row, next);
    }
    if (s.n_rows < 1) return error.invalid("spans[%u].n_rows is 0, expected at least 1", i);
    if (s.n_rows > raw.n_rows - next) {
      return error.invalid("spans[%u].n_rows is %u, expected 1..%u: n_rows is %u, and the spans before have %u", i,
                           s.n_rows, raw.n_rows - next, raw.n_rows, next);
    }
    if (s.position < 0 || s.position > kMaxPosition) {
      return error.invalid("spans[%u].position is %lld, expected 0..%lld", i, wide(s.position), wide(kMaxPosition));
    }
    std::fill_n(room.row_span.begin() + next, s.n_rows, i);
    next += s.n_rows;
  }
  if (next != raw.n_rows) return error.invalid("spans cover %u rows, expected n_rows (%u)", next, raw.n_rows);

  std::vector<uint8_t>& seen = room.slot_seen;
  uint32_t twice = raw.n_spans;
  for (uint32_t i = 0; i < raw.n_spans; ++i) {
    if (seen[raw.spans[i].slot]++ != 0 && twice == raw.n_spans) twice = i;
    seen[raw.spans[i].slot] = 1;
  }
  for (uint32_t i = 0; i < raw.n_spans; ++i) seen[raw.spans[i].slot] = 0;
  if (twice == raw.n_spans) return TM_OK;
  return error.invalid("spans[%u].slot is %u, which has a span already: a slot occurs at most once in a step", twice,
                       raw.spans[twice].slot);
}

int32_t Check::tokens() const {
  if (!model.has_embedding) return TM_OK;
  for (uint32_t row = 0; row < raw.n_rows; ++row) {
    int32_t token = raw.tokens[row];
    if (token == TM_TOKEN_PREVIOUS) {
      const tm_span& span = raw.spans[room.row_span[row]];
      if (span.n_rows != 1) {
        return error.invalid("tokens[%u] is TM_TOKEN_PREVIOUS in a span of %u rows, expected only as a single row", row,
                             span.n_rows);
      }
      token = cache.last_token[span.slot];
      if (token < 0)
        return error.invalid("tokens[%u] is TM_TOKEN_PREVIOUS, but slot %u has drawn no token", row, span.slot);
    }
    if (token < 0 || static_cast<uint32_t>(token) >= model.vocab) {
      return error.invalid("tokens[%u] is %d, expected a token below %u or TM_TOKEN_PREVIOUS", row, token, model.vocab);
    }
    room.tokens[row] = token;
  }
  return TM_OK;
}

int32_t Check::edits(uint32_t* applied) const {
  for (uint32_t i = 0; i < raw.n_edits; ++i) {
    const tm_page_edit& e = raw.edits[i];
    if (e.slot >= cache.n_slots) {
      return error.invalid("edits[%u].slot is %u, expected below n_slots (%u)", i, e.slot, cache.n_slots);
    }
    if (e.group >= cache.n_groups) {
      return error.invalid("edits[%u].group is %u, expected below n_groups (%u)", i, e.group, cache.n_groups);
    }
    CacheGroup& group = cache.groups[e.group];
    if (e.index >= group.ring) {
      return error.invalid("edits[%u].index is %u, expected below group_ring (%u)", i, e.index, group.ring);
    }
    if (e.page >= group.n_pages) {
      return error.invalid("edits[%u].page is %u, expected below group_pages (%u)", i, e.page, group.n_pages);
    }
    uint32_t& entry = group.table_of(e.slot)[e.index];
    room.undo[i] = entry;
    entry = e.page;
    *applied = i + 1;
  }
  return TM_OK;
}

void Check::take_back(uint32_t applied) const {
  while (applied-- > 0) {
    const tm_page_edit& e = raw.edits[applied];
    CacheGroup& group = cache.groups[e.group];
    group.table_of(e.slot)[e.index] = room.undo[applied];
  }
}

int32_t Check::copies() const {
  for (uint32_t i = 0; i < raw.n_copies; ++i) {
    const tm_page_copy& c = raw.copies[i];
    if (c.group >= cache.n_groups) {
      return error.invalid("copies[%u].group is %u, expected below n_groups (%u)", i, c.group, cache.n_groups);
    }
    const uint32_t n_pages = cache.groups[c.group].n_pages;
    if (c.from >= n_pages || c.to >= n_pages || c.from == c.to) {
      return error.invalid("copies[%u] is from page %u to %u, expected two pages below group_pages (%u)", i, c.from,
                           c.to, n_pages);
    }
    if (c.reserved != 0) return error.invalid("copies[%u].reserved is %u, expected 0", i, c.reserved);
  }
  return TM_OK;
}

// Table entries of the positions [first, last], at most the whole ring once.
template <class Visit>
int32_t each_entry(const Cache& cache, const CacheGroup& group, int64_t first, int64_t last, Visit visit) {
  const int64_t page = int64_t{1} << cache.page_shift;
  for (int64_t p = first & ~(page - 1); p <= last; p += page) {
    if (const int32_t status = visit(ring_entry(p, cache.page_shift, group.ring))) return status;
  }
  return TM_OK;
}

// Notes in room.writer who writes which page. A page has one writer in a step, and one place in his table.
int32_t Check::mark_written(uint32_t g, const tm_span& span) const {
  const CacheGroup& group = cache.groups[g];
  const int64_t last = span.position + span.n_rows - 1;
  const uint32_t first_entry = ring_entry(span.position, cache.page_shift, group.ring);
  bool began = false;
  return each_entry(cache, group, span.position, last, [&](uint32_t entry) -> int32_t {
    const uint32_t page = group.table_of(span.slot)[entry];
    if (page == kNoPage) {
      return error.invalid("slot %u writes entry %u of group %u's page table, which was never set", span.slot, entry,
                           g);
    }
    uint32_t& writer = room.writer[g][page];
    // A span as long as the ring that begins inside a page ends in the same page: that entry comes twice.
    const bool both_ends = began && writer == span.slot && entry == first_entry;
    if (writer != kNoPage && !both_ends) {
      return error.invalid("page %u of group %u is written by slot %u and slot %u in one step", page, g, writer,
                           span.slot);
    }
    writer = span.slot;
    began = true;
    return TM_OK;
  });
}

int32_t Check::check_read(uint32_t g, const tm_span& span) const {
  const CacheGroup& group = cache.groups[g];
  const int64_t first = group.window == 0 ? 0 : std::max<int64_t>(0, span.position - int64_t{group.window} + 1);
  const int64_t last = span.position + span.n_rows - 1;
  return each_entry(cache, group, first, last, [&](uint32_t entry) -> int32_t {
    const uint32_t page = group.table_of(span.slot)[entry];
    if (page == kNoPage) {
      return error.invalid(
          "slot %u reads positions %lld..%lld in group %u, but entry %u of its page table was never set", span.slot,
          wide(first), wide(last), g, entry);
    }
    const uint32_t writer = room.writer[g][page];
    if (writer != kNoPage && writer != span.slot) {
      return error.invalid("page %u of group %u is written by slot %u and read by slot %u in one step", page, g, writer,
                           span.slot);
    }
    return TM_OK;
  });
}

void Check::clear_written() const {
  for (uint32_t g = 0; g < cache.n_groups; ++g) {
    const CacheGroup& group = cache.groups[g];
    for (uint32_t i = 0; i < raw.n_spans; ++i) {
      const tm_span& span = raw.spans[i];
      each_entry(cache, group, span.position, span.position + span.n_rows - 1, [&](uint32_t entry) -> int32_t {
        const uint32_t page = group.table_of(span.slot)[entry];
        if (page != kNoPage) room.writer[g][page] = kNoPage;
        return TM_OK;
      });
    }
  }
}

int32_t Check::pages() const {
  for (uint32_t g = 0; g < cache.n_groups; ++g) {
    const CacheGroup& group = cache.groups[g];
    const int64_t capacity = static_cast<int64_t>(group.ring) << cache.page_shift;
    for (uint32_t i = 0; i < raw.n_spans; ++i) {
      const tm_span& span = raw.spans[i];
      if (span.position + span.n_rows <= capacity) continue;  // not wrapped
      if (group.window == 0) {
        return error.invalid(
            "spans[%u] ends at position %lld, but group %u has no window and its ring holds %lld tokens", i,
            wide(span.position + span.n_rows), g, wide(capacity));
      }
      const int64_t needed = int64_t{group.window} + span.n_rows - 1;
      if (needed > capacity) {
        return error.invalid(
            "spans[%u] needs %lld tokens of group %u's ring (window %u + %u rows - 1), which holds %lld", i,
            wide(needed), g, group.window, span.n_rows, wide(capacity));
      }
    }
  }
  int32_t status = TM_OK;
  for (uint32_t g = 0; g < cache.n_groups && status == TM_OK; ++g) {
    for (uint32_t i = 0; i < raw.n_spans && status == TM_OK; ++i) status = mark_written(g, raw.spans[i]);
    for (uint32_t i = 0; i < raw.n_spans && status == TM_OK; ++i) status = check_read(g, raw.spans[i]);
  }
  clear_written();
  return status;
}

int32_t Check::lists() const {
  for (uint32_t i = 0; i < raw.n_counts; ++i) {
    const tm_token_count& c = raw.counts[i];
    if (c.token < 0 || static_cast<uint32_t>(c.token) >= model.vocab) {
      return error.invalid("counts[%u].token is %d, expected 0..%u", i, c.token, model.vocab - 1);
    }
    if (c.count < 0) return error.invalid("counts[%u].count is %d, expected at least 0", i, c.count);
  }
  for (uint32_t i = 0; i < raw.n_biases; ++i) {
    const tm_bias& b = raw.biases[i];
    if (b.token < 0 || static_cast<uint32_t>(b.token) >= model.vocab) {
      return error.invalid("biases[%u].token is %d, expected 0..%u", i, b.token, model.vocab - 1);
    }
    if (!(b.bias >= -100 && b.bias <= 100)) {
      return error.invalid("biases[%u].bias is %g, expected -100..100", i, static_cast<double>(b.bias));
    }
  }
  return TM_OK;
}

int32_t Check::sample(uint32_t i) const {
  const tm_sample& s = raw.samples[i];
  if (s.row >= raw.n_rows)
    return error.invalid("samples[%u].row is %u, expected below n_rows (%u)", i, s.row, raw.n_rows);
  if (i > 0 && s.row < raw.samples[i - 1].row) {
    return error.invalid("samples[%u].row is %u after %u, expected rising rows", i, s.row, raw.samples[i - 1].row);
  }
  if (s.slot >= cache.n_slots) {
    return error.invalid("samples[%u].slot is %u, expected below n_slots (%u)", i, s.slot, cache.n_slots);
  }
  if (s.target != TM_SAMPLE_DRAW && (s.target < 0 || static_cast<uint32_t>(s.target) >= model.vocab)) {
    return error.invalid("samples[%u].target is %d, expected a token below %u or TM_SAMPLE_DRAW", i, s.target,
                         model.vocab);
  }
  if (s.top_logprobs > TM_MAX_TOP_LOGPROBS) {
    return error.invalid("samples[%u].top_logprobs is %u, expected at most %u", i, s.top_logprobs, TM_MAX_TOP_LOGPROBS);
  }
  if (s.top_logprobs > 0 && (raw.top_tokens == nullptr || raw.top_logprobs == nullptr)) {
    return error.invalid("samples[%u].top_logprobs is %u, but tm_step.%s is NULL", i, s.top_logprobs,
                         raw.top_tokens == nullptr ? "top_tokens" : "top_logprobs");
  }
  const struct {
    const char* field;
    float value;
    bool valid;
    const char* expected;
  } floats[] = {
      {"temperature", s.temperature, s.temperature >= 0, "at least 0"},
      {"top_p", s.top_p, s.top_p > 0 && s.top_p <= 1, "above 0, at most 1"},
      {"min_p", s.min_p, s.min_p >= 0 && s.min_p <= 1, "0..1"},
      {"repetition_penalty", s.repetition_penalty, s.repetition_penalty > 0, "above 0"},
      {"presence_penalty", s.presence_penalty, s.presence_penalty >= -2 && s.presence_penalty <= 2, "-2..2"},
      {"frequency_penalty", s.frequency_penalty, s.frequency_penalty >= -2 && s.frequency_penalty <= 2, "-2..2"},
  };
  for (const auto& f : floats) {
    if (!f.valid || !std::isfinite(f.value)) {
      return error.invalid("samples[%u].%s is %g, expected %s", i, f.field, static_cast<double>(f.value), f.expected);
    }
  }
  if (s.first_count > raw.n_counts || s.n_counts > raw.n_counts - s.first_count) {
    return error.invalid("samples[%u] names %u counts from %u on, expected within n_counts (%u)", i, s.n_counts,
                         s.first_count, raw.n_counts);
  }
  if (s.first_bias > raw.n_biases || s.n_biases > raw.n_biases - s.first_bias) {
    return error.invalid("samples[%u] names %u biases from %u on, expected within n_biases (%u)", i, s.n_biases,
                         s.first_bias, raw.n_biases);
  }
  if (s.mask < -1 || (s.mask >= 0 && static_cast<uint32_t>(s.mask) >= raw.n_masks)) {
    return error.invalid("samples[%u].mask is %d, expected -1 or below n_masks (%u)", i, s.mask, raw.n_masks);
  }
  if (s.position < 0) return error.invalid("samples[%u].position is %lld, expected at least 0", i, wide(s.position));
  return TM_OK;
}

int32_t Check::samples() const {
  step.n_logit_rows = 0;
  for (uint32_t i = 0; i < raw.n_samples; ++i) {
    if (const int32_t status = sample(i)) return status;
    const uint32_t row = raw.samples[i].row;
    if (step.n_logit_rows == 0 || room.logit_rows[step.n_logit_rows - 1] != row) {
      room.logit_rows[step.n_logit_rows++] = row;
    }
    room.sample_row[i] = step.n_logit_rows - 1;
  }
  return TM_OK;
}

}  // namespace

int32_t check_step(const Model& model, const Adapters& adapters, const tm_step& raw, Cache& cache, StepRoom& room,
                   Step& step, Error& error) {
  const Check check{model, adapters, raw, cache, room, step, error};
  if (const int32_t status = check.extents()) return status;
  if (const int32_t status = check.hidden()) return status;
  if (const int32_t status = check.spans()) return status;
  if (const int32_t status = check.tokens()) return status;
  if (const int32_t status = check.copies()) return status;
  if (const int32_t status = check.lists()) return status;
  if (const int32_t status = check.samples()) return status;
  uint32_t applied = 0;
  int32_t status = check.edits(&applied);
  if (status == TM_OK) status = check.pages();
  if (status != TM_OK) {
    check.take_back(applied);
    return status;
  }
  step.raw = raw;
  step.n_rows = raw.n_rows;
  step.n_spans = raw.n_spans;
  step.spans = raw.spans;
  step.tokens = room.tokens.data();
  step.row_span = room.row_span.data();
  step.logit_rows = room.logit_rows.data();
  step.sample_row = room.sample_row.data();
  step.n_runs = room.runs.empty() ? 0 : group_by_adapter(raw, room.runs.data());
  step.runs = room.runs.data();
  return TM_OK;
}

void remember_tokens(const Step& step, Cache& cache) {
  const tm_step& raw = step.raw;
  for (uint32_t i = 0; i < raw.n_samples; ++i) {
    if (raw.samples[i].target == TM_SAMPLE_DRAW) cache.last_token[raw.samples[i].slot] = raw.results[i].token;
  }
}

}  // namespace tramontane
