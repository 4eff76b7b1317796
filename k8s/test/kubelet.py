"""Plays a node whose pods are processes of the service on this machine: environment, probes, hook, signal and grace period as the pod's
object says. Pods need addresses that the API takes, so 10.200.0.N stands for 127.0.200.N, where pod N listens."""

import datetime
import os
import signal
import subprocess
import threading
import time
import urllib.error
import urllib.request

from cluster import Refused, say

NODE = "processes"


def address(number):
    return f"127.0.200.{number}"


def local(pod_ip):
    return pod_ip.replace("10.200.0.", "127.0.200.")


def now():
    return datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


class Pod:
    """One pod and its process."""

    def __init__(self, kubelet, thing, number):
        self.kubelet, self.number = kubelet, number
        self.name, self.namespace = thing["metadata"]["name"], thing["metadata"]["namespace"]
        self.path = f"/api/v1/namespaces/{self.namespace}/pods/{self.name}"
        self.spec, self.container = thing["spec"], thing["spec"]["containers"][0]
        self.began, self.started, self.ready, self.failures, self.asked = now(), False, False, {}, {}
        self.ending, self.killed = False, False
        self.log = open(kubelet.folder / f"{self.name}.log", "w")
        self.process = subprocess.Popen(
            [*kubelet.program, *self.container["args"]],
            env={**os.environ, **kubelet.environment(self)},
            stdout=self.log,
            stderr=subprocess.STDOUT,
            cwd=kubelet.folder,
            start_new_session=True,
        )
        say(f"kubelet: {self.name} runs as process {self.process.pid}")

    def probe(self, kind):
        """True or False once the probe has decided, None before."""
        wanted = self.container[f"{kind}Probe"]
        if time.monotonic() < self.asked.get(kind, 0):
            return None
        self.asked[kind] = time.monotonic() + wanted.get("periodSeconds", 10)
        ports = {port["name"]: port["containerPort"] for port in self.container["ports"]}
        url = f"http://{address(self.number)}:{ports[wanted['httpGet']['port']]}{wanted['httpGet']['path']}"
        try:
            with urllib.request.urlopen(url, timeout=wanted.get("timeoutSeconds", 1)):
                self.failures[kind] = 0
                return True
        except (OSError, urllib.error.URLError):
            self.failures[kind] = self.failures.get(kind, 0) + 1
            return False if self.failures[kind] >= wanted.get("failureThreshold", 3) else None

    def look(self):
        """One round of probes; tells the API server what changed."""
        before = (self.started, self.ready)
        if not self.started:
            self.started = self.probe("startup") is True
        if self.started:
            said = self.probe("readiness")
            self.ready = self.ready if said is None else said
            if self.probe("liveness") is False and not self.ending:
                raise AssertionError(f"{self.name} is not alive: see {self.log.name}")
        if (self.started, self.ready) != before:
            say(f"kubelet: {self.name} is {'ready' if self.ready else 'not ready'}")
            self.tell()

    def tell(self):
        word = "True" if self.ready else "False"
        conditions = [{"type": kind, "status": "True"} for kind in ("PodScheduled", "Initialized")]
        conditions += [{"type": kind, "status": word, "lastTransitionTime": now()[:19] + "Z"} for kind in ("ContainersReady", "Ready")]
        status = {
            "name": self.container["name"],
            "image": self.container["image"],
            "imageID": "",
            "ready": self.ready,
            "started": self.started,
            "restartCount": 0,
            "state": {"running": {"startedAt": self.began[:19] + "Z"}},
        }
        ip = f"10.200.0.{self.number}"
        body = {"phase": "Running", "podIP": ip, "podIPs": [{"ip": ip}], "hostIP": "10.200.1.1", "conditions": conditions}
        try:
            self.kubelet.cluster.patch(self.path + "/status", {"status": {**body, "containerStatuses": [status]}})
        except Refused as error:
            if error.status != 404 or not self.ending:  # it has just gone
                raise

    def end(self, grace):
        """The hook, the signal, and where the grace period is over the kill; then the object goes."""
        began = time.monotonic()
        time.sleep(self.container["lifecycle"]["preStop"]["sleep"]["seconds"])
        self.process.send_signal(signal.SIGTERM)
        try:
            code = self.process.wait(max(grace - (time.monotonic() - began), 0))
        except subprocess.TimeoutExpired:
            self.killed = True
            self.process.kill()
            code = self.process.wait()
        say(f"kubelet: {self.name} ended with {code} after {time.monotonic() - began:.0f} of {grace} s")
        self.kubelet.codes.append(code)
        self.log.close()
        self.kubelet.cluster.call("DELETE", self.path, {"kind": "DeleteOptions", "apiVersion": "v1", "gracePeriodSeconds": 0})


class Kubelet(threading.Thread):
    """Ends with an error in `failed` where a process died by itself or a probe says so."""

    def __init__(self, cluster, folder, program, environment, cpus="8"):
        super().__init__(daemon=True)
        self.cluster, self.folder, self.program = cluster, folder, program
        self.more, self.cpus = environment, cpus
        self.pods, self.codes, self.failed, self.stopped = {}, [], None, threading.Event()
        self.number = 0

    def environment(self, pod):
        """What the pod's config map says, but for the addresses, and what the scene adds."""
        values = {}
        for source in pod.container["envFrom"]:
            name = source["configMapRef"]["name"]
            values |= self.cluster.get(f"/api/v1/namespaces/{pod.namespace}/configmaps/{name}")["data"]
        for variable in pod.container.get("env", []):
            if variable.get("valueFrom", {}).get("fieldRef", {}).get("fieldPath") == "metadata.name":
                values[variable["name"]] = pod.name
        values |= {"TRAMONTANE_HOST": address(pod.number), "TRAMONTANE_MANAGEMENT_HOST": address(pod.number)}
        return values | self.more

    def register(self):
        amounts = {"cpu": self.cpus, "memory": "64Gi", "pods": "20"}
        node = {
            "apiVersion": "v1",
            "kind": "Node",
            "metadata": {"name": NODE, "labels": {"kubernetes.io/hostname": NODE, "tramontane.dev/nodes": NODE}},
        }
        self.cluster.call("POST", "/api/v1/nodes", node)
        ready = {"type": "Ready", "status": "True", "reason": "Played", "lastHeartbeatTime": now()[:19] + "Z"}
        self.cluster.patch(f"/api/v1/nodes/{NODE}/status", {"status": {"capacity": amounts, "allocatable": amounts, "conditions": [ready]}})

    def renew(self):
        """The lease by which the node counts as alive."""
        path = "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases"
        spec = {"holderIdentity": NODE, "leaseDurationSeconds": 40, "renewTime": now()}
        try:
            self.cluster.patch(f"{path}/{NODE}", {"spec": spec})
        except Refused:
            lease = {"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": {"name": NODE}, "spec": spec}
            self.cluster.call("POST", path, lease)

    def run(self):
        try:
            self.register()
            renewed = 0.0
            while not self.stopped.is_set():
                if time.monotonic() - renewed > 10:
                    self.renew()
                    renewed = time.monotonic()
                self.round()
                time.sleep(0.5)
        except Exception as error:  # shown by the scene, which looks at it
            self.failed = error

    def round(self):
        found = self.cluster.get("/api/v1/pods", fieldSelector=f"spec.nodeName={NODE}")["items"]
        there = {thing["metadata"]["uid"]: thing for thing in found}
        for uid in [uid for uid in self.pods if uid not in there]:
            del self.pods[uid]
        for uid, thing in there.items():
            leaving = thing["metadata"].get("deletionTimestamp")
            if uid not in self.pods:
                if leaving:
                    continue
                self.number += 1
                self.pods[uid] = Pod(self, thing, self.number)
                self.pods[uid].tell()
            pod = self.pods[uid]
            if leaving and not pod.ending:
                pod.ending = True
                threading.Thread(target=pod.end, args=(thing["metadata"]["deletionGracePeriodSeconds"],), daemon=True).start()
            if pod.process.poll() is None:
                pod.look()
            elif not pod.ending:
                raise AssertionError(f"{pod.name} ended by itself with {pod.process.returncode}: see {pod.log.name}")

    def stop(self):
        self.stopped.set()
        self.join()
        for pod in self.pods.values():
            if pod.process.poll() is None:
                pod.process.kill()
                pod.process.wait()
