"""Calls tools by OpenAI's Python client over responses; run by ResponseToolClientsTest, whose script says what the model answers.

python responses.py BASE_URL MODEL
"""

import json
import sys

from openai import OpenAI, pydantic_function_tool
from pydantic import BaseModel

base, model = sys.argv[1:3]
client = OpenAI(base_url=base, api_key="none", max_retries=0)
tools = [
    {
        "type": "function",
        "name": "weather",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    }
]


def outputs(response, says):
    return [
        {"type": "function_call_output", "call_id": item.call_id, "output": says}
        for item in response.output
        if item.type == "function_call"
    ]


first = client.responses.create(model=model, input="How is Brest?", tools=tools)
assert [item.type for item in first.output] == ["reasoning", "message", "function_call"], first.output
thought, words, call = first.output
assert thought.content[0].text == "Ask somebody." and thought.summary == [], thought
assert first.output_text == "Let me see.", first
assert (call.name, json.loads(call.arguments)) == ("weather", {"city": "Brest"}), call
second = client.responses.create(
    model=model, input=outputs(first, "12 degrees"), tools=tools, previous_response_id=first.id
)
assert second.output_text == "It is cold, très froid.", second
assert second.usage.input_tokens_details.cached_tokens > 0, second.usage

history = [{"role": "user", "content": "How is Brest?"}]
history += [item.model_dump() for item in first.output]
again = client.responses.create(
    model=model,
    input=history + outputs(first, "12 degrees"),
    tools=tools,
    store=False,
    include=["reasoning.encrypted_content"],
)
assert again.output_text == second.output_text, again

seen = []
with client.responses.stream(model=model, input="How is Brest?", tools=tools) as stream:
    for event in stream:
        seen.append(event.type)
        if event.type == "response.function_call_arguments.done":
            assert json.loads(event.arguments) == {"city": "Brest"}, event
    final = stream.get_final_response()
for kind in ("reasoning_text.delta", "output_text.delta", "function_call_arguments.delta"):
    assert "response." + kind in seen, seen
assert [item.type for item in final.output] == ["reasoning", "message", "function_call"], final.output


class weather(BaseModel):
    city: str


strict = pydantic_function_tool(weather, name="weather")
flat = {"type": "function", **strict["function"]}
parsed = client.responses.parse(model=model, input="How is Brest?", tools=[strict])
assert parsed.output[2].parsed_arguments == weather(city="Brest"), parsed.output[2]
forced = client.responses.create(
    model=model, input="Now Nantes.", tools=[flat], tool_choice={"type": "function", "name": "weather"}
)
assert [item.type for item in forced.output] == ["function_call"], forced.output
assert json.loads(forced.output[0].arguments) == {"city": "Nantes"}, forced.output
assert forced.tool_choice.name == "weather" and forced.tools[0].strict, forced

with client.responses.connect() as connection:
    connection.response.create(model=model, input="How is Brest?", tools=tools)
    for event in connection:
        if event.type == "response.completed":
            break
    connection.response.create(
        model=model, input=outputs(event.response, "12 degrees"), tools=tools, previous_response_id=event.response.id
    )
    for event in connection:
        assert event.type != "error", event
        if event.type == "response.completed":
            break
    assert event.response.output_text == second.output_text, event
print("all held")
