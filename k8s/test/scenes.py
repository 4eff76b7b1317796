#!/usr/bin/env python3
"""Scenes on a real control plane: scenes.py DIR [SCENE...]; control-plane.sh calls it. Stops at the first that fails.

    manifests   every overlay and example applied strictly, its pods placed by the scheduler and run (played by kwok)
    nodes       pods wait for GPUs, and are told from pods nobody needs; nodes come for them, and go
    rollout     an update where every GPU is taken, within the disruption budget
    scaling     the autoscaler on a running service's own figures: up under load, down after it
    restart     an update of running services under load: no request fails, no answer is cut or changed

PROGRAM in the environment is the service's command, ./tramontane by default; MODEL a model file, the default model otherwise.
"""

import os
import shlex
import subprocess
import sys
import time
from pathlib import Path

import crds
import leaders
import load
import metrics_api
import nodes
from check import folders
from cluster import Cluster, Refused, is_ready, say, until
from kubelet import Kubelet
from rendering import render

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
DEPLOYMENT = "/apis/apps/v1/namespaces/tramontane/deployments/tramontane"
# The names of volumes that pods wait for.
VOLUMES = ("models", "answers")


class Stage:
    """What the scenes share: the cluster, its namespace, the kinds of add-ons, two plain nodes and volumes for models."""

    def __init__(self, folder):
        self.folder = Path(folder).resolve()
        self.cluster = Cluster(folder)
        self.cluster.apply(crds.definitions(), namespace="default")
        labels = {f"pod-security.kubernetes.io/{mode}": "restricted" for mode in ("enforce", "warn")}
        space = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "tramontane", "labels": labels}}
        self.cluster.apply([space], namespace="default")
        self.add(nodes.node("plain-1"), nodes.node("plain-2"))

    def add(self, *things):
        for thing in things:
            self.cluster.call("POST", "/api/v1/nodes", thing)

    def remove(self, *names):
        for name in names:
            self.cluster.call("DELETE", f"/api/v1/nodes/{name}")

    def volume(self):
        """One for each claim, which names no class."""
        spec = {"capacity": {"storage": "100Gi"}, "accessModes": ["ReadWriteMany"], "hostPath": {"path": "/nowhere"}}
        for name in VOLUMES:
            self.cluster.apply([{"apiVersion": "v1", "kind": "PersistentVolume", "metadata": {"name": name}, "spec": spec}])

    def clear(self, things):
        """Takes away what a scene applied, and waits until its pods are gone."""
        for thing in things:
            kind, name = thing["kind"], thing["metadata"]["name"]
            self.cluster.kubectl("delete", f"{kind}.{group_of(thing)}".rstrip("."), name, "-n", "tramontane", "--wait=false", "--ignore-not-found")
        until("all of it is gone", lambda: not any(self.cluster.pods(component=each) for each in ("server", "stage", "model")))
        self.cluster.kubectl("delete", "pv", *VOLUMES, "--ignore-not-found", "--wait=false")


def group_of(thing):
    return thing["apiVersion"].split("/")[0] if "/" in thing["apiVersion"] else ""


def count(stage, ready=True):
    pods = stage.cluster.pods() + stage.cluster.pods(component="stage")
    return sum(is_ready(pod) == ready for pod in pods if not pod["metadata"].get("deletionTimestamp"))


def has_name(stage, service, host):
    """Whether the cluster's DNS would tell an address of a pod for `host.service`: from such slices it takes them."""
    found = stage.cluster.get(
        "/apis/discovery.k8s.io/v1/namespaces/tramontane/endpointslices", labelSelector=f"kubernetes.io/service-name={service}"
    )
    endpoints = [each for part in found["items"] for each in part.get("endpoints") or []]
    return any(each.get("hostname") == host and each["addresses"] for each in endpoints)


def replicas(stage):
    return stage.cluster.get(DEPLOYMENT)["spec"]["replicas"]


def without_small_print(error):
    return str(error).splitlines()[0][:300]


# ---- scenes


def manifests(stage):
    stage.add(nodes.node("gpu-a", gpus=4, product="NVIDIA-L4"), nodes.node("gpu-b", gpus=4, product="NVIDIA-H200"))
    for folder in folders():
        things = render(folder)
        stage.volume()
        said = stage.cluster.apply(things, "--dry-run=server")
        assert "unchanged" not in said, said
        stage.cluster.apply(things)
        autoscaled = [t for t in things if t["kind"] == "HorizontalPodAutoscaler"]
        # There is no controller of groups here: what it would make is applied as it would make it.
        made = list(leaders.played(things))
        stage.cluster.apply(made)
        groups = [t for t in made if t["kind"] == "Pod"]
        wanted = len(groups) or (autoscaled[0]["spec"]["minReplicas"] if autoscaled else len([t for t in things if t["kind"] == "Deployment"]))
        until(f"{folder.name}: {len(things)} objects applied, {wanted} pods run", lambda: count(stage) == wanted, limit=120)
        stages = [found for thing in things if thing["kind"] == "LeaderWorkerSet" for found in leaders.stages_of(thing)]
        if stages:
            until(f"{len(stages)} stages have names: {', '.join('.'.join(reversed(each)) for each in stages)}", lambda: all(has_name(stage, *each) for each in stages))
        stage.clear(made + things)
    things = render(HERE.parent / "examples/cpu-hpa")
    scaler = next(t for t in things if t["kind"] == "HorizontalPodAutoscaler")
    scaler["spec"]["maxReplicaz"] = scaler["spec"].pop("maxReplicas")
    try:
        stage.cluster.apply([scaler], "--dry-run=server")
    except Refused as error:
        assert "maxReplicaz" in str(error), error
        say(f"a typing error is refused: {without_small_print(error)}")
    else:
        raise AssertionError("maxReplicaz was taken")
    stage.remove("gpu-a", "gpu-b")


def gpu_things():
    return render(HERE.parent / "overlays/gpu")


def scale(stage, number):
    stage.cluster.patch(DEPLOYMENT + "/scale", {"spec": {"replicas": number}})


def nodes_scene(stage):
    things = gpu_things()
    stage.volume()
    stage.cluster.apply(things)
    scale(stage, 3)
    waiting = until(
        "three pods wait for GPUs; nobody has one",
        lambda: [w for w in map(nodes.waits_for_gpu, stage.cluster.pods()) if w] if len(stage.cluster.pods()) == 3 else None,
    )
    events = stage.cluster.get("/api/v1/namespaces/tramontane/events", fieldSelector="reason=FailedScheduling")["items"]
    assert any("nvidia.com/gpu" in event.get("message") or event.get("note") or "" for event in events), events
    say(f"event FailedScheduling: {waiting[0]}")
    autoscaler = nodes.NodeAutoscaler(stage.cluster)
    autoscaler.start()
    until("three pods run, on a node each", lambda: count(stage) == 3)
    scale(stage, 1)

    def left():
        return [n for n in stage.cluster.get("/api/v1/nodes")["items"] if n["metadata"]["name"].startswith("gpu-")]

    until("one pod runs, and one node is left", lambda: count(stage) == 1 and len(left()) == 1)
    assert not any(map(nodes.waits_for_gpu, stage.cluster.pods())), "nobody is needed, and nobody waits"
    autoscaler.stopped.set()
    autoscaler.join()
    stage.clear(things)
    stage.remove(*(n["metadata"]["name"] for n in left()))


def evict(stage, name):
    """Whether the budget lets a pod go."""
    body = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": name, "namespace": "tramontane"}}
    try:
        stage.cluster.call("POST", f"/api/v1/namespaces/tramontane/pods/{name}/eviction", body)
        return True
    except Refused as error:
        if error.status != 429:
            raise
        say(f"an eviction is refused: {without_small_print(error)}")
        return False


def rollout(stage):
    things = gpu_things()
    stage.volume()
    stage.add(nodes.node("gpu-full", gpus=3))
    stage.cluster.apply(things)
    scale(stage, 3)
    until("three pods have the three GPUs", lambda: count(stage) == 3)
    # What the base chooses for nodes with room stands still here.
    surge = {"spec": {"strategy": {"rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0}}}}
    stage.cluster.patch(DEPLOYMENT, surge)
    stage.cluster.kubectl("rollout", "restart", "deployment/tramontane", "-n", "tramontane")
    said = until("with a surge the new pod waits", lambda: [w for w in map(nodes.waits_for_gpu, stage.cluster.pods()) if w])
    time.sleep(10)
    assert len(stage.cluster.pods()) == 4 and count(stage) == 3, "it moved"
    say(f"and still waits ten seconds later, beside three old ones: {said[0]}")
    # The manifest's own strategy; the node takes no pod for a while, so that the update stands half way.
    stage.cluster.kubectl("cordon", "gpu-full")
    own = next(t for t in things if t["kind"] == "Deployment")["spec"]["strategy"]
    stage.cluster.patch(DEPLOYMENT, {"spec": {"strategy": own}})
    until("with the overlay's strategy one old pod has gone", lambda: count(stage) == 2)
    until("the budget knows", lambda: budget(stage)["disruptionsAllowed"] == 0 and budget(stage)["currentHealthy"] == 2)
    name = next(p["metadata"]["name"] for p in stage.cluster.pods() if is_ready(p))
    assert not evict(stage, name), "the budget let a second one go"
    stage.cluster.kubectl("uncordon", "gpu-full")
    least = 3
    while True:
        least = min(least, count(stage))
        status = stage.cluster.get(DEPLOYMENT)["status"]
        if status.get("updatedReplicas") == 3 and status.get("readyReplicas") == 3 and status.get("replicas") == 3:
            break
        time.sleep(0.1)
    say(f"the update went through; never fewer than {least} ready pods")
    assert least >= 2
    stage.clear(things)
    stage.remove("gpu-full")


def budget(stage):
    return stage.cluster.get("/apis/policy/v1/namespaces/tramontane/poddisruptionbudgets/tramontane")["status"]


class Running:
    """Services as the pods' processes, their figures for the autoscaler, and readers."""

    def __init__(self, stage):
        self.stage, self.things = stage, render(HERE / "scene")
        program = shlex.split(os.environ.get("PROGRAM", str(ROOT / "tramontane")))
        keys = stage.folder / "api-keys"
        keys.unlink(missing_ok=True)
        made = subprocess.run([*program, "key", "scene", "--append", str(keys)], capture_output=True, text=True, check=True)
        more = {"TRAMONTANE_API_KEYS": str(keys)}
        if "MODEL" in os.environ:
            more["TRAMONTANE_MODEL"] = os.path.abspath(os.environ["MODEL"])
        self.kubelet = Kubelet(stage.cluster, stage.folder, program, more)
        self.metrics = metrics_api.Metrics(self.addresses)
        self.server = metrics_api.serve(self.metrics, stage.folder)
        self.endpoints = load.Endpoints(stage.cluster)
        self.load = load.Load(self.endpoints, made.stdout.split()[0], tokens=200)
        for thread in (self.kubelet, self.metrics, self.endpoints):
            thread.start()

    def begin(self):
        """The service of one pod, and each prompt's answer while nobody else asks."""
        stage = self.stage
        until("the node is there", lambda: self.well() and self.node_is_ready())
        stage.cluster.apply(metrics_api.registration(), namespace="default")
        stage.cluster.apply(self.things)
        until("a service runs and is ready", lambda: self.well() and self.endpoints.ready, limit=600)
        self.load.learn()

    def node_is_ready(self):
        for node in self.stage.cluster.get("/api/v1/nodes")["items"]:
            if node["metadata"]["name"] == "processes":
                return any(c["type"] == "Ready" and c["status"] == "True" for c in node["status"].get("conditions", []))
        return False

    def addresses(self):
        return {pod.name: f"10.200.0.{pod.number}" for pod in list(self.kubelet.pods.values()) if pod.started}

    def well(self):
        if self.kubelet.failed:
            raise self.kubelet.failed
        if self.load.failures:
            raise AssertionError(f"{len(self.load.failures)} requests failed: {self.load.failures[:3]}")
        return True

    def figures(self):
        return ", ".join(f"{name[11:]} {value:.3f}" for name, value in self.metrics.figures().items())

    def close(self):
        """All ends as it should; what didn't is said."""
        self.load.stop()
        self.well()
        self.stage.clear(self.things)
        assert set(self.kubelet.codes) == {0}, f"services ended with {self.kubelet.codes}"
        self.stage.cluster.kubectl("delete", "apiservice", "v1beta1.external.metrics.k8s.io")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        """Whatever happened, no process of ours goes on."""
        self.load.stopped.set()
        self.kubelet.stop()
        for thread in (self.metrics, self.endpoints):
            thread.stopped.set()
            thread.join()
        self.server.shutdown()
        self.server.server_close()
        self.stage.cluster.call("DELETE", "/api/v1/nodes/processes")


def scaling(stage):
    with Running(stage) as running:
        running.begin()
        path = "/apis/autoscaling/v2/namespaces/tramontane/horizontalpodautoscalers/tramontane"

        def active():
            conditions = stage.cluster.get(path)["status"].get("conditions", [])
            return any(c["type"] == "ScalingActive" and c["status"] == "True" for c in conditions)

        until("the autoscaler reads the service's figures", lambda: running.well() and active())
        assert replicas(stage) == 1
        say(f"one pod, no load: {running.figures()}")
        running.load.start(16)
        until("the load asks for more", lambda: running.well() and replicas(stage) > 1)
        say(f"{replicas(stage)} pods wanted: {running.figures()}")
        until("three services are ready", lambda: running.well() and len(running.endpoints.ready) == 3, limit=600)
        say(f"three pods under load: {running.figures()}")
        running.load.stop()
        running.well()
        say(f"the load is over: {running.load.answers} answers, each as it was without load, {running.load.busy} told to come later (429)")
        until("back to one pod", lambda: running.well() and len(running.endpoints.ready) == 1 and replicas(stage) == 1, limit=600)
        running.close()


def restart(stage):
    with Running(stage) as running:
        running.begin()
        stage.cluster.kubectl("delete", "hpa", "tramontane", "-n", "tramontane")
        scale(stage, 2)
        until("two services are ready", lambda: running.well() and len(running.endpoints.ready) == 2, limit=600)
        old = set(running.endpoints.ready)
        running.load.start(6)
        until("readers read", lambda: running.well() and running.load.answers >= 6, limit=600)
        before = running.load.answers
        stage.cluster.kubectl("rollout", "restart", "deployment/tramontane", "-n", "tramontane")

        def through():
            running.well()
            status = stage.cluster.get(DEPLOYMENT)["status"]
            done = status.get("updatedReplicas") == 2 and status.get("replicas") == 2 and status.get("readyReplicas") == 2
            return done and len(running.kubelet.codes) == 2 and not old & set(running.endpoints.ready)

        until("both services are new ones, the old have ended", through, limit=900)
        running.load.stop()
        running.well()
        say(f"{running.load.answers - before} answers meanwhile, each as it was without load; none failed, none cut, {running.load.busy} told to come later")
        assert not running.load.busy, "with room for all nobody is told to come later"
        running.close()


SCENES = {"manifests": manifests, "nodes": nodes_scene, "rollout": rollout, "scaling": scaling, "restart": restart}


def main():
    if len(sys.argv) < 2 or not set(sys.argv[2:]) <= set(SCENES):
        sys.exit(__doc__)
    stage = Stage(sys.argv[1])
    for name in sys.argv[2:] or SCENES:
        say(f"-- {name}")
        SCENES[name](stage)
    stage.remove("plain-1", "plain-2")
    say("all of it as expected")


if __name__ == "__main__":
    main()
