"""Each check of check.py finds the fault that it is for: check_test.py [--management URL]."""

import copy
import sys
import unittest

import yaml

import leaders
import truth
from check import check, check_node_pools, folders
from rendering import render
from shapes import check_schema

SERVICE = truth.Service(sys.argv[2] if sys.argv[1:2] == ["--management"] else None)
RENDERED = {folder.name: render(folder) for folder in folders()}


def change(things, kind, path, value):
    """Sets, or with None removes, what lies at the path in the first object of the kind."""
    thing = next(thing for thing in things if thing["kind"] == kind)
    *way, last = path
    for step in way:
        thing = thing[step]
    if value is None:
        del thing[last]
    else:
        thing[last] = value


POD = ("spec", "template", "spec")
SERVER = (*POD, "containers", 0)
GROUP = ("spec", "leaderWorkerTemplate")
LEADER = (*GROUP, "leaderTemplate", "spec")
WORKER = (*GROUP, "workerTemplate", "spec")
HEAD = (*LEADER, "containers", 0)
STAGE = (*WORKER, "containers", 0)
# A rendering, what is changed in it where, and what is then said.
FAULTS = [
    ("cpu", "Deployment", ("spec", "replicaz"), 2, "replicaz"),
    ("cpu", "Deployment", (*POD, "terminationGracePeriodSecond"), 155, "terminationGracePeriodSecond"),
    ("cpu", "Deployment", (*SERVER, "lifecycle", "preStop", "sleep", "second"), 5, "second"),
    ("cpu", "Deployment", ("apiVersion",), "apps/v1beta1", "no schema for apps/v1beta1 Deployment"),
    ("cpu", "Deployment", (*SERVER, "resources", "limits", "memory"), "3GiB", "'3GiB' is no quantity"),
    ("cpu-hpa", "HorizontalPodAutoscaler", ("spec", "maxReplicaz"), 4, "maxReplicaz"),
    ("cpu-hpa", "HorizontalPodAutoscaler", ("spec", "metrics", 0, "external", "target", "averageValue"), "75%", "is no quantity"),
    ("gpu-keda-gateway", "ScaledObject", ("spec", "maxReplicas"), 4, "maxReplicas"),
    ("gpu-keda-gateway", "HTTPRoute", ("spec", "rules", 0, "timeout"), "1s", "timeout"),
    ("gpu-keda-gateway", "InferencePool", ("spec", "endpointPickerRef", "failureMode"), "FailClosed", "FailClosed"),
    ("gpu-keda-gateway", "PodMonitor", ("spec", "endpoints"), [], "endpoints"),
    ("cpu", "Service", ("spec", "selector", "app.kubernetes.io/name"), "other", "its selector finds no pod"),
    ("cpu", "PodDisruptionBudget", ("spec", "selector", "matchLabels", "app.kubernetes.io/name"), "other", "its selector finds no pod"),
    ("gpu-mixed", "PodDisruptionBudget", ("spec", "selector", "matchLabels", "tramontane.dev/gpu"), None, "has 2 disruption budgets"),
    ("gpu-mixed", "Deployment", ("spec", "selector", "matchLabels", "tramontane.dev/gpu"), None, "its pods are also those of"),
    ("cpu", "Service", ("spec", "ports", 0, "targetPort"), "web", "its pods have no port web"),
    ("cpu", "Deployment", (*SERVER, "livenessProbe", "httpGet", "port"), "admin", "the container has no port admin"),
    ("cpu", "ConfigMap", ("data", "TRAMONTANE_PORT"), "8000", "port http is 8080, TRAMONTANE_PORT is 8000"),
    ("gpu-keda-gateway", "PodMonitor", ("spec", "podMetricsEndpoints", 0, "port"), "metrics", "its pods have no port metrics"),
    ("cpu-hpa", "ServiceMonitor", ("spec", "endpoints", 0, "port"), "metrics", "has no port metrics"),
    ("cpu-hpa", "ServiceMonitor", ("spec", "selector", "matchLabels", "app.kubernetes.io/component"), "x", "finds 0 services"),
    ("gpu-keda-gateway", "NetworkPolicy", ("spec", "ingress", 0, "ports", 0, "port"), "web", "the pods have no port web"),
    ("gpu-keda-gateway", "InferencePool", ("spec", "targetPorts", 0, "number"), 8000, "the pods have no port 8000"),
    ("gpu-keda-gateway", "HTTPRoute", ("spec", "rules", 0, "backendRefs", 0, "port"), 8080, "service tramontane has no port 8080"),
    ("cpu", "Deployment", (*SERVER, "envFrom", 0, "configMapRef", "name"), "gone", "there is no ConfigMap gone"),
    ("cpu", "Deployment", (*POD, "serviceAccountName"), "gone", "there is no ServiceAccount gone"),
    ("gpu", "Deployment", (*POD, "volumes", 1, "secret", "secretName"), "gone", "there is no Secret gone"),
    ("gpu", "PersistentVolumeClaim", ("metadata", "name"), "gone", "there is no PersistentVolumeClaim tramontane-models"),
    ("cpu-hpa", "HorizontalPodAutoscaler", ("spec", "scaleTargetRef", "name"), "gone", "there is no Deployment gone"),
    ("gpu-keda-gateway", "PriorityClass", ("metadata", "name"), "gone", "there is no PriorityClass tramontane-serving"),
    ("cpu", "Deployment", (*SERVER, "volumeMounts", 1, "name"), "gone", "mounts the volume gone"),
    ("cpu", "Deployment", (*POD, "enableServiceLinks"), None, "enableServiceLinks is on"),
    ("cpu", "Deployment", (*POD, "automountServiceAccountToken"), None, "its pods get a token"),
    ("cpu", "Deployment", (*POD, "securityContext", "runAsNonRoot"), None, "need runAsNonRoot"),
    ("cpu", "Deployment", (*POD, "securityContext", "seccompProfile"), None, "need runAsNonRoot"),
    ("cpu", "Deployment", (*SERVER, "securityContext", "readOnlyRootFilesystem"), False, "write to its root"),
    ("cpu", "Deployment", (*SERVER, "securityContext", "capabilities"), None, "keeps capabilities"),
    ("gpu", "Job", (*SERVER, "resources", "limits"), None, "has no limit of memory"),
    ("cpu", "Deployment", (*SERVER, "volumeMounts", 1, "subPath"), "api-keys", "by subPath"),
    ("cpu", "Deployment", (*POD, "terminationGracePeriodSeconds"), 120, "terminationGracePeriodSeconds is 120, not 155"),
    ("cpu", "ConfigMap", ("data", "TRAMONTANE_DRAIN_TIMEOUT"), "10m", "terminationGracePeriodSeconds is 155, not 635"),
    ("cpu", "ConfigMap", ("data", "TRAMONTANE_DRAIN_DELAY"), "0s", "TRAMONTANE_DRAIN_DELAY is 0s"),
    ("cpu", "Deployment", (*SERVER, "lifecycle"), None, "preStop sleeps None s"),
    ("cpu", "Deployment", (*SERVER, "readinessProbe", "httpGet", "path"), "/livez", "its probes are not distinct"),
    ("cpu", "Deployment", (*SERVER, "readinessProbe", "httpGet", "path"), "/readyness", "doesn't answer a probe of /readyness"),
    ("cpu", "Deployment", ("spec", "progressDeadlineSeconds"), None, "its rollout is given up"),
    ("cpu", "ConfigMap", ("data", "TRAMONTANE_DRAIN_TIME"), "9s", "TRAMONTANE_DRAIN_TIME is no setting"),
    ("cpu", "ConfigMap", ("data", "TRAMONTANE_API_KEYS"), "/keys/file", "TRAMONTANE_API_KEYS=/keys/file is on no volume"),
    ("cpu", "Deployment", (*SERVER, "image"), "tramontane-cpu:latest", "runs tramontane-cpu:latest"),
    ("gpu", "Job", (*SERVER, "image"), "python:latest", "runs python:latest"),
    ("gpu", "Deployment", (*SERVER, "resources", "limits", "nvidia.com/gpu"), None, "no GPU and the backend"),
    ("cpu-hpa", "Deployment", ("spec", "replicas"), 2, "it has replicas, and an autoscaler"),
    ("gpu", "Deployment", ("spec", "strategy", "rollingUpdate", "maxSurge"), 1, "have no place for a surge"),
    ("gpu", "Deployment", ("spec", "strategy", "rollingUpdate", "maxUnavailable"), "25%", "more than its disruption budget"),
    ("cpu-hpa", "HorizontalPodAutoscaler", ("spec", "metrics", 1, "external", "metric", "name"), "tramontane_wait", "makes tramontane_wait"),
    ("gpu-keda-gateway", "ScaledObject", ("spec", "triggers", 0, "metadata", "query"), "sum(tramontane_pages)", "no metric tramontane_pages"),
    ("cpu", "Deployment", (*SERVER, "env"), None, "TRAMONTANE_INSTANCE is not the pod's name"),
    ("cpu", "Deployment", (*SERVER, "env", 0), {"name": "TRAMONTANE_INSTANCE", "value": "one"}, "TRAMONTANE_INSTANCE is not the pod's name"),
    ("cpu-gateway", "Deployment", (*SERVER, "env", 0, "valueFrom", "fieldRef", "fieldPath"), "metadata.namespace", "is not the pod's name"),
    ("cpu-gateway", "PersistentVolumeClaim", ("spec", "accessModes"), ["ReadWriteOnce"], "on no volume that all pods share"),
    ("cpu-gateway", "Deployment", (*POD, "volumes", -1), {"name": "answers", "emptyDir": {}}, "on no volume that all pods share"),
    ("gpu-keda-gateway", "Deployment", (*SERVER, "volumeMounts", -1, "readOnly"), True, "TRAMONTANE_SNAPSHOT_DIR=/answers/snapshots can't be written to"),
    ("gpu-keda-gateway", "Deployment", (*POD, "volumes", -1, "persistentVolumeClaim", "readOnly"), True, "can't be written to"),
    ("cpu-gateway", "ConfigMap", ("data", "TRAMONTANE_SNAPSHOT_DIR"), "/other", "TRAMONTANE_SNAPSHOT_DIR=/other is on no volume"),
    ("cpu-gateway", "HTTPRoute", ("spec", "rules", 0, "sessionPersistence"), None, "a rule keeps no sessions"),
    ("cpu-gateway", "HTTPRoute", ("spec", "rules", 0, "sessionPersistence", "type"), "Query", "Query"),
    ("cpu-gateway", "HTTPRoute", ("spec", "rules", 0, "retry"), None, "doesn't ask on after 421"),
    ("gpu-keda-gateway", "HTTPRoute", ("spec", "rules", 0, "retry", "codes"), [503], "doesn't ask on after 421"),
    ("gpu-keda-gateway", "HTTPRoute", ("spec", "rules", 0, "retry", "attempts"), 8, "asks 8 more pods, and there may be 9"),
    ("cpu-gateway", "HorizontalPodAutoscaler", ("spec", "maxReplicas"), 20, "asks 9 more pods, and there may be 19"),
    ("gpu-keda-gateway", "HTTPRoute", ("spec", "rules", 0, "matches"), None, "who sends Last-Event-ID is sent where a picker says"),
    ("pipeline", "LeaderWorkerSet", (*GROUP, "sizes"), 3, "sizes"),
    ("pipeline", "LeaderWorkerSet", (*GROUP, "restartPolicy"), "Always", "Always"),
    ("pipeline", "LeaderWorkerSet", (*STAGE, "livenessProbe", "tcpSockets"), {"port": "stage"}, "tcpSockets"),
    ("pipeline", "LeaderWorkerSet", (*WORKER, "volumes", -1, "secret", "secretName"), "gone", "there is no Secret gone"),
    ("pipeline", "LeaderWorkerSet", (*STAGE, "envFrom", 0, "configMapRef", "name"), "gone", "there is no ConfigMap gone"),
    ("pipeline", "LeaderWorkerSet", (*WORKER, "automountServiceAccountToken"), None, "its pods get a token"),
    ("pipeline", "LeaderWorkerSet", (*LEADER, "terminationGracePeriodSeconds"), 100, "terminationGracePeriodSeconds is 100, not 155"),
    ("pipeline", "LeaderWorkerSet", (*WORKER, "terminationGracePeriodSeconds"), 155, "its stages stay when their leader has gone"),
    ("pipeline", "LeaderWorkerSet", (*STAGE, "lifecycle"), {"preStop": {"sleep": {"seconds": 5}}}, "its stages stay when their leader has gone"),
    ("pipeline", "LeaderWorkerSet", (*STAGE, "readinessProbe"), None, "its stages have no readinessProbe of their port"),
    ("pipeline", "LeaderWorkerSet", (*STAGE, "ports", 0, "name"), "other", "startupProbe: the container has no port stage"),
    ("pipeline", "LeaderWorkerSet", (*STAGE, "ports", 0, "containerPort"), 9200, "port stage is 9200, TRAMONTANE_LISTEN is 0.0.0.0:7100"),
    ("pipeline", "LeaderWorkerSet", (*STAGE, "image"), "tramontane-cpu:0.0.9", "they take each other's own version only"),
    ("pipeline", "LeaderWorkerSet", (*STAGE, "args"), ["serve"], "not serve and stage"),
    ("pipeline", "LeaderWorkerSet", (*GROUP, "size"), 4, "its pods are $(TRAMONTANE_INSTANCE)-1.tramontane-pipeline:7100,$(TRAMONTANE_INSTANCE)-2"),
    ("pipeline", "LeaderWorkerSet", (*HEAD, "env", 1, "value"), "one:7100,two:7100", "TRAMONTANE_STAGES is one:7100,two:7100"),
    ("pipeline", "LeaderWorkerSet", ("spec", "networkConfig", "subdomainPolicy"), "UniquePerReplica", "subdomainPolicy Shared"),
    ("pipeline", "LeaderWorkerSet", (*GROUP, "restartPolicy"), "RecreateGroupOnPodRestart", "restartPolicy None"),
    ("pipeline", "LeaderWorkerSet", ("metadata", "name"), "tramontane", "there is a service tramontane"),
    ("pipeline", "NetworkPolicy", ("spec", "ingress", 0, "ports", 0, "port"), "http", "the pods have no port http"),
    ("pipeline", "NetworkPolicy", ("spec", "ingress", 0, "from"), None, "lets others than its leader reach its stages"),
    ("pipeline", "NetworkPolicy", ("spec", "ingress", 0, "from", 0), {"namespaceSelector": {}}, "lets others than its leader reach its stages"),
    ("pipeline", "NetworkPolicy", ("spec", "podSelector", "matchLabels", "app.kubernetes.io/component"), "server", "no network policy says who may reach its stages"),
    ("pipeline", "PodDisruptionBudget", ("spec", "selector", "matchExpressions", 0, "values"), ["model"], "has 0 disruption budgets"),
]


class Faults(unittest.TestCase):
    def test_what_is_rendered_has_none(self):
        for name, things in RENDERED.items():
            self.assertEqual([], check(things, SERVICE), name)
        self.assertEqual([], list(truth.check_adapter(SERVICE)))

    def test_each_is_found(self):
        for name, kind, path, value, words in FAULTS:
            with self.subTest(f"{name}: {kind} {path} = {value}"):
                things = copy.deepcopy(RENDERED[name])
                change(things, kind, path, value)
                self.assertIn(words, "\n".join(check(things, SERVICE)))

    def test_another_model_at_a_stage(self):
        things = copy.deepcopy(RENDERED["pipeline"])
        told = next(thing for thing in things if "TRAMONTANE_LISTEN" in thing.get("data", {}))
        told["data"]["TRAMONTANE_MODEL"] = "/models/other.gguf"
        self.assertIn("and /models/other.gguf at its stages", "\n".join(check(things, SERVICE)))

    def test_what_a_groups_controller_makes_has_the_shape_of_the_api(self):
        made = list(leaders.played(RENDERED["pipeline"]))
        self.assertEqual(["Service", "Pod", "Pod", "Pod"], [thing["kind"] for thing in made])
        self.assertEqual([], [words for thing in made for words in check_schema(thing)])
        names = [thing["metadata"]["name"] for thing in made[1:]]
        head = next(one for one in made[1]["spec"]["containers"][0]["env"] if one["name"] == "TRAMONTANE_STAGES")
        stages = head["value"].replace("$(TRAMONTANE_INSTANCE)", names[0])
        self.assertEqual([f"{name}.{made[0]['metadata']['name']}:7100" for name in names[1:]], stages.split(","))

    def test_the_order_of_a_groups_variables(self):
        things = copy.deepcopy(RENDERED["pipeline"])
        group = next(thing for thing in things if thing["kind"] == "LeaderWorkerSet")["spec"]["leaderWorkerTemplate"]
        group["leaderTemplate"]["spec"]["containers"][0]["env"].reverse()
        self.assertIn("must stand before TRAMONTANE_STAGES", "\n".join(check(things, SERVICE)))

    def test_leaders_that_may_not_call_their_stages(self):
        things = [thing for thing in RENDERED["pipeline"] if thing["metadata"]["name"] != "tramontane-to-stages"]
        self.assertIn("no network policy lets its leader reach its stages", "\n".join(check(things, SERVICE)))

    def test_two_autoscalers_for_one_target(self):
        things = copy.deepcopy(RENDERED["cpu-hpa"])
        things += [thing for thing in RENDERED["gpu-keda-gateway"] if thing["kind"] == "ScaledObject"]
        self.assertIn("two autoscalers have the same target", "\n".join(check(things, SERVICE)))

    def test_two_rules_with_one_session(self):
        things = copy.deepcopy(RENDERED["cpu-gateway"])
        rules = next(thing for thing in things if thing["kind"] == "HTTPRoute")["spec"]["rules"]
        rules.append(copy.deepcopy(rules[0]))
        self.assertIn("two rules have sessions of one name", "\n".join(check(things, SERVICE)))

    def test_sessions_by_header_and_by_cookie(self):
        kept = {
            name: [rule["sessionPersistence"]["type"] for thing in things if thing["kind"] == "HTTPRoute" for rule in thing["spec"]["rules"] if "sessionPersistence" in rule]
            for name, things in RENDERED.items()
        }
        self.assertEqual((["Cookie"], ["Header"]), (kept["cpu-gateway"], kept["gpu-keda-gateway"]))

    def test_a_metric_that_the_picker_reads(self):
        things = copy.deepcopy(RENDERED["gpu-keda-gateway"])
        picker = next(thing for thing in things if "picker.yaml" in thing.get("data", {}))
        picker["data"]["picker.yaml"] = picker["data"]["picker.yaml"].replace("_requests_waiting", "_requests_queued")
        self.assertIn("the service shows no metric tramontane_requests_queued", "\n".join(check(things, SERVICE)))

    def test_the_adapter_and_keda_ask_the_same(self):
        text = truth.ADAPTER.read_text()
        self.assertIn("no metric", "\n".join(truth.check_adapter(SERVICE, text.replace("refused_total", "refused"))))
        self.assertIn("different things", "\n".join(truth.check_adapter(SERVICE, text.replace("[1m]", "[2m]"))))

    def test_node_pools(self):
        self.assertEqual([], list(check_node_pools()))
        for before, after, words in (
            ("key: nvidia.com/gpu", "key: gpu", "don't tolerate gpu"),
            ("consolidateAfter", "consolidatedAfter", "consolidatedAfter"),
            ("name: tramontane-gpu}", "name: gone}", "there is no EC2NodeClass gone"),
        ):
            self.assertIn(words, "\n".join(check_node_pools(lambda text: text.replace(before, after))))

    def test_every_field_that_another_api_has_not_is_found(self):
        """Each object of a kind that crds.py describes, with a field more at every place where it has fields."""
        things = [thing for rendered in RENDERED.values() for thing in rendered]
        things += yaml.safe_load_all((truth.K8S / "nodes/karpenter.yaml").read_text())
        seen = set()
        for thing in things:
            if thing["apiVersion"].split("/")[0] in ("keda.sh", "monitoring.coreos.com", "gateway.networking.k8s.io", "karpenter.sh"):
                seen.add(thing["kind"])
                wrong = copy.deepcopy(thing)
                wrong["spec"]["inventedField"] = 1
                self.assertIn("inventedField", "\n".join(check_schema(wrong)), thing["kind"])
        self.assertEqual({"ScaledObject", "PodMonitor", "ServiceMonitor", "HTTPRoute", "NodePool"}, seen)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
