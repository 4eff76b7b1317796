#!/usr/bin/env python3
"""Holds the machine code of the CUDA kernels to their budgets: check.py LIBRARY [--write]

Reads the code for sm_90 and sm_90a in the library by cuobjdump (with nvdisasm on the path; .ci/cuda installs both). Every kernel has to do
without local memory and without generic loads in its hot loops, and code for sm_90a has to hold wgmma; budgets.txt beside this file
has a line for each kernel with what it may take. Fails where one takes more, where a kernel has no line, and where a line has no kernel.
Prints what the code allows at best: the share of the memory's rate, by the weights that a product reads, and of the matrix units', beside
what was measured last.

  --write   writes the lines anew as the code is now; what was measured is kept
"""

import dataclasses
import math
import pathlib
import re
import shutil
import subprocess
import sys

TABLE = pathlib.Path(__file__).resolve().parent / "budgets.txt"
HEAD = """\
# What the code of each kernel may take at most (check.py beside this file): registers, local-memory accesses, generic loads in hot loops,
# instructions of the hot loop for each product of the matrix unit (of 16 x 8 x 16, or of 64 x n x 16 of a group); the bytes of weights that
# such a product needs (0: none from memory); then, by hand, the share of the memory's rate that was measured last, in per cent (-: never).
# * of the kernels before docs/adr/0055: none of those after it has run on a device. stream_mm has the registers of three blocks an SM,
# from 8 tiles on of two.
"""

# H200: four schedulers an SM issue an instruction a clock each; the memory gives an SM 18.6 bytes a clock; matrix units 2048 products.
ISSUES = 4
BYTES = 18.6
PRODUCTS = 2048
STREAM_REGISTERS = {True: 136, False: 200}  # of 160 threads a block: three blocks an SM, or two, as stream_mm's __launch_bounds__ say
STREAM_TILES = 8  # from which on there are two


@dataclasses.dataclass
class Kernel:
    name: str
    arch: str
    instructions: list = dataclasses.field(default_factory=list)  # (address, text)

    def texts(self, loop=None):
        return [text for at, text in self.instructions if loop is None or loop[0] <= at <= loop[1]]

    def count(self, names, loop=None):
        return sum(operation(text) in names for text in self.texts(loop))

    def registers(self):
        return 1 + max((int(number) for text in self.texts() for number in re.findall(r"\bR(\d+)\b", text)), default=-1)

    def loops(self):
        """From the target of a jump back to the jump."""
        found = []
        for at, text in self.instructions:
            jump = re.search(r"\bBRA\S* .*?0x([0-9a-f]+)", text)
            if jump and int(jump[1], 16) <= at:
                found.append((int(jump[1], 16), at))
        return found

    def hot_loop(self):
        """That with the fewest instructions a product, of those with at least half of the most products: what is unrolled leaves loops
        around it that hold its rest, too. None without products."""
        products = {loop: self.count(("HMMA", "HGMMA"), loop) for loop in self.loops()}
        most = max(products.values(), default=0)
        candidates = [loop for loop in products if products[loop] and products[loop] * 2 >= most]
        return min(candidates, key=lambda loop: len(self.texts(loop)) / products[loop], default=None)

    def clocks(self, loop):
        """Of the matrix units of an SM, for the loop's products."""
        clocks = 0.0
        for text in self.texts(loop):
            group = re.search(r"\bHGMMA\.64x(\d+)x16\b", text)
            clocks += 64 * int(group[1]) * 16 / PRODUCTS if group else operation(text) == "HMMA"
        return clocks


def operation(text):
    """LDG of "@!P0 LDG.E.128 R4, [R2]"."""
    words = text.split()
    return words[1 if words[0].startswith("@") else 0].split(".")[0]


def short_name(symbol):
    """Without where it lies and what it takes."""
    name = re.sub(r"\btramontane::cuda::|\(anonymous namespace\)::|^void ", "", symbol)
    depth = 0
    for i, letter in enumerate(name):
        depth += (letter == "<") - (letter == ">")
        if letter == "(" and depth == 0 and not name.startswith("(", i - 1):
            return re.sub(r"\((\w+)\)(\d)", r"\2", name[:i]).replace(" ", "")
    return name.replace(" ", "")


def read_kernels(lines):
    """Kernels in what `cuobjdump -sass` prints, symbols as they are."""
    kernels, arch, kernel = [], "", None
    for line in lines:
        if found := re.match(r"\s+\.target\s+(sm_\w+)", line):
            arch = found[1]
        elif found := re.match(r"\s+Function : (\S+)", line):
            kernel = Kernel(found[1], arch)
            kernels.append(kernel)
        elif (found := re.match(r"\s+/\*([0-9a-f]+)\*/\s+(\S.*?)\s*;", line)) and kernel:
            kernel.instructions.append((int(found[1], 16), found[2]))
    return kernels


def weight_bytes(name):
    """Of weights for a product of stream_mm, by its name: the words of a lane (codes), of two rows (scales) and of two rows and 256 columns
    (cuda/weights.h), for 16 rows and 16 columns, which all tiles of a block share; for one of tile_mm, for 64 rows. None of another kernel."""
    found = re.fullmatch(r"(stream|tile)_mm<.*?Layout<(\d+),(\d+),(\d+),(\d+)>.*?,(\d+)(?:,true|,false)?>", name)
    if not found:
        return None
    low, high, scales, supers, tiles = map(int, found.groups()[1:])
    return round((32 * (low + high) + 8 * scales + 2 * supers) / (tiles if found[1] == "stream" else 0.25), 1)


@dataclasses.dataclass
class Budget:
    registers: int = 255
    local: int = 0
    generic: int = 0
    for_product: float = float("inf")
    bytes: float = 0
    measured: str = "-"


def read_budgets(text):
    budgets = {}
    for line in text.splitlines():
        if line and not line.startswith("#"):
            registers, local, generic, for_product, size, measured, name = line.split()
            budgets[name] = Budget(int(registers), int(local), int(generic), float(for_product), float(size), measured)
    return budgets


def taken_by(kernel):
    loop = kernel.hot_loop()
    products = kernel.count(("HMMA", "HGMMA"), loop) if loop else 0
    generic = sum(kernel.count(("LD", "ATOM"), l) for l in ([loop] if loop else []))
    for_product = round(len(kernel.texts(loop)) / products, 1) if loop else 0.0
    return Budget(kernel.registers(), kernel.count(("LDL", "STL")), generic, for_product)


def faults(kernels, budgets):
    """What takes more than it may, a sentence each."""
    found = []
    for kernel in kernels:
        taken, may = taken_by(kernel), budgets.get(kernel.name, Budget())
        for what, words in (("registers", "registers"), ("local", "accesses of local memory"),
                            ("generic", "generic loads in its hot loop"), ("for_product", "instructions a product")):
            if getattr(taken, what) > getattr(may, what):
                found.append(f"{kernel.name}: {getattr(taken, what)} {words}, may be {getattr(may, what)}")
    names = {kernel.name for kernel in kernels}
    found += [f"{name}: no line in {TABLE.name}; --write makes one" for name in sorted(names - budgets.keys())]
    found += [f"{name}: a line in {TABLE.name}, and no such kernel; --write takes it away" for name in sorted(budgets.keys() - names)]
    groups = [kernel for kernel in kernels if kernel.arch == "sm_90a"]
    if groups and not any(kernel.count(("HGMMA",)) for kernel in groups):
        found.append("code for sm_90a holds no wgmma")
    for kernel in groups:
        if re.match(r"\w+_by_groups\b|tile_mm\b", kernel.name) and not kernel.count(("HGMMA",)):
            found.append(f"{kernel.name}: no wgmma")
    return found


def ceilings(kernel, budget):
    """Shares that the code allows: of the memory's rate (None: it reads no weights) and of the matrix units' (None: no products)."""
    loop, taken = kernel.hot_loop(), taken_by(kernel)
    if not loop:
        return None, None
    warps = 4 if kernel.count(("HGMMA",), loop) else 1  # that issue each instruction of a product
    issue = taken.for_product * warps / ISSUES
    memory = min(1.0, budget.bytes / BYTES / issue) if budget.bytes else None
    return memory, min(1.0, kernel.clocks(loop) / (len(kernel.texts(loop)) * warps / ISSUES))


def budget_of(taken):
    """What a kernel may take that takes so much now: registers are given out in eights, and half an instruction a product is left to the compiler."""
    return dataclasses.replace(taken, registers=min(255, (taken.registers + 7) // 8 * 8), for_product=math.ceil(taken.for_product * 2) / 2)


def table_of(kernels, budgets):
    lines = []
    for kernel in sorted(kernels, key=lambda k: k.name):
        t, known = budget_of(taken_by(kernel)), budgets.get(kernel.name, Budget())
        weights = weight_bytes(kernel.name)
        if weights is not None:
            known = dataclasses.replace(known, bytes=weights)
        if kernel.name.startswith("stream_mm<"):
            t.registers = STREAM_REGISTERS[int(kernel.name[:-1].rsplit(",", 1)[1]) < STREAM_TILES]
        lines.append(f"{t.registers:4} {t.local:3} {t.generic:4} {t.for_product:6} {known.bytes:6g} {known.measured:>4}  {kernel.name}")
    return HEAD + "\n".join(lines) + "\n"


def shown(share):
    return "    -" if share is None else f"{share:5.0%}"


def main(arguments):
    options = {a for a in arguments if a.startswith("--")}
    places = [a for a in arguments if a not in options]
    if len(places) != 1 or options - {"--write"}:
        sys.exit(__doc__)
    if missing := [tool for tool in ("cuobjdump", "nvdisasm", "c++filt") if shutil.which(tool) is None]:
        sys.exit(f"not on the path: {', '.join(missing)}; .ci/cuda install brings NVIDIA's, binutils the rest")
    code = subprocess.run(["cuobjdump", "-sass", "-arch", "sm_90", places[0]], capture_output=True, text=True, check=True).stdout
    code += subprocess.run(["cuobjdump", "-sass", "-arch", "sm_90a", places[0]], capture_output=True, text=True).stdout
    kernels = read_kernels(code.splitlines())
    if not kernels:
        sys.exit(f"{places[0]} holds no code for sm_90")
    symbols = subprocess.run(["c++filt"], input="\n".join(k.name for k in kernels), capture_output=True, text=True, check=True).stdout
    for kernel, symbol in zip(kernels, symbols.splitlines()):
        kernel.name = short_name(symbol)
    kernels = list({(k.name, k.arch): k for k in kernels}.values())
    budgets = read_budgets(TABLE.read_text()) if TABLE.exists() else {}
    if "--write" in options:
        TABLE.write_text(table_of(kernels, budgets))
        return
    print("registers  instructions  ceiling of  ceiling of  measured")
    print("           a product     memory      matrix")
    for kernel in sorted(kernels, key=lambda k: k.name):
        budget, taken = budgets.get(kernel.name, Budget()), taken_by(kernel)
        memory, matrix = ceilings(kernel, budget)
        print(f"{taken.registers:9}  {taken.for_product:12}  {shown(memory):>10}  {shown(matrix):>10}  {budget.measured:>8}  {kernel.name}")
    if found := faults(kernels, budgets):
        sys.exit("\n".join([f"{len(found)} over budget:", *found]))


if __name__ == "__main__":
    main(sys.argv[1:])
