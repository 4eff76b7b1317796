"""Histories and the names of fields as OpenAI's Python client has them. Usage: openai_histories.py OUT.json

A program that keeps a conversation appends `completion.choices[0].message.model_dump()`, in which every member that has no value is null."""
import importlib.metadata
import json
import sys
import typing

from openai.types import chat, completion_create_params
from openai.types.chat import completion_create_params as chat_create_params
from openai.types.chat.parsed_chat_completion import ParsedChatCompletionMessage
from openai.types.responses import (
    EasyInputMessageParam, ResponseInputTextParam, ResponseOutputMessage, ResponseOutputMessageParam, ResponseOutputTextParam, response_create_params)

CALL = {"id": "abcDEF123", "type": "function", "function": {"name": "get_weather", "arguments": "{\"city\": \"Bern\"}"}}
ANSWERS = {"text": {"role": "assistant", "content": "Hello"}, "call": {"role": "assistant", "content": None, "tool_calls": [CALL]},
           "reasoning": {"role": "assistant", "content": "4", "reasoning_content": None}}
OUTPUT = {"id": "msg_1", "type": "message", "role": "assistant", "status": "completed", "content": [{"type": "output_text", "text": "Hello", "annotations": []}]}


def names(*types):
    return sorted({name for each in types for name in typing.get_type_hints(each)})


def main(out):
    fixture = {
        "made_with": "openai " + importlib.metadata.version("openai"),
        "dumps": {name: chat.ChatCompletionMessage.model_validate(answer).model_dump() for name, answer in ANSWERS.items()},
        "parsed": {name: ParsedChatCompletionMessage[object].model_validate(answer).model_dump() for name, answer in ANSWERS.items()},
        "output": ResponseOutputMessage.model_validate(OUTPUT).model_dump(),
        "messages": {role: names(getattr(chat, f"ChatCompletion{role.capitalize()}MessageParam")) for role in ("system", "developer", "user", "assistant", "tool")},
        "part": names(chat.ChatCompletionContentPartTextParam),
        "chat": names(chat_create_params.CompletionCreateParamsNonStreaming, chat_create_params.CompletionCreateParamsStreaming),
        "completion": names(completion_create_params.CompletionCreateParamsNonStreaming, completion_create_params.CompletionCreateParamsStreaming),
        "response": names(response_create_params.ResponseCreateParamsNonStreaming, response_create_params.ResponseCreateParamsStreaming),
        "item": names(EasyInputMessageParam, ResponseOutputMessageParam),
        "item part": names(ResponseInputTextParam, ResponseOutputTextParam),
    }
    with open(out, "w", encoding="utf-8") as file:
        json.dump(fixture, file, indent=1, ensure_ascii=False)
        file.write("\n")
    assert json.load(open(out, encoding="utf-8")) == fixture


main(sys.argv[1])
