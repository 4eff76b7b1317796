"""Changes the device code in one place at a time and looks whether a test fails: python3 run.py [--list] [PART-OF-A-NAME ...]

By hand and weekly: 10 to 15 minutes on two cores. Builds and changes a copy in native/build/mutants, never the sources. A change that
no test sees fails the run, unless survivors.txt lists it with a reason; so does one that is listed and seen.
"""

import pathlib
import re
import shutil
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
NATIVE = HERE.parent.parent
WORK = NATIVE / "build" / "mutants"
# Quickest first: the first that fails ends a mutant.
TESTS = ["early_test", "attention_bits_test", "bits_test"]
SECONDS = 300  # for one test of one mutant: what was quick and now hangs is seen

# Calls that are taken out one by one, wherever device code has them.
CALLS = ["wait_for_previous", "__syncthreads", "__syncwarp", "barrier_wait", "barrier_arrive", "barrier_expect",
         "barrier_fence", "clear_unwritten<kSteps>"]
# (name, file, what is there, what comes in its place)
CHANGES = [
    ("slices in another order for 17 rows and more", "cuda/matmul.h",
     "(pair * p.n_slices + s) *", "(pair * p.n_slices + (kTiles == 4 ? p.n_slices - 1 - s : s)) *"),
    ("slices in another order for 9 to 16 rows", "cuda/matmul.h",
     "(pair * p.n_slices + s) *", "(pair * p.n_slices + (kTiles == 2 ? p.n_slices - 1 - s : s)) *"),
    ("slices in another order", "cuda/matmul.h", "(pair * p.n_slices + s) *", "(pair * p.n_slices + p.n_slices - 1 - s) *"),
    ("slices cut elsewhere for 9 rows and more", "cuda/matmul.h",
     "p.n_blocks * (slice + 1) / p.n_slices;\n  uint32_t block = p.n_blocks * slice / p.n_slices;",
     "(p.n_blocks * (slice + 1) + (kTiles > 1 ? 3 : 0)) / p.n_slices;\n"
     "  uint32_t block = (p.n_blocks * slice + (kTiles > 1 && slice > 0 ? 3 : 0)) / p.n_slices;"),
    ("two slices in place of four", "cuda/product.h", "? 1 : 4;", "? 1 : 2;"),
    ("a block of columns is left out of what is streamed", "cuda/matmul.h",
     "if (half == 1 && block + ahead + kAhead < end)", "if (half == 1 && block + ahead + kAhead + 1 < end)"),
    ("a graph without its segments", "cuda/device_step.cu",
     "static_cast<uint64_t>(segments_) << 32 | step.n_rows", "static_cast<uint64_t>(step.n_rows)"),
    ("a graph without its rows", "cuda/device_step.cu",
     "static_cast<uint64_t>(segments_) << 32 | step.n_rows", "static_cast<uint64_t>(segments_) << 32"),
    ("segments merged without fma", "cuda/attention.h",
     "return __fmaf_rn(new_sum, m.new_weight, old_sum * m.old_weight);",
     "return new_sum * m.new_weight + old_sum * m.old_weight;"),
    ("segments merged the other way round", "cuda/attention.h",
     "return __fmaf_rn(new_sum, m.new_weight, old_sum * m.old_weight);",
     "return __fmaf_rn(old_sum, m.old_weight, new_sum * m.new_weight);"),
    ("keys summed in groups of 16", "cuda/attention.h",
     "if (tile % 2 == 1) s.total[i] += sum_of_row(group + of_tile);",
     "s.total[i] += sum_of_row(of_tile);"),
    ("the largest of a tile in place of the segment's", "cuda/attention.h",
     "s.largest[i] = largest_of_row(largest[i]);", "s.largest[i] = largest[i];"),
    ("the window one key longer", "cuda/attention.h", "position - cache.window + 1, position);", "position - cache.window, position);"),
    ("a row sees the next key", "cuda/attention.h", "key <= last;", "key <= last + 1;"),
    ("divided segments put in the other order", "cuda/attention.cu",
     "const int64_t segment = queries.first / kSegment + number;", "const int64_t segment = queries.last / kSegment - number;"),
    ("everything starts early", "cuda/early_start.h",
     "return binary_version * 10 >= TM_FIRST_WITH_WAIT && ptx_version * 10 >= TM_FIRST_WITH_WAIT;",
     "return binary_version + ptx_version > 0;"),
    ("what runs on a new device starts early", "cuda/early_start.h",
     " && ptx_version * 10 >= TM_FIRST_WITH_WAIT", " && ptx_version > 0"),
]


def mutants():
    """(name, file, changed text) of each."""
    for file in sorted([*(NATIVE / "cuda").glob("*.cu"), *(NATIVE / "cuda").glob("*.h")]):
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


def copy_changed(source, target):
    """Leaves what is the same with its time: a file that was changed and restored is newer than what was built of the change."""
    target = pathlib.Path(target)
    if not target.exists() or target.read_bytes() != pathlib.Path(source).read_bytes():
        shutil.copyfile(source, target)


def build(log):
    command = ["cmake", "--build", str(WORK / "build"), "--parallel", "2", "--target", *TESTS]
    return subprocess.run(command, stdout=log, stderr=log).returncode == 0


def first_failure(log):
    """The test that sees the change, or None."""
    for test in TESTS:
        command = ["timeout", str(SECONDS), str(WORK / "build" / "test" / test)]
        environment = {"TM_TEST_BACKEND": "emu", "PATH": "/usr/bin:/bin"}
        if subprocess.run(command, stdout=log, stderr=log, env=environment).returncode != 0:
            return test
    return None


def main(arguments):
    names = [argument for argument in arguments if argument != "--list"]
    all_mutants = [m for m in mutants() if not names or any(part in m[0] for part in names)]
    if "--list" in arguments:
        return print(*[name for name, _, _ in all_mutants], sep="\n")
    lines = [line for line in (HERE / "survivors.txt").read_text().splitlines() if line and line[0] != "#"]
    may_live = [line.split(" -- ")[0] for line in lines]
    WORK.mkdir(parents=True, exist_ok=True)
    copy = WORK / "native"
    shutil.copytree(NATIVE, copy, ignore=shutil.ignore_patterns("build"), copy_function=copy_changed, dirs_exist_ok=True)
    wrong = []
    with open(WORK / "log", "w") as log:
        subprocess.run(["cmake", "-S", str(copy), "-B", str(WORK / "build"), "-DCMAKE_BUILD_TYPE=Release", "-DTM_TESTS=ON", "-DTM_NVCC=OFF",
                        "-DCMAKE_CXX_FLAGS_RELEASE=-O1"], stdout=log, stderr=log, check=True)
        if not build(log):
            sys.exit(f"the sources don't build: {WORK / 'log'}")
        if failing := first_failure(log):
            sys.exit(f"{failing} fails without a change: {WORK / 'log'}")
        for name, file, text in all_mutants:
            began = time.monotonic()
            target = copy / file.relative_to(NATIVE)
            original = target.read_text()
            log.write(f"== {name}\n")
            log.flush()
            target.write_text(text)
            seen = "the compiler" if not build(log) else first_failure(log)
            target.write_text(original)
            listed = any(name.startswith(line) for line in may_live)
            verdict = f"seen by {seen}" if seen else "lives, as listed" if listed else "LIVES"
            if seen == "the compiler" or bool(seen) == listed:
                wrong.append(f"{name}: {verdict}" + (", though it is listed" if seen and listed else ""))
            print(f"{time.monotonic() - began:4.0f} s  {name}: {verdict}", flush=True)
    if wrong:
        sys.exit("\n".join(["", f"{len(wrong)} of {len(all_mutants)} changes:", *wrong]))
    print(f"each of {len(all_mutants)} changes is seen or listed")


main(sys.argv[1:])
