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
        """Each deployment and job with its pod's labels and spec."""
        for thing in self.of("Deployment", "Job"):
            template = thing["spec"]["template"]
            yield thing, template["metadata"].get("labels", {}), template["spec"]

    def servers(self):
        for thing, labels, spec in self.workloads():
            if labels.get("app.kubernetes.io/component") == "server":
                yield thing, labels, spec

    def selected(self, selector):
        """The pod templates that a selector means."""
        wanted = selector.get("matchLabels", {}) if "matchLabels" in selector or "matchExpressions" in selector else selector
        return [found for found in self.workloads() if wanted.items() <= found[1].items()]

    def settings(self, spec):
        """What a pod's first container gets by its environment."""
        values = {}
        for source in spec["containers"][0].get("envFrom", []):
            for thing in self.of("ConfigMap"):
                if thing["metadata"]["name"] == source.get("configMapRef", {}).get("name"):
                    values |= thing["data"]
        return values


def ports_of(spec):
    return {port.get("name"): port["containerPort"] for container in spec["containers"] for port in container.get("ports", [])}


def references(thing):
    """The (kind, name) of what an object refers to."""
    spec = thing.get("spec", {})
    if thing["kind"] in ("Deployment", "Job"):
        pod = spec["template"]["spec"]
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
