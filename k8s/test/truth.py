"""Whether a rendering fits the service: its settings, images, probes, metrics, and how it ends."""

import re
import urllib.error
import urllib.request
from pathlib import Path

import yaml


K8S = Path(__file__).resolve().parent.parent
ROOT = K8S.parent
ADAPTER = K8S / "components/hpa/prometheus-adapter.yaml"
# README.md, "Ending": all but the drain timeout, in seconds.
PRE_STOP, DRAIN_DELAY, MARGIN = 5, 15, 15
FOREIGN_IMAGES = {"python:3.13-slim"}


class Service:
    """What a running service, or the documents about it, say of metrics, probes and settings."""

    def __init__(self, management=None):
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
        if thing["kind"] == "Deployment" and startup.get("periodSeconds", 10) * startup.get("failureThreshold", 3) >= thing["spec"].get("progressDeadlineSeconds", 600):
            yield thing, "its rollout is given up before the startup probe is"


def check_settings(all_of, service):
    for thing, _, spec in [*all_of.servers(), *all_of.stages()]:
        mounts = [mount["mountPath"] for mount in spec["containers"][0]["volumeMounts"]]
        own = {one["name"]: one.get("value", "") for one in spec["containers"][0].get("env", [])}
        for name, value in [*all_of.settings(spec).items(), *own.items()]:
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
        gpus = spec["containers"][0].get("resources", {}).get("limits", {}).get("nvidia.com/gpu")
        cuda = all_of.settings(spec).get("TRAMONTANE_BACKEND") == "cuda"
        if bool(gpus) != cuda or (cuda and "cuda" not in spec["containers"][0]["image"]):
            yield thing, f"image {spec['containers'][0]['image']}, {gpus or 'no'} GPU and the backend don't fit each other"


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
