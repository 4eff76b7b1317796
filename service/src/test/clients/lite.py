"""Completes, chats and streams through LiteLLM, as an OpenAI-like and as a vLLM provider: lite.py BASE_URL MODEL."""

import os
import sys

os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"  # It asks the network for prices otherwise.
import litellm

base, model = sys.argv[1], sys.argv[2]
litellm.telemetry = False


def check(name, holds):
    if not holds:
        sys.exit(f"failed: {name}")
    print(f"ok: {name}")


messages = [{"role": "user", "content": "Hello"}]
for provider in ("openai", "hosted_vllm"):
    asked = dict(
        model=f"{provider}/{model}", api_base=base, api_key="none", messages=messages, max_tokens=12, seed=1,
        temperature=0.5, num_retries=0,
    )
    whole = litellm.completion(**asked)
    check(f"{provider} chat", whole.usage.completion_tokens <= 12 and whole.choices[0].finish_reason in ("stop", "length"))
    text = ""
    for chunk in litellm.completion(**asked, stream=True):
        text += chunk.choices[0].delta.content or ""
    check(f"{provider} chat streamed", text == (whole.choices[0].message.content or ""))
done = litellm.text_completion(
    model=f"text-completion-openai/{model}", api_base=base, api_key="none", prompt="Once", max_tokens=4, num_retries=0
)
check("completion", isinstance(done.choices[0].text, str))
try:
    litellm.completion(model=f"openai/{model}", api_base=base, api_key="none", messages=messages, temperature=99, num_retries=0)
    check("bad request", False)
except litellm.BadRequestError as error:
    check("bad request", "temperature" in str(error))
