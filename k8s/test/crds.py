"""Kinds that the cluster's add-ons bring, in small: the fields of their published APIs that the manifests use or might, so that an
unknown one is refused. check.py validates by them, scenes.py gives them to the API server. Not for a cluster that has the real ones."""

from pods import pod_template

TEXT, NUMBER, FLAG = {"type": "string"}, {"type": "integer"}, {"type": "boolean"}
QUANTITY = {"x-kubernetes-int-or-string": True, "anyOf": [{"type": "integer"}, {"type": "string"}]}
TEXTS = {"type": "object", "additionalProperties": TEXT}


def record(required=(), **fields):
    return {"type": "object", "properties": fields, "required": list(required)}


def several(item, **limits):
    return {"type": "array", "items": item, **limits}


def one_of(*words):
    return {"type": "string", "enum": list(words)}


REQUIREMENT = record(["key", "operator"], key=TEXT, operator=one_of("In", "NotIn", "Exists", "DoesNotExist"), values=several(TEXT))
SELECTOR = record(matchLabels=TEXTS, matchExpressions=several(REQUIREMENT))

# ---- keda.sh/v1alpha1

POLICY = record(["type", "value", "periodSeconds"], type=one_of("Pods", "Percent"), value=NUMBER, periodSeconds=NUMBER)
RULES = record(
    stabilizationWindowSeconds=NUMBER,
    selectPolicy=one_of("Max", "Min", "Disabled"),
    policies=several(POLICY),
    tolerance=QUANTITY,
)
SCALED_OBJECT = record(
    ["scaleTargetRef", "triggers"],
    scaleTargetRef=record(["name"], apiVersion=TEXT, kind=TEXT, name=TEXT, envSourceContainerName=TEXT),
    pollingInterval=NUMBER,
    cooldownPeriod=NUMBER,
    initialCooldownPeriod=NUMBER,
    idleReplicaCount=NUMBER,
    minReplicaCount=NUMBER,
    maxReplicaCount=NUMBER,
    fallback=record(["failureThreshold", "replicas"], failureThreshold=NUMBER, replicas=NUMBER, behavior=TEXT),
    advanced=record(
        restoreToOriginalReplicaCount=FLAG,
        horizontalPodAutoscalerConfig=record(name=TEXT, behavior=record(scaleUp=RULES, scaleDown=RULES)),
    ),
    triggers=several(
        record(
            ["type", "metadata"],
            type=TEXT,
            name=TEXT,
            metricType=one_of("AverageValue", "Value", "Utilization"),
            useCachedMetrics=FLAG,
            metadata=TEXTS,
            authenticationRef=record(["name"], name=TEXT, kind=TEXT),
        ),
        minItems=1,
    ),
)

# ---- monitoring.coreos.com/v1

ENDPOINT = record(
    port=TEXT,
    path=TEXT,
    scheme=one_of("http", "https", "HTTP", "HTTPS"),
    interval=TEXT,
    scrapeTimeout=TEXT,
    honorLabels=FLAG,
    tlsConfig=record(insecureSkipVerify=FLAG, serverName=TEXT),
)
MONITOR = dict(
    selector=SELECTOR,
    namespaceSelector=record(any=FLAG, matchNames=several(TEXT)),
    jobLabel=TEXT,
    podTargetLabels=several(TEXT),
    sampleLimit=NUMBER,
)
POD_MONITOR = record(["selector", "podMetricsEndpoints"], **MONITOR, podMetricsEndpoints=several(ENDPOINT))
SERVICE_MONITOR = record(["selector", "endpoints"], **MONITOR, targetLabels=several(TEXT), endpoints=several(ENDPOINT))
RULE = record(
    ["expr"], alert=TEXT, record=TEXT, expr=QUANTITY, **{"for": TEXT}, keep_firing_for=TEXT, labels=TEXTS, annotations=TEXTS
)
PROMETHEUS_RULE = record(groups=several(record(["name"], name=TEXT, interval=TEXT, labels=TEXTS, limit=NUMBER, rules=several(RULE))))

# ---- gateway.networking.k8s.io/v1 and inference.networking.k8s.io/v1

MATCH = record(
    path=record(type=one_of("Exact", "PathPrefix", "RegularExpression"), value=TEXT),
    headers=several(record(["name", "value"], type=one_of("Exact", "RegularExpression"), name=TEXT, value=TEXT)),
    queryParams=several(record(["name", "value"], type=one_of("Exact", "RegularExpression"), name=TEXT, value=TEXT)),
    method=one_of("GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"),
)
BACKEND = record(["name"], group=TEXT, kind=TEXT, name=TEXT, namespace=TEXT, port=NUMBER, weight=NUMBER)
PARENT = record(["name"], group=TEXT, kind=TEXT, name=TEXT, namespace=TEXT, sectionName=TEXT, port=NUMBER)
HTTP_ROUTE = record(
    parentRefs=several(PARENT),
    hostnames=several(TEXT),
    rules=several(
        record(
            name=TEXT,
            matches=several(MATCH),
            backendRefs=several(BACKEND),
            timeouts=record(request=TEXT, backendRequest=TEXT),
            # These two are of the experimental channel.
            retry=record(codes=several({"type": "integer", "minimum": 400, "maximum": 599}), attempts=NUMBER, backoff=TEXT),
            sessionPersistence=record(
                sessionName=TEXT,
                absoluteTimeout=TEXT,
                idleTimeout=TEXT,
                type=one_of("Cookie", "Header"),
                cookieConfig=record(lifetimeType=one_of("Permanent", "Session")),
            ),
        )
    ),
)
INFERENCE_POOL = record(
    ["selector", "targetPorts", "endpointPickerRef"],
    selector=record(["matchLabels"], matchLabels=TEXTS),
    targetPorts=several(record(["number"], number=NUMBER), minItems=1, maxItems=8),
    appProtocol=one_of("http", "kubernetes.io/h2c"),
    endpointPickerRef=record(
        ["name"],
        group=TEXT,
        kind=TEXT,
        name=TEXT,
        port=record(["number"], number=NUMBER),
        failureMode=one_of("FailOpen", "FailClose"),
    ),
)

# ---- karpenter.sh/v1 and karpenter.k8s.aws/v1

TAINT = record(["key", "effect"], key=TEXT, value=TEXT, effect=one_of("NoSchedule", "PreferNoSchedule", "NoExecute"))
NODE_POOL = record(
    ["template"],
    template=record(
        ["spec"],
        metadata=record(labels=TEXTS, annotations=TEXTS),
        spec=record(
            ["nodeClassRef", "requirements"],
            nodeClassRef=record(["group", "kind", "name"], group=TEXT, kind=TEXT, name=TEXT),
            taints=several(TAINT),
            startupTaints=several(TAINT),
            requirements=several(
                record(
                    ["key", "operator"],
                    key=TEXT,
                    operator=one_of("In", "NotIn", "Exists", "DoesNotExist", "Gt", "Lt"),
                    values=several(TEXT),
                    minValues=NUMBER,
                )
            ),
            terminationGracePeriod=TEXT,
            expireAfter=TEXT,
        ),
    ),
    disruption=record(
        consolidationPolicy=one_of("WhenEmpty", "WhenEmptyOrUnderutilized"),
        consolidateAfter=TEXT,
        budgets=several(record(["nodes"], nodes=TEXT, schedule=TEXT, duration=TEXT, reasons=several(TEXT))),
    ),
    limits={"type": "object", "additionalProperties": QUANTITY},
    weight=NUMBER,
)
TERM = record(alias=TEXT, id=TEXT, name=TEXT, owner=TEXT, tags=TEXTS)
NODE_CLASS = record(
    ["amiSelectorTerms", "subnetSelectorTerms", "securityGroupSelectorTerms"],
    role=TEXT,
    instanceProfile=TEXT,
    amiFamily=TEXT,
    amiSelectorTerms=several(TERM),
    subnetSelectorTerms=several(TERM),
    securityGroupSelectorTerms=several(TERM),
    tags=TEXTS,
    userData=TEXT,
    blockDeviceMappings=several(
        record(
            deviceName=TEXT,
            ebs=record(volumeSize=QUANTITY, volumeType=TEXT, encrypted=FLAG, iops=NUMBER, throughput=NUMBER, deleteOnTermination=FLAG),
        )
    ),
)

# ---- leaderworkerset.x-k8s.io/v1

LEADER_WORKER_SET = record(
    ["leaderWorkerTemplate"],
    replicas=NUMBER,
    startupPolicy=one_of("LeaderCreated", "LeaderReady"),
    networkConfig=record(["subdomainPolicy"], subdomainPolicy=one_of("Shared", "UniquePerReplica")),
    rolloutStrategy=record(
        ["type"],
        type=one_of("RollingUpdate"),
        rollingUpdateConfiguration=record(partition=NUMBER, maxUnavailable=QUANTITY, maxSurge=QUANTITY),
    ),
    leaderWorkerTemplate=record(
        ["workerTemplate"],
        leaderTemplate=pod_template(),
        workerTemplate=pod_template(),
        size=NUMBER,
        restartPolicy=one_of("Default", "RecreateGroupOnPodRestart", "RecreateGroupAfterStart", "None"),
        subGroupPolicy=record(subGroupPolicyType=one_of("LeaderWorker", "LeaderExcluded"), subGroupSize=NUMBER),
    ),
)

# (group, version, kind, plural, whether in namespaces): what `spec` is.
KINDS = {
    ("keda.sh", "v1alpha1", "ScaledObject", "scaledobjects", True): SCALED_OBJECT,
    ("monitoring.coreos.com", "v1", "PodMonitor", "podmonitors", True): POD_MONITOR,
    ("monitoring.coreos.com", "v1", "ServiceMonitor", "servicemonitors", True): SERVICE_MONITOR,
    ("monitoring.coreos.com", "v1", "PrometheusRule", "prometheusrules", True): PROMETHEUS_RULE,
    ("gateway.networking.k8s.io", "v1", "HTTPRoute", "httproutes", True): HTTP_ROUTE,
    ("inference.networking.k8s.io", "v1", "InferencePool", "inferencepools", True): INFERENCE_POOL,
    ("leaderworkerset.x-k8s.io", "v1", "LeaderWorkerSet", "leaderworkersets", True): LEADER_WORKER_SET,
    ("karpenter.sh", "v1", "NodePool", "nodepools", False): NODE_POOL,
    ("karpenter.k8s.aws", "v1", "EC2NodeClass", "ec2nodeclasses", False): NODE_CLASS,
}


def definitions():
    """The kinds as CustomResourceDefinitions."""
    for (group, version, kind, plural, namespaced), spec in KINDS.items():
        names = {"kind": kind, "plural": plural, "singular": kind.lower(), "listKind": kind + "List"}
        schema = {"openAPIV3Schema": {"type": "object", "properties": {"spec": spec}, "required": ["spec"]}}
        yield {
            "apiVersion": "apiextensions.k8s.io/v1",
            "kind": "CustomResourceDefinition",
            # The API's own groups want to know who approved; ours are stand-ins for tests, and say so.
            "metadata": {
                "name": f"{plural}.{group}",
                "annotations": {"api-approved.kubernetes.io": "unapproved, a stand-in for tests"},
            },
            "spec": {
                "group": group,
                "names": names,
                "scope": "Namespaced" if namespaced else "Cluster",
                "versions": [{"name": version, "served": True, "storage": True, "schema": schema}],
            },
        }


def strict(schema):
    """The same as a JSON schema that knows no other fields."""
    if not isinstance(schema, dict):
        return [strict(item) for item in schema] if isinstance(schema, list) else schema
    result = {key: strict(value) for key, value in schema.items() if not key.startswith("x-kubernetes")}
    if "properties" in schema and isinstance(schema["properties"], dict) and schema.get("type") == "object":
        result["additionalProperties"] = False
    return result


def schema_of(group, version, kind):
    """The strict schema of a whole object, or None where the kind is not one of these."""
    for (its_group, its_version, its_kind, _, _), spec in KINDS.items():
        if (its_group, its_version, its_kind) == (group, version, kind):
            metadata = record(["name"], name=TEXT, namespace=TEXT, labels=TEXTS, annotations=TEXTS)
            return strict(record(["apiVersion", "kind", "metadata", "spec"], apiVersion=TEXT, kind=TEXT, metadata=metadata, spec=spec))
    return None
