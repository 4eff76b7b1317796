"""Completes, chats and streams with OpenAI's asynchronous Python client: asyncs.py BASE_URL MODEL. One line per check."""

import asyncio
import sys

import openai

from checks import check

base, model = sys.argv[1], sys.argv[2]


async def main():
    async with openai.AsyncOpenAI(base_url=base, api_key="none", max_retries=0) as client:
        check("models", model in [entry.id async for entry in client.models.list()])
        asked = dict(model=model, messages=[{"role": "user", "content": "Hello"}], max_completion_tokens=12, seed=1)
        # Many at once, each of them as it is alone.
        alone = await client.chat.completions.create(**asked)
        texts = [each.choices[0].message.content for each in await asyncio.gather(
            *(client.chat.completions.create(**asked) for _ in range(8))
        )]
        check("side by side", texts == [alone.choices[0].message.content] * 8)
        text = ""
        async for chunk in await client.chat.completions.create(**asked, stream=True):
            text += chunk.choices[0].delta.content or ""
        check("streamed", text == alone.choices[0].message.content)
        stream = await client.chat.completions.create(model=model, messages=asked["messages"], stream=True)
        await anext(aiter(stream))
        await stream.close()
        check("left", True)
        try:
            await client.embeddings.create(model=model, input="Hello")
            check("embeddings", False)
        except openai.NotFoundError as error:
            check("embeddings", error.code == "unsupported_endpoint" and "not served here" in error.message)
        for name, call in (
            ("images", client.images.generate(prompt="a cat")),
            ("moderations", client.moderations.create(input="Hello")),
            ("files", client.files.list()),
            ("speech", client.audio.speech.create(model=model, voice="alloy", input="Hello")),
            ("batches", client.batches.list()),
            ("fine-tuning", client.fine_tuning.jobs.list()),
        ):
            try:
                await call
                check(name, False)
            except openai.NotFoundError as error:
                check(name, error.code == "unsupported_endpoint")


asyncio.run(main())
