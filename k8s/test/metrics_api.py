"""Stands in for Prometheus and its adapter: scrapes the pods' processes, and answers the autoscaler as external.metrics.k8s.io.

The three figures are those that ../components/hpa/prometheus-adapter.yaml asks Prometheus for, computed here by hand over the same
minute: the scrape is the service's own, the translation is the test's. The API server reaches this through an APIService whose service
is an ExternalName of localhost, which needs no pod and no cluster network.
"""

import datetime
import http.server
import json
import re
import ssl
import subprocess
import threading
import time
import urllib.request

from kubelet import local

PORT, WINDOW, EVERY = 26444, 60.0, 2.0
GROUP = "/apis/external.metrics.k8s.io/v1beta1"
COUNTERS = {
    "waited": "tramontane_request_queue_time_seconds_sum",
    "admitted": "tramontane_request_queue_time_seconds_count",
    "refused": 'tramontane_requests_refused_total{cause="busy"}',
    "finished": "tramontane_requests_finished_total",
}


def value(scrape, series):
    """The sum of the series that begin so; 0 where there is none."""
    start = series.rstrip("}")
    return sum(float(number) for number in re.findall(rf"^{re.escape(start)}[^ ]* ([-+0-9.eE]+)$", scrape, re.M))


class Metrics(threading.Thread):
    """Scrapes what `addresses` returns (pod name to pod address), every two seconds."""

    def __init__(self, addresses):
        super().__init__(daemon=True)
        self.addresses, self.history, self.reserved = addresses, [], 0.0
        self.stopped = threading.Event()

    def run(self):
        while not self.stopped.wait(EVERY):
            reserved, counters = 0.0, {}
            for name, address in self.addresses().items():
                try:
                    with urllib.request.urlopen(f"http://{local(address)}:9090/metrics", timeout=5) as answer:
                        scrape = answer.read().decode()
                except OSError:
                    continue  # not up yet, or gone: as a target that is down
                reserved += value(scrape, "tramontane_cache_reserved_ratio")
                counters[name] = {word: value(scrape, series) for word, series in COUNTERS.items()}
            self.reserved = reserved
            self.history = [(at, old) for at, old in self.history if time.monotonic() - at < WINDOW] + [(time.monotonic(), counters)]

    def grown(self, word):
        """By how much a counter grew within the window, summed over pods; a pod that is new counts from its first scrape."""
        total = 0.0
        for (_, before), (_, after) in zip(self.history, self.history[1:]):
            total += sum(max(now[word] - before[name][word], 0) for name, now in after.items() if name in before)
        return total

    def figures(self):
        refused = self.grown("refused")
        return {
            "tramontane_reserved_caches": self.reserved,
            "tramontane_queue_wait_seconds": min(self.grown("waited") / max(self.grown("admitted"), 1e-9), 2),
            "tramontane_refused_share": min(refused / max(refused + self.grown("finished"), 1e-9), 0.02),
        }


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    metrics = None

    def log_message(self, *_):
        pass

    def do_GET(self):
        path, figures = self.path.split("?")[0].rstrip("/"), self.metrics.figures()
        name = path.rsplit("/", 1)[-1]
        if path == GROUP:
            resource = {"singularName": "", "namespaced": True, "kind": "ExternalMetricValueList", "verbs": ["get"]}
            body = {"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": GROUP[6:]}
            body["resources"] = [{"name": each, **resource} for each in figures]
        elif path.startswith(GROUP + "/namespaces/") and name in figures:
            stamp = datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
            item = {"metricName": name, "metricLabels": {}, "timestamp": stamp, "value": f"{round(figures[name] * 1000)}m"}
            body = {"kind": "ExternalMetricValueList", "apiVersion": GROUP[6:], "metadata": {}, "items": [item]}
        else:
            body = {"kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": "NotFound", "code": 404}
        raw = json.dumps(body).encode()
        self.send_response(body.get("code", 200))
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(raw)))
        self.end_headers()
        self.wfile.write(raw)


def serve(metrics, folder):
    """Answers on loopback, in threads of its own; returns the server."""
    key, certificate = folder / "metrics.key", folder / "metrics.crt"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", certificate, "-days", "2"]
        + ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"],
        check=True,
        capture_output=True,
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", PORT), type("Bound", (Handler,), {"metrics": metrics}))
    server.daemon_threads = True
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


def registration():
    """What tells the API server of it."""
    yield {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "metrics-api", "namespace": "default"},
        "spec": {"type": "ExternalName", "externalName": "localhost", "ports": [{"port": PORT, "protocol": "TCP"}]},
    }
    yield {
        "apiVersion": "apiregistration.k8s.io/v1",
        "kind": "APIService",
        "metadata": {"name": "v1beta1.external.metrics.k8s.io"},
        "spec": {
            "group": "external.metrics.k8s.io",
            "version": "v1beta1",
            "insecureSkipTLSVerify": True,
            "groupPriorityMinimum": 100,
            "versionPriority": 100,
            "service": {"name": "metrics-api", "namespace": "default", "port": PORT},
        },
    }
