"""Whether objects have the shape that the API says: known fields only, and amounts where amounts stand."""

import json
import re
from functools import cache
from pathlib import Path

import jsonschema
import kubernetes_validate
import referencing

import crds

# The oldest API that knows every field used (preStop's sleep), and the newest that we have a schema of.
VERSIONS = ("1.30", kubernetes_validate.latest_version().rsplit(".", 1)[0])
QUANTITY = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)(m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei|[eE][+-]?\d+)?")


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
