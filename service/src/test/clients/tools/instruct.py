"""Asks for objects in the modes of instructor: instruct.py MODEL BASE_URL... The model says what lines.json has; run by
ToolClientsTest, in an environment of instructor's own (its versions of openai and jiter are others)."""

import sys
from typing import Literal

import instructor
from instructor import Mode
from openai import OpenAI
from pydantic import BaseModel, Field, field_validator

model = sys.argv[1]


class Pet(BaseModel):
    """A pet."""

    kind: Literal["cat", "dog"]
    legs: int = Field(ge=0, le=8)


class Walker(Pet):
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
    for mode, text, part in [
        (Mode.JSON, "Describe a pet.", "Describe a pet."),
        (Mode.JSON_SCHEMA, "Describe a pet.", "Describe a pet."),
        (Mode.MD_JSON, "Describe a pet in a block.", "Describe a pet in a block."),
        (Mode.TOOLS, "Note a pet.", "Note part of a pet."),
        (Mode.TOOLS_STRICT, "Note a pet.", "Note part of a pet."),
    ]:
        chats = instructor.from_openai(plain, mode=mode).chat.completions
        asked = dict(model=model, response_model=Pet, max_retries=0)
        same(chats.create(messages=ask(text), **asked).model_dump(), cat)
        *_, last = chats.create_partial(messages=ask(part), **asked)
        same(last.model_dump(), cat)
        print(f"ok: {mode}")
    chats = instructor.from_openai(plain, mode=Mode.TOOLS).chat.completions
    again = chats.create(model=model, response_model=Walker, messages=ask("Note what walks."), max_retries=2)
    same(again.model_dump(), {"kind": "dog", "legs": 4})
    print("ok: asked again")
print("all held")
