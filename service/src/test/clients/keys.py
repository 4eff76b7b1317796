"""A key, a wrong one and a limit of two requests, as OpenAI's Python client sees them: keys.py BASE_URL MODEL KEY."""

import sys

import openai

from checks import check

base, model, key = sys.argv[1:4]
asked = dict(model=model, messages=[{"role": "user", "content": "Hello"}], max_completion_tokens=4)


def client(with_key):
    return openai.OpenAI(base_url=base, api_key=with_key, max_retries=0)


for wrong in ["none", "sk-tm-" + "x" * 43]:
    try:
        client(wrong).chat.completions.create(**asked)
        check("wrong key", False)
    except openai.AuthenticationError as error:
        check("wrong key", error.status_code == 401 and error.code == "invalid_api_key")

holder = client(key)
check("models are not counted", model in [entry.id for entry in holder.models.list()])
raw = holder.chat.completions.with_raw_response.create(**asked)
check("headers", raw.headers["x-ratelimit-limit-requests"] == "2" and raw.headers["x-ratelimit-remaining-requests"] == "1")
check("answer", raw.parse().choices[0].message.role == "assistant")
check("stream", len(list(holder.chat.completions.create(**asked, stream=True))) > 1)
try:
    holder.chat.completions.create(**asked)
    check("limit", False)
except openai.RateLimitError as error:
    check("limit", error.code == "rate_limit_exceeded" and error.response.headers["retry-after"] == "30")
print("all held")
