"""Calls tools and parses answers with OpenAI's client, LangChain, LiteLLM and PydanticAI: frameworks.py MODEL BASE_URL...

The model says what lines.json has; a dialogue is held with each server. Run by ToolClientsTest.
"""

import json
import os
import sys
from enum import Enum

os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"  # It asks the network for prices otherwise.
os.environ["OPENAI_API_KEY"] = "none"
import litellm
from langchain_core.messages import HumanMessage, ToolMessage
from langchain_core.tools import tool
from langchain_openai import ChatOpenAI
from openai import OpenAI, pydantic_function_tool
from pydantic import BaseModel, Field
from pydantic_ai import Agent, NativeOutput, PromptedOutput
from pydantic_ai.models.openai import OpenAIChatModel
from pydantic_ai.providers.openai import OpenAIProvider

litellm.telemetry = False
litellm.suppress_debug_info = True
model = sys.argv[1]
degrees = {"Brest": "12 degrees", "Nantes": "20 degrees"}


class Kind(str, Enum):
    cat = "cat"
    dog = "dog"


class Pet(BaseModel):
    """A pet."""

    kind: Kind
    legs: int = Field(ge=0, le=8)


class weather(BaseModel):
    """How warm it is in a city."""

    city: str


cat = Pet(kind=Kind.cat, legs=4)


def user(text):
    return [{"role": "user", "content": text}]


def same(found, wanted):
    assert found == wanted, f"{found!r}, not {wanted!r}"


def openai_client(base):
    chats = OpenAI(base_url=base, max_retries=0).chat.completions
    tools = [pydantic_function_tool(weather)]
    messages = user("How is the weather in Brest?")
    asked = dict(model=model, tools=tools)
    first = chats.parse(messages=messages, **asked).choices[0]
    same(first.finish_reason, "tool_calls")
    call = first.message.tool_calls[0]
    same(call.function.parsed_arguments, weather(city="Brest"))
    messages += [first.message, {"role": "tool", "tool_call_id": call.id, "content": degrees["Brest"]}]
    same(chats.parse(messages=messages, **asked).choices[0].message.content, "It is cold in Brest.")

    with chats.stream(messages=user("Compare Brest and Nantes."), **asked) as stream:
        events = list(stream)
        message = stream.get_final_completion().choices[0].message
    same(message.content, "I ask twice.")
    same([call.function.parsed_arguments.city for call in message.tool_calls], ["Brest", "Nantes"])
    done = [event.arguments for event in events if event.type == "tool_calls.function.arguments.done"]
    same(done, ['{"city":"Brest"}', '{"city":"Nantes"}'])
    deltas = [event for event in events if event.type == "tool_calls.function.arguments.delta"]
    assert len(deltas) > 4, deltas

    same(chats.parse(model=model, messages=user("Describe a pet."), response_format=Pet).choices[0].message.parsed, cat)


def langchain(base):
    chat = ChatOpenAI(base_url=base, model=model, max_retries=0)

    @tool
    def weather(city: str) -> str:
        """How warm it is in a city."""
        return degrees[city]

    bound = chat.bind_tools([weather])
    messages = [HumanMessage("Compare Brest and Nantes.")]
    said = bound.invoke(messages)
    same([call["args"] for call in said.tool_calls], [{"city": "Brest"}, {"city": "Nantes"}])
    messages += [said] + [weather.invoke(call) for call in said.tool_calls]
    assert isinstance(messages[-1], ToolMessage), messages
    same(bound.invoke(messages).content, "Nantes is warmer.")
    whole = None
    for chunk in bound.stream("How is the weather in Brest?"):
        whole = chunk if whole is None else whole + chunk
    same([(call["name"], call["args"]) for call in whole.tool_calls], [("weather", {"city": "Brest"})])
    same(chat.with_structured_output(Pet, method="json_schema").invoke("Describe a pet."), cat)
    same(chat.with_structured_output(Pet, method="json_mode").invoke("Describe a pet as JSON."), cat)
    same(
        chat.with_structured_output(Pet.model_json_schema(), method="json_schema").invoke("Describe a pet."),
        {"kind": "cat", "legs": 4},
    )


def langchain_forced(base):
    chat = ChatOpenAI(base_url=base, model=model, max_retries=0)
    same(chat.with_structured_output(Pet, method="function_calling").invoke("Note a pet."), cat)
    same(chat.with_structured_output(Pet, method="function_calling", strict=True).invoke("Note a pet."), cat)
    both = chat.with_structured_output(Pet, method="function_calling", include_raw=True).invoke("Note a pet.")
    same((both["parsed"], both["parsing_error"]), (cat, None))
    for choice in ("any", "required", "Pet", {"type": "function", "function": {"name": "Pet"}}):
        said = chat.bind_tools([Pet, weather], tool_choice=choice).invoke("Note a pet.")
        same([(call["name"], call["args"]) for call in said.tool_calls], [("Pet", {"kind": "cat", "legs": 4})])


def lite(base):
    for provider in ("openai", "hosted_vllm"):
        lite_as(provider, base)
    done = litellm.text_completion(
        model=f"text-completion-openai/{model}", api_base=base, api_key="none", prompt="Once", num_retries=0
    )
    same(done.choices[0].text, " upon a time.")


def lite_as(provider, base):
    asked = dict(model=f"{provider}/{model}", api_base=base, api_key="none", num_retries=0)
    tools = [{"type": "function", "function": {
        "name": "weather", "description": "How warm it is.", "parameters": weather.model_json_schema()}}]
    same(litellm.completion(messages=user("Hello"), **asked).choices[0].message.content, "Salut, Brest!")
    chunks = list(litellm.completion(messages=user("Hello"), stream=True, max_tokens=6, **asked))
    same("".join(chunk.choices[0].delta.content or "" for chunk in chunks), "Salut,")
    same(chunks[-1].choices[0].finish_reason, "length")
    try:
        litellm.completion(messages=user("Hello"), temperature=99, **asked)
        raise AssertionError("no model is that warm")
    except litellm.BadRequestError as error:
        assert "temperature" in str(error), error
    messages = user("How is the weather in Brest?")
    first = litellm.completion(messages=messages, tools=tools, tool_choice="auto", **asked).choices[0]
    same(first.finish_reason, "tool_calls")
    call = first.message.tool_calls[0]
    same((call.function.name, json.loads(call.function.arguments)), ("weather", {"city": "Brest"}))
    messages += [first.message, {"role": "tool", "tool_call_id": call.id, "content": degrees["Brest"]}]
    same(litellm.completion(messages=messages, tools=tools, **asked).choices[0].message.content, "It is cold in Brest.")
    chunks = list(litellm.completion(messages=user("Compare Brest and Nantes."), tools=tools, stream=True, **asked))
    whole = litellm.stream_chunk_builder(chunks).choices[0]
    same([json.loads(call.function.arguments)["city"] for call in whole.message.tool_calls], ["Brest", "Nantes"])
    same(whole.finish_reason, "tool_calls")
    text = litellm.completion(messages=user("Describe a pet."), response_format=Pet, **asked).choices[0].message.content
    same(Pet.model_validate_json(text), cat)
    text = litellm.completion(
        messages=user("Describe a pet as JSON."), response_format={"type": "json_object"}, **asked
    ).choices[0].message.content
    same(Pet.model_validate_json(text), cat)


def pydantic_ai(base):
    chat = OpenAIChatModel(model, provider=OpenAIProvider(base_url=base, api_key="none"))
    agent = Agent(chat, instructions="Be brief.")

    @agent.tool_plain
    def weather(city: str) -> str:
        """How warm it is in a city."""
        return degrees[city]

    same(agent.run_sync("How is the weather in Brest?").output, "It is cold in Brest.")
    same(agent.run_sync("Compare Brest and Nantes.").output, "Nantes is warmer.")
    streamed = agent.run_stream_sync("How is the weather in Brest?")
    same(streamed.get_output(), "It is cold in Brest.")
    same(Agent(chat, output_type=NativeOutput(Pet)).run_sync("Describe a pet.").output, cat)
    same(Agent(chat, output_type=PromptedOutput(Pet)).run_sync("Describe a pet.").output, cat)

    same(Agent(chat, output_type=Pet).run_sync("Conclude with a pet.").output, cat)


for base in sys.argv[2:]:
    for check in (openai_client, langchain, langchain_forced, lite, pydantic_ai):
        check(base)
        print(f"ok: {check.__name__}")
print("all held")
