"""Changes the device code in one place at a time and looks whether a test fails: python3 run.py [OPTION ...] [PART-OF-A-NAME ...]

  --list      names the changes
  --part I/N  every N-th change, in a folder of its own: two parts may run beside each other
  --anew      forgets what earlier runs found; else what was found of the same sources is taken over, so a run may be broken off
  --table     only writes results.txt, of what all parts have found so far

By hand and weekly: 15 to 25 minutes on two cores. Builds and changes a copy in native/build/mutants, never the sources. A change that
no test sees fails the run, unless survivors.txt lists it with a reason; so does one that is listed and seen. A run of all changes
writes results.txt, which is kept beside this file.
"""

import fcntl
import hashlib
import json
import pathlib
import re
import shutil
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
NATIVE = HERE.parent.parent
FOLDERS = NATIVE / "build" / "mutants"
# The tests that may see a change of a file, quickest first: the first that fails ends a mutant.
TESTS = ["early_test", "attention_bits_test", "bits_test"]
TESTS_OF = {
    "attention.cu": ["attention_bits_test", "early_test", "bits_test"],
    "kept.h": ["attention_bits_test"],
    "mma_order.h": ["eight_bits_test", "attention_bits_test"],
    "store_eight_bits.cu": ["stage_test", "graphs_test", "early_test"],
    "attention.h": ["attention_bits_test", "early_test", "bits_test"],
    "attend_row.h": ["attention_bits_test", "early_test", "bits_test"],
    "attend_chunk.h": ["attention_bits_test", "early_test", "bits_test"],
    "step_graphs.cu": ["graphs_test"],
    "upload.cu": ["upload_test"],
    "device_step.cu": ["graphs_test", "tiles_test", "bits_test", "early_test", "adapters_test"],
    "heads.h": ["graphs_test", "bits_test", "early_test"],
    "decide.cu": ["device_sampler_test", "early_test"],
    "embed.cu": ["embed_test", "early_test"],
    "adapt.cu": ["adapters_test", "early_test"],
    "device_adapters.cu": ["adapters_test"],
    "tile_mm.h": ["tiles_test"],
    "tile_work.h": ["tiles_test"],
    "self_test.cu": ["self_test"],
    "self_test_group.cu": ["self_test"],
    "tile.cu": ["group_product_test"],
}
COMPILER = "the compiler"
ALL_TESTS = [*dict.fromkeys(test for tests in (TESTS, *TESTS_OF.values()) for test in tests)]
# What holds words for nvcc alone, which the emulator doesn't compile.
WORDS = ["bulk_copy.h", "group_product.h"]

# Calls that are taken out one by one, wherever device code has them.
CALLS = ["wait_for_previous", "__syncthreads", "__syncwarp", "barrier_init", "barrier_wait", "barrier_arrive", "barrier_expect",
         "barrier_fence", "proxy_fence", "group_fence", "group_commit", "group_wait<1>", "group_wait<0>", "give_stage_back<kColumns>", "give_back",
         "meet", "fill_expect", "fill_arrive"]
# (name, file, what is there, what comes in its place)
CHANGES = [
    ("slices that meet in another order", "cuda/stream_ends.h", "at[s * kSlice];", "at[(p.n_slices - s) * kSlice];"),
    ("slices that run into each other for 65 rows and more", "cuda/stream_mm.h",
     "first ? sum : total[i / 4][i % 4] + sum;\n      sum = 0;",
     "first || kTiles > 8 ? sum : total[i / 4][i % 4] + sum;\n      if (kTiles <= 8 || at.ends_item()) sum = 0;"),
    ("slices cut elsewhere for 9 rows and more", "cuda/stream_work.h",
     "    first = slice_begin(work_.p, slice_);\n    end_ = slice_begin(work_.p, slice_ + 1);",
     "    const uint32_t more = pass_tokens_ > 8 && kGroups == 1 ? 3 : 0;\n"
     "    first = (work_.p.n_blocks * slice_ + (slice_ > 0 ? more : 0)) / work_.p.n_slices;\n"
     "    end_ = (work_.p.n_blocks * (slice_ + 1) + (slice_ + 1 < work_.p.n_slices ? more : 0)) / work_.p.n_slices;"),
    ("two slices in place of four", "cuda/product.h", "? 1 : 4;", "? 1 : 2;"),
    ("a stage's last block is left out", "cuda/stream_mm.h",
     "block < n_blocks; ++block", "block + (n_blocks > 1) < n_blocks; ++block"),
    ("the ring one stage deeper than there is", "cuda/ring.h", "if (number >= early) {", "if (number > early) {"),
    ("one stage more of weights before the wait", "cuda/ring.h", "at.there() && early < R::kStages", "at.there() && early <= R::kStages"),
    ("the ring's phases are not flipped", "cuda/ring.h", "return number / kStages % 2;", "return number / kStages % 1;"),
    ("a stage is full without its activations", "cuda/ring.h",
     "tiles * R::kTileBytes) + n_groups * R::kSuperBytes", "0 * tiles) + n_groups * R::kSuperBytes"),
    ("a stage is full without its second group", "cuda/ring.h", "(n_groups * R::kStackBytes + tiles", "(R::kStackBytes + tiles"),
    ("a group that is not there is waited for", "cuda/ring.h", "unit_is_there(w.p, at.item(1), 0) ? 1 : 0;", "1;"),
    ("both groups of a tile multiply the first's rows", "cuda/tile_mm.h", "stage + group * R::kGroupBytes, 0, unit", "stage, 0, unit"),
    ("the groups of a tile end in one place", "cuda/tile_mm.h", "shared + Shared::kEndsAt + group * Shared::kEndsBytes)", "shared + Shared::kEndsAt)"),
    ("the groups of a tile meet at one barrier", "cuda/tile_mm.h", "meetings + group);\n  consume_tiles", "meetings);\n  consume_tiles"),
    ("a tile's wait that leaves two groups", "cuda/tile_mm.h", "group_wait<1>(b);", "group_wait<2>(b);"),
    ("a tile's last wait that leaves a group", "cuda/tile_mm.h", "group_wait<0>(sums, a, b);", "group_wait<1>(sums, a, b);"),
    ("a tile's stage is given back before its products have ended", "cuda/tile_mm.h", "give_back(block - 1);", "give_back(block);"),
    ("a tile's fence that doesn't name the operand", "cuda/tile_mm.h", "group_fence(sums, registers);", "group_fence(sums);"),
    ("a tile's operands in one set of registers", "cuda/tile_mm.h", "multiply(block, b);", "multiply(block, a);"),
    ("the steps of a tile's block the other way round", "cuda/tile_mm.h",
     "stage + R::kXAt + step * 256, 128, R::kTileBytes);\n      group_multiply<Weights::kOperand>(sums, registers[step], tokens);",
     "stage + R::kXAt + (3 - step) * 256, 128, R::kTileBytes);\n      group_multiply<Weights::kOperand>(sums, registers[3 - step], tokens);"),
    ("a tile's descriptor with its distances exchanged", "cuda/tile_mm.h", "step * 256, 128, R::kTileBytes)", "step * 256, R::kTileBytes, 128)"),
    ("a tile's slices run into each other", "cuda/tile_mm.h",
     "  for (int i = 0; i < R::kTiles * 4; ++i) sums[i / 4][i % 4] = 0;\n",
     "  for (int i = 0; i < R::kTiles * 4; ++i) sums[i / 4][i % 4] = number == 0 ? 0 : sums[i / 4][i % 4];\n"),
    ("a tile's last slice alone", "cuda/tile_mm.h", "sum = slice == item.first_slice ?", "sum = slice >= item.first_slice ?"),
    ("tiles where the instructions differ", "cuda/device_step.cu", "by_groups_(self_test(stream).groups_agree())", "by_groups_(true)"),
    ("no tiles", "cuda/device_step.cu", "p.by_groups = by_groups_;", "p.by_groups = false;"),
    ("tiles of few rows, too", "cuda/multiply.cu", " && product.n_tokens >= kFewestTileTokens", ""),
    ("a tile of activations is left out", "cuda/fragments.h",
     "return (n_tokens + kTileTokens - 1) / kTileTokens;", "return (n_tokens + kTileTokens - 2) / kTileTokens;"),
    ("the first slice to come ends a group", "cuda/stream_ends.h", "== p.n_slices - 1;", "== 0;"),
    ("slices stay counted", "cuda/stream_ends.h", "      if (*last) *arrived = 0;\n", ""),
    ("what meets is written over", "cuda/stream_ends.h", "      meet();  // before others come in their place\n", ""),
    ("a graph without its segments", "cuda/step_graphs.cu",
     "static_cast<uint64_t>(of_segments) * rows_.size() + static_cast<uint64_t>(of_rows)", "static_cast<uint64_t>(of_rows + 0 * of_segments)"),
    ("a graph without its rows", "cuda/step_graphs.cu",
     "static_cast<uint64_t>(of_segments) * rows_.size() + static_cast<uint64_t>(of_rows)",
     "static_cast<uint64_t>(of_segments + 0 * of_rows) * rows_.size()"),
    ("the graph before the one that has room", "cuda/step_graphs.cu",
     "return place == rows_.end() ? 0 : *place;", "return place == rows_.end() ? 0 : place == rows_.begin() ? *place : *(place - 1);"),
    ("rows of no span write to the cache", "cuda/heads.h", "    if (rows.span[row] == kNoSpan) return;\n", ""),
    ("idle tiles stay what they were", "cuda/device_step.cu",
     "  while (n_tiles < end) host_.tiles[n_tiles++] = {};\n  return n_tiles;", "  return n_tiles + (end - n_tiles);"),
    ("a graph is captured for each decode anew", "cuda/device_step.cu",
     "  (step.n_runs == 0 ? graphs_ : adapted_graphs_).launch(graph_rows_, segments_, stream_);",
     "  graphs_.capture(graph_rows_, segments_, stream_, [&] { all_layers(graph_rows_); });\n"
     "  graphs_.launch(graph_rows_, segments_, stream_);"),
    ("a capture that failed goes on", "cuda/step_graphs.cu", "    cudaStreamEndCapture(stream_, &graph_);\n", ""),
    ("the end of a stream is not waited for", "cuda/completion.cu",
     "  if (error == cudaErrorNotReady) error = cudaEventSynchronize(event_);", "  if (error == cudaErrorNotReady) error = cudaSuccess;"),
    ("adapters' parts after a product's end", "cuda/device_step.cu",
     "if (product.result != Result::kAdd) sums.result = Result::kWrite;", ""),
    ("columns beyond an adapter's matrix", "cuda/adapt.cu", "      if (column >= adaption.columns) continue;\n", ""),
    ("rows of a tile that are not there are summed in another order", "cuda/adapt.cu",
     "for (uint32_t w = 1; w < n_warps; ++w)", "for (uint32_t w = tile.n_rows > 3 ? n_warps - 1 : 1; w < n_warps; ++w)"),
    ("an adapter's scale is left out", "cuda/adapt.cu", "= part.scale * sum;", "= sum;"),
    ("zeros are added where an adapter has no part", "cuda/adapt.cu",
     "ranks[m] == 0 ? product : product + sums[m][i][r]", "product + sums[m][i][r]"),
    ("up's adapter on gate", "cuda/adapt.cu", "view.shrunk_of(row, which + m)[", "view.shrunk_of(row, which)["),
    ("rows of two adapters in one tile", "cuda/device_adapters.cu", "tiles[n_tiles - 1].adapter != adapter || ", ""),
    ("rows without an adapter are left out", "cuda/device_adapters.cu",
     "if (row >= step.n_rows || step.span_of(row).adapter == 0) add(0, row);", ""),
    ("a decode with adapters takes the graph without", "cuda/device_step.cu",
     "(step.n_runs == 0 ? graphs_ : adapted_graphs_).launch", "graphs_.launch"),
    ("parts of the adapter before stay", "cuda/device_adapters.cu",
     "  copy(parts_.as<AdapterPart>() + (adapter - 1) * n_places, table.data(), n_places * sizeof(AdapterPart));\n", ""),
    ("a part of a matrix is written over before it is sent", "cuda/upload.cu", "  arrived(stage);\n  return stage;", "  return stage;"),
    ("parts of a matrix on top of each other", "cuda/upload.cu", "const ArrangedBytes before(from.dtype, first,", "const ArrangedBytes before(from.dtype, 0 * first,"),
    ("scales of the first part for all", "cuda/upload.cu", "to.row_scales.as<float>() + first", "to.row_scales.as<float>()"),
    ("rows of a part as the first part's", "cuda/upload.cu", "from.row(first + row)", "from.row(row)"),
    ("segments merged without fma", "cuda/attention.h",
     "return __fmaf_rn(new_sum, m.new_weight, old_sum * m.old_weight);",
     "return new_sum * m.new_weight + old_sum * m.old_weight;"),
    ("segments merged the other way round", "cuda/attention.h",
     "return __fmaf_rn(new_sum, m.new_weight, old_sum * m.old_weight);",
     "return __fmaf_rn(old_sum, m.old_weight, new_sum * m.new_weight);"),
    ("keys summed in groups of 16, in a chunk", "cuda/attend_chunk.h",
     "total[i] += sum_of_row(first + exponentials<Kept>(scores[at + 1], i, largest[i], p[at + 1]));",
     "total[i] += sum_of_row(first);\n        total[i] += sum_of_row(exponentials<Kept>(scores[at + 1], i, largest[i], p[at + 1]));"),
    ("keys summed in groups of 16, of a row", "cuda/attend_row.h",
     "sum_of_row(first + exponentials<Kept>(scores[1], i, largest[i], p[1]));",
     "sum_of_row(first) + sum_of_row(exponentials<Kept>(scores[1], i, largest[i], p[1]));"),
    ("groups of keys in the other order", "cuda/attend_row.h", "to[1] += s.total[w][row];", "to[1] += s.total[kAttendWarps - 1 - w][row];"),
    ("the largest of a lane in place of the row's, in a chunk", "cuda/attend_chunk.h", "largest[i] = largest_of_row(largest[i]);\n", ""),
    ("the largest of a lane in place of the row's, of a row", "cuda/attend_row.h", "= largest_of_row(largest[i]);", "= largest[i];"),
    ("the largest of a warp in place of the row's", "cuda/attend_row.h",
     "largest[i] = fmaxf(largest[i], s.largest[w][row]);", "largest[i] = s.largest[warp][row];"),
    ("the first segment to come ends a row", "cuda/attend_row.h", "== n_segments - 1;", "== 0;"),
    ("segments stay counted", "cuda/attend_row.h", "    if (s.is_last) *arrived = 0;\n", ""),
    ("values that nobody wrote", "cuda/attention.h",
     "keep[i] = (any.has(key) ? 0xffffu : 0) | (any.has(key + 1) ? 0xffff0000u : 0);", "keep[i] = 0xffffffffu;"),
    ("scales of the keys for the values", "cuda/attention.h", "cache.scales_at(values)", "cache.scales_at(false)"),
    ("the scale of the key before", "cuda/attention.h", "scores[half][i] *= i % 2 == 0 ? low : high;", "scores[half][i] *= low;"),
    ("the sign of a code lost", "cuda/kept.h", "(high & 0x80008000u) | ", ""),
    ("a key's scale made of what it was before it turned", "cuda/store_eight_bits.cu",
     "    if (is_key) heads.rotate(row, d, x[i][0], x[i][1]);\n", ""),
    ("the scale of a lane in place of the head's", "cuda/store_eight_bits.cu", "largest = largest > other ? largest : other;", ""),
    ("the segment after the next is fetched", "cuda/attend_chunk.h", "fill(segment + 1, true);", "fill(segment + 2, true);"),
    ("the window one key longer", "cuda/attention.h", "position - cache.window + 1, position);", "position - cache.window, position);"),
    ("a row sees the next key", "cuda/attention.h", "key <= last;", "key <= last + 1;"),
    ("what groups make otherwise is not counted", "cuda/self_test.cu",
     "if (can.has_groups) test.of_groups +=", "if (can.has_groups) test.of_model +="),
    ("a group's second step again in place of the first", "cuda/self_test_group.cu",
     "group_multiply<kOperand>(sums, a[step],", "group_multiply<kOperand>(sums, a[1],"),
    ("a new device is not asked", "cuda/self_test.cu", "const auto place = known.find(device);", "const auto place = known.begin();"),
    ("everything starts early", "cuda/early_start.h",
     "return binary_version * 10 >= TM_FIRST_WITH_WAIT && ptx_version * 10 >= TM_FIRST_WITH_WAIT;",
     "return binary_version + ptx_version > 0;"),
    ("what runs on a new device starts early", "cuda/early_start.h",
     " && ptx_version * 10 >= TM_FIRST_WITH_WAIT", " && ptx_version > 0"),
    ("a ring one stage deeper than there is", "test/tile.cu", "if (block >= kStages) {", "if (block > kStages) {"),
    ("the producer fills one stage more before the wait", "test/tile.cu",
     "block < kStages && block < t.n_blocks", "block <= kStages && block < t.n_blocks"),
    ("the producer's phase is not flipped", "test/tile.cu", "(block / kStages - 1) % 2", "0"),
    ("a consumer's phase is not flipped, operand in registers", "test/tile.cu",
     """block / kStages % 2);
#pragma unroll
""", """0);
#pragma unroll
"""),
    ("a consumer's phase is not flipped, both in shared memory", "test/tile.cu",
     """block / kStages % 2);
    group_fence""", """0);
    group_fence"""),
    ("a wait that leaves two groups, operand in registers", "test/tile.cu",
     """group_wait<1>(sums, b);""", """group_wait<2>(sums, b);"""),
    ("a wait that leaves two groups, both in shared memory", "test/tile.cu",
     """group_wait<1>(sums);""", """group_wait<2>(sums);"""),
    ("a last wait that leaves a group", "test/tile.cu", "group_wait<0>(sums, a, b);", "group_wait<1>(sums, a, b);"),
    ("a stage is given back before its products have ended", "test/tile.cu",
     "if (block > 0) barrier_arrive(&s.empty[(block - 1) % kStages]);", "barrier_arrive(&s.empty[block % kStages]);"),
    ("a stage is full with one copy", "test/tile.cu", "sizeof s.rows[0] + sizeof s.columns[0]);", "sizeof s.rows[0]);"),
    ("the columns' descriptor with its distances exchanged", "test/tile.cu",
     "s.columns[stage] + step * 2 * kCorePiece / sizeof(uint4), kCorePiece, kCoreRow);",
     "s.columns[stage] + step * 2 * kCorePiece / sizeof(uint4), kCoreRow, kCorePiece);"),
    ("the rows' descriptor with its distances exchanged", "test/tile.cu",
     "s.rows[stage] + step * 2 * kCorePiece / sizeof(uint4), kCorePiece, kCoreRow);",
     "s.rows[stage] + step * 2 * kCorePiece / sizeof(uint4), kCoreRow, kCorePiece);"),
    ("the steps of a block the other way round", "test/tile.cu",
     "group_multiply<kOperand>(sums, a[step], columns_of<kColumns>(s, stage, step));",
     "group_multiply<kOperand>(sums, a[kSteps - 1 - step], columns_of<kColumns>(s, stage, kSteps - 1 - step));"),
    ("a fence that doesn't name the operand", "test/tile.cu", "group_fence(sums, a);", "group_fence(sums);"),
]


def mutants():
    """(name, file, changed text) of each."""
    for file in [*sorted([*(NATIVE / "cuda").glob("*.cu"), *(NATIVE / "cuda").glob("*.h")]), NATIVE / "test" / "tile.cu"]:
        if file.name in WORDS:
            continue
        text = file.read_text()
        for call in CALLS:
            places = list(re.finditer(r"^ +(?:if \(.*\) )?" + re.escape(call) + r"\(.*\);$", text, re.M))
            for number, place in enumerate(places, 1):
                # The kernel that it stands in: the last name that a definition gave before it.
                kernels = re.findall(r"(\w+)\((?:const|uint32_t)[^;]*?\{\n", text[: place.start()])
                name = f"remove {call} {number} of {len(places)} in {file.name} ({kernels[-1] if kernels else 'start'})"
                yield name, file, text[: place.start()] + text[place.end() :]
    for name, file, before, after in CHANGES:
        text = (NATIVE / file).read_text()
        if text.count(before) != 1:
            sys.exit(f"{name}: {file} has {text.count(before)} of: {before}")
        yield name, NATIVE / file, text.replace(before, after)


def digest_of_sources():
    """Of what these tests are built of and see."""
    tests = [NATIVE / "test" / name for name in ("CMakeLists.txt", "check.h", "random.h", "tile.cu", "tile.h", "tiny_model.cpp",
                                                 "tiny_model.h", "types.h", *(f"{test}.cpp" for test in ALL_TESTS))]
    folders = [file for folder in ("cuda", "emu", "include", "src") for file in (NATIVE / folder).iterdir()]
    digest = hashlib.sha256()
    for file in sorted([*tests, *folders]):
        digest.update(str(file.relative_to(NATIVE)).encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()


def copy_changed(source, target):
    """Leaves what is the same with its time: a file that was changed and restored is newer than what was built of the change."""
    target = pathlib.Path(target)
    if not target.exists() or target.read_bytes() != pathlib.Path(source).read_bytes():
        shutil.copyfile(source, target)


class Copy:
    """A copy of the sources, and what is built of it."""

    def __init__(self, folder, log):
        self.log = log
        self.sources = folder / "native"
        self.build_folder = folder / "build"
        self.limits = {}
        shutil.copytree(NATIVE, self.sources, ignore=shutil.ignore_patterns("build"), copy_function=copy_changed, dirs_exist_ok=True)
        rules = self.sources / "CMakeLists.txt"
        rules.write_text(rules.read_text().replace(" -Werror ", " "))  # what is taken out leaves something unused
        ninja = ["-G", "Ninja"] if shutil.which("ninja") else []
        subprocess.run(["cmake", "-S", str(self.sources), "-B", str(self.build_folder), *ninja, "-DCMAKE_BUILD_TYPE=Release",
                        "-DTM_TESTS=ON", "-DTM_NVCC=OFF", "-DCMAKE_CXX_FLAGS_RELEASE=-O1"], stdout=log, stderr=log, check=True)

    def build(self, *tests):
        command = ["cmake", "--build", str(self.build_folder), "--parallel", "2", "--target", *tests]
        return subprocess.run(command, stdout=self.log, stderr=self.log).returncode == 0

    def passes(self, test):
        """What was quick and now hangs has failed."""
        command = ["timeout", str(self.limits.get(test, 600)), str(self.build_folder / "test" / test)]
        environment = {"TM_TEST_BACKEND": "emu", "PATH": "/usr/bin:/bin"}
        return subprocess.run(command, stdout=self.log, stderr=self.log, env=environment).returncode == 0

    def measure(self):
        """Each test has to pass, and gets some times as long for a mutant."""
        if not self.build(*ALL_TESTS):
            sys.exit(f"the sources don't build: {self.log.name}")
        for test in ALL_TESTS:
            began = time.monotonic()
            if not self.passes(test):
                sys.exit(f"{test} fails without a change: {self.log.name}")
            self.limits[test] = int(30 + 4 * (time.monotonic() - began))

    def who_sees(self, file, text):
        """The first test that fails of the changed file; COMPILER; or None."""
        target = self.sources / file.relative_to(NATIVE)
        original = target.read_text()
        target.write_text(text)
        try:
            for test in TESTS_OF.get(file.name, TESTS):
                if not self.build(test):
                    return COMPILER
                if not self.passes(test):
                    return test
            return None
        finally:
            target.write_text(original)


def reasons():
    """Of the changes that may live, by how their names begin."""
    lines = [line for line in (HERE / "survivors.txt").read_text().splitlines() if line and line[0] != "#"]
    return dict(line.split(" -- ") for line in lines)


def reason_of(name):
    return next((reason for line, reason in reasons().items() if name.startswith(line)), None)


def found_before(path, digest):
    if not path.exists():
        return {}
    found = json.loads(path.read_text())
    if found["sources"] != digest:
        return {}
    return {name: seen for name, seen in found["seen"].items() if seen != COMPILER}


def write_table(all_mutants, seen):
    """The outcome of each change, and how many each test sees."""
    outcomes = {name: (seen[name] or "no test") if name in seen else "not tried" for name, _, _ in all_mutants}
    lines = ["# What run.py found last: a change and the test that sees it. Written by run.py.", ""]
    for outcome in [*ALL_TESTS, "no test", "not tried"]:
        lines.append(f"{list(outcomes.values()).count(outcome):4} {outcome}")
    lines.append("")
    for name, outcome in outcomes.items():
        lines.append(f"{outcome}: {name}" + (f" -- {reason_of(name)}" if outcome == "no test" else ""))
    (HERE / "results.txt").write_text("\n".join(lines) + "\n")


def what_is_wrong(name, seen):
    reason = reason_of(name)
    if seen == COMPILER:
        return f"{name}: doesn't compile"
    if seen is None and reason is None:
        return f"{name}: LIVES"
    return f"{name}: seen by {seen}, though it is listed" if seen and reason else None


def run_part(part, parts, chosen, anew, digest):
    folder = FOLDERS / f"{part}-of-{parts}"
    folder.mkdir(parents=True, exist_ok=True)
    with open(folder / "lock", "w") as lock, open(folder / "log", "w") as log:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            sys.exit(f"another run is at work in {folder}; see --part")
        seen = {} if anew else found_before(folder / "found.json", digest)
        left = [m for m in chosen[part - 1 :: parts] if m[0] not in seen]
        if not left:
            return
        copy = Copy(folder, log)
        copy.measure()
        for name, file, text in left:
            began = time.monotonic()
            log.write(f"== {name}\n")
            log.flush()
            seen[name] = copy.who_sees(file, text)
            (folder / "found.json").write_text(json.dumps({"sources": digest, "seen": seen}))
            print(f"{time.monotonic() - began:4.0f} s  {name}: {seen[name] or 'no test sees it'}", flush=True)


def main(arguments):
    options = {argument for argument in arguments if argument in ("--list", "--anew", "--table")}
    part, parts = 1, 1
    if "--part" in arguments:
        part, parts = (int(number) for number in arguments[arguments.index("--part") + 1].split("/"))
    names = [a for a in arguments if not a.startswith("--") and "/" not in a]
    all_mutants = list(mutants())
    chosen = [m for m in all_mutants if not names or any(word in m[0] for word in names)]
    if "--list" in options:
        return print(*[name for name, _, _ in chosen], sep="\n")
    digest = digest_of_sources()
    if "--table" not in options:
        run_part(part, parts, chosen, "--anew" in options, digest)
    seen = {}
    for path in FOLDERS.glob("*/found.json"):
        seen.update(found_before(path, digest))
    if "--table" in options or all(m[0] in seen for m in all_mutants):
        write_table(all_mutants, seen)
    wrong = [text for text in (what_is_wrong(m[0], seen[m[0]]) for m in chosen if m[0] in seen) if text]
    if wrong:
        sys.exit("\n".join(["", f"{len(wrong)} of {len(chosen)} changes:", *wrong]))
    print(f"each of {sum(m[0] in seen for m in chosen)} changes is seen or listed")


main(sys.argv[1:])
