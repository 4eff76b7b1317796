"""A copy of the sources in which every mutant is built behind a switch, and the tests that are run on each."""

import collections
import os
import pathlib
import shutil
import subprocess
import sys
import time

import changes

SWITCH = f"""
#include <cstdlib>
namespace tramontane {{
extern const int {changes.SWITCH};
const int {changes.SWITCH} = std::getenv("TM_MUTANT") == nullptr ? 0 : std::atoi(std::getenv("TM_MUTANT"));
}}
"""


def write_changed(target, text):
    """Leaves what is the same with its time, so that what was built of it stays."""
    if not target.exists() or target.read_text() != text:
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)


class Switched:
    def __init__(self, folder, log, all_mutants):
        self.log = log
        self.sources = folder / "native"
        self.build_folder = folder / "build"
        self.limits = {}
        self.copy(all_mutants)
        ninja = ["-G", "Ninja"] if shutil.which("ninja") else []
        self.must("configure", ["cmake", "-S", str(self.sources), "-B", str(self.build_folder), *ninja, "-DCMAKE_BUILD_TYPE=Release",
                                "-DTM_TESTS=ON", "-DTM_NVCC=OFF", "-DCMAKE_CXX_FLAGS_RELEASE=-O2"])

    def copy(self, all_mutants):
        by_file = collections.defaultdict(list)
        for mutant in all_mutants:
            by_file[mutant.file].append(mutant)
        there = set()
        for file in changes.NATIVE.rglob("*"):
            inside = file.relative_to(changes.NATIVE)
            if inside.parts[0] == "build" or not file.is_file() or file.suffix == ".pyc":
                continue
            there.add(self.sources / inside)
            text = file.read_text()
            if file in by_file:
                text = changes.with_switches(text, by_file[file])
            if inside == pathlib.Path("emu/runtime.cpp"):
                text += SWITCH
            if inside == pathlib.Path("CMakeLists.txt"):
                text = text.replace(" -Werror ", " ")  # what is taken out leaves something unused
            write_changed(self.sources / inside, text)
        for file in self.sources.rglob("*"):
            if file.is_file() and file not in there:
                file.unlink()

    def must(self, what, command):
        if subprocess.run(command, stdout=self.log, stderr=self.log).returncode != 0:
            sys.exit(f"can't {what} the sources with their switches: {self.log.name}")

    def build(self, jobs):
        programs = [*dict.fromkeys(test.split(":")[0] for test in changes.all_tests())]
        self.must("build", ["cmake", "--build", str(self.build_folder), "--parallel", str(jobs), "--target", *programs])

    def passes(self, test, number):
        """What was quick and now hangs has failed; so has what is not there."""
        program, *names = test.split(":")
        command = ["timeout", str(self.limits.get(test, 600)), str(self.build_folder / "test" / program), *names]
        environment = {"TM_TEST_BACKEND": "emu", "TM_TEST_FIRST": "1", "TM_MUTANT": str(number), "PATH": os.environ["PATH"]}
        return subprocess.run(command, stdout=self.log, stderr=self.log, env=environment).returncode == 0

    def measure(self, test):
        """Says how many seconds it takes without a change, and gives it some times as many for a mutant; None if it fails."""
        began = time.monotonic()
        if not self.passes(test, 0):
            return None
        took = time.monotonic() - began
        self.limits[test] = int(30 + 8 * took)
        return took

    def who_sees(self, mutant):
        """The first test that fails with it, or None."""
        return next((test for test in changes.tests_of(mutant) if not self.passes(test, mutant.number)), None)
