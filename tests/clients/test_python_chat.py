"""The Python package: chats, streams, tools and structured output."""

import asyncio
import json

import openai
import pytest
from pydantic import BaseModel

from integration.host import SLOWNESS, Host
from upstream.scenarios import answers, timing
from upstream.simulator import Simulator

PROMPT = [{"role": "user", "content": "Hello there"}]
TOOLS = [{"type": "function",
          "function": {"name": name, "parameters": {"type": "object", "properties": {}}}}
         for name, _ in answers.WEATHER]


def test_chat(client: openai.OpenAI) -> None:
    """All that a program reads from a reply is where it expects it."""
    reply = client.chat.completions.create(model="qwen-max", messages=PROMPT, temperature=0.7)
    assert reply.object == "chat.completion" and reply.model == "qwen-max"
    assert reply.choices[0].message.content == "Hello there "
    assert reply.choices[0].finish_reason == "stop"
    assert reply.usage.total_tokens == 24
    assert reply._request_id


def test_extra_members_both_ways(client: openai.OpenAI, upstream: Simulator) -> None:
    """`extra_body` is how Qwen's own parameters are sent; the thoughts come back beside the
    content."""
    model = upstream.serve(answers.thinking(["let me ", "see"], ["42"]))
    reply = client.chat.completions.create(
        model=model, messages=PROMPT, extra_body={"enable_thinking": True, "top_k": 20})
    assert reply.choices[0].message.reasoning_content == "let me see"
    assert reply.usage.completion_tokens_details.reasoning_tokens == 2
    sent = upstream.request(model).json
    assert (sent["enable_thinking"], sent["top_k"]) == (True, 20)


def test_stream(client: openai.OpenAI, upstream: Simulator) -> None:
    """The loop that everyone writes: it reads `choices[0]` of every chunk, so there must be one."""
    words = ["สวัสดี", "ครับ ", "你好"]
    model = upstream.serve(answers.chat(words))
    stream = client.chat.completions.create(model=model, messages=PROMPT, stream=True)
    said = [chunk.choices[0].delta.content for chunk in stream]
    assert [word for word in said if word] == words


def test_stream_with_usage(client: openai.OpenAI, upstream: Simulator) -> None:
    """One more chunk, for those who asked for it, under the same id."""
    model = upstream.serve(answers.chat(["one ", "two"]))
    chunks = list(client.chat.completions.create(
        model=model, messages=PROMPT, stream=True, stream_options={"include_usage": True}))
    assert chunks[-1].choices == [] and chunks[-1].usage.total_tokens == 24
    assert len({chunk.id for chunk in chunks}) == 1


def test_stream_helper(client: openai.OpenAI, upstream: Simulator) -> None:
    """`.stream()` adds the deltas up, and checks them on the way."""
    model = upstream.serve(answers.chat(["one ", "two"]))
    with client.chat.completions.stream(model=model, messages=PROMPT) as stream:
        done = [event for event in stream if event.type == "content.done"]
        final = stream.get_final_completion()
    assert done[0].content == final.choices[0].message.content == "one two"
    assert final.choices[0].finish_reason == "stop"


def test_comments_are_passed_over(beating: Host, upstream: Simulator) -> None:
    """A slow stream with keep-alive comments, which are there: before its first chunk and between
    the others."""
    words = ["one ", "two"]
    model = upstream.serve(timing.slow(0.25 * SLOWNESS, words))
    pieces = list(beating.chat(model, stream=True).pieces())
    first = next(at for at, piece in enumerate(pieces) if piece.startswith(b"data: "))
    assert first > 0 and any(piece.startswith(b":") for piece in pieces[first:])
    with openai.OpenAI(api_key="x", base_url=f"{beating.url}/v1", max_retries=0) as client:
        stream = client.chat.completions.create(model=model, messages=PROMPT, stream=True)
        said = [chunk.choices[0].delta.content or "" for chunk in stream]
        with client.chat.completions.stream(model=model, messages=PROMPT) as helped:
            final = helped.get_final_completion()
    assert "".join(said) == final.choices[0].message.content == "".join(words)


def test_async(host: Host, upstream: Simulator) -> None:
    """The asynchronous client, a reply and a stream side by side."""
    model = upstream.serve(answers.chat(["one ", "two"]))

    async def whole(client: openai.AsyncOpenAI) -> str:
        reply = await client.chat.completions.create(model=model, messages=PROMPT)
        return reply.choices[0].message.content

    async def streamed(client: openai.AsyncOpenAI) -> str:
        stream = await client.chat.completions.create(model=model, messages=PROMPT, stream=True)
        return "".join([chunk.choices[0].delta.content or "" async for chunk in stream])

    async def both() -> list[str]:
        async with openai.AsyncOpenAI(api_key="x", base_url=f"{host.url}/v1",
                                      max_retries=0) as client:
            return await asyncio.gather(whole(client), streamed(client))

    assert asyncio.run(both()) == ["one two", "one two"]


def assert_weather(calls: list) -> None:
    said = [(call.function.name, call.function.arguments) for call in calls]
    assert said == answers.WEATHER
    assert len({call.id for call in calls}) == len(calls)
    assert all(call.type == "function" for call in calls)


def test_tools(client: openai.OpenAI, upstream: Simulator) -> None:
    """Two calls in one reply; their arguments are text and stay as they are."""
    model = upstream.serve(answers.tool_calls())
    reply = client.chat.completions.create(model=model, messages=PROMPT, tools=TOOLS,
                                           parallel_tool_calls=True)
    assert reply.choices[0].finish_reason == "tool_calls"
    assert_weather(reply.choices[0].message.tool_calls)
    assert upstream.request(model).json["tools"] == TOOLS


def test_streamed_tools(client: openai.OpenAI, upstream: Simulator) -> None:
    """The helper adds up every string that it gets, so names and ids must come once, whatever the
    upstream repeats."""
    model = upstream.serve(answers.tool_calls())
    with client.chat.completions.stream(model=model, messages=PROMPT, tools=TOOLS) as stream:
        final = stream.get_final_completion()
    assert final.choices[0].finish_reason == "tool_calls"
    assert_weather(final.choices[0].message.tool_calls)


def test_a_tool_conversation(client: openai.OpenAI, upstream: Simulator) -> None:
    """What the model called and what came of it goes back as the next prompt."""
    model = upstream.serve(answers.tool_calls(), answers.chat(["It is warm."]))
    first = client.chat.completions.create(model=model, messages=PROMPT, tools=TOOLS)
    results = [{"role": "tool", "tool_call_id": call.id, "content": "30 °C"}
               for call in first.choices[0].message.tool_calls]
    second = client.chat.completions.create(
        model=model, tools=TOOLS, messages=[*PROMPT, first.choices[0].message, *results])
    assert second.choices[0].message.content == "It is warm."
    sent = upstream.requests(model)[1].json["messages"]
    assert [message["role"] for message in sent] == ["user", "assistant", "tool", "tool"]
    assert [call["function"]["arguments"] for call in sent[1]["tool_calls"]] == [
        arguments for _, arguments in answers.WEATHER]


class Sheep(BaseModel):
    name: str
    colour: str


def test_structured_output(client: openai.OpenAI, upstream: Simulator) -> None:
    """`.parse()` sends the schema of a class and reads the reply into it."""
    model = upstream.serve(answers.structured())
    reply = client.chat.completions.parse(model=model, messages=PROMPT, response_format=Sheep)
    assert reply.choices[0].message.parsed == Sheep(name="name of Sheep", colour="colour of Sheep")
    sent = upstream.request(model).json["response_format"]["json_schema"]
    assert sent["strict"] is True and sent["schema"]["required"] == ["name", "colour"]


def test_completions_and_embeddings(client: openai.OpenAI, upstream: Simulator) -> None:
    """The other endpoints, through the package's own types."""
    text = upstream.serve(answers.text())
    assert client.completions.create(model=text, prompt="x").choices[0].text == "as asked"
    vectors = upstream.serve(answers.embeddings())
    found = client.embeddings.create(model=vectors, input="x").data[0].embedding
    assert found == [0.25, -0.5, 1.0]


def test_streamed_completion(client: openai.OpenAI, upstream: Simulator) -> None:
    """Each chunk has a choice with a text; the usage comes in one more, if asked for."""
    model = upstream.serve(answers.text())
    plain = list(client.completions.create(model=model, prompt="x", stream=True))
    assert "".join(chunk.choices[0].text for chunk in plain) == "as asked"
    *_, last = client.completions.create(model=model, prompt="x", stream=True,
                                         stream_options={"include_usage": True})
    assert last.choices == [] and last.usage.total_tokens > 0
    echoed = client.completions.create(model="echo", prompt="Hello there", stream=True)
    assert "".join(chunk.choices[0].text for chunk in echoed) == "echo: Hello there"


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
def test_echo(client: openai.OpenAI, stream: bool) -> None:
    """The provider that needs no key speaks to the same clients."""
    reply = client.chat.completions.create(model="echo", messages=PROMPT, stream=stream)
    said = ("".join(chunk.choices[0].delta.content or "" for chunk in reply) if stream
            else reply.choices[0].message.content)
    assert "Hello there" in said


def test_one_model(client: openai.OpenAI) -> None:
    """A program that checks its model before it starts."""
    assert client.models.retrieve("qwen-max").id == "qwen-max"


def test_one_model_whose_name_is_no_part_of_a_path(beating: Host) -> None:
    """A slash and a space, however the package writes them."""
    with openai.OpenAI(api_key="x", base_url=f"{beating.url}/v1", max_retries=0) as client:
        assert client.models.retrieve("team/echo v1").id == "team/echo v1"


def test_raw_response(client: openai.OpenAI) -> None:
    """Headers that a program may read: who answered, and under which id."""
    raw = client.chat.completions.with_raw_response.create(
        model="qwen-max", messages=PROMPT, extra_headers={"x-request-id": "raw-1"})
    assert raw.headers["x-request-id"] == raw.parse()._request_id == "raw-1"
    assert raw.headers["x-bellwether-provider"] == "holysheep"
    assert json.loads(raw.content)["service_tier"] is None
