#include <algorithm>
#include <bit>
#include <cstring>

#include "attention.h"
#include "carver.h"
#include "device_step.h"
#include "room.h"
#include "self_test.h"

namespace tramontane::TM_DEVICE {
namespace {

constexpr uint64_t kPartialBytes = 256ull << 20;  // beyond it, fewer rows are divided
// Of a captured graph the driver keeps something for each kernel, on the device and for itself. How much is not said
// anywhere; other servers' graphs of as many kernels take about this.
constexpr uint64_t kNodeBytes = 8 << 10;
constexpr uint64_t kLayerNodes = 8;
constexpr uint64_t kAdapterNodes = 8;  // more of a layer that adapters change
constexpr uint64_t kExpertNodes = 3;   // more of a layer with experts

// Lay the parts out from base on, and give their bytes; with base null they only measure.
uint64_t lay_out(const Model& model, const Cache& cache, const tm_cache_config& config, void* base, Description& d) {
  Carver carver(base);
  const uint64_t pairs = static_cast<uint64_t>(config.max_rows) * (model.n_heads / model.n_kv_heads);
  carver.take(d.position, config.max_rows);
  carver.take(d.tokens, config.max_rows);
  carver.take(d.span, config.max_rows);
  carver.take(d.tiles, pairs / kTilePairs + config.max_spans);
  carver.take(d.pick, kLogitTile);
  const uint32_t adapted_rows = config.max_adapters == 0 ? 0 : config.max_rows;
  carver.take(d.adapter_tiles, adapted_rows);
  carver.take(d.adapter_rows, adapted_rows);
  for (uint32_t g = 0; g < model.n_groups; ++g)
    carver.take(d.tables[g], static_cast<uint64_t>(config.max_spans) * cache.groups[g].ring);
  return carver.bytes();
}

// Products of gate and up lie as floats until adapters' parts are added; nothing adapts experts.
uint64_t adapted_ffn(const Model& model, const tm_cache_config& config) {
  return config.max_adapters == 0 || model.n_experts > 0 ? 0 : model.ffn;
}

// And so do keys and values, or until they have a scale.
bool keeps_keys(const Cache& cache, const tm_cache_config& config) {
  return config.max_adapters > 0 || cache.has_scales();
}

uint64_t lay_out(const Model& model, const Cache& cache, const tm_cache_config& config, void* base, DeviceFrame& f) {
  const uint64_t rows = model.n_layers == 0 ? 0 : config.max_rows;  // of what layers alone need
  Carver carver(base);
  carver.take(f.hidden, uint64_t{config.max_rows} * model.width);
  carver.take(f.rope_cos, rows * (model.rope_dims / 2));
  carver.take(f.rope_sin, rows * (model.rope_dims / 2));
  carver.take(f.query_scale, rows);
  carver.take(f.q, rows * model.q_width());
  carver.take(f.k, keeps_keys(cache, config) ? rows * model.kv_width() : 0);
  carver.take(f.v, keeps_keys(cache, config) ? rows * model.kv_width() : 0);
  carver.take(f.gate, rows * adapted_ffn(model, config));
  carver.take(f.up, rows * adapted_ffn(model, config));
  carver.take(f.logits, model.has_head ? static_cast<uint64_t>(kLogitTile) * model.vocab : 0);
  return carver.bytes();
}

// What only a probe reads.
uint64_t lay_out_shown(const Model& model, uint64_t rows, void* base, DeviceFrame& f) {
  Carver carver(base);
  carver.take(f.k, rows * model.kv_width());
  carver.take(f.v, rows * model.kv_width());
  carver.take(f.attention, rows * model.q_width());
  carver.take(f.gate, rows * std::max(1u, model.n_experts_used) * model.ffn);
  return carver.bytes();
}

uint32_t count_processors() {
  uint32_t n = 0;
  must(processors(&n), "counting its processors");
  return n;
}

}  // namespace

StepSizes::StepSizes(const Model& model, const Cache& cache, const tm_cache_config& config) {
  for (uint32_t g = 0; g < model.n_groups; ++g) {
    const uint64_t held = static_cast<uint64_t>(cache.groups[g].ring) * cache.page_tokens;
    const uint64_t seen = model.group_window[g] == 0 ? held : std::min<uint64_t>(held, model.group_window[g]);
    group_segments[g] = static_cast<uint32_t>(seen / kSegment + 2);
    max_segments = std::max(max_segments, group_segments[g]);
  }
  const uint64_t row_partial = static_cast<uint64_t>(model.n_heads) * max_segments * (model.head_dim + 2) * 4;
  const bool has_layers = model.n_layers > 0;
  if (has_layers && model.n_heads / model.n_kv_heads <= kUnitRows) {
    max_split = static_cast<uint32_t>(std::min<uint64_t>({kGraphRows, config.max_spans, kPartialBytes / row_partial}));
  }
  const uint32_t rows = std::max(config.max_rows, kLogitTile);
  DeviceFrame frame = {};
  Description unused = {};
  floats = lay_out(model, cache, config, nullptr, frame);
  const ExpertSizes of_experts(model, config);
  room = std::max(tiles_of(rows), of_experts.tiles);
  normed = activation_bytes(room * kTileTokens, model.width);
  attended = has_layers ? activation_bytes(room * kTileTokens, model.q_width()) : 0;
  gated = has_layers ? activation_bytes(room * kTileTokens, model.ffn) : 0;
  experts = of_experts.bytes;
  const uint64_t q = meeting_rows(model.q_width()), kv = meeting_rows(model.kv_width());
  const uint64_t of_layers = std::max({q + 2 * kv, meeting_rows(model.width), meeting_rows(2ull * model.ffn)});
  const uint64_t most =
      std::max(has_layers ? of_layers : uint64_t{0}, model.has_head ? meeting_rows(model.vocab) : uint64_t{0});
  meeting_sums = meeting_floats(most) * sizeof(float);
  meeting_counts = tramontane::TM_DEVICE::meeting_counts(most) * sizeof(uint32_t);
  partial = max_split * row_partial;
  arrived = static_cast<uint64_t>(max_split) * model.n_kv_heads * sizeof(uint32_t);
  graph_rows = config.max_spans;
  const uint64_t layer_nodes = kLayerNodes + (model.n_experts == 0 ? 0 : kExpertNodes);
  const uint64_t nodes = layer_nodes + (config.max_adapters == 0 ? 0 : layer_nodes + kAdapterNodes);
  graph_segments = max_split == 0 ? 1 : max_segments;
  graphs = StepGraphs(graph_rows, graph_segments).size() * model.n_layers * nodes * kNodeBytes;
  description = lay_out(model, cache, config, nullptr, unused);
  const AdapterSizes of_adapters(model, config);
  adapters = of_adapters.parts + of_adapters.shrunk;
}

uint64_t StepSizes::sum() const {
  return floats + normed + attended + gated + meeting_sums + meeting_counts + partial + arrived + graphs +
         2 * description + adapters + experts;
}

DeviceStep::DeviceStep(const Model& model, const DeviceModel& weights, const Cache& cache,
                       const tm_cache_config& config, cudaStream_t stream)
    : model_(model),
      weights_(weights),
      cache_(cache),
      stream_(stream),
      max_rows_(config.max_rows),
      sizes_(model, cache, config),
      by_groups_(self_test(stream).groups_agree()),
      attends_by_groups_(by_groups_ && attends_by_groups(cache.kv_dtype, cache.head_dim)),
      n_processors_(count_processors()),
      adapters_(model, config, stream),
      experts_(model, config, by_groups_, stream),
      graphs_(sizes_.graph_rows, sizes_.graph_segments),
      adapted_graphs_(sizes_.graph_rows, sizes_.graph_segments) {
  constexpr auto kDevice = Memory::Place::kDevice;
  constexpr auto kPinned = Memory::Place::kPinned;
  for (uint32_t g = 0; g < model.n_groups; ++g) pages_[g] = Memory(cache.groups[g].bytes(), kDevice);
  floats_ = Memory(sizes_.floats, kDevice);
  lay_out(model, cache, config, floats_.as<void>(), frame_);
  normed_ = Memory(sizes_.normed, kDevice);
  attended_ = Memory(sizes_.attended, kDevice);
  gated_ = Memory(sizes_.gated, kDevice);
  meeting_sums_ = Memory(sizes_.meeting_sums, kDevice);
  meeting_counts_ = Memory(sizes_.meeting_counts, kDevice);
  arrived_ = Memory(sizes_.arrived, kDevice);
  // Columns beyond the matrix stay zero, and so do counts between two products.
  for (const Memory* m : {&normed_, &attended_, &gated_, &meeting_counts_, &arrived_}) {
    if (m->bytes() > 0) must(cudaMemsetAsync(m->as<void>(), 0, m->bytes(), stream_), "clearing its memory");
  }
  partial_ = Memory(sizes_.partial, kDevice);
  host_description_ = Memory(sizes_.description, kPinned);
  device_description_ = Memory(sizes_.description, kDevice);
  lay_out(model, cache, config, host_description_.as<void>(), host_);
  lay_out(model, cache, config, device_description_.as<void>(), device_);
  must(cudaStreamSynchronize(stream_), "clearing its memory");
  if (model.n_layers == 0) return;
  const GraphMemory memory;
  capture_graphs(graphs_);
  if (config.max_adapters > 0) {
    adapters_.describe_all();
    capture_graphs(adapted_graphs_);
  }
  must(cudaStreamSynchronize(stream_), "making graphs of steps");
  memory.require(sizes_.graphs);
}

void DeviceStep::show() {
  if (model_.n_layers == 0) return;
  DeviceFrame unused = {};
  shown_ = Memory(lay_out_shown(model_, max_rows_, nullptr, unused), Memory::Place::kDevice);
  lay_out_shown(model_, max_rows_, shown_.as<void>(), frame_);
}

uint64_t DeviceStep::page_bytes() const {
  uint64_t sum = 0;
  for (const Memory& pages : pages_) sum += pages.bytes();
  return sum;
}

uint64_t DeviceStep::bytes() const {
  uint64_t sum = sizes_.graphs;
  for (const Memory* m : {&floats_, &normed_, &attended_, &gated_, &meeting_sums_, &meeting_counts_, &partial_,
                          &arrived_, &host_description_, &device_description_}) {
    sum += m->bytes();
  }
  return sum + adapters_.workspace_bytes() + experts_.bytes();
}

void DeviceStep::send(void* to, const void* from, uint64_t bytes) {
  must(cudaMemcpyAsync(to, from, bytes, cudaMemcpyHostToDevice, stream_), "sending a step");
}

// Two groups of warps that share a segment need it brought once; where that leaves processors idle, each has its own.
uint32_t DeviceStep::pairs_of_tile(const Step& step) const {
  if (!attends_by_groups_) return kTilePairs;
  uint64_t blocks = 0;
  for (uint32_t s = 0; s < step.n_spans; ++s) {
    const uint64_t pairs = uint64_t{step.spans[s].n_rows} * (model_.n_heads / model_.n_kv_heads);
    if (step.spans[s].n_rows > 1) blocks += (pairs + 2 * kTilePairs - 1) / (2 * kTilePairs) * model_.n_kv_heads;
  }
  return blocks < n_processors_ ? kTilePairs : 2 * kTilePairs;
}

// Tiles of the spans that are divided among warps (single rows), or of the others. Gives the new number of tiles.
uint32_t DeviceStep::add_tiles(const Step& step, bool split, uint32_t n_tiles) {
  const uint32_t heads = model_.n_heads / model_.n_kv_heads;
  uint32_t n_single = 0;
  for (uint32_t s = 0; s < step.n_spans; ++s) {
    const tm_span& span = step.spans[s];
    const bool is_split = span.n_rows == 1 && n_single++ < sizes_.max_split;
    if (is_split != split) continue;
    for (uint32_t pair = 0; pair < span.n_rows * heads; pair += tile_pairs_) {
      host_.tiles[n_tiles++] = {s, span.first_row, span.n_rows, pair, span.position};
    }
  }
  return n_tiles;
}

// Tiles of no rows, whose blocks find nothing to do.
uint32_t DeviceStep::add_idle_tiles(uint32_t n_tiles, uint32_t end) {
  while (n_tiles < end) host_.tiles[n_tiles++] = {};
  return n_tiles;
}

void DeviceStep::describe_attention(const Step& step) {
  tile_pairs_ = graph_rows_ == 0 ? pairs_of_tile(step) : kTilePairs;
  const uint32_t n_divided = add_tiles(step, true, 0);
  uint32_t most = 1;
  for (uint32_t i = 0; i < n_divided; ++i) {
    const int64_t last = host_.tiles[i].position / kSegment;
    for (uint32_t g = 0; g < model_.n_groups; ++g) {
      const int64_t window = model_.group_window[g];
      const int64_t first = window == 0 ? 0 : std::max<int64_t>(0, host_.tiles[i].position - window + 1) / kSegment;
      most = std::max(most, static_cast<uint32_t>(last - first + 1));
    }
  }
  segments_ = std::bit_ceil(most);
  if (graph_rows_ == 0) {
    n_split_ = n_divided;
    n_tiles_ = add_tiles(step, false, n_split_);
    return;
  }
  describe_decode(graph_rows_);
  add_idle_tiles(add_tiles(step, false, add_idle_tiles(n_divided, n_split_)), n_tiles_);
}

// What a decode of so many rows starts, whoever they are.
void DeviceStep::describe_decode(uint32_t rows) {
  const uint32_t tiles_of_row = (model_.n_heads / model_.n_kv_heads + kTilePairs - 1) / kTilePairs;
  n_split_ = std::min(rows, sizes_.max_split);
  n_tiles_ = n_split_ + (rows - n_split_) * tiles_of_row;
}

void DeviceStep::capture_graphs(StepGraphs& graphs) {
  const std::vector<uint32_t>&all_rows = graphs.rows(), &all_segments = graphs.segments();
  for (auto segments = all_segments.rbegin(); segments != all_segments.rend(); ++segments) {
    for (auto rows = all_rows.rbegin(); rows != all_rows.rend(); ++rows) {
      describe_decode(*rows);
      tile_pairs_ = kTilePairs;
      segments_ = *segments;
      n_adapter_tiles_ = *rows;
      graphs.capture(*rows, *segments, stream_, [&] { all_layers(*rows); });
    }
  }
}

void DeviceStep::read_page(uint32_t group, uint32_t page, void* to) {
  const uint64_t bytes = cache_.groups[group].page_bytes;
  must(cudaMemcpyAsync(to, pages_[group].as<uint8_t>() + page * bytes, bytes, cudaMemcpyDeviceToHost, stream_),
       "fetching a page");
  must(cudaStreamSynchronize(stream_), "fetching a page");
}

void DeviceStep::write_page(uint32_t group, uint32_t page, const void* from) {
  const uint64_t bytes = cache_.groups[group].page_bytes;
  must(cudaMemcpyAsync(pages_[group].as<uint8_t>() + page * bytes, from, bytes, cudaMemcpyHostToDevice, stream_),
       "sending a page");
  must(cudaStreamSynchronize(stream_), "sending a page");
}

void DeviceStep::begin(const Step& step) {
  for (uint32_t i = 0; i < step.raw.n_copies; ++i) {
    const tm_page_copy& copy = step.raw.copies[i];
    const uint64_t bytes = cache_.groups[copy.group].page_bytes;
    if (bytes == 0) continue;  // of a part of a model that has none of the group's layers
    uint8_t* pages = pages_[copy.group].as<uint8_t>();
    must(cudaMemcpyAsync(pages + copy.to * bytes, pages + copy.from * bytes, bytes, cudaMemcpyDeviceToDevice, stream_),
         "copying a page");
  }
  for (uint32_t row = 0; row < step.n_rows; ++row) {
    host_.position[row] = step.position(row);
    host_.span[row] = step.row_span[row];
    host_.tokens[row] = step.tokens[row];
  }
  if (model_.n_layers == 0) {
    send(device_.tokens, host_.tokens, step.n_rows * sizeof(int32_t));
    return;
  }
  graph_rows_ = step.n_spans == step.n_rows ? graphs_.rows_for(step.n_rows) : 0;
  const uint32_t n_rows = std::max(step.n_rows, graph_rows_);
  for (uint32_t row = step.n_rows; row < n_rows; ++row) {
    host_.position[row] = 0;
    host_.span[row] = kNoSpan;
  }
  describe_attention(step);
  send(device_.position, host_.position, n_rows * sizeof(int64_t));
  send(device_.tokens, host_.tokens, step.n_rows * sizeof(int32_t));
  send(device_.span, host_.span, n_rows * sizeof(uint32_t));
  send(device_.tiles, host_.tiles, n_tiles_ * sizeof(QueryTile));
  for (uint32_t g = 0; g < model_.n_groups; ++g) {
    const CacheGroup& group = cache_.groups[g];
    for (uint32_t s = 0; s < step.n_spans; ++s) {
      memcpy(host_.tables[g] + static_cast<uint64_t>(s) * group.ring, group.table_of(step.spans[s].slot),
             group.ring * sizeof(uint32_t));
    }
    send(device_.tables[g], host_.tables[g], static_cast<uint64_t>(step.n_spans) * group.ring * sizeof(uint32_t));
  }
  adapters_.describe_none();
  if (step.n_runs > 0) {
    // A captured step launches for as many tiles as it has rows, whatever adapters they have.
    n_adapter_tiles_ = adapters_.describe(step, n_rows, graph_rows_, host_.adapter_tiles, host_.adapter_rows);
    send(device_.adapter_tiles, host_.adapter_tiles, n_adapter_tiles_ * sizeof(AdapterTile));
    send(device_.adapter_rows, host_.adapter_rows, n_rows * sizeof(uint32_t));
  }
  PositionTables tables = {};
  tables.frequency = weights_.frequency.as<float>();
  tables.n = model_.rope_dims / 2;
  tables.magnitude = model_.rope_magnitude;
  tables.scale = model_.query_scale;
  tables.cosines = frame_.rope_cos;
  tables.sines = frame_.rope_sin;
  tables.query_scale = frame_.query_scale;
  must(make_position_tables(tables, {device_.position, device_.span}, n_rows, stream_), "making the angles");
}

void DeviceStep::embed(uint32_t n_rows) {
  must(look_up(weights_.looked_up().table(), device_.tokens, n_rows, frame_.hidden, stream_), "looking rows up");
}

void DeviceStep::receive(const Step& step) {
  send(frame_.hidden, step.raw.hidden_in, uint64_t{step.n_rows} * model_.width * sizeof(float));
}

void DeviceStep::give(const Step& step) {
  must(cudaMemcpyAsync(step.raw.hidden_out, frame_.hidden, uint64_t{step.n_rows} * model_.width * sizeof(float),
                       cudaMemcpyDeviceToHost, stream_),
       "fetching rows");
}

void DeviceStep::all_layers(uint32_t n_rows) {
  for (uint32_t layer = 0; layer < model_.n_layers; ++layer) {
    qkv(n_rows, layer);
    attention(layer);
    output(n_rows, layer);
    gate_up(n_rows, layer);
    down(n_rows, layer);
  }
}

void DeviceStep::layers(const Step& step) {
  if (model_.n_layers == 0) return;
  if (graph_rows_ == 0) return all_layers(step.n_rows);
  if (graph_rows_ > step.n_rows) {
    const uint64_t known = static_cast<uint64_t>(step.n_rows) * model_.width;
    const uint64_t all = static_cast<uint64_t>(graph_rows_) * model_.width;
    must(cudaMemsetAsync(frame_.hidden + known, 0, (all - known) * sizeof(float), stream_), "clearing rows");
  }
  (step.n_runs == 0 ? graphs_ : adapted_graphs_).launch(graph_rows_, segments_, stream_);
}

Product DeviceStep::product(uint32_t n_rows, const DeviceMatrix& matrix, const Memory& activations) const {
  Product p = {};
  p.n_blocks = matrix.n_blocks();
  p.n_slices = slices_of(matrix.rows, matrix.columns);
  p.n_tokens = n_rows;
  p.by_groups = by_groups_;
  p.x = this->activations(activations, matrix);
  p.meeting = {meeting_sums_.as<float>(), meeting_counts_.as<uint32_t>()};
  return p;
}

Norm DeviceStep::norm_of(const Memory& weight) const {
  return {frame_.hidden, weight.as<float>(), nullptr, model_.width, static_cast<float>(model_.rms_epsilon)};
}

Activations DeviceStep::activations(const Memory& memory, const DeviceMatrix& matrix) const {
  return {memory.as<uint32_t>(), sizes_.room, matrix.operand()};
}

CacheView DeviceStep::view(uint32_t layer) const {
  const Layer& l = model_.layers[layer];
  const CacheGroup& group = cache_.groups[l.group];
  CacheView view = {};
  view.pages = pages(l.group);
  view.table = device_.tables[l.group];
  view.page_bytes = group.page_bytes;
  view.block_bytes = cache_.block_bytes();
  view.keys_bytes = static_cast<uint32_t>(cache_.keys_bytes());
  view.kv_dtype = cache_.kv_dtype;
  view.index_in_group = l.index_in_group;
  view.ring = group.ring;
  view.page_shift = cache_.page_shift;
  view.window = group.window;
  view.n_kv_heads = cache_.n_kv_heads;
  view.head_dim = cache_.head_dim;
  return view;
}

void DeviceStep::qkv(uint32_t n_rows, uint32_t layer) {
  const DeviceLayer& l = weights_.layers[layer];
  const Norm norm = norm_of(l.attention_norm);
  const struct {
    const DeviceMatrix& matrix;
    float* out;
    Head head;
  } all[] = {{l.q, frame_.q, Head::kQueries}, {l.k, frame_.k, Head::kKeys}, {l.v, frame_.v, Head::kValues}};
  const Heads heads = {
      frame_.rope_cos, frame_.rope_sin, frame_.query_scale, model_.rope_dims, {device_.position, device_.span},
      view(layer)};
  // Matrices of one type and one order of sums are one product.
  bool done[3] = {};
  for (uint32_t first = 0; first < 3; ++first) {
    if (done[first]) continue;
    const DeviceMatrix& matrix = all[first].matrix;
    must(normalise(norm, n_rows, activations(normed_, matrix), stream_), "starting a norm");
    Product p = product(n_rows, matrix, normed_);
    Adapted adapted[3];
    p.result = Result::kHeads;
    p.heads = heads;
    for (uint32_t i = first; i < 3; ++i) {
      if (done[i] || all[i].matrix.dtype != matrix.dtype) continue;
      if (slices_of(all[i].matrix.rows, matrix.columns) != p.n_slices) continue;
      done[i] = true;
      adapted[p.n_parts] = static_cast<Adapted>(kAdaptedQ + i);
      Part& part = p.parts[p.n_parts++];
      part = all[i].matrix.part(all[i].out, all[i].matrix.rows);
      part.head = all[i].head;
    }
    multiply_adapted(matrix, p, layer, adapted);
  }
  if (cache_.has_scales()) {
    must(store_eight_bits(heads, frame_.k, frame_.v, n_rows, stream_), "storing keys and values");
  }
}

void DeviceStep::multiply_adapted(const DeviceMatrix& matrix, const Product& product, uint32_t layer,
                                  const Adapted* matrices) {
  uint32_t bits = 0;
  for (uint32_t i = 0; i < product.n_parts; ++i) bits |= 1u << matrices[i];
  if ((bits & adapters_.touched()) == 0) {
    must(multiply(matrix.dtype, product, stream_), "starting a product");
    return;
  }
  const Adaption adaption = adapters_.adaption(layer, matrices, product.n_parts, device_.adapter_tiles,
                                               device_.adapter_rows, n_adapter_tiles_);
  must(shrink(adaption, product.x, stream_), "starting an adapter");
  // Its end comes after the adapters' parts.
  Product sums = product;
  if (product.result != Result::kAdd) sums.result = Result::kWrite;
  must(multiply(matrix.dtype, sums, stream_), "starting a product");
  must(expand(adaption, product, stream_), "starting an adapter");
}

void DeviceStep::attention(uint32_t layer) {
  const DeviceMatrix& next = weights_.layers[layer].out;
  Attention a = {};
  a.q = frame_.q;
  a.tiles = device_.tiles;
  a.n_split = n_split_;
  a.n_tiles = n_tiles_;
  a.max_segments = std::min(segments_, sizes_.group_segments[model_.layers[layer].group]);
  a.n_heads = model_.n_heads;
  a.heads_per_kv = model_.n_heads / model_.n_kv_heads;
  a.tile_pairs = tile_pairs_;
  a.by_groups = attends_by_groups_;
  a.partial = partial_.as<float>();
  a.arrived = arrived_.as<uint32_t>();
  a.out = frame_.attention;
  a.next = activations(attended_, next);
  must(attend(a, view(layer), stream_), "starting attention");
}

void DeviceStep::output(uint32_t n_rows, uint32_t layer) {
  const DeviceMatrix& matrix = weights_.layers[layer].out;
  Product p = product(n_rows, matrix, attended_);
  p.result = Result::kAdd;
  p.parts[p.n_parts++] = matrix.part(frame_.hidden, model_.width);
  const Adapted adapted[] = {kAdaptedOut};
  multiply_adapted(matrix, p, layer, adapted);
}

// Gate and up of what the norm left, as one matrix.
Product DeviceStep::gated_product(uint32_t n_rows, const DeviceLayer& l) const {
  Product p = product(n_rows, l.gate, normed_);
  p.n_slices = slices_of(2ull * l.gate.rows, l.gate.columns);
  p.result = Result::kGated;
  p.parts[p.n_parts++] = l.gate.part(frame_.gate, model_.ffn);
  p.parts[p.n_parts++] = l.up.part(frame_.up, model_.ffn);
  p.next = activations(gated_, l.down);
  return p;
}

void DeviceStep::gate_up(uint32_t n_rows, uint32_t layer) {
  const DeviceLayer& l = weights_.layers[layer];
  if (model_.n_experts > 0) return gate_up_of_experts(n_rows, l);
  must(normalise(norm_of(l.ffn_norm), n_rows, activations(normed_, l.gate), stream_), "starting a norm");
  Product p = gated_product(n_rows, l);
  const Adapted adapted[] = {kAdaptedGate, kAdaptedUp};
  multiply_adapted(l.gate, p, layer, adapted);
}

// Nothing adapts experts, so their products end by themselves.
void DeviceStep::gate_up_of_experts(uint32_t n_rows, const DeviceLayer& l) {
  Norm norm = norm_of(l.ffn_norm);
  experts_.choose(n_rows, norm, l.router.as<float>(), device_.span);
  norm.pick = experts_.view().pick;
  must(normalise(norm, experts_.most_tokens(n_rows), activations(normed_, l.gate), stream_), "starting a norm");
  Product p = gated_product(n_rows, l);
  experts_.cut(p, kGateUpOfExperts, n_rows);
  must(multiply(l.gate.dtype, p, stream_), "starting a product");
}

void DeviceStep::down(uint32_t n_rows, uint32_t layer) {
  const DeviceMatrix& matrix = weights_.layers[layer].down;
  Product p = product(n_rows, matrix, gated_);
  if (model_.n_experts > 0) {
    p.result = Result::kWrite;
    p.parts[p.n_parts++] = matrix.part(experts_.view().outputs, model_.width);
    experts_.cut(p, kDownOfExperts, n_rows);
    must(multiply(matrix.dtype, p, stream_), "starting a product");
    experts_.add(n_rows, frame_.hidden);
    return;
  }
  p.result = Result::kAdd;
  p.parts[p.n_parts++] = matrix.part(frame_.hidden, model_.width);
  const Adapted adapted[] = {kAdaptedDown};
  multiply_adapted(matrix, p, layer, adapted);
}

void DeviceStep::logits(const uint32_t* rows, uint32_t n) {
  std::copy(rows, rows + n, host_.pick);
  send(device_.pick, host_.pick, n * sizeof(uint32_t));
  const DeviceMatrix& head = weights_.head;
  Norm norm = norm_of(weights_.output_norm);
  norm.pick = device_.pick;
  must(normalise(norm, n, activations(normed_, head), stream_), "starting a norm");
  Product p = product(n, head, normed_);
  p.result = Result::kWrite;
  p.parts[p.n_parts++] = head.part(frame_.logits, model_.vocab);
  must(multiply(head.dtype, p, stream_), "starting a product");
}

void DeviceStep::finish() {
  done_.mark(stream_, "running a step");
  done_.wait("running a step");
}

}  // namespace tramontane::TM_DEVICE
