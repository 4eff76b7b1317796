"""Streams with OpenAI's Python client, LangChain and httpx-sse: stream.py BASE_URL MODEL EXPECTED."""

import json
import sys

import httpx
import openai
from httpx_sse import connect_sse
from langchain_openai import ChatOpenAI

base, model, expected = sys.argv[1] + "/v1", sys.argv[2], sys.argv[3]
messages = [{"role": "user", "content": "Hello"}]


def check(name, text, silent=4):
    if text != expected:
        sys.exit(f"failed: {name}: {text!r}")
    if silent < 4:
        sys.exit(f"failed: {name}: the stream was never silent, so nothing was tried")
    print(f"ok: {name}")


client = openai.OpenAI(base_url=base, api_key="none", max_retries=0)
parts = [chunk.choices[0].delta.content or "" for chunk in client.chat.completions.create(model=model, messages=messages, stream=True)]
check("openai chat", "".join(parts), parts.count(""))
parts = [chunk.choices[0].text for chunk in client.completions.create(model=model, prompt="Hello", max_tokens=1000, stream=True)]
check("openai completion", "".join(parts), parts.count(""))
with client.chat.completions.stream(model=model, messages=messages) as stream:
    message = stream.until_done().get_final_completion().choices[0].message
if message.role != "assistant":
    sys.exit(f"failed: role {message.role}")
check("openai stream helper", message.content)

whole = None
for chunk in ChatOpenAI(base_url=base, api_key="none", model=model, max_retries=0).stream("Hello"):
    whole = chunk if whole is None else whole + chunk
if whole.response_metadata.get("finish_reason") != "stop":
    sys.exit(f"failed: LangChain: {whole.response_metadata}")
check("LangChain", whole.content)

asked = {"model": model, "messages": messages, "stream": True}
with httpx.Client() as http, connect_sse(http, "POST", base + "/chat/completions", json=asked) as source:
    events = [event.data for event in source.iter_sse()]
parts = [json.loads(data)["choices"][0]["delta"].get("content", "") for data in events[:-1]]
check("httpx-sse", "".join(parts), parts.count(""))
print("all held")
