"""Asks by Hugging Face's client: hf_client.py ADDRESS MODEL. Prints one line per check."""

import sys

from huggingface_hub import InferenceClient
from huggingface_hub.errors import ValidationError

from checks import check

address, model = sys.argv[1], sys.argv[2]
client = InferenceClient(model=address, token="none")


whole = client.text_generation("Once upon", max_new_tokens=8)
check("text", whole.startswith("Once upon") and len(whole) > len("Once upon"))
detailed = client.text_generation("Once upon", max_new_tokens=8, details=True, return_full_text=False, decoder_input_details=True)
check("details", detailed.generated_text == whole[len("Once upon") :])
check("tokens", "".join(token.text for token in detailed.details.tokens) == detailed.generated_text)
check("prefill", len(detailed.details.prefill) > 0 and detailed.details.finish_reason in ("length", "eos_token"))
pieces = list(client.text_generation("Once upon", max_new_tokens=8, stream=True))
check("streamed", "".join(pieces) == detailed.generated_text)
events = list(client.text_generation("Once upon", max_new_tokens=8, stream=True, details=True, top_n_tokens=2))
check("streamed details", events[-1].details.generated_tokens == detailed.details.generated_tokens)
check("tops", len(events[0].top_tokens) == 2 and events[-1].generated_text == whole)
drawn = client.text_generation("a", do_sample=True, seed=3, temperature=0.7, top_p=0.9, top_k=20, max_new_tokens=4, stop=["zz"], details=True)
check("drawn", drawn.details.seed == 3)
best = client.text_generation("a", do_sample=True, best_of=2, max_new_tokens=4, details=True)
check("best of", len(best.details.best_of_sequences) == 1)
schema = {"type": "object", "properties": {"yes": {"type": "boolean"}}, "required": ["yes"]}
formed = client.text_generation("a", grammar={"type": "json", "value": schema}, max_new_tokens=200, return_full_text=False)
check("grammar", formed.strip().startswith("{"))
messages = [{"role": "user", "content": "Hello"}]
answer = client.chat_completion(messages, max_tokens=8, seed=1, temperature=0)
check("chat", answer.choices[0].message.role == "assistant" and answer.usage.completion_tokens <= 8)
text = ""
for chunk in client.chat_completion(messages, max_tokens=8, seed=1, temperature=0, stream=True):
    text += chunk.choices[0].delta.content or ""
check("chat streamed", text == answer.choices[0].message.content)
named = client.chat_completion(messages, max_tokens=64, model=address, response_format={"type": "json_schema", "json_schema": {"name": "n", "schema": schema}})
check("chat's form", named.choices[0].message.content.strip().startswith("{"))
try:
    client.text_generation("a", truncate=5)
    check("refused", False)
except ValidationError as error:
    check("refused", "truncate is not supported" in str(error))
print("all held")
