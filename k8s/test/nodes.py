"""Nodes that kwok plays, and a node autoscaler in small: a node with a GPU comes a while after a pod has waited for one, and goes when
nobody is on it. A real one (Karpenter, the cluster autoscaler) decides by the same thing, the scheduler's word on a pod."""

import threading
import time

from cluster import say


def node(name, gpus=0, product=None):
    amounts = {"cpu": "32", "memory": "256Gi", "pods": "50"}
    labels = {"kubernetes.io/hostname": name, "topology.kubernetes.io/zone": "zone-" + name[-1]}
    spec = {}
    if gpus:
        amounts["nvidia.com/gpu"] = str(gpus)
        spec = {"taints": [{"key": "nvidia.com/gpu", "value": "true", "effect": "NoSchedule"}]}
        labels["nvidia.com/gpu.product"] = product or "NVIDIA-L4"
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": name, "labels": labels, "annotations": {"kwok.x-k8s.io/node": "fake"}},
        "spec": spec,
        "status": {"capacity": amounts, "allocatable": amounts},
    }


def waits_for_gpu(pod):
    """What the scheduler says of a pod that no node has a GPU for; None where it has no such complaint."""
    for condition in pod["status"].get("conditions", []):
        if condition["type"] == "PodScheduled" and condition["status"] == "False" and "nvidia.com/gpu" in condition.get("message", ""):
            return condition["message"]
    return None


class NodeAutoscaler(threading.Thread):
    """One node for each pod that waits, `delay` seconds later; an empty one goes after `patience` seconds."""

    def __init__(self, cluster, delay=5.0, patience=10.0):
        super().__init__(daemon=True)
        self.cluster, self.delay, self.patience = cluster, delay, patience
        self.ordered, self.empty, self.made = {}, {}, 0
        self.stopped = threading.Event()

    def run(self):
        while not self.stopped.wait(0.5):
            pods = self.cluster.get("/api/v1/pods")["items"]
            waiting = {pod["metadata"]["uid"] for pod in pods if waits_for_gpu(pod) and not pod["metadata"].get("deletionTimestamp")}
            for uid in waiting:
                self.ordered.setdefault(uid, time.monotonic())
            for uid, at in list(self.ordered.items()):
                if uid not in waiting:
                    del self.ordered[uid]
                elif time.monotonic() - at > self.delay:
                    # A node for it is on its way for good; should it still wait then, another is ordered.
                    self.ordered[uid] = time.monotonic() + 30
                    self.made += 1
                    self.cluster.call("POST", "/api/v1/nodes", node(f"gpu-{self.made}", gpus=1))
                    say(f"nodes: gpu-{self.made} comes")
            used = {pod["spec"].get("nodeName") for pod in pods}
            for name in [n["metadata"]["name"] for n in self.cluster.get("/api/v1/nodes")["items"] if n["metadata"]["name"].startswith("gpu-")]:
                if name in used:
                    self.empty.pop(name, None)
                elif time.monotonic() - self.empty.setdefault(name, time.monotonic()) > self.patience:
                    self.cluster.call("DELETE", f"/api/v1/nodes/{name}")
                    del self.empty[name]
                    say(f"nodes: {name} goes, it is empty")
