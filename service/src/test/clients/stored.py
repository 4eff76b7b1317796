"""Responses over HTTP with OpenAI's Python client; run by StoredResponsesClientsTest.

python stored.py BASE_URL MODEL EXPECTED_ANSWER
"""

import sys
import time

import openai
from openai import OpenAI

base, model, expected = sys.argv[1:]
client = OpenAI(base_url=base + "/v1", api_key="none", max_retries=0)

# In one piece, and fetched again.
first = client.responses.create(input="hello", instructions="Be brief.", metadata={"k": "v"})
assert first.status == "completed" and first.output_text == expected, first
assert first.usage.total_tokens == first.usage.input_tokens + first.usage.output_tokens, first
again = client.responses.retrieve(first.id)
assert again == first, again

# A conversation that goes on.
second = client.responses.create(input="and?", previous_response_id=first.id)
assert second.previous_response_id == first.id and second.output_text == expected, second
try:
    client.responses.create(input="and?", previous_response_id="resp_none")
    sys.exit("failed: a parent that is not there")
except openai.BadRequestError as refused:
    assert refused.code == "previous_response_not_found", refused

# Items, by pages.
asked = client.responses.create(input=[{"role": "user", "content": str(i)} for i in range(5)])
items = [item.content[0].text for item in client.responses.input_items.list(asked.id, order="asc", limit=2)]
assert items == list("01234"), items
items = [item.content[0].text for item in client.responses.input_items.list(asked.id)]
assert items == list("43210"), items

# Events; the stream is left in the middle and read on.
stream = client.responses.create(input="hello", stream=True)
events = []
silent = 0
for event in stream:
    if event.type == "keepalive":
        silent += 1
        continue
    events.append(event)
    if event.type == "response.output_text.delta" and len(events) > 6:
        break
stream.close()
kept = events[0].response.id
for event in client.responses.retrieve(kept, stream=True, starting_after=events[-1].sequence_number):
    if event.type == "keepalive":
        silent += 1
    else:
        events.append(event)
assert silent > 3, "the stream was never silent, so nothing was tried"
assert [event.sequence_number for event in events] == list(range(len(events))), events
assert "".join(event.delta for event in events if event.type == "response.output_text.delta") == expected, events
assert events[-1].type == "response.completed" and events[-1].response.output_text == expected, events[-1]

# The helpers.
with client.responses.stream(model=model, input="hello") as helper:
    assert helper.until_done().get_final_response().output_text == expected
with client.responses.stream(response_id=kept) as helper:
    assert helper.get_final_response().output_text == expected

# In the background.
background = client.responses.create(input="hello", background=True)
assert background.status in ("queued", "in_progress"), background
while background.status in ("queued", "in_progress"):
    time.sleep(0.01)
    background = client.responses.retrieve(background.id)
assert background.status == "completed" and background.output_text == expected, background
assert client.responses.cancel(background.id).status == "completed"

# No more.
client.responses.delete(first.id)
try:
    client.responses.retrieve(first.id)
    sys.exit("failed: a deleted response was found")
except openai.NotFoundError as gone:
    assert gone.code == "response_not_found", gone
unkept = client.responses.create(input="hello", store=False)
assert unkept.output_text == expected and unkept.store is False, unkept

print("all held")
