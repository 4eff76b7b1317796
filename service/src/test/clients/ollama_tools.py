"""Tools and thoughts by Ollama's Python client, of a model that plays a script: ollama_tools.py ADDRESS MODEL."""

import sys

import ollama

from checks import check

address, model = sys.argv[1], sys.argv[2]
client = ollama.Client(host=address)


def weather(city: str) -> str:
    """The weather.

    Args:
        city: where
    """
    return f"12 degrees in {city}"


messages = [{"role": "user", "content": "How is Brest?"}]
answer = client.chat(model=model, messages=messages, tools=[weather])
call = answer.message.tool_calls[0].function
check("call", call.name == "weather" and call.arguments == {"city": "Brest"})
streamed = [
    each
    for piece in client.chat(model=model, messages=messages, tools=[weather], stream=True)
    for each in piece.message.tool_calls or []
]
check("call streamed", [each.function for each in streamed] == [call])
messages += [answer.message, {"role": "tool", "content": weather(**call.arguments), "tool_name": call.name}]
check("result", client.chat(model=model, messages=messages, tools=[weather]).message.content == "It is cold.")
thought = client.chat(model=model, messages=[{"role": "user", "content": "Legs?"}], think=True).message
check("thought", thought.thinking == "A cat." and thought.content == "Four.")
print("all held")
