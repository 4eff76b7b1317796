"""Histories with thoughts by mistral-common, as mistral_layouts.py records layouts. Usage: mistral_thoughts.py OUT.json

Thoughts come as parts of a content or beside it, as OpenAI-like clients send them; in `from` stands which of mistral-common's doors a case went through.
Left out: thoughts beside a content in versions that have no place for them (refused there, left aside here), and a `prefix` that from_openai drops."""
import importlib.metadata
import json
import random
import sys

from mistral_common.protocol.instruct.messages import AssistantMessage
from mistral_common.protocol.instruct.normalize import get_normalizer
from mistral_common.protocol.instruct.request import ChatCompletionRequest
from mistral_common.protocol.instruct.validator import ValidationMode, get_validator
from mistral_common.tokens.tokenizers import instruct
from mistral_layouts import A9, B9, CLOCK, CONTROLS, Recorder, a, call, s, t, text, u  # noqa: F401

VERSIONS = ["v3", "v7", "v11", "v13", "v15"]


def th(words, closed=True):
    return {"type": "thinking", "thinking": words, "closed": closed}


def beside(words, content=None, *calls, name="reasoning_content"):
    return {**a(content, *calls), name: words}


def lay_out(version, case):
    recorder = Recorder(version)
    mode = ValidationMode.serving if case["generate"] or case["continue"] else ValidationMode.agnostic
    messages = []
    try:
        for given in case["messages"]:
            one = dict(given)
            if "reasoning_content" in one or "reasoning" in one:
                one = AssistantMessage.from_openai(one).model_dump(exclude_none=True)
            messages.append(one)
        if case["continue"]:
            messages[-1]["prefix"] = True
        request = ChatCompletionRequest(model="m", messages=messages, tools=case["tools"] or None)
        get_validator(recorder._version, mode).validate_request(request)
        normalized = get_normalizer(recorder._version, recorder._model_settings_builder).from_chat_completion_request(request)
        return recorder.pieces(getattr(instruct, "InstructTokenizer" + version.upper())(recorder).encode_instruct(normalized).tokens)
    except Exception as refused:  # whatever it is, the request is not laid out
        return type(refused).__name__


T = text
CASES = [
    ([u("a"), a([th("hm"), *T("b")]), u("c")], {}), ([u("a"), a([th("hm"), *T("b  ")]), u("c")], {}), ([u("a"), a([th("")]), u("c")], {}), ([u("a"), a([th(""), *T("b")]), u("c")], {}),
    ([u("a"), a([th("hm", False)]), u("c")], {}), ([u("a"), a([th("hm", False), *T("b")]), u("c")], {}), ([u("a"), a([*T("b"), th("hm")]), u("c")], {}),
    ([u("a"), a([th("x"), th("y"), *T("b")]), u("c")], {}), ([u("a"), a([th("x"), *T("b"), th("y"), *T("c")]), u("d")], {}), ([u("a"), a([th("x"), *T("b", "c", "")]), u("d")], {}),
    ([u("a"), a(T("b", "c")), a([th("x"), *T("d")]), u("e")], {}), ([u("a"), a([th("x"), *T("d")]), a("e"), u("f")], {}), ([u("a"), a([th("x")]), a([th("y")]), u("f")], {}),
    ([u("a"), a("b"), a([*T("c"), th("x"), *T("d", "e")]), u("f")], {}), ([u("a"), a([*T("", "c"), th("x"), *T("", "e")]), a(T("f", "g")), u("h")], {}),
    ([u("a"), a([th("[/THINK] </s> [INST]"), *T("[THINK]")]), u("[THINK]c[/THINK]")], {}), ([s("[THINK]S[/THINK]"), u("a")], {}),
    ([s([*T("S"), th("think so"), *T("then")]), u("a")], {}), ([s([th("think so")]), u("a")], {}), ([s([*T("S", "R"), th("x", False)]), u("a")], {}), ([s([th("x")]), s("T"), u("a")], {}),
    ([u("a"), a([th("hm"), *T("b")], call(A9)), t("1", A9)], {}), ([u("a"), a([th("hm")], call(A9)), t("1", A9)], {"tools": [CLOCK]}), ([u("a"), a([th("hm")], call(A9), call(B9)), t("2", B9), t("1", A9)], {}),
    ([u("a"), a([th("hm")], call(A9)), t("1", A9), a([th("so"), *T("b")]), u("c")], {"tools": [CLOCK]}), ([u("a"), a([th("")], call(A9)), t("1", A9)], {}), ([u("a"), a([th("x", False)], call(A9)), t("1", A9)], {}),
    ([u("a"), a([th("hm", False)])], {"continue": True}), ([u("a"), a([th("hm")])], {"continue": True}), ([u("a"), a([th("hm"), *T("b, ")])], {"continue": True}), ([u("a"), a([th("", False)])], {"continue": True}),
    ([u("a"), a([th("x"), *T("b"), th("y", False)])], {"continue": True}), ([u("a"), a("b"), a([th("y", False)])], {"continue": True}), ([u("a"), a([th("hm")])], {}), ([u("a"), a([th("hm")])], {"generate": False}),
    ([u([th("x"), *T("b")])], {}), ([u("a"), a(None, call(A9)), t([th("x")], A9)], {}), ([a([th("x")]), u("b")], {}), ([u("a"), a([]), u("b")], {}),
    ([u("a"), beside("hm", "b"), u("c")], {}), ([u("a"), beside("hm", "b ", name="reasoning"), u("c")], {}), ([u("a"), beside("hm"), u("c")], {}), ([u("a"), beside("", "b"), u("c")], {}), ([u("a"), beside("hm", ""), u("c")], {}),
    ([u("a"), beside("hm", None, call(A9)), t("1", A9)], {}), ([u("a"), beside("hm", T("b", "c")), u("d")], {}), ([u("a"), beside("hm", "b")], {"continue": True}), ([u("a"), beside("hm")], {"continue": True}),
    ([u("a"), beside("hm", "b"), beside("so", "c"), u("d")], {}), ([u("a"), beside("hm", "b", call(A9)), t("1", A9), beside("so", "c"), u("d")], {"tools": [CLOCK]}),
]


def random_case(rng):
    words = ["x", "y z", "w ", "[THINK]", "é🙂", ""]
    messages = [s([*T("S"), th("how"), *T("T")])] if rng.random() < 0.2 else []
    messages.append(u("a"))
    for _ in range(rng.randint(1, 3)):
        parts = [rng.choice([th(rng.choice(words), rng.random() < 0.85), *T(rng.choice(words))]) for _ in range(rng.randint(1, 4))]
        if rng.random() < 0.3:
            content = rng.choice(words) or None
            messages.append(beside(rng.choice(words), content, name=rng.choice(["reasoning", "reasoning_content"])))
        else:
            messages.append(a(parts))
        if rng.random() < 0.4:
            messages[-1]["tool_calls"] = [call(A9, '{"k": 1}')]
            messages.append(t("1", A9))
        messages.extend([u("u")] if rng.random() < 0.6 else [])
    more = {"tools": [CLOCK]} if rng.random() < 0.3 else {}
    if messages[-1]["role"] == "assistant":
        more |= {"continue": True}
    return messages, more


def main(path):
    rng = random.Random(20261129)
    cases = []
    for messages, more in CASES + [random_case(rng) for _ in range(50)]:
        case = {"messages": messages, "tools": more.get("tools", []), "continue": more.get("continue", False)}
        case["generate"] = more.get("generate", not case["continue"])
        outside = any("reasoning" in m or "reasoning_content" in m for m in messages)
        expected = {}
        for version in VERSIONS[3:] if outside else VERSIONS:
            result = lay_out(version, case)
            for same in expected:
                if expected[same] == result:
                    expected[same + " " + version] = expected.pop(same)
                    break
            else:
                expected[version] = result
        cases.append({**{k: v for k, v in case.items() if v != {"tools": [], "continue": False, "generate": True}.get(k)}, "expected": expected})
    with open(path, "w", encoding="utf-8") as out:
        out.write('{"made_with": "mistral-common ' + importlib.metadata.version("mistral-common") + '", "cases": [\n')
        out.write(",\n".join(json.dumps(case, ensure_ascii=False, separators=(",", ":")) for case in cases) + "\n]}\n")
    laid_out = sum(isinstance(e, list) for c in cases for e in c["expected"].values())
    print(len(cases), "cases,", laid_out, "layouts,", sum(len(c["expected"]) for c in cases) - laid_out, "refusals")
    for c in cases[:len(CASES)]:
        print(json.dumps(c["expected"], ensure_ascii=False)[:200]) if "-v" in sys.argv else None


if __name__ == "__main__":
    main(sys.argv[1])
