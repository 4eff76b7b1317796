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

import yaml

from consistency import check_hardening, check_ports, check_references, check_scaling, check_selectors
from rendering import Rendering, render
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
        for one in (check_selectors, check_ports, check_references, check_hardening, check_ending, check_scaling):
            found += one(all_of)
        for one in (check_probes, check_settings, check_images, check_metrics):
            found += one(all_of, service)
    return [f"{thing['kind']} {thing['metadata']['name']}: {words}" for thing, words in found]


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
        nodes = [thing for thing in yaml.safe_load_all((K8S / "nodes/karpenter.yaml").read_text())]
        for problem in [*check_adapter(service), *(words for thing in nodes for words in check_schema(thing)), *(
            f"{thing['kind']}: {words}" for thing, words in check_references(Rendering(nodes)))]:
            print(problem)
            count += 1
    sys.exit(1 if count else 0)


if __name__ == "__main__":
    main()
