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
     "partial[(u * kSlices + s) *", "partial[(u * kSlices + (kTiles == 4 ? kSlices - 1 - s : s)) *"),
    ("slices in another order for 9 to 16 rows", "cuda/matmul.h",
     "partial[(u * kSlices + s) *", "partial[(u * kSlices + (kTiles == 2 ? kSlices - 1 - s : s)) *"),
    ("slices cut elsewhere for 9 rows and more", "cuda/matmul.h",
     "p.n_chunks * (slice + 1) / kSlices;\n  uint32_t chunk = p.n_chunks * slice / kSlices;",
     "(p.n_chunks * (slice + 1) + (kTiles > 1 ? 4 : 0)) / kSlices;\n"
     "  uint32_t chunk = (p.n_chunks * slice + (kTiles > 1 && slice > 0 ? 4 : 0)) / kSlices;"),
    ("block sums added without fma for 17 rows and more", "cuda/matmul.h",
     "sums[tile][i] = __fmaf_rn(scale[i / 2], partial[tile][i], sums[tile][i]);",
     "sums[tile][i] = kTiles == 4 ? scale[i / 2] * partial[tile][i] + sums[tile][i]"
     " : __fmaf_rn(scale[i / 2], partial[tile][i], sums[tile][i]);"),
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
    ("a lane's sum without fma", "cuda/attention.h",
     "s.total[i] = __fmaf_rn(s.total[i], shrink, ", "s.total[i] = s.total[i] * shrink + ("),
    ("the window one key longer", "cuda/attention.h", "key > queries.position[i] - cache.window", "key >= queries.position[i] - cache.window"),
    ("a row sees the next key", "cuda/attention.h", "key <= queries.position[i]", "key <= queries.position[i] + 1"),
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
