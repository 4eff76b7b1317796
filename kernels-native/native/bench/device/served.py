#!/usr/bin/env python3
"""Tokens a second that a server gives clients, through Java and HTTP: served.py PROGRAM BACKEND FOLDER [toy]

PROGRAM is a tramontane (an unpacked archive's, with its own runtime). Writes a random model into FOLDER, serves it, and lets 1, 16, 64 and 256
clients ask for 128 tokens each, after prompts of their own. Prints a line of JSON for each number of clients.
"""

import concurrent.futures
import http.client
import json
import pathlib
import random
import re
import shlex
import subprocess
import sys
import time

import random_gguf

SEVEN = {"layers": 32, "width": 4096, "heads": 32, "kv_heads": 8, "head_dim": 128, "ffn": 14336, "vocab": 32000, "window": 4096, "context": 8192}
TOY = {"layers": 2, "width": 64, "heads": 4, "kv_heads": 2, "head_dim": 16, "ffn": 128, "vocab": 320, "window": 64, "context": 512}
STARTS = 120  # seconds


def ask(port, words, tokens):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
    connection.request("POST", "/v1/completions", json.dumps({"prompt": words, "max_tokens": tokens, "ignore_eos": True, "temperature": 0}),
                       {"Content-Type": "application/json"})
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    if answer.status != 200:
        raise RuntimeError(f"{answer.status}: {body[:300]!r}")
    return json.loads(body)["usage"]["completion_tokens"]


def measure(port, clients, words, tokens):
    draw = random.Random(clients)
    prompts = [" ".join(draw.choice("abcdefghij") for _ in range(words)) for _ in range(clients)]
    began = time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(clients) as pool:
        made = sum(pool.map(lambda prompt: ask(port, prompt, tokens), prompts))
    seconds = time.monotonic() - began
    return {"clients": clients, "tokens": made, "seconds": round(seconds, 3), "rate": round(made / seconds, 1)}


def main(arguments):
    if len(arguments) not in (3, 4):
        sys.exit(__doc__)
    program, backend, folder, toy = shlex.split(arguments[0]), arguments[1], pathlib.Path(arguments[2]), arguments[3:] == ["toy"]
    counts, words, tokens = ([1, 4], 5, 4) if toy else ([1, 16, 64, 256], 64, 128)
    folder.mkdir(parents=True, exist_ok=True)
    model = folder / "random.gguf"
    random_gguf.write(model, TOY if toy else SEVEN, "Q8_0")
    log = open(folder / "server.log", "wb")
    server = subprocess.Popen([*program, "serve", "--model", str(model), "--backend", backend, "--port", "0", "--max-batch", str(max(counts)),
                               "--max-sequences", str(max(counts)), "--context", str(64 if toy else 1024)], stdout=log, stderr=subprocess.STDOUT)
    try:
        port, ends = None, time.monotonic() + STARTS
        while port is None:
            found = re.search(rb" at http://127\.0\.0\.1:(\d+)", (folder / "server.log").read_bytes())
            port = int(found[1]) if found else None
            if server.poll() is not None or time.monotonic() > ends:
                sys.exit("the server did not start: " + (folder / "server.log").read_text(errors="replace")[-2000:])
            time.sleep(0.1)
        ask(port, "a b c", tokens)
        for clients in counts:
            print(json.dumps(measure(port, clients, words, tokens)), flush=True)
    finally:
        server.terminate()
        try:
            server.wait(20)
        except subprocess.TimeoutExpired:
            server.kill()
        model.unlink()


if __name__ == "__main__":
    main(sys.argv[1:])
