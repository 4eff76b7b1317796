"""The job that fills the model volume, run against a server of its own that breaks off, lies about sums, or can't go on."""

import hashlib
import http.server
import os
import subprocess
import sys
import tempfile
import threading
import unittest
from pathlib import Path

SCRIPT = Path(__file__).resolve().parent.parent / "components/model-volume/fetch.py"
CONTENT = bytes(range(256)) * 20000
SUM = hashlib.sha256(CONTENT).hexdigest()


class Handler(http.server.BaseHTTPRequestHandler):
    """/whole has the file; /broken ends after half of it unless asked to go on; /anew knows no ranges; /secret wants a header."""

    asked = []

    def log_message(self, *_):
        pass

    def do_GET(self):
        wanted, kind = self.headers.get("Range"), self.path.split("/")[1]
        Handler.asked.append((kind, wanted))
        if kind == "secret" and self.headers.get("Authorization") != "Bearer s3cret":
            self.send_error(401)
            return
        first = int(wanted[6:-1]) if wanted and kind != "anew" else 0
        if first >= len(CONTENT):
            self.send_error(416)
            return
        self.send_response(206 if first else 200)
        self.send_header("Content-Length", str(len(CONTENT) - first))
        self.end_headers()
        self.wfile.write(CONTENT[first : len(CONTENT) // 2] if kind == "broken" and not first else CONTENT[first:])


class FetchTest(unittest.TestCase):
    def setUp(self):
        Handler.asked = []
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.address = f"http://127.0.0.1:{self.server.server_port}"
        self.kept = tempfile.TemporaryDirectory()
        self.folder = Path(self.kept.name) / "model"

    def tearDown(self):
        self.server.shutdown()
        self.server.server_close()
        self.kept.cleanup()

    def command(self, word, *lines):
        listed = Path(self.kept.name) / "files.txt"
        listed.write_text("# comment\n" + "".join(line + "\n" for line in lines))
        return [sys.executable, str(SCRIPT), word, str(listed), str(self.folder)]

    def run_it(self, word, *lines, **environment):
        return subprocess.run(
            self.command(word, *lines), capture_output=True, text=True, env={**os.environ, **environment}, timeout=120
        )

    def test_fetches_and_then_leaves_alone(self):
        line = f"{SUM} {self.address}/whole/model.gguf"
        done = self.run_it("fetch", line)
        self.assertEqual(0, done.returncode, done.stderr)
        self.assertEqual(CONTENT, (self.folder / "model.gguf").read_bytes())
        self.assertIn("model.gguf: 100 %, 5 MiB", done.stdout)
        self.assertIn("is there", self.run_it("fetch", line).stdout)
        self.assertEqual([("whole", None)], Handler.asked)
        self.assertEqual(["model.gguf", "model.gguf.sha256"], sorted(path.name for path in self.folder.iterdir()))

    def test_goes_on_where_it_was_cut(self):
        done = self.run_it("fetch", f"{SUM} {self.address}/broken/model.gguf")
        self.assertEqual(0, done.returncode, done.stderr)
        self.assertIn("bytes early", done.stdout)
        self.assertEqual([("broken", None), ("broken", f"bytes={len(CONTENT) // 2}-")], Handler.asked)

    def test_begins_anew_where_the_server_cannot_go_on(self):
        self.folder.mkdir()
        (self.folder / f"model.gguf.{SUM[:12]}.part").write_bytes(b"x" * 1000)
        done = self.run_it("fetch", f"{SUM} {self.address}/anew/model.gguf")
        self.assertEqual(0, done.returncode, done.stderr)
        self.assertEqual(CONTENT, (self.folder / "model.gguf").read_bytes())

    def test_finishes_what_an_earlier_run_had_whole(self):
        self.folder.mkdir()
        (self.folder / f"model.gguf.{SUM[:12]}.part").write_bytes(CONTENT)
        self.assertEqual(0, self.run_it("fetch", f"{SUM} {self.address}/whole/model.gguf").returncode)

    def test_keeps_nothing_of_a_wrong_file(self):
        done = self.run_it("fetch", f"{'0' * 64} {self.address}/whole/model.gguf")
        self.assertEqual(1, done.returncode)
        self.assertIn(f"its SHA-256 is {SUM}, the list says 000", done.stderr)
        self.assertEqual([], list(self.folder.iterdir()))

    def test_sends_the_header(self):
        done = self.run_it("fetch", f"{SUM} {self.address}/secret/model.gguf", MODEL_AUTHORIZATION="Bearer s3cret")
        self.assertEqual(0, done.returncode, done.stderr)
        self.assertNotIn("s3cret", done.stdout + done.stderr)

    def test_a_changed_list_fetches_the_same_name_anew(self):
        self.folder.mkdir()
        (self.folder / "model.gguf").write_bytes(b"an older model")
        (self.folder / "model.gguf.sha256").write_text("1" * 64)
        self.assertEqual(0, self.run_it("fetch", f"{SUM} {self.address}/whole/model.gguf").returncode)
        self.assertEqual(CONTENT, (self.folder / "model.gguf").read_bytes())

    def test_refuses_lists_that_are_none(self):
        for line in ("", "model.gguf", f"{SUM} file:///etc/passwd", f"{SUM} {self.address}/", f"{SUM[:-1]} {self.address}/whole/a"):
            done = self.run_it("fetch", line)
            self.assertEqual(1, done.returncode, line)
            self.assertTrue("names no file" in done.stderr or "line 2: not a SHA-256" in done.stderr, done.stderr)
        twice = self.run_it("fetch", f"{SUM} {self.address}/whole/a", f"{SUM} {self.address}/anew/a")
        self.assertIn("a file name of its own", twice.stderr)

    def test_waits_until_all_is_there(self):
        line = f"{SUM} {self.address}/whole/model.gguf"
        with subprocess.Popen(self.command("wait", line), stdout=subprocess.PIPE, text=True) as waiting:
            self.assertIn("waiting for 1 of 1 files", waiting.stdout.readline())
            self.assertIsNone(waiting.poll())
            self.run_it("fetch", line)
            self.assertIn("everything is there", waiting.stdout.read())
            self.assertEqual(0, waiting.wait(60))


if __name__ == "__main__":
    unittest.main()
