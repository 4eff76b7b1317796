#!/usr/bin/env python3
"""One run on a machine with a CUDA device: builds what does not run there, proves, measures, prints one table.

  bench/device.sh [BUILD-FOLDER [OUT-FOLDER]] [--seconds N] [--only BLOCK,...] [--server PROGRAM] [--dry]

BUILD-FOLDER (default build/device) may hold what was built on another machine; it is built here where that does not start. OUT-FOLDER
(default: BUILD-FOLDER/out) gets results.jsonl, a line for each block as soon as it ends, table.md and the logs. Every block stands alone,
has a limit of its own and leaves the others be; after --seconds (default 530) none is started. --server names a tramontane with its own
runtime (an unpacked archive of `./tramontane dist`). --dry runs each block on `emu` in toy size: for tests, and before a GPU's first minute.
Ends with 1 where a block failed.
"""

import argparse
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import time

import random_gguf
import rates
import served as served_shapes

HERE = pathlib.Path(__file__).resolve().parent
NATIVE = HERE.parent.parent
# Tests of kernels, and which part: each against float64 with poisoned outputs, bits of a row alone and among others, adapters, experts, rows of
# the embedding and draws against the host's.
KERNELS = [("stage_test", ""), ("attention_bits_test", ""), ("bits_test", ""), ("tiles_test", ""), ("device_experts_test", ""), ("adapters_test", ""),
           ("graphs_test", ""), ("forward_test", "oracle"), ("embed_test", ""), ("device_sampler_test", "")]
TESTS = ["hashes_test", "self_test", "group_product_test", *(test for test, _ in KERNELS)]
BENCHES = ["device_bench", "device_ceilings"]
READ, PRODUCTS, UPLOAD = 4.31e12, 690e12, 64e9  # of an H200 on PCIe of 16 lanes and 5.0, where the block that measures them has not run


class Skipped(Exception):
    pass


class Run:
    def __init__(self, options):
        self.dry, self.backend = options.dry, "emu" if options.dry else "cuda"
        self.build = pathlib.Path(options.build).resolve()
        self.out = pathlib.Path(options.out or self.build / "out").resolve()
        self.server = options.server or os.environ.get("TM_SERVER", "")
        self.ends = time.monotonic() + options.seconds
        self.ceilings = {"read_bytes": READ, "warp_products": PRODUCTS, "group_products": PRODUCTS, "upload_bytes": UPLOAD}
        self.out.mkdir(parents=True, exist_ok=True)
        self.results = open(self.out / "results.jsonl", "w")
        self.lines = []

    # ---- a block

    def block(self, name, estimate, limit, body):
        left = self.ends - time.monotonic()
        began, figures = time.monotonic(), []
        result = {"block": name, "status": "ok", "estimate": estimate}
        if left < min(limit, 10):
            result["status"] = "no time"
        else:
            self.until = began + min(limit, left)
            print(f"== {name} (up to {self.until - began:.0f} s)", flush=True)
            try:
                body(self, figures)
            except Skipped as why:
                result.update(status="skipped", why=str(why))
            except subprocess.TimeoutExpired as late:
                result.update(status="cut off", why=f"{late.cmd[0]} took more than {late.timeout:.0f} s")
            except Exception as fault:  # whatever it is, the next block has to have its turn
                result.update(status="failed", why=f"{type(fault).__name__}: {fault}"[:2000])
        result.update(seconds=round(time.monotonic() - began, 2), figures=figures)
        self.lines.append(result)
        self.results.write(json.dumps(result) + "\n")
        self.results.flush()
        os.fsync(self.results.fileno())
        print(f"   {result['status']} after {result['seconds']} s" + (f": {result['why']}" if "why" in result else ""), flush=True)

    def call(self, command, log, check=True, **environment):
        """Its output, which goes into the log as it comes and is kept where it is cut off."""
        path = self.out / f"{log}.log"
        with open(path, "a") as file:
            offset = file.tell()
            file.flush()
            left = max(1.0, self.until - time.monotonic())
            # A group of its own, so that what it started (compilers, a server that holds the device) ends with it when it is cut off.
            process = subprocess.Popen([str(part) for part in command], stdout=file, stderr=subprocess.STDOUT, process_group=0,
                                       env={**os.environ, **environment})
            try:
                code = process.wait(left)
            except BaseException:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
                raise
        text = path.read_bytes()[offset:].decode(errors="replace")
        if check and code != 0:
            raise RuntimeError(f"{pathlib.Path(str(command[0])).name} ended with {code}: {text.strip()[-800:]}")
        return text

    def test(self, name, part="", **environment):
        return self.call([self.build / "test" / name, *([part] if part else [])], name, TM_TEST_BACKEND=self.backend, **environment)


# ---- the blocks

def machine(run, figures):
    if shutil.which("nvidia-smi"):
        query = "name,driver_version,memory.total,clocks.max.sm,clocks.max.mem,power.limit"
        figures.append({"what": "machine", "text": run.call(["nvidia-smi", f"--query-gpu={query}", "--format=csv,noheader"], "machine").strip()})
    elif not run.dry:
        raise RuntimeError("no nvidia-smi: is there a device?")


def starts(run):
    try:
        return subprocess.run([run.build / "bench" / "device_bench", "help"], capture_output=True).returncode == 2  # it knows no such option
    except OSError:
        return False


def build(run, figures):
    if starts(run):
        raise Skipped("what was carried here starts")
    run.call(["cmake", "-S", NATIVE, "-B", run.build, "-DCMAKE_BUILD_TYPE=Release", "-DTM_TESTS=ON", "-DTM_BENCH=ON",
              *([] if run.dry else ["-DTM_CUDA_ARCHITECTURES=90"])], "build")
    run.call(["cmake", "--build", run.build, "--parallel", os.cpu_count() or 2, "--target", *TESTS, *BENCHES, "tramontane"], "build")


def instructions(run, figures):
    text = run.test("self_test", "" if not run.dry else "differ")
    found = re.search(r"compute capability.*", text)  # of the device, which it prints
    figures.append({"what": "self-test", "text": found[0] if found else "passed"})
    run.test("group_product_test", "" if not run.dry else "waits_for_the_kernel")
    text = run.test("hashes_test", "" if not run.dry else "every_device")
    if run.dry:
        return
    hashes = re.search(r"\w+: (\d+) hashes.*|\w+: .*NO HASH IS COMPARED", text)
    figures.append({"what": "hashes", "text": hashes[0] if hashes else "none"})
    if not hashes or not hashes[1]:
        raise RuntimeError(figures[-1]["text"])


def ceilings(run, figures):
    measured = json.loads(run.call([run.build / "bench" / "device_ceilings", f"backend={run.backend}"], "ceilings").strip().splitlines()[-1])
    if not run.dry:
        run.ceilings = measured
    for what, unit, scale in (("read_bytes", "TB/s", 1e12), ("warp_products", "TFLOP/s", 1e12), ("group_products", "TFLOP/s", 1e12),
                              ("upload_bytes", "GB/s", 1e9)):
        figures.append({"what": what, "value": round(measured[what] / scale, 3), "unit": unit})


def free_bytes(run):
    """Of the first device; none in a dry run."""
    return 0 if run.dry else float(run.call(["nvidia-smi", "--query-gpu=memory.free", "--format=csv,noheader,nounits", "--id=0"], "free").split()[0]) * 2**20


def kernels(run, figures):
    # Of the toy one kind of vector alone: the rest takes the emulator minutes, and runs as a test of its own.
    tests = [("stage_test", ""), ("bits_test", "slices")] if run.dry else KERNELS
    failed = []
    for test, part in tests:
        try:
            text = run.test(test, part, **({"TM_TEST_VECTORS": "head_dim=96"} if run.dry else {}))
            figures.append({"what": test, "text": text.strip().splitlines()[-1]})
        except RuntimeError as fault:  # the others are to be known, too
            figures.append({"what": test, "text": "failed"})
            failed.append(str(fault))
    if failed:
        raise RuntimeError("; ".join(failed))


def whole_model(run, figures):
    library = run.build / "libtramontane.so"
    text = run.call([sys.executable, HERE / "whole_model.py", library, run.backend, *(["toy"] if run.dry else [])], "whole_model")
    errors = []
    for line in map(json.loads, (line for line in text.splitlines() if line.startswith("{"))):
        if "skipped" in line:
            figures.append({"what": "logits", "text": line["skipped"]})
            continue
        figures.append({"what": f"logits after {line['prompt']}", "value": line["error"], "unit": f"of {line['beside']}", **line})
        errors.append(line["error"])
        if not line["chunked_is_whole"]:
            raise RuntimeError(f"a prompt of {line['prompt']} in chunks has other bits")
        if "their_greedy" in line and line["greedy"] < line["their_greedy"]:
            raise RuntimeError(f"after {line['prompt']} tokens {line['greedy']:.1%} of the most likely tokens are float32's, {line['their_greedy']:.1%} of "
                               "transformers' in bf16")
    if not errors or not all(error <= 1e-2 for error in errors):  # one that is no number fails, too
        raise RuntimeError(f"relative errors {errors}, expected at most 1e-2")


# Those that the blocks of their own leave, in the order of how often they are met.
OTHERS = ["F16", "Q5_K", "Q3_K", "Q2_K", "IQ4_XS", "Q5_0", "Q4_1", "Q5_1", "IQ4_NL"]


def other_types(run, figures):
    for dtype in OTHERS:
        rates.of_type(run, figures, dtype)


def experts(run, figures):
    rates.of_experts(run, figures, free_bytes(run))


def sanitizer(run, figures):
    if not shutil.which("compute-sanitizer"):
        raise Skipped("compute-sanitizer is not on the path")
    if run.dry:
        raise Skipped("there is no device")
    for tool, test, part in (("memcheck", "forward_test", "oracle"), ("synccheck", "group_product_test", "bits"), ("memcheck", "device_experts_test", "chooses"),
                             ("memcheck", "adapters_test", "the_sign"), ("racecheck", "attention_bits_test", "alone_divided")):
        text = run.call(["compute-sanitizer", "--tool", tool, "--error-exitcode", "9", run.build / "test" / test, part], tool,
                        TM_TEST_BACKEND=run.backend)
        figures.append({"what": f"{tool}, {test}", "text": text.strip().splitlines()[-1]})


def served(run, figures):
    if not run.server:
        raise Skipped("no --server: unpack an archive of ./tramontane dist and name its tramontane")
    try:
        text = run.call([sys.executable, HERE / "served.py", run.server, run.backend, run.out / "served", *(["toy"] if run.dry else [])], "served")
    finally:
        (run.out / "served" / "random.gguf").unlink(missing_ok=True)  # gigabytes, if it was cut off
    for line in map(json.loads, (line for line in text.splitlines() if line.startswith("{"))):
        figures.append({"what": f"served to {line['clients']}", "value": line["rate"], "unit": "tok/s", **line})


def put_served_beside_step(lines):
    """Of the bare step's rate with as many sequences, of the same type: whichever of the two blocks came first."""
    figures = {figure["what"]: figure for line in lines for figure in line["figures"]}
    for what, figure in figures.items():
        bare = figures.get(f"Q8_0 decode {what.removeprefix('served to ')} at 512") if what.startswith("served to ") else None
        if bare:
            figure["of_step"] = round(figure["value"] / bare["value"], 3)


TORCH = """
import time, torch
a, b = (torch.randn(8192, 8192, device="cuda", dtype=torch.bfloat16) for _ in range(2))
x = torch.ones(1 << 30, device="cuda", dtype=torch.bfloat16)
def rate(work, amount):
    for _ in range(3): work()
    torch.cuda.synchronize(); begun = time.time()
    for _ in range(10): work()
    torch.cuda.synchronize(); return amount * 10 / (time.time() - begun)
print(rate(lambda: a @ b, 2 * 8192**3) / 1e12, rate(lambda: x.sum(), x.numel() * 2) / 1e12)
"""


def llama(run, figures):
    """llama.cpp's own bench with the random model that is served here."""
    model = run.out / "peer.gguf"
    try:
        random_gguf.write(model, served_shapes.TOY if run.dry else served_shapes.SEVEN, "Q8_0")
        prompt, tokens = (8, 4) if run.dry else (2048, 64)
        text = run.call(["llama-bench", "-m", model, "-p", prompt, "-n", tokens, "-r", "3", "-o", "jsonl"], "llama-bench")
    finally:
        model.unlink(missing_ok=True)
    for line in map(json.loads, (line for line in text.splitlines() if line.startswith("{"))):
        what = f"prefill {line['n_prompt']}" if line["n_prompt"] else "decode 1"
        figures.append({"what": f"llama.cpp, Q8_0, {what}", "value": round(line["avg_ts"], 1), "unit": "tok/s"})


def peers(run, figures):
    found = subprocess.run([sys.executable, "-c", "import torch; assert torch.cuda.is_available()"], capture_output=True).returncode == 0
    if found:
        products, read = run.call([sys.executable, "-c", TORCH], "peers").split()[-2:]
        figures.append({"what": "PyTorch, 8192 x 8192 x 8192 in bf16", "value": round(float(products), 1), "unit": "TFLOP/s"})
        figures.append({"what": "PyTorch, a sum", "value": round(float(read), 2), "unit": "TB/s"})
    if shutil.which("llama-bench"):
        llama(run, figures)
    for name in ("vllm", "trtllm-bench"):
        if shutil.which(name):
            figures.append({"what": name, "text": f"is there: {shutil.which(name)}"})
    if not figures:
        raise Skipped("neither PyTorch with a device nor llama-bench, vllm or trtllm-bench")


def of_type(dtype):
    return lambda run, figures: rates.of_type(run, figures, dtype)


# In the order of what is worth most: the seconds that each is expected to take on an H200, and the most that it may. Estimates are computed from
# the rates of 2026-11-26 (docs/performance.md), weights made and sent at 5 GB/s; each result tells its own beside.
BLOCKS = {
    "machine": (1, 5, machine), "build": (150, 200, build), "instructions": (15, 60, instructions), "ceilings": (5, 20, ceilings),
    "BF16": (16, 45, of_type("BF16")), "Q4_0": (13, 35, of_type("Q4_0")), "whole model": (60, 90, whole_model), "served": (60, 90, served),
    "Q8_0": (13, 35, of_type("Q8_0")), "experts": (35, 75, experts), "kernels": (40, 75, kernels), "Q4_K": (13, 30, of_type("Q4_K")),
    "Q6_K": (13, 30, of_type("Q6_K")), "F8_E4M3": (13, 30, of_type("F8_E4M3")), "sanitizer": (45, 75, sanitizer), "other types": (117, 150, other_types),
    "peers": (20, 25, peers)}


def table(lines):
    rows = ["| block | what | figure | share of the ceiling |", "|---|---|---|---|"]
    for line in lines:
        if line["status"] != "ok":
            rows.append(f"| {line['block']} | **{line['status']}** | {line.get('why', '')[:160]} | |")
        for figure in line["figures"]:
            value = figure.get("text") or f"{figure['value']:g} {figure['unit']}"
            share = f"{figure['share']:.0%}" if "share" in figure else ""
            theirs = f" (theirs {figure['their_error']:.2g}, greedy {figure['greedy']:.0%} and {figure['their_greedy']:.0%})" if "their_error" in figure else ""
            step = f" ({figure['of_step']:.1%} of the bare step's)" if "of_step" in figure else ""
            rows.append(f"| {line['block']} | {figure['what']} | {value}{theirs}{step} | {share} |")
    return "\n".join(rows) + "\n"


def main(arguments):
    parser = argparse.ArgumentParser(prog="bench/device.sh", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build", nargs="?", default=str(NATIVE / "build" / "device"))
    parser.add_argument("out", nargs="?")
    parser.add_argument("--seconds", type=float, default=530)
    parser.add_argument("--only", default="")
    parser.add_argument("--server", default="")
    parser.add_argument("--dry", action="store_true")
    options = parser.parse_args(arguments)
    only = [name for name in options.only.split(",") if name]
    if unknown := set(only) - BLOCKS.keys():
        parser.error(f"no block is called {', '.join(sorted(unknown))}; there are {', '.join(BLOCKS)}")
    run = Run(options)
    for name, (estimate, limit, body) in BLOCKS.items():
        if not only or name in only:
            run.block(name, estimate, limit * (10 if run.dry else 1), body)  # a dry run proves, and may be on a busy machine
    put_served_beside_step(run.lines)
    text = table(run.lines)
    (run.out / "table.md").write_text(text)
    print(text)
    wrong = ("failed", "cut off", "no time") if run.dry else ("failed", "cut off")
    return any(line["status"] in wrong for line in run.lines)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
