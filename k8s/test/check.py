#!/usr/bin/env python3
"""Checks what a Kustomize folder renders: against the API's schemas, against itself, and against the service.

    check.py [--management URL] [FOLDER...]      FOLDER: overlays and examples of this repository by default

Needs Python 3 with kubernetes-validate (pip), and kustomize or kubectl. With the address of a running service's management port, metrics and
probes are looked for there, else in docs/metrics.md and docs/http.md, which tests hold against it. An overlay of your own may be
given, too. Prints a line for each problem; exit status 1 where there is one.
"""

import argparse
import sys
from pathlib import Path

try:
    import kubernetes_validate  # noqa: F401  shapes.py uses it, and YAML and JSON Schema come with it
except ImportError:
    sys.exit("check.py: the package kubernetes-validate is not there: python3 -m pip install kubernetes-validate")
import yaml

from consistency import check_hardening, check_ports, check_references, check_scaling, check_selectors
from groups import check_groups
from rendering import Rendering, render
from sessions import check_routes, check_shared
from shapes import check_quantities, check_schema
from truth import K8S, Service, check_adapter, check_ending, check_images, check_metrics, check_probes, check_settings


def check(things, service):
    """A line for each problem of what was rendered."""
    all_of = Rendering(things)
    found = []
    for thing in things:
        for words in [*check_schema(thing), *check_quantities(thing)]:
            found.append((thing, words))
    # What has no known shape can't be looked into further.
    if not found:
        for one in (check_selectors, check_ports, check_references, check_hardening, check_ending, check_scaling, check_shared, check_routes, check_groups):
            found += one(all_of)
        for one in (check_probes, check_settings, check_images, check_metrics):
            found += one(all_of, service)
    return [f"{thing['kind']} {thing['metadata']['name']}: {words}" for thing, words in found]


def check_node_pools(change=lambda text: text):
    """The examples of node pools: their kinds, and that the pods which are to run there tolerate their taints."""
    karpenter = list(yaml.safe_load_all(change((K8S / "nodes/karpenter.yaml").read_text())))
    groups = yaml.safe_load(change((K8S / "nodes/cluster-autoscaler.yaml").read_text()))["managedNodeGroups"]
    for thing, words in [(t, w) for t in karpenter for w in check_schema(t)] + list(check_references(Rendering(karpenter))):
        yield f"{thing['kind']} {thing['metadata']['name']}: {words}"
    pods = next(thing for thing in render(K8S / "overlays/gpu") if thing["kind"] == "Deployment")["spec"]["template"]["spec"]
    tolerated = {(each["key"], each["effect"]) for each in pods["tolerations"] if each["operator"] == "Exists"}
    pools = [(thing["metadata"]["name"], thing["spec"]["template"]["spec"]) for thing in karpenter if thing["kind"] == "NodePool"]
    for name, pool in pools + [(group["name"], group) for group in groups]:
        for taint in pool.get("taints", []):
            if (taint["key"], taint["effect"]) not in tolerated:
                yield f"{name}: the pods of overlays/gpu don't tolerate {taint['key']}"


def folders():
    return [*sorted((K8S / "overlays").iterdir()), *sorted((K8S / "examples").iterdir())]


def main():
    arguments = argparse.ArgumentParser(usage=__doc__)
    arguments.add_argument("--management")
    arguments.add_argument("folder", nargs="*", type=Path)
    given = arguments.parse_args()
    service = Service(given.management)
    count = 0
    for folder in given.folder or folders():
        problems = check(render(folder), service)
        for problem in problems:
            print(f"{folder.name}: {problem}")
        if not problems:
            print(f"ok: {folder.name}")
        count += len(problems)
    if not given.folder:
        for problem in [*check_adapter(service), *check_node_pools()]:
            print(problem)
            count += 1
    sys.exit(1 if count else 0)


if __name__ == "__main__":
    main()
