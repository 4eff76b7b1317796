"""Holds events of the WebSocket against the types of OpenAI's Python client; run by ResponsesEventsClientsTest.

python events.py EVENTS DOCUMENT EXTENSIONS

EVENTS is a file of JSON lines, each an event that the server sent, or {"ask": MESSAGE}, one that a client may send. An event must be what the
client's models say: no field missing, none of another type, none that they don't know but those of EXTENSIONS; of a message the models must
know the fields. DOCUMENT has to name every event of the models that is not among these, with what it is for.
"""

import json
import sys
import typing

import pydantic
from openai.types.responses import response_steer_error_code, responses_client_event, responses_server_event

# What is more than the models know: how each such fault begins. docs/websocket.md says what it means.
EXTENSIONS = json.loads(sys.argv[3])
used = set()


def is_extension(fault):
    known = [begins for begins in EXTENSIONS if fault.startswith(begins)]
    used.update(known)
    return bool(known)



def members(union):
    """The models of a union, by their type."""
    found = {}
    for argument in typing.get_args(typing.get_args(union)[0] if typing.get_origin(union) is typing.Annotated else union):
        found[typing.get_args(argument.model_fields["type"].annotation)[0]] = argument
    return found


def unknown(value, path):
    """Fields that no model knows, with where they are."""
    if isinstance(value, pydantic.BaseModel):
        for name in value.model_extra or {}:
            yield f"{path}.{name}"
        for name in type(value).model_fields:
            yield from unknown(getattr(value, name), f"{path}.{name}")
    elif isinstance(value, dict):
        for name, inner in value.items():
            yield from unknown(inner, f"{path}.{name}")
    elif isinstance(value, list):
        for inner in value:
            yield from unknown(inner, path)


def check(event, model):
    try:
        read = pydantic.TypeAdapter(model).validate_python(event, strict=False)
    except pydantic.ValidationError as wrong:
        return [str(error["loc"]) + " " + error["msg"] for error in wrong.errors()]
    return list(unknown(read, ""))


sent, taken = members(responses_server_event.ResponsesServerEvent), members(responses_client_event.ResponsesClientEvent)
faults, seen, asked = [], set(), set()
with open(sys.argv[1], encoding="utf-8") as lines:
    for event in map(json.loads, lines):
        models = sent
        if "ask" in event:
            event, models = event["ask"], taken
        (seen if models is sent else asked).add(event["type"])
        if event["type"] not in models:
            faults.append(f"{event['type']} is unknown to the client")
            continue
        model = models[event["type"]]
        found = check(event, model) if models is sent else [f"asked.{name}" for name in event if name not in model.model_fields]
        faults += [fault for fault in (f"{event['type']}: {each}" for each in found) if not is_extension(fault)]

document = open(sys.argv[2], encoding="utf-8").read()
for name in sorted(sent.keys() - seen):
    family = name.rsplit(".", 1)[0]
    if f"`{name}`" not in document and f"`{family}.*`" not in document:
        faults.append(f"{name} is not sent, and the document does not say why")
for name in sorted(taken.keys() - asked):
    if f"`{name}`" not in document:
        faults.append(f"{name} is not taken, and the document does not say why")
for literal in typing.get_args(response_steer_error_code.ResponseSteerErrorCode)[:1]:
    for code in typing.get_args(literal):
        if f"`{code}`" not in document:
            faults.append(f"the document does not have the code {code}")
faults += [f"nothing was found of {begins}" for begins in sorted(set(EXTENSIONS) - used)]
print(*sorted(set(faults)), sep="\n", end="\n" if faults else "")
sys.exit(1) if faults else print("all held")
