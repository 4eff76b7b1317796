"""A stand-in for an endpoint picker: it keeps the published protocol towards Envoy (ext_proc, both bodies in full duplex) and scores
servers as the published picker does by default. It is none of the published ones, which tests here can't run.

    picker.py GRPC_PORT HTTP_PORT HOST:PORT,... ROLE=SPEC...

ROLE is queue, running, cache, blocks or page, SPEC a metric's name with the labels to look for, as in an engineConfigs entry of the
published picker: blocks=tramontane_cache_pages{state=total}. GET /state at HTTP_PORT says what is known of each server and what was
picked. What Kubernetes would do for a picker, to say which pods are ready, it does by itself, from /readyz.
"""

import json
import sys
import threading
import time
import urllib.error
import urllib.request
from collections import Counter, OrderedDict
from concurrent import futures
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import grpc
import xxhash
from envoy.config.core.v3 import base_pb2
from envoy.service.ext_proc.v3 import external_processor_pb2 as ext_proc
from envoy.service.ext_proc.v3 import external_processor_pb2_grpc
from google.protobuf import struct_pb2
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from prometheus_client.parser import text_string_to_metric_families

DESTINATION = "x-gateway-destination-endpoint"
METADATA = "envoy.lb"
TICK_SECONDS = 0.05  # the published picker's --refresh-metrics-interval
PIECE_BYTES = 62_000  # of a body that goes back to Envoy
REMEMBERED_BLOCKS = 31_250
BYTES_PER_TOKEN = 4
LEAST_BLOCK_TOKENS = 64


def specification(text):
    """`name{label=value}` as a name and labels."""
    name, _, labels = text.partition("{")
    return name, dict(label.split("=") for label in labels.rstrip("}").split(",") if label)


class Server:
    """What is known of one server, from its probe and its metrics."""

    def __init__(self, address):
        self.address = address
        self.ready = False
        self.figures = {"queue": 0.0, "running": 0.0, "cache": 0.0, "blocks": 0.0, "page": 0.0}
        self.sent = OrderedDict()  # blocks of prompts that went there

    def look(self, specifications):
        self.ready = self._get("/readyz") is not None
        text = self._get("/metrics")
        if text is None:
            return  # keeps what it had, as the published picker does
        samples = [sample for family in text_string_to_metric_families(text) for sample in family.samples]
        for role, (name, labels) in specifications.items():
            # Of several series the first one counts: nothing is summed.
            found = (s for s in samples if s.name == name and labels.items() <= s.labels.items())
            sample = next(found, None)
            if sample is not None:
                self.figures[role] = sample.value

    def _get(self, path):
        try:
            with urllib.request.urlopen(f"http://{self.address}{path}", timeout=1) as answer:
                return answer.read().decode()
        except (urllib.error.URLError, OSError):
            return None

    def remember(self, chain):
        for block in chain:
            self.sent[block] = True
            self.sent.move_to_end(block)
        limit = int(self.figures["blocks"]) or REMEMBERED_BLOCKS
        while len(self.sent) > limit:
            self.sent.popitem(last=False)

    def share_seen(self, chain):
        seen = 0
        for block in chain:
            if block not in self.sent:
                break
            seen += 1
        return seen / len(chain) if chain else 0.0


class Pool:
    """All servers, and the choice among them."""

    def __init__(self, addresses, specifications):
        self.servers = [Server(address) for address in addresses]
        self.picks = Counter()
        self.lock = threading.Lock()
        for server in self.servers:
            threading.Thread(target=self._watch, args=(server, specifications), daemon=True).start()

    @staticmethod
    def _watch(server, specifications):
        while True:
            server.look(specifications)
            time.sleep(TICK_SECONDS)

    def pick(self, body):
        """The best ready server for a request, or None. Raises ValueError for a body that is none."""
        chain = self._chain(body)
        with self.lock:
            ready = [server for server in self.servers if server.ready]
            if not ready:
                return None
            queues = [server.figures["queue"] for server in ready]
            span = max(queues) - min(queues)

            def score(server):
                queue = (max(queues) - server.figures["queue"]) / span if span else 1.0
                return 2 * queue + 2 * (1 - server.figures["cache"]) + 3 * server.share_seen(chain)

            # Among equals the one that was picked least, so that a test knows where the next one goes.
            best = min(ready, key=lambda server: (-score(server), self.picks[server.address]))
            best.remember(chain)
            self.picks[best.address] += 1
            return best.address

    def _chain(self, body):
        """Hashes of the prompt's blocks, each with all before it: no tokenizer, four bytes for a token."""
        if not body:
            return []
        request = json.loads(body)
        if "messages" in request:
            if not request["messages"]:
                raise ValueError("messages must not be empty")
            text = "".join(message.get("role", "") + str(message.get("content") or "") for message in request["messages"])
        else:
            text = str(request.get("prompt", request.get("input", "")))
        page = max(server.figures["page"] for server in self.servers)
        size = BYTES_PER_TOKEN * max(LEAST_BLOCK_TOKENS, int(page))
        raw = text.encode()
        state = xxhash.xxh64((request.get("model", "") + request.get("cache_salt", "")).encode())
        chain = []
        for start in range(0, len(raw), size):
            state.update(raw[start : start + size])
            chain.append(state.intdigest())
        return chain

    def state(self):
        return {
            server.address: {"ready": server.ready, "picks": self.picks[server.address], **server.figures}
            for server in self.servers
        }


class Processor(external_processor_pb2_grpc.ExternalProcessorServicer):
    """One stream of messages for each request."""

    def __init__(self, pool):
        self.pool = pool

    def Process(self, messages, context):
        body = b""
        for message in messages:
            kind = message.WhichOneof("request")
            if kind == "request_headers":
                if message.request_headers.end_of_stream:
                    yield self._choice(b"")
            elif kind == "request_body":
                # Nothing is answered until all of it is there: headers first, then the body in pieces.
                body += message.request_body.body
                if message.request_body.end_of_stream:
                    choice = self._choice(body)
                    yield choice
                    if choice.HasField("immediate_response"):
                        return
                    for start in range(0, len(body) or 1, PIECE_BYTES):
                        piece = body[start : start + PIECE_BYTES]
                        yield streamed("request_body", piece, start + PIECE_BYTES >= len(body))
            elif kind == "response_body":
                # Each piece goes back at once, or a stream of events would be held up here.
                yield streamed("response_body", message.response_body.body, message.response_body.end_of_stream)
            elif kind == "response_headers":
                yield ext_proc.ProcessingResponse(response_headers=ext_proc.HeadersResponse())
            elif kind in ("request_trailers", "response_trailers"):
                yield ext_proc.ProcessingResponse(**{kind: ext_proc.TrailersResponse()})

    def _choice(self, body):
        try:
            address = self.pool.pick(body)
        except ValueError as wrong:
            return refusal(400, f"bad request: {wrong}")
        if address is None:
            return refusal(503, "no ready endpoints")
        header = base_pb2.HeaderValueOption(header=base_pb2.HeaderValue(key=DESTINATION, raw_value=address.encode()))
        metadata = struct_pb2.Struct()
        metadata.update({METADATA: {DESTINATION: address}})
        return ext_proc.ProcessingResponse(
            dynamic_metadata=metadata,
            request_headers=ext_proc.HeadersResponse(
                response=ext_proc.CommonResponse(
                    clear_route_cache=True, header_mutation=ext_proc.HeaderMutation(set_headers=[header])
                )
            ),
        )


def streamed(kind, piece, last):
    mutation = ext_proc.BodyMutation(streamed_response=ext_proc.StreamedBodyResponse(body=piece, end_of_stream=last))
    response = ext_proc.BodyResponse(response=ext_proc.CommonResponse(body_mutation=mutation))
    return ext_proc.ProcessingResponse(**{kind: response})


def refusal(status, words):
    return ext_proc.ProcessingResponse(
        immediate_response=ext_proc.ImmediateResponse(status={"code": status}, body=words.encode())
    )


def serve_state(pool, port):
    class State(BaseHTTPRequestHandler):
        def do_GET(self):
            body = json.dumps(pool.state()).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *words):
            pass

    threading.Thread(target=ThreadingHTTPServer(("127.0.0.1", port), State).serve_forever, daemon=True).start()


def main():
    grpc_port, http_port, servers, *roles = sys.argv[1:]
    pool = Pool(servers.split(","), {role: specification(spec) for role, spec in (r.split("=", 1) for r in roles)})
    server = grpc.server(futures.ThreadPoolExecutor(32))
    external_processor_pb2_grpc.add_ExternalProcessorServicer_to_server(Processor(pool), server)
    states = health.HealthServicer()
    health_pb2_grpc.add_HealthServicer_to_server(states, server)
    for name in ("", "liveness", "readiness", "envoy.service.ext_proc.v3.ExternalProcessor"):
        states.set(name, health_pb2.HealthCheckResponse.SERVING)
    server.add_insecure_port(f"127.0.0.1:{grpc_port}")
    server.start()
    serve_state(pool, int(http_port))
    server.wait_for_termination()


if __name__ == "__main__":
    main()
