"""The API server that control-plane.sh started, and waiting for what it should show."""

import json
import ssl
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

import yaml

BEGAN = time.monotonic()


def say(words):
    print(f"{time.monotonic() - BEGAN:7.1f} s  {words}", flush=True)


class Refused(Exception):
    """The API server's own words, and its status."""

    def __init__(self, status, words):
        super().__init__(words)
        self.status = status


class Cluster:
    def __init__(self, folder):
        config = yaml.safe_load((Path(folder) / "kubeconfig").read_text())
        self.url = config["clusters"][0]["cluster"]["server"]
        self.token = config["users"][0]["user"]["token"]
        self.context = ssl._create_unverified_context()

    def call(self, method, path, body=None, kind="application/json"):
        request = urllib.request.Request(self.url + path, method=method, data=None if body is None else json.dumps(body).encode())
        request.add_header("Authorization", "Bearer " + self.token)
        request.add_header("Content-Type", kind)
        try:
            with urllib.request.urlopen(request, timeout=30, context=self.context) as answer:
                return json.loads(answer.read())
        except urllib.error.HTTPError as error:
            text = error.read().decode(errors="replace")
            try:
                text = json.loads(text).get("message", text)
            except ValueError:
                pass
            raise Refused(error.code, text) from None

    def get(self, path, **query):
        return self.call("GET", path + ("?" + urllib.parse.urlencode(query) if query else ""))

    def patch(self, path, body):
        return self.call("PATCH", path, body, "application/merge-patch+json")

    def apply(self, things, *options, namespace="tramontane"):
        """Applies objects as a person does, unknown fields refused; returns what kubectl says."""
        if not things:
            return ""
        text = yaml.safe_dump_all(things)
        command = ["kubectl", "apply", "--server-side", "--force-conflicts", "--validate=strict", "-n", namespace, *options, "-f", "-"]
        done = subprocess.run(command, input=text, capture_output=True, text=True)
        if done.returncode:
            raise Refused(done.returncode, done.stderr.strip())
        return done.stdout.strip()

    def kubectl(self, *words):
        done = subprocess.run(["kubectl", *words], capture_output=True, text=True)
        if done.returncode:
            raise Refused(done.returncode, done.stderr.strip())
        return done.stdout.strip()

    def pods(self, namespace="tramontane", component="server"):
        found = self.get(f"/api/v1/namespaces/{namespace}/pods", labelSelector=f"app.kubernetes.io/component={component}")
        return found["items"]


def is_ready(pod):
    return any(c["type"] == "Ready" and c["status"] == "True" for c in pod["status"].get("conditions", []))


def until(words, condition, limit=300):
    """Waits for what must come, and says when it did; what never comes is a failure."""
    end = time.monotonic() + limit
    while True:
        found = condition()
        if found:
            say(words)
            return found
        if time.monotonic() > end:
            raise AssertionError(f"not within {limit} s: {words}")
        time.sleep(0.3)
