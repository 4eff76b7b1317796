"""Readers of the service in a cluster: each asks one of the ready endpoints, as kube-proxy would choose for a connection, reads the
stream to its end, and asks again. Every answer is held against the one that the same prompt got when nobody else asked."""

import http.client
import json
import random
import threading
import time

from kubelet import local

PROMPTS = ["Count to one hundred.", "Why is the sky blue?", "Name ten rivers.", "Tell a story about a wind."]
# Routers hear of a change this much later.
LATE = 1.0


class Endpoints(threading.Thread):
    """The ready addresses behind a service, from its endpoint slices, as late as a router hears of them."""

    def __init__(self, cluster, service="tramontane", namespace="tramontane"):
        super().__init__(daemon=True)
        self.cluster, self.service, self.namespace = cluster, service, namespace
        self.ready, self.stopped = [], threading.Event()

    def run(self):
        path = f"/apis/discovery.k8s.io/v1/namespaces/{self.namespace}/endpointslices"
        while not self.stopped.wait(LATE):
            slices = self.cluster.get(path, labelSelector=f"kubernetes.io/service-name={self.service}")["items"]
            self.ready = sorted(
                address
                for each in slices
                for endpoint in each.get("endpoints") or []
                if endpoint["conditions"].get("ready")
                for address in endpoint["addresses"]
            )


class Failure(Exception):
    """A request that a client would call failed."""


def ask(address, key, prompt, tokens):
    """The text of a streamed answer, whole; anything else is a failure."""
    connection = http.client.HTTPConnection(local(address), 8080, timeout=300)
    try:
        body = {"messages": [{"role": "user", "content": prompt}], "max_tokens": tokens, "temperature": 0, "stream": True}
        connection.request("POST", "/v1/chat/completions", json.dumps(body), {"Content-Type": "application/json", "Authorization": f"Bearer {key}"})
        answer = connection.getresponse()
        if answer.status == 429:
            raise BusyError(answer.read().decode())
        if answer.status != 200:
            raise Failure(f"{address}: {answer.status} {answer.read().decode(errors='replace')[:300]}")
        text, reason = "", None
        for line in answer:
            if not line.startswith(b"data: "):
                continue
            data = line[6:].strip()
            if data == b"[DONE]":
                if reason not in ("length", "stop"):
                    raise Failure(f"{address}: ended for {reason}")
                return text
            event = json.loads(data)
            if "error" in event:
                raise Failure(f"{address}: {event['error']}")
            for choice in event["choices"]:
                text += choice["delta"].get("content") or ""
                reason = choice["finish_reason"] or reason
        raise Failure(f"{address}: the stream was cut after {len(text)} characters")
    except (OSError, http.client.HTTPException) as error:
        raise Failure(f"{address}: {error!r}") from error
    finally:
        connection.close()


class BusyError(Exception):
    """429: the service is full, and said when to come again."""


class Load:
    """So many readers, one after another's end, until stopped."""

    def __init__(self, endpoints, key, tokens):
        self.endpoints, self.key, self.tokens = endpoints, key, tokens
        self.expected, self.failures, self.answers, self.busy = {}, [], 0, 0
        self.stopped, self.threads, self.lock = threading.Event(), [], threading.Lock()

    def learn(self):
        """What each prompt's answer is while nobody else asks."""
        for prompt in PROMPTS:
            self.expected[prompt] = ask(self.endpoints.ready[0], self.key, prompt, self.tokens)

    def start(self, readers):
        for number in range(readers):
            thread = threading.Thread(target=self.read, args=(random.Random(number),), daemon=True)
            thread.start()
            self.threads.append(thread)

    def read(self, chance):
        while not self.stopped.is_set():
            prompt, ready = chance.choice(PROMPTS), self.endpoints.ready
            try:
                if not ready:
                    raise Failure("the service has no ready endpoint")
                text = ask(chance.choice(ready), self.key, prompt, self.tokens)
                if text != self.expected[prompt]:
                    raise Failure(f"another answer to {prompt!r}: {text!r}, not {self.expected[prompt]!r}")
                with self.lock:
                    self.answers += 1
            except BusyError:
                with self.lock:
                    self.busy += 1
                time.sleep(2)
            except Failure as failure:
                with self.lock:
                    self.failures.append(str(failure))

    def stop(self):
        """Lets every stream come to its end."""
        self.stopped.set()
        for thread in self.threads:
            thread.join()
