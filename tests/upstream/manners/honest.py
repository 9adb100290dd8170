"""Honest figures, in every place and shape that upstreams have for them."""

from typing import Any, Callable

from upstream.liar import Exchange, dump
from upstream.manners.manner import Promise, manner


def standard(prompt: int, output: int) -> dict[str, Any]:
    return {"prompt_tokens": prompt, "completion_tokens": output, "total_tokens": prompt + output}


def answer(exchange: Exchange, shape: Callable[[int, int], Any] = standard,
           place: str = "own", **fields: str) -> None:
    """A whole honest answer. `place`: where the usage stands, an event or a reply of its `own`,
    the `finish` chunk, or a `choice`."""
    if not exchange.streams:
        body = exchange.completion()
        usage = dump(shape(*exchange.figures()))
        if place == "choice":
            body = body.replace(b'"finish_reason"', b'"usage":' + usage + b',"finish_reason"')
        else:
            body = body[:-1] + b',"usage":' + usage + b"}"
        exchange.truth.reported = exchange.figures()
        return exchange.reply(body, **fields)
    exchange.open(**fields)
    exchange.say()
    end_stream(exchange, shape, place)


def end_stream(exchange: Exchange, shape: Callable[[int, int], Any] = standard,
               place: str = "own") -> None:
    exchange.truth.reported = exchange.figures()  # from here on the host may have it
    usage = shape(*exchange.figures())
    if place == "finish":
        exchange.finish(usage=usage)
    elif place == "choice":
        last = exchange.chunk({}, "stop")
        last["choices"][0]["usage"] = usage
        exchange.event(last)
        exchange.wait(exchange.part.lingers)
    else:
        exchange.finish()
        exchange.usage_event(usage)
    exchange.done()
    exchange.end()


@manner("usage at the end", Promise.EXACT)
def _(exchange: Exchange) -> None:
    answer(exchange)


@manner("usage with the finish", Promise.EXACT)
def _(exchange: Exchange) -> None:
    answer(exchange, place="finish")


@manner("usage in a choice", Promise.EXACT)
def _(exchange: Exchange) -> None:
    answer(exchange, place="choice")


def _reasoning_outside(exchange: Exchange) -> Callable[[int, int], Any]:
    hidden = exchange.part.hidden
    return lambda prompt, output: {
        "prompt_tokens": prompt, "completion_tokens": output - hidden,
        "total_tokens": prompt + output,
        "completion_tokens_details": {"reasoning_tokens": hidden}}


@manner("reasoning outside completion_tokens", Promise.EXACT)
def _(exchange: Exchange) -> None:
    answer(exchange, _reasoning_outside(exchange))


@manner("reasoning that only the total tells", Promise.EXACT)
def _(exchange: Exchange) -> None:
    shape = _reasoning_outside(exchange)
    answer(exchange, lambda *figures: {key: figure for key, figure in shape(*figures).items()
                                       if key != "completion_tokens_details"})


SHAPES: dict[str, Callable[[int, int], Any]] = {
    "input_tokens and output_tokens": lambda prompt, output: {
        "input_tokens": prompt, "output_tokens": output},
    "strings of digits": lambda prompt, output: {
        "prompt_tokens": str(prompt), "completion_tokens": str(output),
        "total_tokens": str(prompt + output)},
    "floats": lambda prompt, output: {
        "prompt_tokens": float(prompt), "completion_tokens": float(output),
        "total_tokens": float(prompt + output)},
    "total_tokens alone": lambda prompt, output: {"total_tokens": prompt + output},
    "cached beyond the prompt": lambda prompt, output: {
        **standard(prompt, output), "prompt_tokens_details": {"cached_tokens": prompt * 50}},
    "cached at the top": lambda prompt, output: {
        **standard(prompt, output), "cached_tokens": prompt // 2},
    "nulls beside the figures": lambda prompt, output: {
        **standard(prompt, output), "prompt_tokens_details": None,
        "completion_tokens_details": None, "cost": None},
}
for _name, _shape in SHAPES.items():
    manner(_name, Promise.TOTAL if _name == "total_tokens alone" else Promise.EXACT)(
        lambda exchange, shape=_shape: answer(exchange, shape))


@manner("tool calls", Promise.EXACT)
def _(exchange: Exchange) -> None:
    words = [exchange.next_word() for _ in range(exchange.part.words)]
    parts = ['{"q":"', *words, '"}']

    def call(**function: str) -> dict[str, Any]:
        named = {"id": "call_1", "type": "function"} if "name" in function else {}
        return {"tool_calls": [{"index": 0, **named, "function": function}]}

    if not exchange.streams:
        message = {"content": None, **call(name="look", arguments="".join(parts))}
        body = exchange.completion(message, usage=standard(*exchange.figures()))
        exchange.sent("".join(parts), exchange.part.words)
        exchange.truth.reported = exchange.figures()
        return exchange.reply(body)
    exchange.open()
    exchange.event(exchange.chunk(call(name="look", arguments="")))
    for part in parts:
        exchange.event(exchange.chunk(call(arguments=part)))
        exchange.sent(part, 1)
    end_stream(exchange)


@manner("slow chunks", Promise.EXACT, forms="stream")
def _(exchange: Exchange) -> None:
    exchange.pace = 0.01
    answer(exchange)


@manner("packed", Promise.EXACT, forms="plain")
def _(exchange: Exchange) -> None:
    answer(exchange, content_encoding="gzip")


@manner("usage with each chunk", Promise.EXACT, forms="stream")
def _(exchange: Exchange) -> None:
    exchange.open()
    exchange.truth.prompt_told = True
    thought = exchange.part.hidden  # before it spoke
    for said in range(1, exchange.part.words + 1):
        exchange.say(1, usage=standard(exchange.part.prompt, thought + said))
    end_stream(exchange)


@manner("ones at first, the real at the end", Promise.EXACT, forms="stream")
def _(exchange: Exchange) -> None:
    exchange.open()
    exchange.say(1, usage=standard(1, 1))
    exchange.say(exchange.part.words)
    end_stream(exchange)


@manner("zeros after the real", Promise.EXACT, forms="stream")
def _(exchange: Exchange) -> None:
    exchange.open()
    exchange.say()
    exchange.truth.reported = exchange.figures()
    exchange.finish()
    exchange.usage_event(standard(*exchange.figures()))
    exchange.usage_event(standard(0, 0))
    exchange.done()
    exchange.end()


@manner("heads before the head", Promise.EXACT)
def _(exchange: Exchange) -> None:
    for _ in range(exchange.random.randrange(1, 4)):
        exchange.raw(b"HTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\n")
    answer(exchange)
