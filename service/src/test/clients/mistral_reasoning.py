"""Thoughts, tools and JSON with Mistral's Python client, of a model that plays a script: mistral_reasoning.py BASE_URL MODEL. One line per check."""

import json
import sys

from mistralai.client import Mistral
from mistralai.client.models import TextChunk, ThinkChunk
from pydantic import BaseModel

from checks import check

base, model = sys.argv[1].removesuffix("/v1"), sys.argv[2]
CHUNKS = {"X-Reasoning-Format": "thinking_chunks"}
WEATHER = {"type": "function", "function": {"name": "weather", "description": "", "parameters": {
    "type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}}}


class Pet(BaseModel):
    name: str
    legs: int


def thought(chunk):
    return "".join(part.text for part in chunk.thinking)


with Mistral(server_url=base, api_key="none") as client:
    messages = [{"role": "user", "content": "How many legs?"}]
    said = client.chat.complete(model=model, messages=messages, prompt_mode="reasoning").choices[0].message
    think, text = said.content
    check("thinking chunk", isinstance(think, ThinkChunk) and thought(think) == "A cat, so four." and think.closed)
    check("text chunk", isinstance(text, TextChunk) and text.text == "Four.")

    thoughts, words = "", ""
    with client.chat.stream(model=model, messages=messages, prompt_mode="reasoning") as events:
        for event in events:
            content = event.data.choices[0].delta.content
            if isinstance(content, str):
                words += content
            else:
                thoughts += "".join(thought(chunk) for chunk in content or [])
    check("streamed", (thoughts, words) == ("A cat, so four.", "Four."))

    # Sent back as it came, it is answered in its shape.
    more = messages + [said, {"role": "user", "content": "Sure?"}]
    again = client.chat.complete(model=model, messages=more).choices[0].message
    check("sent back", [type(chunk) for chunk in again.content] == [ThinkChunk, TextChunk] and again.content[1].text == "Yes.")

    plain = client.chat.complete(model=model, messages=messages).choices[0].message
    check("plain unless asked", plain.content == "Four.")

    asked = [{"role": "user", "content": "How is Brest?"}]
    called = client.chat.complete(model=model, messages=asked, tools=[WEATHER], http_headers=CHUNKS).choices[0]
    call = called.message.tool_calls[0]
    check("called", called.finish_reason == "tool_calls" and json.loads(call.function.arguments) == {"city": "Brest"})
    check("thought before the call", thought(called.message.content[0]) == "I look.")
    result = {"role": "tool", "name": "weather", "content": "12 degrees", "tool_call_id": call.id}
    told = client.chat.complete(model=model, messages=asked + [called.message, result], tools=[WEATHER]).choices[0].message
    check("told", told.content == "It is cold.")

    parsed = client.chat.parse(Pet, model=model, messages=[{"role": "user", "content": "A pet."}], max_tokens=60)
    check("parsed", parsed.choices[0].message.parsed == Pet(name="Tom", legs=4))
