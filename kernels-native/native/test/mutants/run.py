"""Changes the device code in one place at a time and looks whether a test fails: python3 run.py [OPTION ...]

By hand and weekly (.ci/weekly): 15 minutes on two cores. Builds a copy in native/build/mutants, never changes the sources. What was
found of the same sources is taken over, so a run may be broken off. A change that no test sees fails the run, unless survivors.txt
lists it with a reason; so does one that is listed and seen. Each run writes results.txt, which is kept beside this file: of all
shards, with what has not been tried.
"""

import argparse
import concurrent.futures
import datetime
import fcntl
import fnmatch
import hashlib
import json
import os
import pathlib
import resource
import subprocess
import sys

import changes
import switched

HERE = pathlib.Path(__file__).resolve().parent
FOLDERS = changes.NATIVE / "build" / "mutants"


def digest_of_sources():
    """Of what these tests are built of and see."""
    programs = {test.split(":")[0] for test in changes.all_tests()}
    tests = [changes.NATIVE / "test" / name for name in ("CMakeLists.txt", "check.h", "random.h", "tile.cu", "tile.h", "tiny_model.cpp",
                                                         "tiny_model.h", "types.h", *(f"{program}.cpp" for program in programs))]
    folders = [file for folder in ("cuda", "emu", "include", "src") for file in (changes.NATIVE / folder).iterdir()]
    digest = hashlib.sha256()
    for file in sorted([*tests, *folders]):
        digest.update(str(file.relative_to(changes.NATIVE)).encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()


def reasons():
    """Of the changes that may live, by how their names begin."""
    lines = [line for line in (HERE / "survivors.txt").read_text().splitlines() if line and line[0] != "#"]
    return dict(line.split(" -- ") for line in lines)


def reason_of(name, listed):
    return next((reason for line, reason in listed.items() if name.startswith(line)), None)


def what_is_wrong(names, seen, listed):
    """A line for each change that lives and is not listed, or is listed and doesn't live, and for what is listed and is none of all names."""
    for name, test in seen.items():
        if test is None and reason_of(name, listed) is None:
            yield f"{name}: LIVES"
        if test is not None and reason_of(name, listed) is not None:
            yield f"{name}: seen by {test}, though it is listed"
    for line in listed:
        if not any(name.startswith(line) for name in names):
            yield f"{line}: listed, and there is no such change"


def commit_of_sources():
    command = ["git", "-C", str(HERE), "log", "-1", "--format=%h", "--", str(changes.NATIVE)]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def table(names, seen, listed, seconds, commit):
    """The outcome of each change, and how many each test sees; seconds: of processors."""
    outcomes = {name: (seen[name] or "no test") if name in seen else "not tried" for name in names}
    lines = ["# What run.py found last: a change and the test that sees it. Written by run.py.",
             f"# {datetime.date.today()}, sources of {commit}: {len(outcomes)} changes, {seconds / 60:.0f} minutes of processor time.", ""]
    for outcome in [*changes.all_tests(), "no test", "not tried"]:
        lines.append(f"{list(outcomes.values()).count(outcome):4} {outcome}")
    lines.append("")
    for name, outcome in outcomes.items():
        reason = reason_of(name, listed) if outcome == "no test" else None
        lines.append(f"{outcome}: {name}" + (f" -- {reason}" if reason else ""))
    return "\n".join(lines) + "\n"


def processor_seconds():
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


class Found:
    """What was found of these sources, by this run and those before it."""

    def __init__(self, path, digest, anew):
        self.path, self.digest = path, digest
        self.seen, self.seconds = {}, 0
        if not anew and path.exists():
            found = json.loads(path.read_text())
            if found["sources"] == digest:
                self.seen, self.seconds = found["seen"], found["seconds"]

    def keep(self):
        self.path.write_text(json.dumps({"sources": self.digest, "seen": self.seen, "seconds": self.seconds + processor_seconds()}))


def run_left(folder, found, left, all_mutants, jobs):
    with open(folder / "lock", "w") as lock, open(folder / "log", "w") as log:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            sys.exit(f"another run is at work in {folder}; see --shard")
        copy = switched.Switched(folder, log, all_mutants)
        copy.build(jobs)
        print(f"built: {processor_seconds():.0f} s of processor time", flush=True)
        with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
            tests = list(dict.fromkeys(test for mutant in left for test in changes.tests_of(mutant)))
            for test, took in zip(tests, pool.map(copy.measure, tests)):
                if took is None:
                    sys.exit(f"{test} fails without a change: {log.name}")
                print(f"{test} passes in {took:.1f} s", flush=True)
            running = {pool.submit(copy.who_sees, mutant): mutant.name for mutant in left}
            for done in concurrent.futures.as_completed(running):
                name = running[done]
                found.seen[name] = done.result()
                found.keep()
                print(f"{name}: {found.seen[name] or 'no test sees it'}", flush=True)


def asked(arguments):
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0], epilog=__doc__.split("\n\n")[1])
    parser.add_argument("--list", action="store_true", help="names the changes and ends")
    parser.add_argument("--only", metavar="PATTERN", action="append", default=[], help="changes whose names hold this (* and ? as in a shell); may be repeated")
    parser.add_argument("--shard", metavar="I/N", default="1/1", help="every N-th change, from the I-th, in a folder of its own")
    parser.add_argument("--jobs", metavar="N", type=int, default=os.cpu_count(), help="processes at once; all cores unless given")
    parser.add_argument("--anew", action="store_true", help="forgets what earlier runs found")
    options = parser.parse_args(arguments)
    try:
        options.part, options.parts = (int(number) for number in options.shard.split("/"))
    except ValueError:
        parser.error(f"--shard {options.shard}: give I/N, as 1/2")
    if not 1 <= options.part <= options.parts:
        parser.error(f"--shard {options.shard}: there is no such part")
    return options


def main(arguments):
    options = asked(arguments)
    all_mutants = changes.mutants()
    chosen = [m for m in all_mutants if not options.only or any(fnmatch.fnmatchcase(m.name, f"*{only}*") for only in options.only)]
    chosen = chosen[options.part - 1 :: options.parts]
    if not chosen:
        sys.exit(f"no change is named so: {' '.join(options.only)}")
    if options.list:
        return print(*[m.name for m in chosen], sep="\n")
    digest = digest_of_sources()
    folder = FOLDERS / f"{options.part}-of-{options.parts}"
    folder.mkdir(parents=True, exist_ok=True)
    found = Found(folder / "found.json", digest, options.anew)
    left = [m for m in chosen if m.name not in found.seen]
    if left:
        run_left(folder, found, left, all_mutants, options.jobs)
    every = [Found(path, digest, False) for path in FOLDERS.glob("*/found.json")]
    seen = {name: test for one in every for name, test in one.seen.items()}
    listed = reasons()
    names = [m.name for m in all_mutants]
    (HERE / "results.txt").write_text(table(names, seen, listed, sum(one.seconds for one in every), commit_of_sources()))
    wrong = [*what_is_wrong(names, {m.name: seen[m.name] for m in chosen}, listed)]
    if wrong:
        sys.exit("\n".join(["", f"{len(wrong)} of {len(chosen)} changes:", *wrong]))
    print(f"each of {len(chosen)} changes is seen or listed")


if __name__ == "__main__":
    main(sys.argv[1:])
