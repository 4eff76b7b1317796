"""What is changed in the device code, one at a time, and which tests may see it.

A change is a place in a file with marks: @(what is there@|what comes in its place@) of an expression, @{there@|in its place@} of
statements. All of them are built at once, each behind a switch, so that one build serves them all.
"""

import collections
import pathlib
import re
import sys

NATIVE = pathlib.Path(__file__).resolve().parent.parent.parent

# Of a test's program, or of those tests in it whose names hold what stands after the colon; the quickest first.
TESTS = ["early_test:every_kernel", "attention_bits_test", "bits_test"]
TESTS_OF = {
    "arrange.cu": ["early_test:every_kernel", "bits_test"],
    "attention.cu": ["attention_bits_test", "early_test", "bits_test"],
    "kept.h": ["attention_bits_test"],
    "mma_order.h": ["eight_bits_test", "attention_bits_test"],
    "store_eight_bits.cu": ["stage_test", "graphs_test", "early_test"],
    "attention.h": ["attention_bits_test", "early_test", "bits_test"],
    "attend_row.h": ["attention_bits_test", "early_test", "bits_test"],
    "attend_chunk.h": ["attention_bits_test", "early_test", "bits_test"],
    "set_apart.h": ["attention_bits_test"],
    "attend_group.h": ["attention_bits_test"],
    "attention_group.cu": ["attention_bits_test"],
    "chunk_sums.h": ["attention_bits_test"],
    "multiply.cu": ["tiles_test:wgmma_multiplies", *TESTS],
    "stream_mm.h": [*TESTS, "tiles_test"],
    "step_graphs.cu": ["graphs_test"],
    "completion.cu": ["graphs_test"],
    "upload.cu": ["upload_test", "device_experts_test"],
    "device_step.cu": ["graphs_test", "tiles_test", "attention_bits_test:wgmma", "bits_test", "early_test", "adapters_test"],
    "heads.h": ["graphs_test", "bits_test", "early_test"],
    "decide.cu": ["device_sampler_test", "early_test"],
    "embed.cu": ["embed_test", "early_test"],
    "adapt.cu": ["adapters_test", "early_test"],
    "device_adapters.cu": ["adapters_test"],
    "early_start.h": ["early_test"],
    "experts.cu": ["early_test:every_kernel", "device_experts_test", "graphs_test:fill"],
    "expert_work.h": ["device_experts_test"],
    "device_experts.cu": ["device_experts_test", "bits_test:rows_of_experts"],
    "norm_row.h": ["early_test:every_kernel", "device_experts_test", "bits_test"],
    "ring.h": ["early_test:every_kernel", "device_experts_test", "bits_test"],
    "stream_ends.h": ["early_test:every_kernel", "device_experts_test", "bits_test"],
    "stream_work.h": ["early_test:every_kernel", "device_experts_test", "bits_test"],
    "tile_mm.h": ["tiles_test"],
    "tile_work.h": ["tiles_test"],
    "self_test.cu": ["self_test"],
    "self_test_group.cu": ["self_test"],
    "tile.cu": ["group_product_test"],
}
# What holds words for nvcc alone, which the emulator doesn't compile.
WORDS = ["bulk_copy.h", "group_product.h"]

# Calls that are taken out one by one, wherever device code has them.
CALLS = ["wait_for_previous", "__syncthreads", "__syncwarp", "barrier_init", "barrier_wait", "barrier_arrive", "barrier_expect",
         "barrier_fence", "proxy_fence", "group_fence", "group_commit", "group_wait<1>", "group_wait<0>", "give_stage_back<kColumns>", "give_back",
         "meet", "fill_expect", "fill_arrive"]
# (name, file, the place with its marks)
CHANGES = [
    ("slices that meet in another order", "cuda/stream_ends.h", "at[@(s@|(p.n_slices - s)@) * kSlice];"),
    ("slices that run into each other for 33 rows and more", "cuda/stream_mm.h",
     "@(first@|first || kTiles > 4@) ? sum : total[i / 4][i % 4] + sum;\n"
     "      @{sum = 0;@|if (kTiles <= 4 || at.ends_item()) sum = 0;@}"),
    ("slices cut elsewhere for 9 rows and more", "cuda/stream_work.h",
     "    @{first = slice_begin(work_.p, slice_);\n    end_ = slice_begin(work_.p, slice_ + 1);@|"
     "const uint32_t more = pass_tokens_ > 8 && kGroups == 1 ? 3 : 0;\n"
     "    first = (work_.p.n_blocks * slice_ + (slice_ > 0 ? more : 0)) / work_.p.n_slices;\n"
     "    end_ = (work_.p.n_blocks * (slice_ + 1) + (slice_ + 1 < work_.p.n_slices ? more : 0)) / work_.p.n_slices;@}"),
    ("two slices in place of four", "cuda/product.h", "? 1 : @(4@|2@);"),
    ("a stage's last block is left out", "cuda/stream_mm.h", "@(block < n_blocks@|block + (n_blocks > 1) < n_blocks@); ++block"),
    ("the ring one stage deeper than there is", "cuda/ring.h", "if (@(number >= early@|number > early@)) {"),
    ("one stage more of weights before the wait", "cuda/ring.h", "at.there() && @(early < R::kStages@|early <= R::kStages@)"),
    ("the ring's phases are not flipped", "cuda/ring.h", "return @(number / kStages % 2@|0@);"),
    ("a stage is full without its activations", "cuda/ring.h", "@(tiles@|0 * tiles@) * R::kTileBytes) + n_groups * R::kSuperBytes"),
    ("a stage is full without its second group", "cuda/ring.h", "(@(n_groups@|1@) * R::kStackBytes + tiles"),
    ("a group that is not there is waited for", "cuda/ring.h", "@(unit_is_there(w.p, at.item(1), 0) ? 1 : 0@|1@);"),
    ("both groups of a tile multiply the first's rows", "cuda/tile_mm.h", "stage + @(group@|0@) * R::kGroupBytes, 0, unit"),
    ("the groups of a tile end in one place", "cuda/tile_mm.h", "shared + Shared::kEndsAt + @(group@|0@) * Shared::kEndsBytes)"),
    ("the groups of a tile meet at one barrier", "cuda/tile_mm.h", "meetings + @(group@|0@));\n  consume_tiles"),
    ("a tile's wait that leaves two groups", "cuda/tile_mm.h", "@{group_wait<1>(b);@|group_wait<2>(b);@}"),
    ("a tile's last wait that leaves a group", "cuda/tile_mm.h", "@{group_wait<0>(sums, a, b);@|group_wait<1>(sums, a, b);@}"),
    ("a tile's stage is given back before its products have ended", "cuda/tile_mm.h", "give_back(@(block - 1@|block@));"),
    ("a tile's fence that doesn't name the operand", "cuda/tile_mm.h", "@{group_fence(sums, registers);@|group_fence(sums);@}"),
    ("a tile's operands in one set of registers", "cuda/tile_mm.h", "@{multiply(block, b);@|multiply(block, a);@}"),
    ("the steps of a tile's block the other way round", "cuda/tile_mm.h",
     "stage + R::kXAt + @(step@|(3 - step)@) * 256, 128, R::kTileBytes);\n"
     "      group_multiply<Weights::kOperand>(sums, registers[@(step@|3 - step@)], tokens);"),
    ("a tile's descriptor with its distances exchanged", "cuda/tile_mm.h", "step * 256, @(128@|R::kTileBytes@), @(R::kTileBytes@|128@))"),
    ("a tile's slices run into each other", "cuda/tile_mm.h",
     "  for (int i = 0; i < R::kTiles * 4; ++i) sums[i / 4][i % 4] = @(0@|number == 0 ? 0 : sums[i / 4][i % 4]@);\n"),
    ("a tile's last slice alone", "cuda/tile_mm.h", "sum = @(slice == item.first_slice@|slice >= item.first_slice@) ?"),
    ("tiles where the instructions differ", "cuda/device_step.cu", "by_groups_(@(self_test(stream).groups_agree()@|true@))"),
    ("no tiles", "cuda/device_step.cu", "p.by_groups = @(by_groups_@|false@);"),
    ("tiles of few rows, too", "cuda/multiply.cu", " && @(product.n_tokens >= kFewestTileTokens@|true@)"),
    ("a tile of activations is left out", "cuda/fragments.h",
     "return @((n_tokens + kTileTokens - 1)@|(n_tokens + kTileTokens - 2)@) / kTileTokens;"),
    ("the first slice to come ends a group", "cuda/stream_ends.h", "== @(p.n_slices - 1@|0@);"),
    ("slices stay counted", "cuda/stream_ends.h", "      @{if (*last) *arrived = 0;@|@}\n"),
    ("what meets is written over", "cuda/stream_ends.h", "      @{meet();@|@}  // before others come in their place\n"),
    ("a graph without its segments", "cuda/step_graphs.cu",
     "static_cast<uint64_t>(@(of_segments@|0@)) * rows_.size() + static_cast<uint64_t>(of_rows)"),
    ("a graph without its rows", "cuda/step_graphs.cu",
     "static_cast<uint64_t>(of_segments) * rows_.size() + static_cast<uint64_t>(@(of_rows@|0@))"),
    ("the graph before the one that has room", "cuda/step_graphs.cu",
     "return place == rows_.end() ? 0 : @(*place@|place == rows_.begin() ? *place : *(place - 1)@);"),
    ("rows of no span write to the cache", "cuda/heads.h", "    @{if (rows.span[row] == kNoSpan) return;@|@}\n"),
    ("idle tiles stay what they were", "cuda/device_step.cu",
     "  @{while (n_tiles < end) host_.tiles[n_tiles++] = {};\n  return n_tiles;@|return n_tiles + (end - n_tiles);@}"),
    ("a graph is captured for each decode anew", "cuda/device_step.cu",
     "  @{(step.n_runs == 0 ? graphs_ : adapted_graphs_).launch(graph_rows_, segments_, stream_);@|"
     "graphs_.capture(graph_rows_, segments_, stream_, [&] { all_layers(graph_rows_); });\n"
     "  graphs_.launch(graph_rows_, segments_, stream_);@}"),
    ("a capture that failed goes on", "cuda/step_graphs.cu", "    @{cudaStreamEndCapture(stream_, &graph_);@|@}\n"),
    ("the end of a stream is not waited for", "cuda/completion.cu",
     "  if (error == cudaErrorNotReady) error = @(cudaEventSynchronize(event_)@|cudaSuccess@);"),
    ("adapters' parts after a product's end", "cuda/device_step.cu",
     "@{if (product.result != Result::kAdd) sums.result = Result::kWrite;@|@}"),
    ("columns beyond an adapter's matrix", "cuda/adapt.cu", "      if (@(column >= adaption.columns@|false@)) continue;\n"),
    ("rows of a tile that are not there are summed in another order", "cuda/adapt.cu",
     "for (uint32_t w = @(1@|tile.n_rows > 3 ? n_warps - 1 : 1@); w < n_warps; ++w)"),
    ("an adapter's scale is left out", "cuda/adapt.cu", "= @(part.scale * sum@|sum@);"),
    ("zeros are added where an adapter has no part", "cuda/adapt.cu", "@(ranks[m] == 0@|false@) ? product : product + sums[m][i][r]"),
    ("up's adapter on gate", "cuda/adapt.cu", "view.shrunk_of(row, @(which + m@|which@))["),
    ("rows of two adapters in one tile", "cuda/device_adapters.cu", "@(tiles[n_tiles - 1].adapter != adapter@|false@) || "),
    ("rows without an adapter are left out", "cuda/device_adapters.cu",
     "if (@(row >= step.n_rows || step.span_of(row).adapter == 0@|false@)) add(0, row);"),
    ("a decode with adapters takes the graph without", "cuda/device_step.cu",
     "(@(step.n_runs == 0@|true@) ? graphs_ : adapted_graphs_).launch"),
    ("parts of the adapter before stay", "cuda/device_adapters.cu",
     "  @{copy(parts_.as<AdapterPart>() + (adapter - 1) * n_places, table.data(), n_places * sizeof(AdapterPart));@|@}\n"),
    ("a part of a matrix is written over before it is sent", "cuda/upload.cu", "  @{arrived(stage);@|@}\n  return stage;"),
    ("parts of a matrix on top of each other", "cuda/upload.cu", "const ArrangedBytes before(from.dtype, @(first@|0 * first@),"),
    ("scales of the first part for all", "cuda/upload.cu", "nullptr : row_scales + @(first@|0@)"),
    ("experts on top of each other", "cuda/upload.cu", "to.records.as<uint8_t>() + @(expert@|0@) * sizes.records"),
    ("super-blocks of experts on top of each other", "cuda/upload.cu", "to.supers.as<uint8_t>() + @(expert@|0@) * sizes.supers"),
    ("scales of experts on top of each other", "cuda/upload.cu", "to.row_scales.as<float>() + uint64_t{@(expert@|0@)} * to.rows"),
    ("the first expert's weights for all", "cuda/ring.h",
     "const uint64_t of_all = @(item.expert@|0@) * stacks_of(part) + stack;\n    return reinterpret_cast<const uint8_t*>(part.records)"),
    ("the first expert's super-blocks for all", "cuda/ring.h",
     "const uint64_t of_all = @(item.expert@|0@) * stacks_of(part) + stack;\n    return reinterpret_cast<const uint8_t*>(part.supers)"),
    ("weights of experts before anybody said whose", "cuda/ring.h",
     "if (@(w.p.passes.list == nullptr@|true@)) {\n    for (typename R::At"),
    ("the first stages of experts wait for nobody", "cuda/ring.h", "if (@(number >= R::kStages@|true@)) barrier_wait"),
    ("the first expert's scales for all", "cuda/stream_ends.h", "of.row_scales[@(item.expert@|0@) * of.rows + row + r]"),
    ("outputs of experts where their activations lie", "cuda/stream_ends.h", "@(item.first_row@|item.first_token@) + first + token"),
    ("passes that meet in one place", "cuda/stream_work.h", "place = local * w.n_passes + @(pass@|0@);"),
    ("as many passes as there can be", "cuda/stream_work.h", "w.n_items : w.n_items * @(*w.p.passes.n@|w.p.passes.most@);"),
    ("passes for even choices alone", "cuda/expert_work.h", "std::min(chosen, chosen / tokens + @(std::min(experts.n, chosen)@|1@))"),
    ("gate's passes for down", "cuda/device_experts.cu", "view_.passes[@(which@|kGateUpOfExperts@)], view_.n_passes + @(which@|kGateUpOfExperts@)"),
    ("rows that fill a graph choose experts", "cuda/experts.cu", "if (@(span[row] == kNoSpan@|false@)) {"),
    ("the higher expert on ties", "cuda/experts.cu", "(its == mine && @(other < e@|other > e@))"),
    ("logits that are no numbers are compared", "cuda/experts.cu", "@{if (!(c.logits[e] <= FLT_MAX)) defined = false;@|@}"),
    ("logits that are all minus infinity have shares", "cuda/experts.cu", "@{if (largest == -INFINITY) defined = false;@|@}"),
    ("shares of one expert in the largest alone", "cuda/experts.cu", "for (uint32_t j = 0; j < @(experts.used@|1@); ++j) total"),
    ("an expert's rows from the first choice on", "cuda/experts.cu", "chosen[a], @(before@|0@) + static_cast"),
    ("a warp's rows of an expert over the first one's", "cuda/experts.cu", "if (lane < @(warp@|0@)) rows_ahead"),
    ("the choices of a warp's end are nobody's", "cuda/experts.cu", "const uint32_t share = @((n + n_warps - 1)@|n@) / n_warps;"),
    ("an expert's second pass is its first", "cuda/experts.cu", "ahead.tiles + @(i@|0@) * (most / kTileTokens)"),
    ("an expert's second pass ends where its first does", "cuda/experts.cu", "first + @(i * most@|0@),"),
    ("an expert's last pass is full", "cuda/experts.cu", "@(count - i * most < most@|false@) ? count"),
    ("outputs of a row's experts the other way round", "cuda/experts.cu",
     "const float share = view.share[first + @(i@|view.experts.used - 1 - i@)];\n    const float4 output =\n"
     "        *reinterpret_cast<const float4*>(view.outputs + static_cast<uint64_t>(view.place[first + @(i@|view.experts.used - 1 - i@)]) * width + column);"),
    ("a share rounded once with its output", "cuda/experts.cu", "@{sums[0] += share * output.x;@|sums[0] = __fmaf_rn(share, output.x, sums[0]);@}"),
    ("rows of a part as the first part's", "cuda/upload.cu", "from.row(@(first + row@|row@))"),
    ("segments merged without fma", "cuda/attention.h",
     "return @(__fmaf_rn(new_sum, m.new_weight, old_sum * m.old_weight)@|new_sum * m.new_weight + old_sum * m.old_weight@);"),
    ("segments merged the other way round", "cuda/attention.h",
     "return @(__fmaf_rn(new_sum, m.new_weight, old_sum * m.old_weight)@|__fmaf_rn(old_sum, m.old_weight, new_sum * m.new_weight)@);"),
    ("keys summed in groups of 16, in a chunk", "cuda/chunk_sums.h",
     "@{sum += sum_of_row(first + exponentials<Kept>(scores[at + 1], i, of_segment[i], p[at + 1]));@|"
     "sum += sum_of_row(first);\n"
     "        sum += sum_of_row(exponentials<Kept>(scores[at + 1], i, of_segment[i], p[at + 1]));@}"),
    ("keys summed in groups of 16, of a row", "cuda/attend_row.h",
     "@(sum_of_row(first + exponentials<Kept>(scores[1], i, largest[i], p[1]))@|"
     "sum_of_row(first) + sum_of_row(exponentials<Kept>(scores[1], i, largest[i], p[1]))@);"),
    ("groups of keys in the other order", "cuda/attend_row.h", "to[1] += s.total[@(w@|kAttendWarps - 1 - w@)][row];"),
    ("the largest of a lane in place of the row's, in a chunk", "cuda/chunk_sums.h",
     "@{of_segment[i] = largest_of_row(of_segment[i]);@|@}\n"),
    ("one of a lane's queries decides what both see", "cuda/chunk_sums.h", "if (@(!seen[0].all() || !seen[1].all()@|!seen[0].all()@)) {"),
    ("nothing is hidden", "cuda/chunk_sums.h", "if (@(!seen[0].all() || !seen[1].all()@|false@)) {"),
    ("values that nobody wrote, of groups", "cuda/set_apart.h", "pairs[i] &= @(seen & ~lost@|~lost@);"),
    ("values that are no numbers reach who doesn't see them", "cuda/set_apart.h", "pairs[i] &= @(seen & ~lost@|seen@);"),
    ("scales that are no numbers reach who doesn't see them", "cuda/set_apart.h", "@{if (marked) *scale = 0;@|@}"),
    ("the first of two values is not marked", "cuda/set_apart.h", "marks |= @((lost & 1) << 2 * i@|0u@) |"),
    ("the second of two values is not marked", "cuda/set_apart.h", "| @((lost >> 31) << (2 * i + 1)@|0u@);"),
    ("who sees a marked position has numbers, in a chunk", "cuda/attend_chunk.h", "@{if (!alike && has_marks(s.marks)) m.lose(seen, s.marks);@|@}"),
    ("who sees a marked position has numbers, of groups", "cuda/attend_group.h", "@{if (has_marks(s.marks[stage])) m.lose(seen, s.marks[stage]);@|@}"),
    ("who doesn't see a marked position has none", "cuda/set_apart.h", "marks >> first << @((31 - (last - first))@|0@);"),
    ("a segment's keys with the descriptor's distances exchanged", "cuda/attend_group.h",
     "group_matrix(s.keys[stage] + step * 256, @(128@|kRow@), @(kRow@|128@))"),
    ("a segment's values with the descriptor's distances exchanged", "cuda/attend_group.h",
     "group_matrix(s.values[stage] + at * 2 * kRow, @(kRow@|128@), @(128@|kRow@))"),
    ("keys of the next dimensions", "cuda/attend_group.h", "s.keys[stage] + @(step@|(step + 1) % kSteps@) * 256"),
    ("values of the next keys", "cuda/attend_group.h", "s.values[stage] + @(at@|(at + 1) % kTilesOfSegment@) * 2 * kRow"),
    ("the stages' phases are not flipped", "cuda/attend_group.h", "return number / kStages % @(2@|1@);"),
    ("a stage of keys is empty before it is", "cuda/attend_group.h", "if (@(is_used@|is_used && number > Shared::kStages@)) barrier_wait(&s.keys_empty"),
    ("a stage of values is empty before it is", "cuda/attend_group.h", "if (@(is_used@|is_used && number > Shared::kStages@)) barrier_wait(&s.values_empty"),
    ("values that are to be cleared are there before", "cuda/attend_group.h", "alike ? &s.values_full[stage] : @(&s.landed@|&s.values_full[stage]@);"),
    ("both groups have the first's queries", "cuda/attend_group.h", "tile.first_pair + @(threadIdx.x / 32@|threadIdx.x / 32 % 4@) * kUnitRows"),
    ("a second group where there is none", "cuda/attend_group.h", "if (@(group * kTilePairs < a.tile_pairs@|true@)) attend_segments"),
    ("chunks by groups where the instructions differ", "cuda/device_step.cu",
     "attends_by_groups_(@(by_groups_@|true@) && attends_by_groups("),
    ("chunks never by groups", "cuda/device_step.cu", "a.by_groups = @(attends_by_groups_@|false@);"),
    ("the largest of a lane in place of the row's, of a row", "cuda/attend_row.h", "= @(largest_of_row(largest[i])@|largest[i]@);"),
    ("the largest of a warp in place of the row's", "cuda/attend_row.h",
     "largest[i] = @(fmaxf(largest[i], s.largest[w][row])@|s.largest[warp][row]@);"),
    ("the segment before the last to come ends a row", "cuda/attend_row.h", "== @(n_segments - 1@|n_segments - 2@);"),
    ("segments stay counted", "cuda/attend_row.h", "    @{if (s.is_last) *arrived = 0;@|@}\n"),
    ("values that nobody wrote", "cuda/attention.h",
     "keep[i] = @((any.has(key) ? 0xffffu : 0) | (any.has(key + 1) ? 0xffff0000u : 0)@|0xffffffffu@);"),
    ("scales of the keys for the values", "cuda/attention.h", "cache.scales_at(@(values@|false@))"),
    ("the scale of the key before", "cuda/attention.h", "scores[half][i] *= @(i % 2 == 0@|true@) ? low : high;"),
    ("the sign of a code lost", "cuda/kept.h", "@((high & 0x80008000u)@|0u@) | "),
    ("a key's scale made of what it was before it turned", "cuda/store_eight_bits.cu",
     "    @{if (is_key) heads.rotate(row, d, x[i][0], x[i][1]);@|@}\n"),
    ("the scale of a lane in place of the head's", "cuda/store_eight_bits.cu", "@{largest = largest > other ? largest : other;@|@}"),
    ("the segment after the next is fetched", "cuda/attend_chunk.h", "fill(segment + @(1@|2@), true);"),
    ("the window one key longer", "cuda/attention.h", "@(position - cache.window + 1@|position - cache.window@), position);"),
    ("a row sees the next key", "cuda/attention.h", "key <= @(last@|last + 1@);"),
    ("what groups make otherwise is not counted", "cuda/self_test.cu",
     "test.shapes[shape].other += @(differences(repeated(of_warps, n_columns), of_groups)@|0@);"),
    ("one shape is asked for all", "cuda/self_test.cu", "n_columns = kGroupColumns[@(shape@|0@)];"),
    ("a group's second step again in place of the first", "cuda/self_test_group.cu",
     "group_multiply<kOperand>(sums, a[@(step@|1@)],"),
    ("a new device is not asked", "cuda/self_test.cu", "const auto place = @(known.find(device)@|known.begin()@);"),
    ("everything starts early", "cuda/early_start.h",
     "return @(binary_version * 10 >= TM_FIRST_WITH_WAIT && ptx_version * 10 >= TM_FIRST_WITH_WAIT@|binary_version + ptx_version > 0@);"),
    ("what runs on a new device starts early", "cuda/early_start.h",
     " && @(ptx_version * 10 >= TM_FIRST_WITH_WAIT@|ptx_version > 0@)"),
    ("a ring one stage deeper than there is", "test/tile.cu", "if (@(block >= kStages@|block > kStages@)) {"),
    ("the producer fills one stage more before the wait", "test/tile.cu",
     "@(block < kStages@|block <= kStages@) && block < t.n_blocks"),
    ("the producer's phase is not flipped", "test/tile.cu", "@((block / kStages - 1) % 2@|0@)"),
    ("a consumer's phase is not flipped, operand in registers", "test/tile.cu", "@(block / kStages % 2@|0@));\n#pragma unroll\n"),
    ("a consumer's phase is not flipped, both in shared memory", "test/tile.cu", "@(block / kStages % 2@|0@));\n    group_fence"),
    ("a wait that leaves two groups, operand in registers", "test/tile.cu", "@{group_wait<1>(sums, b);@|group_wait<2>(sums, b);@}"),
    ("a wait that leaves two groups, both in shared memory", "test/tile.cu", "@{group_wait<1>(sums);@|group_wait<2>(sums);@}"),
    ("a last wait that leaves a group", "test/tile.cu", "@{group_wait<0>(sums, a, b);@|group_wait<1>(sums, a, b);@}"),
    ("a stage is given back before its products have ended", "test/tile.cu",
     "@{if (block > 0) barrier_arrive(&s.empty[(block - 1) % kStages]);@|barrier_arrive(&s.empty[block % kStages]);@}"),
    ("a stage is full with one copy", "test/tile.cu", "sizeof s.rows[0] + @(sizeof s.columns[0]@|0@));"),
    ("the columns' descriptor with its distances exchanged", "test/tile.cu",
     "s.columns[stage] + step * 2 * kCorePiece / sizeof(uint4), @(kCorePiece@|kCoreRow@), @(kCoreRow@|kCorePiece@));"),
    ("the rows' descriptor with its distances exchanged", "test/tile.cu",
     "s.rows[stage] + step * 2 * kCorePiece / sizeof(uint4), @(kCorePiece@|kCoreRow@), @(kCoreRow@|kCorePiece@));"),
    ("the steps of a block the other way round", "test/tile.cu",
     "group_multiply<kOperand>(sums, a[@(step@|kSteps - 1 - step@)], columns_of<kColumns>(s, stage, @(step@|kSteps - 1 - step@)));"),
    ("a fence that doesn't name the operand", "test/tile.cu", "@{group_fence(sums, a);@|group_fence(sums);@}"),
]

MARKED = re.compile(r"@([({])(.*?)@\|(.*?)@[)}]", re.S)
SWITCH = "tm_mutant"

# Number, which is the switch's; name; file in NATIVE; places: (first, end, "(" or "{", what comes there).
Mutant = collections.namedtuple("Mutant", "number name file places")


def places_of(marked, text):
    """Where a marked place lies in a text that holds it once; None of any other text."""
    before = MARKED.sub(r"\2", marked)
    if text.count(before) != 1:
        return None
    places, at, taken = [], text.index(before), 0
    for mark in MARKED.finditer(marked):
        first = at + mark.start() - taken
        places.append((first, first + len(mark[2]), mark[1], mark[3]))
        taken += len(mark[0]) - len(mark[2])
    return places


def removals(file, text):
    """(name, places) of each call that is taken out."""
    for call in CALLS:
        found = list(re.finditer(r"^ +((?:if \(.*\) )?" + re.escape(call) + r"\(.*\);)$", text, re.M))
        for number, place in enumerate(found, 1):
            # The kernel that it stands in: the last name that a definition gave before it.
            kernels = re.findall(r"(\w+)\((?:const|uint32_t)[^;]*?\{\n", text[: place.start()])
            name = f"remove {call} {number} of {len(found)} in {file.name} ({kernels[-1] if kernels else 'start'})"
            yield name, [(place.start(1), place.end(1), "{", "")]


def mutants():
    """All of them, in an order that depends on the sources alone."""
    found = []
    for file in [*sorted([*(NATIVE / "cuda").glob("*.cu"), *(NATIVE / "cuda").glob("*.h")]), NATIVE / "test" / "tile.cu"]:
        if file.name not in WORDS:
            found += [(name, file, places) for name, places in removals(file, file.read_text())]
    for name, file, marked in CHANGES:
        places = places_of(marked, (NATIVE / file).read_text())
        if places is None:
            sys.exit(f"{name}: {file} does not hold this once: {MARKED.sub(lambda mark: mark[2], marked)}")
        found.append((name, NATIVE / file, places))
    return [Mutant(number, *what) for number, what in enumerate(found, 1)]


def with_switches(text, of_file):
    """The text of a file with all its mutants, each behind its number."""
    inserted = []  # (where, 0 for what ends there and 1 for what begins, shortest end first and longest beginning, what)
    for mutant in of_file:
        for first, end, kind, after in mutant.places:
            length, on = end - first, f"{SWITCH} == {mutant.number}"
            begin, close = (f"({on} ? ({after}) : (", "))") if kind == "(" else (f"if ({on}) {{ {after} }} else {{ ", " }")
            inserted.append((first, 1, -length, mutant.number, begin))
            inserted.append((end, 0, length, -mutant.number, close))
    for where, *_, what in sorted(inserted, reverse=True):
        text = text[:where] + what + text[where:]
    return f"namespace tramontane {{ extern const int {SWITCH}; }}\n" + text


def tests_of(mutant):
    return TESTS_OF.get(mutant.file.name, TESTS)


def all_tests():
    """Of any mutant, each once."""
    return [*dict.fromkeys(test for tests in (TESTS, *TESTS_OF.values()) for test in tests)]
