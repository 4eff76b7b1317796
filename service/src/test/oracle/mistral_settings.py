"""Settings of Mistral's version 15 by mistral-common: what tekken.json may say of them, what a request may ask for, and what the model is shown.
Usage: mistral_settings.py OUT.json. A case without `pieces` was refused, by the class in `error`. Left out: efforts asked of a model without that
setting, which mistral-common drops in silence."""
import importlib.metadata
import json
import sys

from mistral_common.protocol.instruct.request import _JSON_OBJECT_OR_ARRAY_SCHEMA
from mistral_layouts import CLOCK, a, lay_out, s, u

EFFORT = {"type": "enum", "values": ["none", "high"], "accepts_none": True, "default": "none"}
EVERY = {"type": "enum", "values": ["none", "minimal", "low", "medium", "high", "xhigh", "max"], "accepts_none": True, "default": "medium"}
SCHEMA = {"type": "json_schema", "accepts_none": False, "default": None}
BUILDERS = [
    {}, {"reasoning_effort": EFFORT}, {"reasoning_effort": EVERY}, {"reasoning_effort": EVERY, "json_schema": SCHEMA}, {"json_schema": SCHEMA},
    {"reasoning_effort": None, "json_schema": None}, {"reasoning_effort": {**EFFORT, "default": "high"}}, {"reasoning_effort": {"values": ["low"], "default": "low"}},
    # Refused as they are read.
    {"reasoning_effort": {**EFFORT, "default": None}}, {"reasoning_effort": {**EFFORT, "default": "low"}}, {"reasoning_effort": {**EFFORT, "values": []}},
    {"reasoning_effort": {**EFFORT, "values": ["none", "none"]}}, {"reasoning_effort": {**EFFORT, "values": ["none", "colossal"]}},
    {"reasoning_effort": {**EFFORT, "type": "json_schema"}}, {"temperature": EFFORT},
]
FORMS = [{}, {"type": "json_object"}, {"type": "json_schema", "json_schema": {"name": "n", "schema": {"type": "object", "properties": {"b": {"type": "string", "description": "é"}, "a": {}}}}}]
TALKS = [([u("a")], []), ([s("S"), u("a"), a("b"), u("c")], [CLOCK])]


def main(out):
    cases = []
    for builder in BUILDERS:
        for effort in [None, "none", "high", "medium"]:
            if effort and not builder.get("reasoning_effort"):
                continue
            for form in FORMS:
                for messages, tools in TALKS:
                    asked = {**({"reasoning_effort": effort} if effort else {}), **({"response_format": form} if form else {})}
                    case = {"messages": messages, "tools": tools, "continue": False, "generate": True, "settings": builder, "asked": asked}
                    try:
                        result = lay_out("v15", case)
                    except Exception as refused:
                        result = "file: " + type(refused).__name__
                    if isinstance(result, str) and any(c["settings"] == builder and c.get("error") == result and effort == c["variables"].get("reasoning_effort", effort) for c in cases):
                        continue  # once is enough
                    variables = {**({"reasoning_effort": effort} if effort else {}),
                                 **({"json_schema": form["json_schema"]["schema"] if "json_schema" in form else _JSON_OBJECT_OR_ARRAY_SCHEMA} if form else {})}
                    told = {"settings": builder, "messages": messages, "tools": tools, "variables": variables}
                    cases.append({**told, **({"pieces": result} if isinstance(result, list) else {"error": result})})
    with open(out, "w", encoding="utf-8") as file:
        file.write('{"made_with": "mistral-common ' + importlib.metadata.version("mistral-common") + '", "cases": [\n')
        file.write(",\n".join(json.dumps(case, ensure_ascii=False, separators=(",", ":")) for case in cases) + "\n]}\n")
    print(len(cases), "cases,", sum("pieces" in c for c in cases), "layouts,", {c["error"] for c in cases if "error" in c})


if __name__ == "__main__":
    main(sys.argv[1])
