"""The API's own pod template as a part of another kind's schema: what LeaderWorkerSet's published definition contains, of the oldest API that
the manifests are for."""

import json
from functools import cache
from pathlib import Path

import kubernetes_validate

VERSION = "1.30"
POD_TEMPLATE = "io.k8s.api.core.v1.PodTemplateSpec"
AMOUNT = {"x-kubernetes-int-or-string": True, "anyOf": [{"type": "integer"}, {"type": "string"}]}
KEPT = ("properties", "items", "additionalProperties", "required", "enum")


@cache
def pod_template():
    base = Path(kubernetes_validate.__file__).parent / "kubernetes-json-schema"
    folder = next(iter(base.glob(f"v{VERSION}.*-local-strict")))
    return structural(POD_TEMPLATE, json.loads((folder / "_definitions.json").read_text())["$defs"])


def structural(part, defined):
    """A definition, or a schema within one, as a custom resource may say it: without references, and of one type each."""
    if isinstance(part, str):
        part = defined[part]
    if "$ref" in part:
        return structural(part["$ref"].rpartition("/")[2], defined)
    if "oneOf" in part:
        return AMOUNT  # a quantity, or a number or percentage
    types = part["type"] if isinstance(part["type"], list) else [part["type"]]
    result = {"type": types[0], **{key: part[key] for key in KEPT if key in part}}
    if "properties" in result:
        result["properties"] = {name: structural(field, defined) for name, field in result["properties"].items()}
        result.pop("additionalProperties", None)
    elif isinstance(result.get("additionalProperties"), dict):
        result["additionalProperties"] = structural(result["additionalProperties"], defined)
    elif types[0] == "object":
        result.pop("additionalProperties", None)
        result["x-kubernetes-preserve-unknown-fields"] = True
    if "items" in result:
        result["items"] = structural(result["items"], defined)
    return result
