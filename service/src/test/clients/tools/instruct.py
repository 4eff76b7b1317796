"""Asks for objects in the modes of instructor: instruct.py MODEL BASE_URL... The model says what lines.json has; run by
ToolClientsTest, in an environment of instructor's own (its versions of openai and jiter are others)."""

import sys
from enum import Enum
from typing import Iterable, List, Literal

import instructor
from instructor import Mode
from openai import OpenAI
from pydantic import BaseModel, Field, field_validator

model = sys.argv[1]


class Pet(BaseModel):
    """A pet."""

    kind: Literal["cat", "dog"]
    legs: int = Field(ge=0, le=8)


class Sound(Pet):
    @field_validator("legs")
    @classmethod
    def walks(cls, legs):
        if legs < 3:
            raise ValueError("it could not walk on that")
        return legs


def ask(text):
    return [{"role": "user", "content": text}]


def same(found, wanted):
    assert found == wanted, f"{found!r}, not {wanted!r}"


cat = {"kind": "cat", "legs": 4}
for base in sys.argv[2:]:
    plain = OpenAI(base_url=base, api_key="none", max_retries=0)
    for mode, text in [
        (Mode.JSON, "Describe a pet."),
        (Mode.JSON_SCHEMA, "Describe a pet."),
        (Mode.MD_JSON, "Describe a pet in a block."),
        (Mode.TOOLS, "Note a pet."),
        (Mode.TOOLS_STRICT, "Note a pet."),
    ]:
        client = instructor.from_openai(plain, mode=mode)
        asked = dict(model=model, messages=ask(text), response_model=Pet, max_retries=0)
        same(client.chat.completions.create(**asked).model_dump(), cat)
        *_, last = client.chat.completions.create_partial(**asked)
        same((last.kind, last.legs), ("cat", 4))
        print(f"ok: {mode}")
print("all held")
