"""A tool loop of OpenAI's Agents SDK over responses; run by ResponseToolClientsTest.

python agents_loop.py BASE_URL MODEL
"""

import asyncio
import sys

from agents import Agent, OpenAIResponsesModel, Runner, function_tool, set_tracing_disabled
from openai import AsyncOpenAI

base, model = sys.argv[1:3]
set_tracing_disabled(True)
asked = []


@function_tool
def weather(city: str) -> str:
    """The weather of a city."""
    asked.append(city)
    return "12 degrees"


async def main():
    client = AsyncOpenAI(base_url=base, api_key="none", max_retries=0)
    agent = Agent(
        name="Forecaster",
        instructions="Be brief.",
        tools=[weather],
        model=OpenAIResponsesModel(model=model, openai_client=client),
    )
    result = await Runner.run(agent, "How is Brest?")
    assert result.final_output == "It is cold, très froid.", result
    assert asked == ["Brest"], asked
    streamed = Runner.run_streamed(agent, "How is Brest?")
    kinds = [event.name async for event in streamed.stream_events() if event.type == "run_item_stream_event"]
    assert streamed.final_output == result.final_output, streamed
    assert {"reasoning_item_created", "tool_called", "tool_output"} <= set(kinds), kinds
    turn = result.to_input_list() + [{"role": "user", "content": "How is Brest?"}]
    assert (await Runner.run(agent, turn)).final_output == result.final_output
    print("all held")


asyncio.run(main())
