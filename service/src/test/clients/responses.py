"""Drives the WebSocket with OpenAI's Python client; run by ResponsesClientsTest.

python responses.py BASE_URL EXPECTED_ANSWER
"""

import sys

from openai import OpenAI

base, expected = sys.argv[1:]
client = OpenAI(base_url=base + "/v1", api_key="none", max_retries=0)


def answer(connection):
    text = ""
    for event in connection:
        if event.type == "response.output_text.delta":
            text += event.delta
        elif event.type in ("response.completed", "response.incomplete", "response.failed", "error"):
            return text, event
    raise AssertionError("the socket closed before the answer ended")


with client.responses.connect() as connection:
    for turn in range(2):
        connection.response.create(input="hello", instructions="Be brief.", metadata={"turn": str(turn)})
        text, last = answer(connection)
        assert last.type == "response.completed", last
        assert text == expected, text
        assert last.response.output_text == expected, last.response
        assert last.response.status == "completed"
        assert last.response.metadata == {"turn": str(turn)}
        assert last.response.usage.total_tokens == last.response.usage.input_tokens + last.response.usage.output_tokens

    connection.response.create(input="hello", max_output_tokens=2)
    text, last = answer(connection)
    assert last.type == "response.incomplete", last
    assert last.response.incomplete_details.reason == "max_output_tokens"

    connection.response.create(input="hello", stream_id="lane")
    text, last = answer(connection)
    assert last.type == "error", last
    assert last.error.param == "stream_id", last
    assert last.status == 400, last

print("all held")
