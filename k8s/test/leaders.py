"""What LeaderWorkerSet's controller makes of a set of groups, in small: a headless service, and pods with the names, labels and variables of its
published API. Its stateful sets, restarts and updates are not played."""

import copy

from rendering import templates

OWN = "leaderworkerset.sigs.k8s.io/"


def played(things):
    """The objects that the controller would make for the sets of groups among these."""
    for thing in things:
        if thing["kind"] == "LeaderWorkerSet":
            yield from made_of(thing)


def made_of(thing):
    name, spec = thing["metadata"]["name"], thing["spec"]
    yield {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": name, "labels": {OWN + "name": name}},
        "spec": {"clusterIP": "None", "selector": {OWN + "name": name}, "publishNotReadyAddresses": True},
    }
    size = spec["leaderWorkerTemplate"].get("size", 1)
    leader, worker = templates(thing)
    for group in range(spec.get("replicas", 1)):
        for number in range(size):
            yield pod(name, group, number, size, worker if number else leader)


def stages_of(thing):
    """The host names by which the leaders of a set of groups look for their stages, each with its service."""
    name, spec = thing["metadata"]["name"], thing["spec"]
    leader = templates(thing)[0]["spec"]["containers"][0]
    listed = next(one["value"] for one in leader["env"] if one["name"] == "TRAMONTANE_STAGES")
    for group in range(spec.get("replicas", 1)):
        for address in listed.replace("$(TRAMONTANE_INSTANCE)", f"{name}-{group}").split(","):
            host, _, service = address.rpartition(":")[0].partition(".")
            yield service, host


def pod(name, group, number, size, template):
    leader = f"{name}-{group}"
    own = f"{leader}-{number}" if number else leader
    labels = {OWN + "name": name, OWN + "group-index": str(group), OWN + "worker-index": str(number)}
    spec = copy.deepcopy(template["spec"]) | {"hostname": own, "subdomain": name}
    variables = [
        {"name": "LWS_LEADER_ADDRESS", "value": f"{leader}.{name}"},
        {"name": "LWS_GROUP_SIZE", "value": str(size)},
        {"name": "LWS_WORKER_INDEX", "value": str(number)},
    ]
    for container in spec["containers"] + spec.get("initContainers", []):
        container["env"] = variables + container.get("env", [])
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": own, "labels": {**template["metadata"].get("labels", {}), **labels}},
        "spec": spec,
    }
