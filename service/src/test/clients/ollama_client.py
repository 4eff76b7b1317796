"""Asks by Ollama's Python client: ollama_client.py ADDRESS MODEL. Prints one line per check."""

import asyncio
import sys

import ollama

from checks import check, refusing

refused = refusing(ollama.ResponseError)

address, model = sys.argv[1], sys.argv[2]
client = ollama.Client(host=address)
few = {"num_predict": 8, "seed": 1, "temperature": 0}


check("list", [each.model for each in client.list().models] == [model])
check("ps", client.ps().models[0].context_length > 0)
shown = client.show(model)
check("show", "completion" in shown.capabilities and shown.modelinfo["general.architecture"])
whole = client.generate(model=model, prompt="Once upon", raw=True, options=few)
check("generate", whole.done and whole.done_reason in ("stop", "length") and 0 < whole.eval_count <= 8)
check("times", whole.total_duration > whole.eval_duration + whole.prompt_eval_duration > 0)
pieces = list(client.generate(model=model, prompt="Once upon", raw=True, options=few, stream=True))
check("generate streamed", "".join(piece.response for piece in pieces) == whole.response and pieces[-1].done)
check("load", client.generate(model=model).done_reason == "load")
messages = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hello"}]
answer = client.chat(model=model, messages=messages, options=ollama.Options(**few), keep_alive="5m")
check("chat", answer.message.role == "assistant" and answer["message"]["content"] == answer.message.content)
pieces = list(client.chat(model=model, messages=messages, options=few, stream=True))
check("chat streamed", "".join(piece.message.content for piece in pieces) == answer.message.content)
schema = {"type": "object", "properties": {"yes": {"type": "boolean"}}, "required": ["yes"]}
formed = client.chat(model=model, messages=messages, format=schema, options={"num_predict": 200, "seed": 1})
check("format", formed.done_reason == "length" or formed.message.content.strip().startswith("{"))
scored = client.generate(model=model, prompt="a", raw=True, logprobs=True, top_logprobs=2, options=few)
check("logprobs", len(scored.logprobs[0].top_logprobs) == 2 and scored.logprobs[0].logprob <= 0)
stream = client.chat(model=model, messages=messages, stream=True)
next(stream)
stream.close()
check("left", True)


async def both():
    other = ollama.AsyncClient(host=address)
    asked = [other.generate(model=model, prompt=text, raw=True, options=few) for text in ("Once upon", "Twice")]
    return await asyncio.gather(*asked)


check("side by side", asyncio.run(both())[0].response == whole.response)
check("unknown model", refused(lambda: client.chat(model="other", messages=messages)).status_code == 404)
check("bad option", "options.temperature" in refused(lambda: client.generate(model, "a", options={"temperature": -1})).error)
check("embed", "not served" in refused(lambda: client.embed(model=model, input="a")).error)
check("pull", client.pull(model).status == "success" and [each.status for each in client.pull(model, stream=True)] == ["success"])
check("pull of another", "no request fetches one" in refused(lambda: client.pull("mistral")).error)
check("delete", "no model that requests delete" in refused(lambda: client.delete(model)).error)
print("all held")
