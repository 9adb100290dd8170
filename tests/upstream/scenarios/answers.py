"""Answers as they should be, in all the shapes that real services give them."""

import json

from upstream import errors, qwen
from upstream.exchange import Exchange, Scenario
from upstream.qwen import Json, dump

WEATHER = [("get_weather", '{"city":"เชียงใหม่"}'), ("get_time", '{"zone":"Asia/Bangkok"}')]


def _prompt(body: Json) -> str:
    messages = body.get("messages") or [{}]
    return str(messages[-1].get("content", body.get("prompt", "")))


async def _send_stream(exchange: Exchange, chunks: list[Json]) -> None:
    await exchange.head()
    for chunk in chunks:
        await exchange.event(chunk)
    await exchange.end()


def chat(words: list[str] | None = None, used: Json | None = None) -> Scenario:
    """A chat answer, whole or streamed as asked; without words it repeats the prompt."""

    async def play(exchange: Exchange) -> None:
        said = words or [f"{word} " for word in _prompt(exchange.request.json).split()]
        counted = used or qwen.usage(completion=len(said))
        if not exchange.streams:
            return await exchange.reply(dump(qwen.completion(exchange.model, "".join(said),
                                                             used=counted)))
        chunks = qwen.stream(exchange.model, said, used=counted if exchange.wants_usage else None)
        await _send_stream(exchange, chunks)

    return play


def thinking(thoughts: list[str], words: list[str]) -> Scenario:
    """A reasoning model: its thoughts come in `reasoning_content`, before the answer."""
    used = qwen.usage(completion=len(thoughts) + len(words), reasoning=len(thoughts))

    async def play(exchange: Exchange) -> None:
        model = exchange.model
        if not exchange.streams:
            return await exchange.reply(dump(qwen.completion(
                model, "".join(words), reasoning="".join(thoughts), used=used)))
        chunks = qwen.stream(model, words, used=used if exchange.wants_usage else None)
        chunks[1:1] = [qwen.thought(model, text) for text in thoughts]
        await _send_stream(exchange, chunks)

    return play


def models() -> Scenario:
    async def play(exchange: Exchange) -> None:
        await exchange.reply(dump(qwen.model_list()))

    return play


def text() -> Scenario:
    """The older /v1/completions."""

    async def play(exchange: Exchange) -> None:
        common = {"id": "cmpl-1", "object": "text_completion", "created": qwen.CREATED,
                  "model": exchange.model}
        choice = {"index": 0, "text": "as asked", "logprobs": None, "finish_reason": "stop"}
        if not exchange.streams:
            return await exchange.reply(dump({**common, "choices": [choice],
                                              "usage": qwen.usage()}))
        chunks = [{**common, "choices": [{**choice, "finish_reason": None}]},
                  {**common, "choices": [{**choice, "text": ""}]}]
        if exchange.wants_usage:
            chunks.append({**common, "choices": [], "usage": qwen.usage()})
        await _send_stream(exchange, chunks)

    return play


def embeddings() -> Scenario:
    """Numbers; Qwen's models refuse to give base64."""

    async def play(exchange: Exchange) -> None:
        if exchange.request.json.get("encoding_format", "float") != "float":
            fault = errors.FLOATS_ONLY
            return await exchange.reply(fault.body(), fault.status)
        asked = exchange.request.json.get("input", "")
        inputs = asked if isinstance(asked, list) else [asked]
        data = [{"object": "embedding", "index": index, "embedding": [0.25, -0.5, 1.0]}
                for index in range(len(inputs))]
        await exchange.reply(dump({"object": "list", "model": exchange.model, "data": data,
                                   "usage": {"prompt_tokens": 5, "total_tokens": 5}}))

    return play


def exactly(body: bytes, content_type: str = "application/json") -> Scenario:
    """These bytes as a whole answer."""

    async def play(exchange: Exchange) -> None:
        await exchange.reply(body, content_type=content_type)

    return play


def pretty_printed(content: str) -> Scenario:
    """A JSON reply over many lines, which must not confuse anything that cuts at line ends."""

    async def play(exchange: Exchange) -> None:
        reply = qwen.completion(exchange.model, content)
        await exchange.reply(json.dumps(reply, indent=4, ensure_ascii=False).encode())

    return play


def framed(words: list[str], *, before: bytes = b"data: ", after: bytes = b"\n\n",
           done: bytes | None = b"data: [DONE]\n\n", headers: dict[str, str] | None = None,
           leading: bytes = b"") -> Scenario:
    """A stream with other line ends, spaces or terminators than usual."""

    async def play(exchange: Exchange) -> None:
        await exchange.head(headers=headers)
        if leading:
            await exchange.write(leading)
        for chunk in qwen.stream(exchange.model, words, used=qwen.usage()):
            await exchange.event(chunk, before=before, after=after)
        await exchange.end(done=done)

    return play


def byte_by_byte(words: list[str]) -> Scenario:
    """Cuts the stream at every byte, so within characters, line ends and field names."""

    async def play(exchange: Exchange) -> None:
        chunks = qwen.stream(exchange.model, words, used=qwen.usage())
        everything = b"".join(b"data: " + dump(chunk) + b"\n\n" for chunk in chunks)
        await exchange.head()
        for at in range(len(everything)):
            await exchange.write(everything[at:at + 1])
        await exchange.end()

    return play


def usage_on_finish(words: list[str]) -> Scenario:
    """The usage rides on the chunk with the finish reason; no chunk of its own follows."""

    async def play(exchange: Exchange) -> None:
        chunks = qwen.stream(exchange.model, words)
        chunks[-1]["usage"] = qwen.usage(completion=len(words))
        await _send_stream(exchange, chunks)

    return play


def without_usage(words: list[str]) -> Scenario:
    """No usage, though it was asked for."""

    async def play(exchange: Exchange) -> None:
        if exchange.streams:
            return await _send_stream(exchange, qwen.stream(exchange.model, words))
        reply = qwen.completion(exchange.model, "".join(words))
        await exchange.reply(dump({**reply, "usage": None}))

    return play


def sse_where_json_was_asked(words: list[str]) -> Scenario:
    async def play(exchange: Exchange) -> None:
        await _send_stream(exchange, qwen.stream(exchange.model, words, used=qwen.usage()))

    return play


def json_where_sse_was_asked(content: str) -> Scenario:
    async def play(exchange: Exchange) -> None:
        await exchange.reply(dump(qwen.completion(exchange.model, content)))

    return play


def tool_calls() -> Scenario:
    """Two calls in parallel, streamed as Qwen does: `name` repeated or null, `id` empty."""

    async def play(exchange: Exchange) -> None:
        model = exchange.model
        if not exchange.streams:
            calls = [qwen.tool_call(index, name, arguments, with_index=True)
                     for index, (name, arguments) in enumerate(WEATHER)]
            return await exchange.reply(dump(qwen.completion(
                model, "", tool_calls=calls, finish="tool_calls")))
        chunks = [qwen.opening(model)]
        for index, (name, arguments) in enumerate(WEATHER):
            half = len(arguments) // 2
            call = qwen.tool_call(index, name, "")
            deltas = [qwen.tool_delta(index, "", identity=call["id"], name=name),
                      qwen.tool_delta(index, arguments[:half], identity="", name=None),
                      qwen.tool_delta(index, arguments[half:], identity=call["id"], name=name)]
            chunks += [qwen.chunk(model, {"content": None, "tool_calls": [delta]})
                       for delta in deltas]
        chunks.append(qwen.finished(model, "tool_calls"))
        if exchange.wants_usage:
            chunks.append(qwen.usage_chunk(model))
        await _send_stream(exchange, chunks)

    return play


def structured() -> Scenario:
    """Answers with the schema's own name and a value for each of its required members."""

    async def play(exchange: Exchange) -> None:
        schema = exchange.request.json["response_format"]["json_schema"]
        members = schema["schema"]["required"]
        content = json.dumps({name: f"{name} of {schema['name']}" for name in members})
        await exchange.reply(dump(qwen.completion(exchange.model, content)))

    return play
