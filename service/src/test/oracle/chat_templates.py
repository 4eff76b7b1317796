"""Renderings of chat templates by Jinja as transformers sets it up. Usage: chat_templates.py OUT.json

The environment is transformers' own (its compile function), with strftime_now fixed to 26 July 2025, 14:05:09, a Saturday."""
import importlib.metadata
import json
import pathlib
import sys
from datetime import datetime

import jinja2
from transformers.utils.chat_template_utils import _compile_jinja_template

from features import FEATURES

NOW = datetime(2025, 7, 26, 14, 5, 9)
HERE = pathlib.Path(__file__).parent / "templates"


def m(role, content, **more):
    return {"role": role, "content": content, **more}


S, U, A = (lambda c, **k: m("system", c, **k)), (lambda c, **k: m("user", c, **k)), (lambda c, **k: m("assistant", c, **k))
WEATHER = {"type": "function", "function": {"name": "get_weather", "description": "Get the weather \u2014 now.", "parameters": {
    "type": "object", "properties": {"city": {"type": "string", "description": "The <city> & \"quarter\""}, "days": {"type": "integer", "minimum": 1, "default": 3, "scale": 0.5},
                                     "unit": {"type": ["string", "null"], "enum": ["c", "f", None]}}, "required": ["city"]}}}
CLOCK = {"type": "function", "function": {"name": "now", "description": "", "parameters": {"type": "object", "properties": {}}, "strict": True}}
CALL = {"id": "abcDEF123", "type": "function", "function": {"name": "get_weather", "arguments": {"city": "Z\u00fcrich", "days": 2, "exact": True, "unit": None, "at": 1.5}}}
CALL2 = {"id": "zyx987654", "type": "function", "function": {"name": "now", "arguments": {}}}
TOOLED = [U("Weather in Z\u00fcrich?"), A("", tool_calls=[CALL]), m("tool", "{\"t\": 21.5}", tool_call_id="abcDEF123", name="get_weather"), A("It is 21.5 \u00b0C."), U("Thanks, and tomorrow?")]

PLAIN = {
    "one": dict(messages=[U("Hello!")]),
    "system": dict(messages=[S("You are terse."), U("Hi")]),
    "turns": dict(messages=[U("  Hi there \n"), A(" Hello.\n"), U("<b>\u00c9t\u00e9</b> \U0001f642 & \"quotes\" 'single' {{ x }}")]),
    "system turns": dict(messages=[S(" Be kind.\n"), U("1"), A("2"), U("3"), A("4"), U("5")]),
    "prefill": dict(messages=[U("Count"), A("One, two,")], add_generation_prompt=False),
    "empty content": dict(messages=[U(""), A(""), U("")]),
    "no messages": dict(messages=[]),
    "two users": dict(messages=[U("a"), U("b")]),
    "odd role": dict(messages=[U("a"), m("narrator", "b")]),
    "late system": dict(messages=[U("a"), A("b"), S("c"), U("d")]),
    "null content": dict(messages=[U("a"), A(None), U("b")]),
    "no content": dict(messages=[{"role": "user"}]),
}
TOOLS = {
    "tools": dict(messages=[U("Weather in Z\u00fcrich?")], tools=[WEATHER, CLOCK]),
    "tools system": dict(messages=[S("Be exact."), U("Weather?")], tools=[CLOCK]),
    "tools turns": dict(messages=TOOLED, tools=[WEATHER]),
    "tool result last": dict(messages=TOOLED[:3], tools=[WEATHER, CLOCK]),
    "two calls": dict(messages=[U("Both"), A("Let me see.", tool_calls=[CALL, CALL2]), m("tool", "1", tool_call_id="abcDEF123"), m("tool", "2", tool_call_id="zyx987654"), A("Done.")], tools=[WEATHER, CLOCK], add_generation_prompt=False),
    "calls without tools": dict(messages=TOOLED),
    "bad call id": dict(messages=[U("x"), A("", tool_calls=[dict(CALL, id="short")])], tools=[CLOCK]),
    "calls with null content": dict(messages=[U("x"), A(None, tool_calls=[CALL]), m("tool", "1", tool_call_id="abcDEF123")], tools=[WEATHER]),
}
THINK = {
    "thought": dict(messages=[U("2+2?"), A("<think>\nEasy.\n</think>\n\n4"), U("3+3?")]),
    "thought kept": dict(messages=[U("2+2?"), A("4", reasoning_content="\nEasy.\n")], add_generation_prompt=False),
    "no thinking": dict(messages=[S("S /no_think"), U("Hi")], enable_thinking=False),
}
PARTS = {"parts": dict(messages=[S([{"type": "text", "text": "S"}]), U([{"type": "text", "text": "Hi"}, {"type": "image"}])])}
LLAMA31 = {"tools in system": dict(messages=[S("Be exact."), U("Hi")], tools=[WEATHER], tools_in_user_message=False), "builtin": dict(messages=[U("Hi")], builtin_tools=["brave_search", "code_interpreter"]),
           "dated": dict(messages=[U("Hi")], date_string="01 Jan 2024"), "tools, no user": dict(messages=[S("x")], tools=[CLOCK])}
IM, ST = ("<|endoftext|>", "<|im_end|>"), ("<s>", "</s>")
L3 = ("<|begin_of_text|>", "<|eot_id|>")
MODELS = [  # file, (bos, eos), sets of conversations
    ("smollm2", ("<|im_start|>", "<|im_end|>"), [PLAIN]), ("chatml", IM, [PLAIN]),
    ("mistral-v0.1", ST, [PLAIN]), ("mistral-v0.2", ST, [PLAIN]), ("mistral-v0.3", ST, [PLAIN, TOOLS]), ("mistral-nemo", ST, [PLAIN, TOOLS]),
    ("mistral-small-3.2", ST, [{k: PLAIN[k] for k in ("one", "system", "turns")}, {k: TOOLS[k] for k in ("tools", "tools turns", "bad call id")}, PARTS]),
    ("llama-2", ST, [PLAIN]), ("llama-3", L3, [PLAIN]), ("llama-3.1", L3, [PLAIN, TOOLS, LLAMA31]),
    ("qwen2.5", IM, [PLAIN, TOOLS]), ("qwen3", IM, [PLAIN, TOOLS, THINK]), ("qwen3-coder", IM, [{k: PLAIN[k] for k in ("one", "system turns", "no messages")}, TOOLS]),
    ("smollm3", IM, [PLAIN, THINK]), ("zephyr", ST, [PLAIN]), ("gemma", ("<bos>", "<eos>"), [PLAIN]), ("phi-3.5", ST, [PLAIN]),
    ("deepseek-r1", ("<\uff5cbegin\u2581of\u2581sentence\uff5c>", "<\uff5cend\u2581of\u2581sentence\uff5c>"), [PLAIN, TOOLS, THINK]),
]


def render(name, template, context):
    case = {"name": name, "template": template, "context": context}
    given = json.loads(json.dumps(context))
    try:
        case["expected"] = _compile_jinja_template(template).render(strftime_now=NOW.strftime, **given)
    except Exception as e:  # raise_exception throws TemplateError itself; anything else is named by its class
        case["error"] = str(e)
        case["error_kind"] = "raise_exception" if type(e) is jinja2.exceptions.TemplateError else type(e).__name__
    assert given == json.loads(json.dumps(context)), name
    return case


def main(out):
    cases = []
    for file, (bos, eos), sets in MODELS:
        template = (HERE / f"{file}.jinja").read_text(encoding="utf-8")
        for some in sets:
            for name, conversation in some.items():
                context = {"messages": [], "tools": None, "documents": None, "add_generation_prompt": True, "bos_token": bos, "eos_token": eos, **conversation}
                cases.append(render(f"{file}: {name}", template, context))
    for i, (name, template, context) in enumerate(FEATURES):
        cases.append(render(f"feature {i:03d}: {name}", template, context))
    assert len({c["name"] for c in cases}) == len(cases)
    versions = {k: importlib.metadata.version(k) for k in ("jinja2", "transformers")}
    with open(out, "w", encoding="utf-8") as f:
        json.dump({"made_with": versions, "now": NOW.isoformat(), "cases": cases}, f, separators=(",", ":"), ensure_ascii=False)
        f.write("\n")
    assert json.load(open(out, encoding="utf-8"))["cases"] == cases
    print(len(cases), "cases,", sum("error" in c for c in cases), "of them errors")


if __name__ == "__main__":
    main(*sys.argv[1:])
