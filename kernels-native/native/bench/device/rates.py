"""What device_bench measures of a step, as figures with shares of the machine's ceilings: of the memory for a decode, by the bytes that it
reads at least, of the matrix units for a prefill, by its products, and of the bus for loading."""

import re

SEVEN_FLOPS = 2 * 6.98e9  # of a token of a prompt: the layers' products
# Of Mixtral 8x7B: weights of a layer's attention and of one of its eight experts, of which a token has two; of embedding and head.
ATTENTION, EXPERT, OUTER = 41.9e6, 176.2e6, 262e6
MIXTRAL_LAYERS, EXPERTS, USED = 32, 8, 2
BESIDE = 25e9  # bytes of a device for the largest cache below (256 sequences at 512 tokens), workspace and runtime

LINE = re.compile(r"^(?:prefill (?P<prompt>\d+)|decode b(?P<batch>\d+) context (?P<context>\d+))\s+(?:(?P<full>no room)|(?P<rate>[\d.]+) tok/s\s+"
                  r"(?P<median>[\d.]+) ms \(fastest\s+(?P<fastest>[\d.]+)\)(?:\s+(?P<bytes>[\d.]+) TB/s)?)")

LOADED = re.compile(r"^weights (?P<gigabytes>[\d.]+) GB, prepared in (?P<seconds>[\d.]+) s, (?P<rate>[\d.]+) GB/s", re.M)

EVERY = ["prefill=512,2048,8192", "context=512,4096", "batch=1,8,32,64,128,256", "steps=20"]
OF_EXPERTS = ["prefill=512,2048,8192", "context=512", "batch=1,8,32,64,128,256", "steps=20"]
TOY = ["prefill=24", "context=16", "batch=1,3", "steps=2", "chunk=16"]


def of_type(run, figures, dtype):
    rates(run, figures, dtype, dtype, SEVEN_FLOPS, ["shape=toy", *TOY] if run.dry else EVERY)


def layers_that_fit(free):
    """Of Mixtral in BF16, in so many free bytes of a device."""
    layer = 2 * (ATTENTION + EXPERTS * EXPERT)
    return min(MIXTRAL_LAYERS, int((free - BESIDE - 2 * OUTER) // layer))


def of_experts(run, figures, free):
    """free: bytes of the device that nobody has taken; of no matter in a dry run."""
    layers = 1 if run.dry else layers_that_fit(free)
    if layers < 1:
        raise RuntimeError(f"{free / 1e9:.1f} GB are free: not one layer of Mixtral has room beside a cache")
    shape = ["shape=8xtoy", *TOY] if run.dry else ["shape=8x7b", f"layers={layers}", *OF_EXPERTS]
    flops = 2 * layers * (ATTENTION + USED * EXPERT)
    figures.append({"what": "experts", "text": "of a toy" if run.dry else f"{layers} of Mixtral 8x7B's {MIXTRAL_LAYERS} layers, in BF16"})
    rates(run, figures, "experts", "BF16", flops, shape)


def rates(run, figures, name, dtype, flops, settings):
    """flops: of a token of a prompt. Figures are called after `name`."""
    text = run.call([run.build / "bench" / "device_bench", f"backend={run.backend}", f"dtype={dtype}", *settings], f"bench-{name}")
    if loaded := LOADED.search(text):  # from the host's memory, arranged on the device
        figures.append({"what": f"{name} load of {loaded['gigabytes']} GB", "value": float(loaded["rate"]), "unit": "GB/s",
                        "ms": float(loaded["seconds"]) * 1e3, "share": round(float(loaded["rate"]) * 1e9 / run.ceilings["upload_bytes"], 3)})
    measured = 0
    for found in filter(None, map(LINE.match, text.splitlines())):
        what = f"{name} prefill {found['prompt']}" if found["prompt"] else f"{name} decode {found['batch']} at {found['context']}"
        if found["full"]:
            figures.append({"what": what, "text": "no room"})
            continue
        share = float(found["bytes"]) * 1e12 / run.ceilings["read_bytes"] if found["bytes"] else float(found["rate"]) * flops / max(
            run.ceilings["warp_products"], run.ceilings["group_products"])
        figures.append({"what": what, "value": float(found["rate"]), "unit": "tok/s", "ms": float(found["median"]), "share": round(share, 3)})
        measured += 1
    if measured == 0:
        raise RuntimeError(f"no rate of {name} was measured")
