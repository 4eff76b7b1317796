"""Completes, chats and streams with OpenAI's Python client: client.py BASE_URL MODEL. Prints one line per check."""

import sys

import openai

from checks import check

base, model = sys.argv[1], sys.argv[2]
client = openai.OpenAI(base_url=base, api_key="none", max_retries=0)


check("models", model in [entry.id for entry in client.models.list()])
check("model", client.models.retrieve(model).id == model)

asked = dict(model=model, prompt="Once upon a time", max_tokens=12, seed=1, temperature=0)
whole = client.completions.create(**asked)
check("completion", whole.object == "text_completion" and whole.usage.completion_tokens <= 12)
pieces = list(client.completions.create(**asked, stream=True, stream_options={"include_usage": True}))
check(
    "completion streamed",
    "".join(piece.choices[0].text for piece in pieces if piece.choices) == whole.choices[0].text,
)
check("completion usage", pieces[-1].usage.total_tokens == whole.usage.total_tokens and not pieces[-1].choices)
scored = client.completions.create(model=model, prompt="Score me", max_tokens=0, echo=True, logprobs=2)
check("completion logprobs", len(scored.choices[0].logprobs.tokens) == scored.usage.prompt_tokens)

messages = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hello"}]
asked = dict(model=model, messages=messages, max_completion_tokens=12, seed=1, temperature=0)
whole = client.chat.completions.create(**asked, logprobs=True, top_logprobs=2)
check("chat", whole.choices[0].message.role == "assistant" and whole.choices[0].finish_reason in ("stop", "length"))
check("chat logprobs", all(len(token.top_logprobs) == 2 for token in whole.choices[0].logprobs.content))
text = ""
with client.chat.completions.stream(**asked) as stream:
    for event in stream:
        if event.type == "content.delta":
            text += event.delta
    final = stream.current_completion_snapshot  # get_final_completion() raises when the limit ends an answer
check("chat streamed", text == whole.choices[0].message.content == final.choices[0].message.content)
two = client.chat.completions.create(**(asked | {"temperature": 1}), n=2)
check("chat choices", [choice.index for choice in two.choices] == [0, 1])
stream = client.chat.completions.create(model=model, messages=messages, stream=True)
next(iter(stream))
stream.close()
check("chat left", True)

try:
    client.chat.completions.create(model="nothing", messages=messages)
    check("unknown model", False)
except openai.NotFoundError as error:
    check("unknown model", error.code == "model_not_found" and error.param == "model")
try:
    client.chat.completions.create(model=model, messages=messages, temperature=-1)
    check("bad request", False)
except openai.BadRequestError as error:
    check("bad request", error.param == "temperature" and error.type == "invalid_request_error")
