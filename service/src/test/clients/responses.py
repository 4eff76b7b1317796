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

    connection.response.create(input="hello", stream_id="no lane")
    text, last = answer(connection)
    assert last.type == "error", last
    assert last.error.param == "stream_id", last
    assert last.error.code == "invalid_stream_id", last
    assert last.status == 400, last

    # Two lanes side by side, then a fork of one of them.
    lanes = {"planner": "", "research": ""}
    ids = {}
    for lane in lanes:
        connection.response.create(input="hello", stream_id=lane, store=False)
    for event in connection:
        if event.type == "response.output_text.delta":
            lanes[event.stream_id] += event.delta
        elif event.type == "response.completed":
            ids[event.stream_id] = event.response.id
            if len(ids) == 2:
                break
        else:
            assert event.type != "error", event
    assert lanes == {"planner": expected, "research": expected}, lanes
    connection.response.create(input="gaps?", stream_id="critic", previous_response_id=ids["planner"], store=False)
    text, last = answer(connection)
    assert last.type == "response.completed" and last.stream_id == "critic", last
    assert last.response.previous_response_id == ids["planner"], last
    connection.response.create(input="gone", stream_id="critic", previous_response_id="resp_none")
    text, last = answer(connection)
    assert last.error.code == "previous_response_not_found" and last.stream_id == "critic", last

    # Words for an answer that has ended come back.
    connection.response.steer(previous_response_id=ids["planner"], input="and now?")
    for event in connection:
        assert event.type == "response.steer.failed", event
        assert event.error.code == "response_already_completed", event
        assert event.steer.input == "and now?" and event.stream_id == "planner", event
        break

    # Words for one under way make it stop, or follow it.
    connection.response.create(input="hello", stream_id="planner")
    first = second = None
    accepted = False
    for event in connection:
        if event.type == "response.created" and first is None:
            first = event.response.id
            connection.response.steer(previous_response_id=first, input="shorter")
        elif event.type == "response.created":
            second = event.response
            assert second.previous_response_id == first, event
        elif event.type == "response.steer.accepted":
            accepted = event.steer.previous_response_id == first
        elif event.type == "response.steer.failed":  # It was quicker.
            assert event.error.code == "response_already_completed", event
            break
        elif event.type == "response.completed" and second is not None:
            assert accepted and event.response.output_text == expected, event
            break
        else:
            assert event.type != "error", event

print("all held")
