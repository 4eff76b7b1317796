"""Lists models, chats and streams with Mistral's Python client: mistral.py BASE_URL MODEL, or fills gaps: mistral.py BASE_URL
MODEL gaps, of a model that has tokens for it. One line per check."""

import sys

from mistralai.client import Mistral
from mistralai.client.errors import SDKError

from checks import check

base, model = sys.argv[1].removesuffix("/v1"), sys.argv[2]


def gaps(client):
    asked = dict(model=model, prompt="def f(", suffix="return a", max_tokens=6, random_seed=1, temperature=0)
    card = client.models.list().data[0]
    check("gaps are told of", card.capabilities.completion_fim)
    whole = client.fim.complete(**asked)
    check("gap filled", whole.choices[0].finish_reason in ("stop", "length") and whole.usage.prompt_tokens > 3)
    text = ""
    with client.fim.stream(**asked) as events:
        for event in events:
            text += event.data.choices[0].delta.content or ""
    check("gap streamed", text == whole.choices[0].message.content)


with Mistral(server_url=base, api_key="none") as client:
    if sys.argv[3:] == ["gaps"]:
        sys.exit(gaps(client))
    card = client.models.list().data[0]
    check("models", card.id == model and card.capabilities.completion_chat and card.max_context_length > 0)
    check("model", client.models.retrieve(model_id=model).id == model)
    messages = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hello"}]
    asked = dict(model=model, messages=messages, max_tokens=12, random_seed=1, temperature=0.5, top_p=0.9, safe_prompt=False)
    whole = client.chat.complete(**asked)
    check("chat", whole.choices[0].finish_reason in ("stop", "length") and whole.usage.completion_tokens <= 12)
    text = ""
    with client.chat.stream(**asked) as events:
        for event in events:
            text += event.data.choices[0].delta.content or ""
    check("chat streamed", text == whole.choices[0].message.content)
    try:
        client.fim.complete(model=model, prompt="def f(", suffix="return a", max_tokens=4)
        check("fim", False)
    except SDKError as error:
        check("fim", error.status_code == 400 and "cannot fill a gap" in error.body)
    try:
        client.chat.complete(**(asked | {"safe_prompt": True}))
        check("refused by name", False)
    except SDKError as error:
        check("refused by name", error.status_code == 400 and "safe_prompt" in error.body)
    try:
        client.embeddings.create(model=model, inputs=["Hello"])
        check("embeddings", False)
    except SDKError as error:
        check("embeddings", error.status_code == 404 and "unsupported_endpoint" in error.body)
