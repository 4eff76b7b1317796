"""Whether the objects of a rendering fit each other: a generator of (object, what is wrong) for each subject."""

from rendering import ports_of, references


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
            for name in {owner["metadata"]["name"] for owner, _, _ in found}:
                budgets.setdefault(name, []).append(thing["metadata"]["name"])
    for thing, _, _ in [*all_of.servers(), *all_of.stages()]:
        name = thing["metadata"]["name"]
        if thing["kind"] == "Deployment" and owners.get(name) != [name]:
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
                asked = container.get(probe, {})
                port = asked.get("httpGet", asked.get("tcpSocket", {})).get("port")
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


def rounded(value, count, up):
    if isinstance(value, int):
        return value
    share = int(value.rstrip("%")) * count
    return -(-share // 100) if up else share // 100


def check_scaling(all_of):
    scalers = all_of.of("HorizontalPodAutoscaler", "ScaledObject")
    targets = [thing["spec"]["scaleTargetRef"]["name"] for thing in scalers]
    for thing, target in zip(scalers, targets):
        if targets.count(target) > 1:
            yield thing, "two autoscalers have the same target"
    for thing, _, spec in all_of.servers():
        if "replicas" in thing["spec"] and thing["metadata"]["name"] in targets:
            yield thing, "it has replicas, and an autoscaler that would set them, too"
        if thing["kind"] == "LeaderWorkerSet":
            continue  # A group goes before its successor comes; check_groups looks at them.
        strategy = thing["spec"]["strategy"]["rollingUpdate"]
        if spec["containers"][0].get("resources", {}).get("limits", {}).get("nvidia.com/gpu") and strategy["maxSurge"] != 0:
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
