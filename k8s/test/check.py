#!/usr/bin/env python3
"""Checks what a Kustomize folder renders: against the API's schemas, against itself, and against the service.

    check.py [--service URL] [--management URL] [FOLDER...]      FOLDER: overlays and examples of this repository by default

Needs Python 3 with kubernetes-validate (pip), and kustomize or kubectl. With the addresses of a running service, metrics and
probes are looked for there, else in docs/metrics.md and docs/http.md, which tests hold against it. An overlay of your own may be
given, too. Prints a line for each problem; exit status 1 where there is one.
"""

import argparse
import json
import re
import shutil
import subprocess
import sys
import urllib.error
import urllib.request
from functools import cache
from pathlib import Path

import jsonschema
import kubernetes_validate
import referencing
import yaml

import crds

HERE = Path(__file__).resolve().parent
K8S, ROOT = HERE.parent, HERE.parent.parent
# The oldest API that knows every field used (preStop's sleep), and the newest that we have a schema of.
VERSIONS = ("1.30", kubernetes_validate.latest_version().rsplit(".", 1)[0])
# README.md, "Ending": all but the drain timeout, in seconds.
PRE_STOP, DRAIN_DELAY, MARGIN = 5, 15, 15
# What manifests refer to and others bring: README.md says how.
OUTSIDE = {
    ("Secret", "tramontane-api-keys"),
    ("Secret", "tramontane-tls"),
    ("Secret", "tramontane-model"),
    ("Service", "tramontane-picker"),
    ("Gateway", "inference-gateway"),
}
FOREIGN_IMAGES = {"python:3.13-slim"}
QUANTITY = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)(m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei|[eE][+-]?\d+)?")
METRIC = re.compile(r"\b(?:tramontane|vllm:)_?[a-z0-9_]+")


def render(folder):
    """The objects that the folder renders."""
    program = ["kustomize", "build"] if shutil.which("kustomize") else ["kubectl", "kustomize"]
    if not shutil.which(program[0]):
        sys.exit("check.py: neither kustomize nor kubectl is installed here")
    done = subprocess.run([*program, str(folder)], capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"check.py: {folder} does not render: {done.stderr.strip()}")
    return [found for found in yaml.safe_load_all(done.stdout) if found]


# ---- what the service knows


class Service:
    """What a running service, or the documents about it, say of metrics, probes and settings."""

    def __init__(self, service=None, management=None):
        self.scrape, self.management = None, management
        if management:
            with urllib.request.urlopen(f"{management}/metrics", timeout=30) as answer:
                self.scrape = answer.read().decode()
            found = set(re.findall(r"^# TYPE (\S+)", self.scrape, re.M))
            self.metrics = found | {line.split("{")[0].split(" ")[0] for line in self.scrape.splitlines() if line[:1] != "#"}
        else:
            text = (ROOT / "docs/metrics.md").read_text()
            self.metrics = set(re.findall(r"^\| `([a-z_:]+)`", text, re.M))
            for name in re.findall(r"^\| `([a-z_:]+)` \| histogram", text, re.M):
                self.metrics |= {f"{name}_{part}" for part in ("sum", "count", "bucket")}
        self.routes = set(re.findall(r"/[a-z]+\b", (ROOT / "docs/http.md").read_text()))
        self.settings = {
            "TRAMONTANE_" + name.upper().replace("-", "_")
            for name in re.findall(r"^\| `--([a-z-]+)", (ROOT / "docs/settings.md").read_text(), re.M)
        }
        self.images = dict(
            line.strip().split("=", 1) for line in (ROOT / "packaging/images").read_text().splitlines() if line[:1] not in "#\n"
        )

    def answers(self, path):
        """Whether a probe of the path succeeds."""
        if not self.management:
            return path in self.routes
        try:
            with urllib.request.urlopen(self.management + path, timeout=30) as answer:
                return answer.status == 200
        except urllib.error.HTTPError:
            return False

    def knows(self, metric, labels):
        if metric not in self.metrics:
            return False
        # A label's value that a gauge has must be one that it has now; a counter gets its own when it first counts.
        if self.scrape and labels and not metric.endswith(("_total", "_sum", "_count", "_bucket")):
            return all(re.search(rf"^{re.escape(metric)}{{[^}}]*{re.escape(label)}", self.scrape, re.M) for label in labels)
        return True


# ---- the schemas


@cache
def api_schema(version, kind, api_version):
    """A validator for a kind of the API itself, or None where the version has no such kind."""
    base = Path(kubernetes_validate.__file__).parent / "kubernetes-json-schema"
    folder = next(iter(base.glob(f"v{version}.*-local-strict")))
    group, _, its_version = api_version.rpartition("/")
    name = f"{kind}-{group.split('.')[0] + '-' if group else ''}{its_version}.json".lower()
    if not (folder / name).exists():
        return None
    registry = referencing.Registry().with_resources([definitions(folder)])
    return jsonschema.Draft202012Validator(json.loads((folder / name).read_text()), registry=registry)


@cache
def definitions(folder):
    contents = json.loads((folder / "_definitions.json").read_text())
    resource = referencing.Resource.from_contents(contents)
    return resource.id(), resource


@cache
def own_schema(group, version, kind):
    schema = crds.schema_of(group, version, kind)
    return schema and jsonschema.Draft202012Validator(schema)


def check_schema(thing):
    group, _, version = thing["apiVersion"].rpartition("/")
    own = own_schema(group, version, thing["kind"])
    validators = [("", own)] if own else [(f" ({each})", api_schema(each, thing["kind"], thing["apiVersion"])) for each in VERSIONS]
    for words, validator in validators:
        if validator is None:
            yield f"no schema for {thing['apiVersion']} {thing['kind']}{words}"
            continue
        for error in validator.iter_errors(thing):
            yield f"{'.'.join(map(str, error.absolute_path)) or 'the object'}: {error.message[:300]}{words}"


def check_quantities(thing, path=""):
    """Where amounts stand, an amount: the schemas only say it is text."""
    if isinstance(thing, list):
        for place, item in enumerate(thing):
            yield from check_quantities(item, f"{path}[{place}]")
    if not isinstance(thing, dict):
        return
    for key, value in thing.items():
        here = f"{path}.{key}".lstrip(".")
        amounts = []
        if key in ("requests", "limits") and isinstance(value, dict):
            amounts = value.items()
        elif key in ("averageValue", "sizeLimit", "volumeSize") or (key == "value" and path.endswith("target")):
            amounts = [("", value)]
        for name, amount in amounts:
            if not QUANTITY.fullmatch(str(amount)):
                yield f"{here}{'.' + name if name else ''}: {amount!r} is no quantity"
        yield from check_quantities(value, here)


# ---- against itself


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


def check_selectors(all_of):
    owners, budgets = {}, {}
    for thing in all_of.of("Deployment", "Service", "PodDisruptionBudget", "NetworkPolicy", "PodMonitor", "InferencePool"):
        spec, kind = thing["spec"], thing["kind"]
        selector = spec.get("podSelector") if kind == "NetworkPolicy" else spec["selector"]
        found = all_of.selected(selector)
        if not found and not (kind == "NetworkPolicy" and thing["metadata"]["name"].endswith("-model")):
            yield thing, "its selector finds no pod"
        if kind == "Deployment":
            if thing["metadata"]["name"] not in [owner["metadata"]["name"] for owner, _, _ in found]:
                yield thing, "its selector doesn't find its own pods"
            for owner, _, _ in found:
                owners.setdefault(owner["metadata"]["name"], []).append(thing["metadata"]["name"])
        if kind == "PodDisruptionBudget":
            for owner, _, _ in found:
                budgets.setdefault(owner["metadata"]["name"], []).append(thing["metadata"]["name"])
    for thing, _, _ in all_of.servers():
        name = thing["metadata"]["name"]
        if owners.get(name) != [name]:
            yield thing, f"its pods are also those of {', '.join(other for other in owners.get(name, []) if other != name)}"
        if len(budgets.get(name, [])) != 1:
            yield thing, f"has {len(budgets.get(name, []))} disruption budgets; evictions want one"


def check_ports(all_of):
    services = {}
    for thing in all_of.of("Service"):
        for _, _, spec in all_of.selected(thing["spec"]["selector"]):
            for port in thing["spec"]["ports"]:
                services.setdefault(thing["metadata"]["name"], set()).add(port["port"])
                if port["targetPort"] not in ports_of(spec) and port["targetPort"] not in ports_of(spec).values():
                    yield thing, f"its pods have no port {port['targetPort']}"
    for thing, _, spec in all_of.workloads():
        for container in spec["containers"]:
            for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
                port = container.get(probe, {}).get("httpGet", {}).get("port")
                if port is not None and port not in ports_of(spec):
                    yield thing, f"{probe}: the container has no port {port}"
    for thing, _, spec in all_of.servers():
        settings = all_of.settings(spec)
        for name, setting in (("http", "TRAMONTANE_PORT"), ("management", "TRAMONTANE_MANAGEMENT_PORT")):
            if str(ports_of(spec).get(name)) != settings.get(setting):
                yield thing, f"port {name} is {ports_of(spec).get(name)}, {setting} is {settings.get(setting)}"
    for thing in all_of.of("PodMonitor"):
        for _, _, spec in all_of.selected(thing["spec"]["selector"]):
            for endpoint in thing["spec"]["podMetricsEndpoints"]:
                if endpoint["port"] not in ports_of(spec):
                    yield thing, f"its pods have no port {endpoint['port']}"
    for thing in all_of.of("ServiceMonitor"):
        wanted = thing["spec"]["selector"]["matchLabels"]
        found = [s for s in all_of.of("Service") if wanted.items() <= s["metadata"].get("labels", {}).items()]
        if len(found) != 1:
            yield thing, f"its selector finds {len(found)} services"
        for service in found:
            for endpoint in thing["spec"]["endpoints"]:
                if endpoint["port"] not in [port["name"] for port in service["spec"]["ports"]]:
                    yield thing, f"service {service['metadata']['name']} has no port {endpoint['port']}"
    for thing in all_of.of("NetworkPolicy"):
        for _, _, spec in all_of.selected(thing["spec"]["podSelector"]):
            for rule in thing["spec"].get("ingress", []):
                for port in rule.get("ports", []):
                    if port["port"] not in ports_of(spec) and port["port"] not in ports_of(spec).values():
                        yield thing, f"the pods have no port {port['port']}"
    for thing in all_of.of("InferencePool"):
        for _, _, spec in all_of.selected(thing["spec"]["selector"]):
            for port in thing["spec"]["targetPorts"]:
                if port["number"] not in ports_of(spec).values():
                    yield thing, f"the pods have no port {port['number']}"
    for thing in all_of.of("HTTPRoute"):
        for rule in thing["spec"]["rules"]:
            for backend in rule["backendRefs"]:
                if backend.get("kind", "Service") == "Service" and backend["port"] not in services.get(backend["name"], ()):
                    yield thing, f"service {backend['name']} has no port {backend['port']}"


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


def check_references(all_of):
    for thing in all_of.things:
        for kind, name in references(thing):
            if name and (kind, name) not in all_of.names:
                yield thing, f"there is no {kind} {name}"
    for thing, _, spec in all_of.workloads():
        volumes = {volume["name"] for volume in spec.get("volumes", [])}
        for container in spec["containers"] + spec.get("initContainers", []):
            for mount in container.get("volumeMounts", []):
                if mount["name"] not in volumes:
                    yield thing, f"container {container['name']} mounts the volume {mount['name']}, which isn't there"


def check_hardening(all_of):
    for thing, _, spec in all_of.workloads():
        pod = spec.get("securityContext", {})
        if spec.get("automountServiceAccountToken") is not False:
            yield thing, "its pods get a token for the API"
        if spec.get("enableServiceLinks") is not False:
            yield thing, "enableServiceLinks is on: a service called tramontane sets TRAMONTANE_PORT"
        if pod.get("runAsNonRoot") is not True or not pod.get("runAsUser") or pod.get("seccompProfile", {}).get("type") != "RuntimeDefault":
            yield thing, "its pods need runAsNonRoot, runAsUser and seccompProfile RuntimeDefault"
        secrets = {volume["name"] for volume in spec.get("volumes", []) if "secret" in volume}
        for container in spec["containers"] + spec.get("initContainers", []):
            own = container.get("securityContext", {})
            if own.get("allowPrivilegeEscalation") is not False or own.get("readOnlyRootFilesystem") is not True:
                yield thing, f"container {container['name']} may gain rights or write to its root"
            if own.get("capabilities", {}).get("drop") != ["ALL"]:
                yield thing, f"container {container['name']} keeps capabilities"
            if "memory" not in container.get("resources", {}).get("limits", {}):
                yield thing, f"container {container['name']} has no limit of memory"
            for mount in container.get("volumeMounts", []):
                if mount["name"] in secrets and "subPath" in mount:
                    yield thing, f"container {container['name']} mounts {mount['name']} by subPath: a changed secret would not arrive"


# ---- against the service


def seconds(text):
    found = re.fullmatch(r"(\d+)(s|m|h)", text or "")
    return int(found[1]) * {"s": 1, "m": 60, "h": 3600}[found[2]] if found else None


def check_ending(all_of):
    """Readiness, drain and grace period follow from how long an answer may take."""
    for thing, _, spec in all_of.servers():
        settings = all_of.settings(spec)
        longest = seconds(settings.get("TRAMONTANE_DRAIN_TIMEOUT"))
        if longest is None:
            yield thing, f"TRAMONTANE_DRAIN_TIMEOUT is no time: {settings.get('TRAMONTANE_DRAIN_TIMEOUT')}"
            continue
        if seconds(settings.get("TRAMONTANE_DRAIN_DELAY")) != DRAIN_DELAY:
            yield thing, f"TRAMONTANE_DRAIN_DELAY is {settings.get('TRAMONTANE_DRAIN_DELAY')}, not {DRAIN_DELAY}s"
        stop = spec["containers"][0].get("lifecycle", {}).get("preStop", {}).get("sleep", {}).get("seconds")
        if stop != PRE_STOP:
            yield thing, f"preStop sleeps {stop} s, not {PRE_STOP}"
        wanted = PRE_STOP + DRAIN_DELAY + longest + MARGIN
        if spec.get("terminationGracePeriodSeconds") != wanted:
            yield thing, (
                f"terminationGracePeriodSeconds is {spec.get('terminationGracePeriodSeconds')}, not {wanted}:"
                f" {PRE_STOP} preStop + {DRAIN_DELAY} delay + {longest} drain + {MARGIN}"
            )


def check_probes(all_of, service):
    for thing, _, spec in all_of.servers():
        server = spec["containers"][0]
        paths = [server.get(f"{kind}Probe", {}).get("httpGet", {}).get("path") for kind in ("startup", "readiness", "liveness")]
        if len(set(paths)) != 3:
            yield thing, f"its probes are not distinct: {paths}"
        for path in paths:
            if not path or not service.answers(path):
                yield thing, f"the service doesn't answer a probe of {path}"
        startup = server.get("startupProbe", {})
        if startup.get("periodSeconds", 10) * startup.get("failureThreshold", 3) >= thing["spec"].get("progressDeadlineSeconds", 600):
            yield thing, "its rollout is given up before the startup probe is"


def check_settings(all_of, service):
    for thing, _, spec in all_of.servers():
        mounts = [mount["mountPath"] for mount in spec["containers"][0]["volumeMounts"]]
        for name, value in all_of.settings(spec).items():
            if name not in service.settings:
                yield thing, f"{name} is no setting (docs/settings.md)"
            if value.startswith("/") and not any(Path(value).is_relative_to(mount) for mount in mounts):
                yield thing, f"{name}={value} is on no volume"


def check_images(all_of, service):
    for thing, _, spec in all_of.workloads():
        for container in spec["containers"] + spec.get("initContainers", []):
            image = container["image"]
            if image.split("/")[-1] not in service.images.values() and image not in FOREIGN_IMAGES:
                yield thing, f"container {container['name']} runs {image}, which ./tramontane image doesn't make"
        gpus = spec["containers"][0]["resources"]["limits"].get("nvidia.com/gpu")
        cuda = all_of.settings(spec).get("TRAMONTANE_BACKEND") == "cuda"
        if bool(gpus) != cuda or (cuda and "cuda" not in spec["containers"][0]["image"]):
            yield thing, f"image {spec['containers'][0]['image']}, {gpus or 'no'} GPU and the backend don't fit each other"


def rounded(value, count, up):
    if isinstance(value, int):
        return value
    share = int(value.rstrip("%")) * count
    return -(-share // 100) if up else share // 100


def check_scaling(all_of):
    targets = {thing["spec"]["scaleTargetRef"]["name"] for thing in all_of.of("HorizontalPodAutoscaler", "ScaledObject")}
    for thing in all_of.of("HorizontalPodAutoscaler", "ScaledObject"):
        if [other["spec"]["scaleTargetRef"]["name"] for other in all_of.of("HorizontalPodAutoscaler", "ScaledObject")].count(
            thing["spec"]["scaleTargetRef"]["name"]
        ) > 1:
            yield thing, "two autoscalers have the same target"
    for thing, _, spec in all_of.servers():
        if "replicas" in thing["spec"] and thing["metadata"]["name"] in targets:
            yield thing, "it has replicas, and an autoscaler that would set them, too"
        strategy = thing["spec"]["strategy"]["rollingUpdate"]
        if spec["containers"][0]["resources"]["limits"].get("nvidia.com/gpu") and strategy["maxSurge"] != 0:
            yield thing, "nodes without a free GPU have no place for a surge"
        for budget in all_of.of("PodDisruptionBudget"):
            if thing["metadata"]["name"] not in [owner["metadata"]["name"] for owner, _, _ in all_of.selected(budget["spec"]["selector"])]:
                continue
            for count in range(1, 101):
                surge = rounded(strategy["maxSurge"], count, up=True)
                away = rounded(strategy["maxUnavailable"], count, up=False)
                away = 1 if not surge and not away else away  # as the controller does
                if away > rounded(budget["spec"]["maxUnavailable"], count, up=True):
                    yield thing, f"of {count} pods a rolling update takes {away} away, more than its disruption budget"
                    break


def metrics_in(text):
    """Each metric that a text names, with the labels beside it as they stand there."""
    for found in re.finditer(r"\b((?:tramontane_|vllm:)[a-z0-9_]+)(?:\{([^}]*)\})?", text):
        labels = re.findall(r'(\w+)="?([\w]+)"?', found[2] or "")
        yield found[1], [f'{name}="{value}"' for name, value in labels if name not in ("namespace", "pod")]


def check_metrics(all_of, service):
    """What is asked of Prometheus or read by the picker is something that the service shows."""
    external = set(re.findall(r"as: (\w+)", ADAPTER.read_text()))
    for thing in all_of.things:
        texts = []
        if thing["kind"] == "ScaledObject":
            texts = [trigger["metadata"]["query"] for trigger in thing["spec"]["triggers"]]
        if thing["kind"] == "PrometheusRule":
            texts = [str(rule["expr"]) for group in thing["spec"]["groups"] for rule in group["rules"]]
            external |= {rule["record"] for group in thing["spec"]["groups"] for rule in group["rules"] if "record" in rule}
        if thing["kind"] == "ConfigMap" and "picker.yaml" in thing["data"]:
            texts = [line for line in thing["data"]["picker.yaml"].splitlines() if "Spec:" in line]
        for name, labels in [found for text in texts for found in metrics_in(text)]:
            if name not in external and not service.knows(name, labels):
                yield thing, f"the service shows no metric {name}{labels or ''}"
        if thing["kind"] == "HorizontalPodAutoscaler":
            for metric in thing["spec"]["metrics"]:
                if metric["external"]["metric"]["name"] not in external:
                    yield thing, f"no rule of {ADAPTER.name} makes {metric['external']['metric']['name']}"


ADAPTER = K8S / "components/hpa/prometheus-adapter.yaml"


def check_adapter(service, adapter=None):
    """The adapter's rules name metrics that exist; they and its autoscaler say what KEDA's object says."""
    rules = yaml.safe_load(adapter or ADAPTER.read_text())["rules"]["external"]
    keda = yaml.safe_load((K8S / "components/keda/scaled-object.yaml").read_text())["spec"]
    hpa = yaml.safe_load((K8S / "components/hpa/autoscaler.yaml").read_text())["spec"]
    for rule in rules:
        for name, labels in [found for key in ("seriesQuery", "metricsQuery") for found in metrics_in(rule[key].replace("<<.LabelMatchers>>", ""))]:
            if not service.knows(name, labels):
                yield f"{ADAPTER.name}: the service shows no metric {name}"
    plain = {rule["name"]["as"]: rule["metricsQuery"].replace("<<.LabelMatchers>>", 'namespace="tramontane"') for rule in rules}
    if plain != {trigger["name"]: trigger["metadata"]["query"] for trigger in keda["triggers"]}:
        yield f"{ADAPTER.name} and KEDA's triggers ask Prometheus different things"
    targets = {}
    for metric in hpa["metrics"]:
        target = metric["external"]["target"]
        text = target.get("averageValue") or target["value"]
        number = float(text[:-1]) / 1000 if text.endswith("m") else float(text)
        targets[metric["external"]["metric"]["name"]] = (target["type"], number)
    if targets != {trigger["name"]: (trigger["metricType"], float(trigger["metadata"]["threshold"])) for trigger in keda["triggers"]}:
        yield "the autoscaler's targets are not KEDA's"
    if hpa["behavior"] != keda["advanced"]["horizontalPodAutoscalerConfig"]["behavior"]:
        yield "the autoscaler's behavior is not KEDA's"
    if (hpa["minReplicas"], hpa["maxReplicas"]) != (keda["minReplicaCount"], keda["maxReplicaCount"]):
        yield "the autoscaler's limits are not KEDA's"


def check(things, service):
    """A line for each problem of what was rendered."""
    all_of = Rendering(things)
    found = []
    for thing in things:
        for words in [*check_schema(thing), *check_quantities(thing)]:
            found.append((thing, words))
    # What has no known shape can't be looked into further.
    if not found:
        for one in (check_selectors, check_ports, check_references, check_hardening, check_ending, check_scaling):
            found += one(all_of)
        for one in (check_probes, check_settings, check_images, check_metrics):
            found += one(all_of, service)
    return [f"{thing['kind']} {thing['metadata']['name']}: {words}" for thing, words in found]


def folders():
    return [*sorted((K8S / "overlays").iterdir()), *sorted((K8S / "examples").iterdir())]


def main():
    arguments = argparse.ArgumentParser(usage=__doc__)
    arguments.add_argument("--service")
    arguments.add_argument("--management")
    arguments.add_argument("folder", nargs="*", type=Path)
    given = arguments.parse_args()
    service = Service(given.service, given.management)
    count = 0
    for folder in given.folder or folders():
        problems = check(render(folder), service)
        for problem in problems:
            print(f"{folder.name}: {problem}")
        if not problems:
            print(f"ok: {folder.name}")
        count += len(problems)
    if not given.folder:
        nodes = [thing for thing in yaml.safe_load_all((K8S / "nodes/karpenter.yaml").read_text())]
        for problem in [*check_adapter(service), *(words for thing in nodes for words in check_schema(thing)), *(
            f"{thing['kind']}: {words}" for thing, words in check_references(Rendering(nodes)))]:
            print(problem)
            count += 1
    sys.exit(1 if count else 0)


if __name__ == "__main__":
    main()
