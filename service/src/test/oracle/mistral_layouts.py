"""Mistral's chat layouts by mistral-common, with a tokenizer that records what it is asked to encode. Usage: mistral_layouts.py OUT.json

Of a request the fixture tells, per version, the control tokens and the texts encoded between them, or the class of the error. So a layout is
checked without a vocabulary, border by border. Left out: tools in v1 and tools without a user's message, which mistral-common drops in silence."""
import importlib.metadata
import json
import random
import sys

from mistral_common.protocol.instruct.normalize import get_normalizer
from mistral_common.protocol.instruct.request import ChatCompletionRequest
from mistral_common.protocol.instruct.validator import ValidationMode, get_validator
from mistral_common.tokens.tokenizers import instruct
from mistral_common.tokens.tokenizers.base import SpecialTokens, TokenizerVersion
from mistral_common.tokens.tokenizers.model_settings_builder import ModelSettingsBuilder
from mistral_common.tokens.tokenizers.tekken import Tekkenizer

VERSIONS = ["v1", "v2", "v3", "v7", "v11", "v13", "v15"]
CONTROLS = [token.value for token in SpecialTokens]


# What tekken.json says of the settings of a v15 model.
SETTINGS = {"reasoning_effort": {"type": "enum", "values": ["none", "high"], "accepts_none": True, "default": "none"}}


class Recorder(Tekkenizer):
    """Control tokens are their index; a text is one id of its own, and an empty one is none."""

    def __init__(self, version, settings=SETTINGS):
        self._version, self.texts = TokenizerVersion(version), []
        self._model_settings_builder = ModelSettingsBuilder.model_validate(settings) if version == "v15" else None
        self._special_tokens_reverse_vocab = {token: i for i, token in enumerate(CONTROLS)}

    bos_id, eos_id = property(lambda self: CONTROLS.index("<s>")), property(lambda self: CONTROLS.index("</s>"))

    def get_special_token(self, token):
        return CONTROLS.index(token)

    def encode(self, text, bos, eos):
        assert not bos and not eos
        if not text:
            return []
        self.texts.append(text)
        return [len(CONTROLS) + len(self.texts) - 1]

    def decode(self, tokens, special_token_policy=None):
        return ""

    def pieces(self, ids):
        return ["#" + CONTROLS[i] if i < len(CONTROLS) else "=" + self.texts[i - len(CONTROLS)] for i in ids]


def lay_out(version, case):
    recorder = Recorder(version, case.get("settings", SETTINGS))
    mode = ValidationMode.serving if case["generate"] or case["continue"] else ValidationMode.agnostic
    messages = [dict(message) for message in case["messages"]]
    if case["continue"]:
        messages[-1]["prefix"] = True
    try:
        request = ChatCompletionRequest(model="m", messages=messages, tools=case["tools"] or None, **case.get("asked", {}))
        get_validator(recorder._version, mode).validate_request(request)
        normalized = get_normalizer(recorder._version, recorder._model_settings_builder).from_chat_completion_request(request)
        encoder = getattr(instruct, "InstructTokenizer" + version.upper())(recorder)
        return recorder.pieces(encoder.encode_instruct(normalized).tokens)
    except Exception as refused:  # whatever it is, the request is not laid out
        return type(refused).__name__


def u(content):
    return {"role": "user", "content": content}


def s(content):
    return {"role": "system", "content": content}


def a(content=None, *calls):
    return {"role": "assistant", **({} if content is None else {"content": content}), **({"tool_calls": list(calls)} if calls else {})}


def call(id, arguments="{}", name="f"):
    return {"id": id, "type": "function", "function": {"name": name, "arguments": arguments}}


def t(content, id, name=None):
    return {"role": "tool", "content": content, "tool_call_id": id, **({} if name is None else {"name": name})}


def text(*parts):
    return [{"type": "text", "text": part} for part in parts]


def tool(name, parameters, description=""):
    return {"type": "function", "function": {"name": name, "description": description, "parameters": parameters}}


A9, B9, C9 = "abcDEF123", "zyx987654", "000000000"
WEATHER = tool("get_weather", {"type": "object", "properties": {"city": {"type": "string", "description": "“La ville” <é>"}, "n": {"type": "integer", "default": 3,
               "minimum": -1, "multipleOf": 0.5}, "unit": {"enum": ["c", None, True]}}, "required": []}, "Weather — now. [/AVAILABLE_TOOLS]")
CLOCK = tool("now", {})
JSONS = ['{"a":1,"b":[1,2.50,-0,1e3,1E-7,12345678901234567890123],"c":{"d":null,"e":true}}', ' {"x" : "\\u00e9\\n\\/\\u0001" } ', '{"a":1,"a":2,"b":3}', "NaN",
         "[-Infinity, Infinity, 1e999]", "-0", "-0.0", "1.0", "100000000000000000.0", "0.00001", "01", "1.", "[1,]", '"a', "{}", "", "nul", '"\\ud83d\\ude42"', "\ufeff1", "'x'",
         "22 °C", "</s>[INST]", '{"[/TOOL_RESULTS]": "</s>"}', "\u2028", '"\t"', "[]", "1e16", "123456789.123456789", "5e-324", "[1 ,\n2]", '{"a": "', '{"a": "x\ny"}', "{'a': 1}", "[1]", "null", " ", '{"a": NaN}', '{"a": 1} x',
         '{"a": 18446744073709551615, "b": -9223372036854775809}', '{"b":' * 40 + "1" + "}" * 40]

SCHEMAS = [
    {"type": "objekt"}, {"type": []}, {"type": ["object", "object"]}, {"type": ["string", "null"]}, {"type": 1}, {"type": None}, {"properties": []}, {"properties": {"a": 1}}, {"properties": {"a": True}},
    {"properties": {"a": {"type": "x"}}}, {"required": "a"}, {"required": ["a", "a"]}, {"required": ["a", 1]}, {"required": []}, {"items": []}, {"items": [{}]}, {"items": {"minimum": "1"}}, {"anyOf": []},
    {"anyOf": {}}, {"anyOf": [{"enum": 1}]}, {"enum": []}, {"enum": [1, 1, None]}, {"multipleOf": 0}, {"multipleOf": 0.1}, {"minLength": -1}, {"minLength": 1.5}, {"maxItems": 2.0}, {"uniqueItems": 1},
    {"additionalProperties": "no"}, {"additionalProperties": {"not": 3}}, {"dependencies": {"a": ["b", "b"]}}, {"dependencies": {"a": ["b"], "c": {}}}, {"dependencies": {"a": 1}}, {"definitions": {"a": {"$ref": 1}}},
    {"$ref": "#/definitions/a"}, {"title": 1}, {"default": {"type": 1}, "const": 1, "examples": [1]}, {"examples": 1}, {"unknown": 1}, {"if": 1}, {"readOnly": "x"}, {"exclusiveMinimum": True}, {"format": 1}, {"pattern": "a"},
    {"patternProperties": {"a": 1}}, {"description": ["x"]}, {"contains": []}, {"propertyNames": {"maxLength": 3}},
]

CASES = [
    ([u("Hi")], {}), ([u("  spaced  ")], {}), ([u("[INST] </s> <s>")], {}), ([u("")], {}), ([u(text("a", "", "b"))], {}), ([u("a"), u("b")], {}), ([u("a"), u(""), u(text("b", "c"))], {}),
    ([s("S"), u("a")], {}), ([s("S"), s("T"), u("a")], {}), ([u("a"), s("S"), u("b")], {}), ([s("")], {}), ([s("S")], {}), ([s(""), u("a")], {}), ([s(text("S", "T")), u("a"), a("b"), u("c")], {}),
    ([u("a"), a("b"), u("c")], {}), ([u("a"), a("b  "), u("c")], {}), ([u("a"), a("b"), a("c"), u("d")], {}), ([a("b"), u("c")], {}), ([a("b"), u("c"), a("d"), u("e")], {}), ([u("a"), a(" "), u("c")], {}),
    ([u("a"), a(text("b", "c")), u("d")], {}), ([u("a"), a(""), u("b")], {}), ([u("a"), a("b")], {}), ([a("b")], {}), ([], {}), ([u("a"), s("S"), a("b"), u("c")], {}), ([u("a"), a("b"), s("S"), u("c")], {}),
    ([u("a"), a("One, two, ")], {"continue": True}), ([u("a"), a("")], {"continue": True}), ([u("a"), a("b"), a("c ")], {"continue": True}), ([a("b")], {"continue": True}), ([s("S"), u("a"), a("b")], {"continue": True}),
    ([u("a"), a("b")], {"generate": False}), ([u("a")], {"generate": False}), ([u("a"), a(None, call(A9))], {"generate": False}), ([u("a"), a("b ", call(A9))], {"generate": False}),
    ([u("a"), a(None, call(A9))], {"continue": True}),
    ([u("a")], {"tools": [WEATHER]}), ([s("S"), u("a"), a("b"), u("c")], {"tools": [WEATHER, CLOCK]}), ([u("a")], {"tools": [tool("bad name", {})]}), ([u("a")], {"tools": [tool("x" * 65, {})]}),
    ([u("a"), a(None, call(A9, '{"city": "Paris, “FR”"}', "get_weather")), t('{"t":22.50}', A9, "get_weather")], {"tools": [WEATHER]}),
    ([u("a"), a(None, call(A9)), t("1", A9), a("b"), u("c")], {"tools": [CLOCK]}),
    ([u("a"), a(None, call(A9), call(B9)), t("1", A9), t("2", B9)], {}), ([u("a"), a(None, call(A9), call(B9)), t("2", B9), t("1", A9)], {}), ([u("a"), a(None, call(A9), call(B9)), t("2", B9), t("1", A9), a("b"), u("c")], {}),
    ([u("a"), a(None, call(A9)), a(None, call(B9)), t("1", A9)], {}), ([u("a"), a(None, call(A9), call(A9)), t("1", A9), t("2", A9)], {}), ([u("a"), a(None, call(A9), call(B9)), t("1", A9), t("2", A9)], {}),
    ([u("a"), a("b", call(A9)), t("1", A9)], {}), ([u("a"), a("b"), a(None, call(A9)), t("1", A9)], {}), ([u("a"), a(None, call(A9))], {}), ([u("a"), a(None, call(A9)), u("b")], {}), ([u("a"), t("1", A9)], {}),
    ([u("a"), a("b"), t("1", A9)], {}), ([u("a"), a(None, call(A9)), t("1", B9)], {}), ([u("a"), a(None, call("short")), t("1", "short")], {}), ([u("a"), a(None, call("call_0123456789")), t("1", "call_0123456789")], {}),
    ([u("a"), a(None, call("null")), t("1", "null")], {}), ([u("a"), a(None, call("")), t("1", "")], {}), ([u("a"), a(None, call(A9, name="bad name")), t("1", A9)], {}), ([u("a"), a(None, call(A9)), t("1", A9, "bad name")], {}),
    ([u("a"), a(None, call(A9)), t("1", A9), t("2", A9)], {}), ([a(None, call(A9)), t("1", A9)], {}), ([s("S"), a(None, call(A9)), t("1", A9)], {}), ([t("1", A9), u("a")], {}), ([u("a"), a(None, call(A9)), t(text("x", "y"), A9)], {}),
    ([u("a"), a(None, call(A9)), t("1", A9), u("b"), a(None, call(B9)), t("2", B9)], {"tools": [CLOCK]}),
    *[([u("a"), a(None, call(A9, value)), t(value, A9)], {}) for value in JSONS],
    *[([u("a")], {"tools": [tool("f", schema)]}) for schema in SCHEMAS],
]


def random_case(rng):
    words = ["", "x", "y z", "w ", "[/INST]", text("p", "q"), "é🙂"]
    ids = [A9, B9, C9]
    messages = []
    for _ in range(rng.randint(1, 6)):
        last = messages[-1]["role"] if messages else ""
        role = rng.choice({"": "uuss", "system": "uuas", "user": "aaaus", "assistant": "uuta", "tool": "ttau"}.get(last, "usat"))
        if role == "t" or (last == "assistant" and messages[-1].get("tool_calls") and rng.random() < 0.8):
            asked = [c["id"] for m in messages for c in m.get("tool_calls", [])] or ids
            messages.append(t(rng.choice(["1", '{"a":1}', "z"]), asked[-1] if rng.random() < 0.7 else rng.choice(asked)))
        elif role == "a":
            calls = [call(id, '{"k": 1}') for id in rng.sample(ids, rng.choice([0, 0, 1, 2]))]
            messages.append(a(rng.choice(words) if not calls or rng.random() < 0.2 else None, *calls))
        else:
            messages.append((u if role == "u" else s)(rng.choice(words)))
    more = {"tools": [CLOCK]} if rng.random() < 0.3 else {}
    if messages[-1]["role"] == "assistant":
        more |= rng.choice([{"continue": True}, {"generate": False}])
    return messages, more


def main(path):
    rng = random.Random(20260801)
    cases = []
    for messages, more in CASES + [random_case(rng) for _ in range(160)]:
        case = {"messages": messages, "tools": more.get("tools", []), "continue": more.get("continue", False)}
        case["generate"] = more.get("generate", not case["continue"])
        expected = {}
        for version in VERSIONS:
            if case["tools"] and (version == "v1" or all(m["role"] != "user" for m in messages)):
                continue
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
    read = json.load(open(path, encoding="utf-8"))
    assert len(read["cases"]) == len(cases)
    laid_out = sum(isinstance(e, list) for c in cases for e in c["expected"].values())
    print(len(cases), "cases,", laid_out, "layouts,", sum(len(c["expected"]) for c in cases) - laid_out, "refusals")


if __name__ == "__main__":
    main(sys.argv[1])
