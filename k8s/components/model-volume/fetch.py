#!/usr/bin/env python3
"""Fetches the files of a list into a folder, or waits until somebody has.

    fetch.py fetch LIST FOLDER    what is missing, going on where an earlier try stopped; says how far it is every five seconds
    fetch.py wait LIST FOLDER     until all of it is there, however long that takes; says the same

A line of LIST is a file's SHA-256 and its URL. A file has its name only once its sum is right; before, it ends in .part, so
that a reader sees whole files or none. MODEL_AUTHORIZATION in the environment is sent as the Authorization header.
"""

import hashlib
import os
import re
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

TRIES, PAUSE, EVERY = 5, 5.0, 5.0
PIECE = 1 << 20


def read_list(path):
    """The (sum, url, name) of each line that is no comment; exits where one is no such thing."""
    files = []
    for number, line in enumerate(Path(path).read_text().splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        found = re.fullmatch(r"([0-9a-f]{64})\s+(https?://\S+)", line.strip())
        name = found and Path(urllib.parse.urlsplit(found[2]).path).name
        if not name or name in (".", "..") or name in [file[2] for file in files]:
            sys.exit(f"{path}, line {number}: not a SHA-256 and an http(s) URL with a file name of its own: {line.strip()[:200]}")
        files.append((found[1], found[2], name))
    if not files:
        sys.exit(f"{path} names no file: say there which model to fetch (k8s/README.md, \"A model\")")
    return files


class Progress:
    def __init__(self, name, done, total):
        self.name, self.began, self.first, self.total, self.said = name, time.monotonic(), done, total, 0.0

    def at(self, done, last=False):
        now = time.monotonic()
        if not last and now - self.said < EVERY:
            return
        self.said = now
        rate = (done - self.first) / max(now - self.began, 1e-9)
        share = f"{100 * done // self.total} %, " if self.total else ""
        left = f", {(self.total - done) / rate:.0f} s left" if self.total and rate > 0 else ""
        print(f"{self.name}: {share}{done / 2**20:.0f} MiB, {rate / 2**20:.1f} MiB/s{left}", flush=True)


def download(url, part, name):
    """Appends to what is there of the file, where the server can go on; begins anew where it can't."""
    request = urllib.request.Request(url)
    if os.environ.get("MODEL_AUTHORIZATION"):
        # Unredirected: what a server redirects to (a signed URL elsewhere) doesn't get the secret.
        request.add_unredirected_header("Authorization", os.environ["MODEL_AUTHORIZATION"])
    have = part.stat().st_size if part.exists() else 0
    if have:
        request.add_header("Range", f"bytes={have}-")
    try:
        answer = urllib.request.urlopen(request, timeout=60)
    except urllib.error.HTTPError as error:
        if error.code == 416 and have:  # nothing is missing; the sum will tell
            return
        raise
    with answer, open(part, "ab" if answer.status == 206 else "wb") as out:
        have = out.tell()
        length = answer.headers.get("Content-Length")
        total = have + int(length) if length else 0
        progress = Progress(name, have, total)
        while piece := answer.read(PIECE):
            out.write(piece)
            have += len(piece)
            progress.at(have)
        progress.at(have, last=True)
        if total and have < total:
            raise ConnectionError(f"the connection ended {total - have} bytes early")


def sum_of(path):
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def fetch(files, folder):
    folder.mkdir(parents=True, exist_ok=True)
    for wanted, url, name in files:
        target, part = folder / name, folder / f"{name}.{wanted[:12]}.part"
        # The sum of what is there stands beside it: a changed list fetches a file of the same name anew.
        mark = folder / f"{name}.sha256"
        if target.exists() and mark.exists() and mark.read_text() == wanted:
            print(f"{name}: is there", flush=True)
            continue
        for attempt in range(1, TRIES + 1):
            try:
                download(url, part, name)
                break
            except (OSError, ValueError) as error:
                if attempt == TRIES:
                    sys.exit(f"{name}: {error}; given up after {TRIES} tries, the next run goes on from here")
                print(f"{name}: {error}; once more in {PAUSE * attempt:.0f} s", flush=True)
                time.sleep(PAUSE * attempt)
        print(f"{name}: checking its sum", flush=True)
        found = sum_of(part)
        if found != wanted:
            part.unlink()
            sys.exit(f"{name}: its SHA-256 is {found}, the list says {wanted}; nothing of it was kept")
        mark.unlink(missing_ok=True)
        part.replace(target)
        mark.write_text(wanted)
        print(f"{name}: whole and checked", flush=True)


def wait(files, folder):
    said = 0.0
    while True:
        missing = [
            (wanted, name)
            for wanted, _, name in files
            if not (folder / f"{name}.sha256").exists() or (folder / f"{name}.sha256").read_text() != wanted
        ]
        if not missing:
            print("everything is there", flush=True)
            return
        if time.monotonic() - said >= EVERY:
            said = time.monotonic()
            wanted, name = missing[0]
            part = folder / f"{name}.{wanted[:12]}.part"
            size = part.stat().st_size / 2**20 if part.exists() else 0
            print(f"waiting for {len(missing)} of {len(files)} files; {name}: {size:.0f} MiB so far", flush=True)
        time.sleep(0.5)


if __name__ == "__main__":
    if len(sys.argv) != 4 or sys.argv[1] not in ("fetch", "wait"):
        sys.exit(__doc__)
    {"fetch": fetch, "wait": wait}[sys.argv[1]](read_list(sys.argv[2]), Path(sys.argv[3]))
