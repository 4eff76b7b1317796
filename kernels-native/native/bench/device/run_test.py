#!/usr/bin/env python3
"""What run.py does with blocks that fail, hang or come too late; and the parts of what it writes."""

import contextlib
import io
import json
import os
import pathlib
import re
import struct
import subprocess
import sys
import tempfile
import time
import types
import unittest
import unittest.mock

import random_gguf
import rates
import run


class RunTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.out = pathlib.Path(folder.name)
        self.run = self.a_run(60)

    def a_run(self, seconds):
        options = types.SimpleNamespace(dry=True, build=self.out / "build", out=self.out, server="", seconds=seconds)
        made = run.Run(options)
        self.addCleanup(made.results.close)
        return made

    @staticmethod
    def lives(number):
        """A process that nobody has waited for doesn't."""
        try:
            return pathlib.Path(f"/proc/{number}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
        except OSError:
            return False

    def block(self, body, limit=30, of=None):
        with contextlib.redirect_stdout(io.StringIO()):
            (of or self.run).block("block", 1, limit, body)
        return json.loads((self.out / "results.jsonl").read_text().splitlines()[-1])

    def test_a_block_is_written_as_soon_as_it_ends(self):
        def body(_, figures):
            figures.append({"what": "a", "value": 2.5, "unit": "tok/s", "share": 0.5})

        result = self.block(body)
        self.assertEqual((result["block"], result["status"], result["figures"][0]["value"]), ("block", "ok", 2.5))

    def test_what_fails_keeps_its_figures_and_leaves_the_next_its_turn(self):
        def body(made, figures):
            figures.append({"what": "first", "text": "there"})
            made.call([sys.executable, "-c", "print('why'); raise SystemExit(3)"], "log")

        result = self.block(body)
        self.assertEqual(result["status"], "failed")
        self.assertIn("ended with 3: why", result["why"])
        self.assertEqual(len(result["figures"]), 1)
        self.assertEqual(self.block(lambda made, figures: None)["status"], "ok")

    def test_what_hangs_is_cut_off_and_its_output_is_kept(self):
        result = self.block(lambda made, figures: made.call(["sh", "-c", "echo so far; sleep 600"], "log"), limit=2)
        self.assertEqual(result["status"], "cut off")
        self.assertEqual((self.out / "log.log").read_text(), "so far\n")

    def test_what_is_cut_off_takes_along_what_it_started(self):
        result = self.block(lambda made, figures: made.call(["sh", "-c", "sleep 600 & echo $!; wait"], "log"), limit=2)
        self.assertEqual(result["status"], "cut off")
        number, ends = int((self.out / "log.log").read_text()), time.monotonic() + 30
        while self.lives(number):
            self.assertLess(time.monotonic(), ends)
            time.sleep(0.05)

    def test_a_run_that_compares_no_hash_fails(self):
        self.run.dry = False
        for text, passes in ("cuda: 135 hashes, as on 9.0", True), ("cuda: how it adds is not known: NO HASH IS COMPARED", False), ("nothing", False):
            self.run.test = lambda name, part="", text=text: text
            with contextlib.nullcontext() if passes else self.assertRaises(RuntimeError):
                run.instructions(self.run, [])

    def test_what_cannot_be_measured_here_says_so(self):
        def body(_, figures):
            raise run.Skipped("not here")

        self.assertEqual((self.block(body)["status"], self.block(body)["why"]), ("skipped", "not here"))

    def test_no_block_begins_after_the_end(self):
        self.assertEqual(self.block(lambda made, figures: self.fail("began"), of=self.a_run(5))["status"], "no time")

    def test_rates_are_read_and_become_shares(self):
        lines = ["prefill 512                   10000.0 tok/s     51.200 ms (fastest   50.000)",
                 "decode b8 context 4096         1600.0 tok/s      5.000 ms (fastest    4.900)    2.00 TB/s  46.4 %",
                 "decode b256 context 4096     no room", "weights 14.200 GB, prepared in 0.500 s, 28.400 GB/s"]
        self.run.call = lambda command, log: "\n".join(lines)
        self.run.ceilings = {"read_bytes": 4e12, "warp_products": 1e12, "group_products": 279.2e12, "upload_bytes": 56.8e9}
        figures = []
        self.run.dry = False
        rates.of_type(self.run, figures, "BF16")
        self.assertEqual([(f["what"], f.get("value"), f.get("share"), f.get("text")) for f in figures],
                         [("BF16 load of 14.200 GB", 28.4, 0.5, None), ("BF16 prefill 512", 10000.0, 0.5, None), ("BF16 decode 8 at 4096", 1600.0, 0.5, None),
                          ("BF16 decode 256 at 4096", None, None, "no room")])
        for nothing in "", lines[2], lines[3]:
            self.run.call = lambda command, log, nothing=nothing: nothing
            with self.assertRaises(RuntimeError):
                rates.of_type(self.run, figures, "Q4_0")  # what was measured of another type is none of this one

    def test_as_many_layers_of_experts_as_fit_are_measured(self):
        commands = []

        def call(command, log):
            commands.append(" ".join(map(str, command)))
            return "prefill 512                   10000.0 tok/s     51.200 ms (fastest   50.000)"

        self.run.call, self.run.dry = call, False
        self.run.ceilings = {"read_bytes": 4e12, "warp_products": 1e12, "group_products": 2 * 10 * 394.3e6 * 20000}
        figures = []
        rates.of_experts(self.run, figures, 25.6e9 + 10 * 2.9029e9)
        self.assertIn("shape=8x7b layers=10 ", commands[-1])
        self.assertEqual(figures[1], {"what": "experts prefill 512", "value": 10000.0, "unit": "tok/s", "ms": 51.2, "share": 0.5})
        self.assertEqual(rates.layers_that_fit(140e9), 32)  # an H200 has all
        with self.assertRaises(RuntimeError):
            rates.of_experts(self.run, figures, 26e9)

    def test_a_kernel_that_fails_does_not_hide_the_others(self):
        def test(name, part="", **environment):
            if name == "stage_test":
                raise RuntimeError("stage_test ended with 1")
            return "3 tests, 0 failures\n"

        self.run.test, self.run.dry, figures = test, False, []
        with self.assertRaisesRegex(RuntimeError, "stage_test ended with 1"):
            run.kernels(self.run, figures)
        self.assertEqual([figure["what"] for figure in figures], [name for name, _ in run.KERNELS])
        self.assertEqual({figure["text"] for figure in figures[1:]}, {"3 tests, 0 failures"})

    def test_every_part_of_a_test_is_there(self):
        sources = run.NATIVE / "test"
        text = (pathlib.Path(run.__file__)).read_text()
        named = [*run.KERNELS, *re.findall(r'\("\w+check", "(\w+)", "(\w+)"\)', text)]
        self.assertGreater(len(named), len(run.KERNELS) + 4)
        for test, part in named:
            self.assertTrue(re.search(rf"TEST\(\w*{part}", (sources / f"{test}.cpp").read_text()), f"{test} has no {part}")
            self.assertIn(test, run.TESTS)

    def test_every_type_that_a_device_multiplies_is_measured(self):
        types = set(re.findall(r"^  X\((\w+), +\d", (run.NATIVE / "src" / "element_types.h").read_text(), re.M)) - {"F32"}
        self.assertGreater(len(types), 14)
        self.assertEqual(types, {*run.OTHERS, *(block for block in run.BLOCKS if block in types)})

    def test_what_is_served_stands_beside_the_bare_step(self):
        lines = [{"block": "served", "status": "ok", "figures": [{"what": "served to 1", "value": 97.0, "unit": "tok/s"},
                                                                 {"what": "served to 16", "value": 5.0, "unit": "tok/s"}]},
                 {"block": "Q8_0", "status": "ok", "figures": [{"what": "Q8_0 decode 1 at 512", "value": 100.0, "unit": "tok/s"}]}]
        run.put_served_beside_step(lines)
        self.assertEqual([figure.get("of_step") for figure in lines[0]["figures"]], [0.97, None])
        self.assertIn("| served | served to 1 | 97 tok/s (97.0% of the bare step's) |  |", run.table(lines))

    def test_a_peer_that_is_there_is_measured(self):
        bench = self.out / "llama-bench"
        bench.write_text("""#!/bin/sh
test -s "$2" || exit 3
echo loading
echo '{"n_prompt": 2048, "n_gen": 0, "avg_ts": 1234.56}'
echo '{"n_prompt": 0, "n_gen": 64, "avg_ts": 77.01}'
""")
        bench.chmod(0o755)
        with unittest.mock.patch.object(random_gguf, "REPEATED", 1 << 12), unittest.mock.patch.dict(os.environ, PATH=f"{self.out}:/usr/bin:/bin"):
            result = self.block(lambda made, figures: run.llama(made, figures))
        self.assertEqual([(f["what"], f["value"]) for f in result["figures"]],
                         [("llama.cpp, Q8_0, prefill 2048", 1234.6), ("llama.cpp, Q8_0, decode 1", 77.0)])
        self.assertFalse((self.out / "peer.gguf").exists())

    def test_a_whole_model_that_is_off_fails(self):
        line = {"prompt": 64, "error": 0.009, "greedy": 1.0, "chunked_is_whole": True, "beside": "ref"}
        for changed, passes in ({}, True), ({"error": 0.011}, False), ({"error": float("nan")}, False), ({"chunked_is_whole": False}, False), (
                {"their_error": 0.02, "their_greedy": 1.0}, True), ({"greedy": 0.98, "their_error": 0.02, "their_greedy": 0.99}, False):
            self.run.call = lambda command, log, changed=changed: json.dumps({**line, **changed})
            with contextlib.nullcontext() if passes else self.assertRaises(RuntimeError):
                run.whole_model(self.run, [])

    def test_the_table_has_what_failed_and_shares(self):
        text = run.table([{"block": "a", "status": "failed", "why": "broken", "figures": []},
                          {"block": "b", "status": "ok", "figures": [{"what": "x", "value": 3, "unit": "TB/s", "share": 0.77}]}])
        self.assertIn("| a | **failed** | broken | |", text)
        self.assertIn("| b | x | 3 TB/s | 77% |", text)

    def test_blocks_fit_into_the_time_of_a_machine(self):
        carried = sum(estimate for name, (estimate, _, _) in run.BLOCKS.items() if name != "build")
        self.assertLess(carried, 530)
        for name, (estimate, limit, _) in run.BLOCKS.items():
            self.assertLessEqual(estimate, limit, name)
        self.assertEqual(subprocess.run([sys.executable, run.HERE / "run.py", "--only", "nothing"], capture_output=True).returncode, 2)


class RandomGgufTest(unittest.TestCase):
    def setUp(self):
        self.addCleanup(setattr, random_gguf, "REPEATED", random_gguf.REPEATED)
        random_gguf.REPEATED = 1 << 12

    def test_a_file_has_the_size_that_its_tensors_say(self):
        shape = {"layers": 1, "width": 64, "heads": 2, "kv_heads": 1, "head_dim": 32, "ffn": 96, "vocab": 300, "window": 8, "context": 64}
        with tempfile.TemporaryDirectory() as folder:
            for kind in ("Q8_0", "Q4_0", "BF16", "F16"):
                path = pathlib.Path(folder) / "m.gguf"
                random_gguf.write(path, shape, kind)
                data = path.read_bytes()
                self.assertEqual(struct.unpack("<IIQ", data[:16]), (0x46554747, 3, 12))
                _, elements, size = random_gguf.TYPES[kind]
                weights = 300 * 64 * 2 + 64 * 64 * 2 + 32 * 64 * 2 + 96 * 64 * 3
                self.assertGreaterEqual(len(data), weights // elements * size + 3 * 64 * 4)

    def test_words_differ(self):
        words = random_gguf.pieces(2000)
        self.assertEqual(len(set(words)), 2000)


if __name__ == "__main__":
    unittest.main()
