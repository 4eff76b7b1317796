"""Several models by OpenAI's and Ollama's Python clients: several_models.py ADDRESS, of the models a and b, b not loaded; or several_models.py ADDRESS waits MODEL, of a model
that is being loaded. Prints one line per check."""

import sys

import ollama
import openai

from checks import check

address = sys.argv[1]
sdk = openai.OpenAI(base_url=address + "/v1", api_key="none", max_retries=0)


def text(stream):
    return "".join(chunk.choices[0].text for chunk in stream if chunk.choices)


if sys.argv[2:3] == ["waits"]:
    check("waits", text(sdk.completions.create(model=sys.argv[3], prompt="x", stream=True)) == "word")
    chat = sdk.chat.completions.create(model=sys.argv[3], messages=[{"role": "user", "content": "x"}], stream=True)
    check("chat waits", "".join(chunk.choices[0].delta.content or "" for chunk in chat if chunk.choices) == "word")
    print("all held")
    sys.exit()


def states():
    return [(model.id, model.model_extra["status"]["value"]) for model in sdk.models.list()]


client = ollama.Client(host=address)
few = {"max_tokens": 8, "temperature": 0}
check("models.list", states() == [("a", "loaded"), ("b", "unloaded")])
check("list", [model.model for model in client.list().models] == ["a", "b"])
check("ps", [model.model for model in client.ps().models] == ["a"])
first = sdk.completions.create(model="b", prompt="Once upon", **few)
check("loaded when asked for", first.model == "b" and states()[1] == ("b", "loaded"))
streamed = sdk.completions.create(model="b", prompt="Once upon", stream=True, **few)
check("streamed", text(streamed) == first.choices[0].text)
check("ps of both", [model.model for model in client.ps().models] == ["a", "b"])
check("unload", client.generate(model="b", keep_alive=0).done_reason == "unload")
check("load", client.generate(model="b", keep_alive="10m").done_reason == "load")
check("there again", [model.model for model in client.ps().models] == ["a", "b"])
check("retrieved", sdk.models.retrieve("b").model_extra["status"]["value"] == "loaded")
try:
    sdk.completions.create(model="c", prompt="x")
    check("unknown", False)
except openai.NotFoundError as unknown:
    check("unknown", unknown.code == "model_not_found")
print("all held")
