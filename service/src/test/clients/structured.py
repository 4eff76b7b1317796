"""Asks for answers of a form with OpenAI's Python client, its parsers and vLLM's extras; run by ClientsTest.

python structured.py BASE_URL MODEL
"""

import sys
from enum import Enum
from typing import List

from openai import LengthFinishReasonError, OpenAI
from pydantic import BaseModel, Field

base, model = sys.argv[1:3]
client = OpenAI(base_url=base, api_key="none", max_retries=0)
ask = [{"role": "user", "content": "Describe a pet as JSON."}]


class Kind(Enum):
    cat = "cat"
    dog = "dog"


class Tag(BaseModel):
    short: Kind
    sure: bool


class Pet(BaseModel):
    kind: Kind
    legs: int = Field(ge=0, le=8)
    tags: List[Tag] = Field(max_length=2)


for seed in range(4):
    chat = client.chat.completions.parse(model=model, messages=ask, response_format=Pet, seed=seed)
    message = chat.choices[0].message
    assert isinstance(message.parsed, Pet) and 0 <= message.parsed.legs <= 8, chat
    assert message.refusal is None and chat.choices[0].finish_reason == "stop", chat
print("ok: chat parsed")

response = client.responses.parse(model=model, input="Describe a pet as JSON.", text_format=Pet)
assert isinstance(response.output_parsed, Pet), response
assert response.text.format.type == "json_schema" and response.text.format.name == "Pet", response.text
print("ok: response parsed")

with client.chat.completions.stream(model=model, messages=ask, response_format=Pet) as stream:
    final = stream.get_final_completion()
assert isinstance(final.choices[0].message.parsed, Pet), final
print("ok: stream parsed")

try:
    client.chat.completions.parse(model=model, messages=ask, response_format=Pet, max_completion_tokens=3)
    raise AssertionError("three tokens make no pet")
except LengthFinishReasonError:
    print("ok: cut")

chosen = client.chat.completions.create(
    model=model, messages=ask, extra_body={"structured_outputs": {"choice": ["cat", "dog"]}}
)
assert chosen.choices[0].message.content in ("cat", "dog"), chosen
matched = client.completions.create(
    model=model, prompt="x", max_tokens=30, extra_body={"guided_regex": "[a-c]{5} (yes|no)"}
)
assert matched.choices[0].text[5:] in (" yes", " no"), matched
print("ok: vllm's extras")
