"""What Kustomize made of a folder, and how its objects point at each other."""

import shutil
import subprocess
import sys

import yaml

# What manifests refer to and others bring: README.md says how.
OUTSIDE = {
    ("Secret", "tramontane-api-keys"),
    ("Secret", "tramontane-tls"),
    ("Secret", "tramontane-model"),
    ("Secret", "tramontane-stage-secret"),
    ("Service", "tramontane-picker"),
    ("Gateway", "inference-gateway"),
}


def render(folder):
    """The objects that the folder renders."""
    program = ["kustomize", "build"] if shutil.which("kustomize") else ["kubectl", "kustomize"]
    if not shutil.which(program[0]):
        sys.exit("check.py: neither kustomize nor kubectl is installed here")
    done = subprocess.run([*program, str(folder)], capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"check.py: {folder} does not render: {done.stderr.strip()}")
    return [found for found in yaml.safe_load_all(done.stdout) if found]


class Rendering:
    def __init__(self, things):
        self.things = things
        self.names = {(thing["kind"], thing["metadata"]["name"]) for thing in things} | OUTSIDE

    def of(self, *kinds):
        return [thing for thing in self.things if thing["kind"] in kinds]

    def workloads(self):
        """Each deployment, job and set of groups with its pods' labels and specs."""
        for thing in self.of("Deployment", "Job", "LeaderWorkerSet"):
            for template in templates(thing):
                yield thing, template["metadata"].get("labels", {}), template["spec"]

    def servers(self):
        return self.component("server")

    def stages(self):
        return self.component("stage")

    def component(self, name):
        for thing, labels, spec in self.workloads():
            if labels.get("app.kubernetes.io/component") == name:
                yield thing, labels, spec

    def selected(self, selector):
        """The pod templates that a selector means."""
        whole = "matchLabels" in selector or "matchExpressions" in selector
        wanted = selector.get("matchLabels", {}) if whole else selector
        among = selector.get("matchExpressions", []) if whole else []
        return [found for found in self.workloads() if wanted.items() <= found[1].items() and all(is_in(found[1], each) for each in among)]

    def settings(self, spec):
        """What a pod's first container gets by its environment."""
        values = {}
        for source in spec["containers"][0].get("envFrom", []):
            for thing in self.of("ConfigMap"):
                if thing["metadata"]["name"] == source.get("configMapRef", {}).get("name"):
                    values |= thing["data"]
        return values


def templates(thing):
    """The pod templates of a workload; of groups the leader's first."""
    if thing["kind"] == "LeaderWorkerSet":
        group = thing["spec"]["leaderWorkerTemplate"]
        return [group.get("leaderTemplate", group["workerTemplate"]), group["workerTemplate"]]
    return [thing["spec"]["template"]]


def is_in(labels, requirement):
    if requirement["operator"] != "In":
        raise ValueError(f"no manifest used {requirement['operator']} before: say what it selects")
    return labels.get(requirement["key"]) in requirement["values"]


def ports_of(spec):
    return {port.get("name"): port["containerPort"] for container in spec["containers"] for port in container.get("ports", [])}


def references_of_pod(pod):
    yield "ServiceAccount", pod.get("serviceAccountName")
    yield "PriorityClass", pod.get("priorityClassName")
    for volume in pod.get("volumes", []):
        yield "ConfigMap", volume.get("configMap", {}).get("name")
        yield "Secret", volume.get("secret", {}).get("secretName")
        yield "PersistentVolumeClaim", volume.get("persistentVolumeClaim", {}).get("claimName")
    for container in pod["containers"] + pod.get("initContainers", []):
        for source in container.get("envFrom", []):
            yield "ConfigMap", source.get("configMapRef", {}).get("name")
            yield "Secret", source.get("secretRef", {}).get("name")
        for variable in container.get("env", []):
            yield "Secret", variable.get("valueFrom", {}).get("secretKeyRef", {}).get("name")


def references(thing):
    """The (kind, name) of what an object refers to."""
    spec = thing.get("spec", {})
    if thing["kind"] in ("Deployment", "Job", "LeaderWorkerSet"):
        for template in templates(thing):
            yield from references_of_pod(template["spec"])
    if "scaleTargetRef" in spec:
        yield spec["scaleTargetRef"]["kind"], spec["scaleTargetRef"]["name"]
    if thing["kind"] == "InferencePool":
        yield "Service", spec["endpointPickerRef"]["name"]
    if thing["kind"] == "HTTPRoute":
        for parent in spec["parentRefs"]:
            yield "Gateway", parent["name"]
        for rule in spec["rules"]:
            for backend in rule["backendRefs"]:
                yield backend.get("kind", "Service"), backend["name"]
    if thing["kind"] == "NodePool":
        yield "EC2NodeClass", spec["template"]["spec"]["nodeClassRef"]["name"]
