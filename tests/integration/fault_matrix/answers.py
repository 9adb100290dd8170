"""Answers that say 200 and are none, or break off."""

import gzip

from integration.fault_matrix.fault import Fault, both
from integration.fault_matrix.outcome import (
    WORDS, Cells, broken, refused, served, told, tried_again)
from upstream import errors, qwen
from upstream.exchange import Exchange, Scenario
from upstream.qwen import dump
from upstream.scenarios import answers, faults, timing, wire



def senseless(code: str, counted: str) -> Cells:
    """Another try may make sense."""
    return tried_again(refused(502, f"server_error {code}", counted))


CUT = refused(502, "server_error upstream_cut", "hold")
BROKEN = refused(502, "server_error upstream_protocol_error", "hold")
SAID = [*WORDS]

NO_ANSWER = [
    both("not-json", "answers with words that are not JSON", senseless("empty_reply", "1 token"),
         answers.exactly(b"Hello!")),
    both("html", "answers 200 with a page of HTML, as a login does",
         senseless("empty_reply", "8 tokens"),
         answers.exactly(b"<html><body>Log in</body></html>", "text/html")),
    both("cut-json", "answers with JSON that ends in its middle",
         senseless("malformed_reply", "12 tokens"),
         answers.exactly(b'{"id":"x","choices":[{"message":{"content":"so fa')),
    both("empty", "answers with an empty body", senseless("empty_reply", "nothing"),
         answers.exactly(b"")),
    both("no-choices", "answers with JSON in which there is no answer",
         senseless("malformed_reply", "9 tokens"),
         faults.strange_reply({"object": "chat.completion", "id": "x"})),
    both("200-error", "answers 200, and the body is an error",
         tried_again(refused(502, "server_error internal_error")),
         faults.error_with_status_200(errors.INTERNAL)),
    both("200-moderation", "answers 200, and the body says that moderation refuses",
         told(refused(400, "invalid_request_error content_filter")),
         faults.error_with_status_200(errors.MODERATION)),
    both("no-gzip", "answers with a body that is no gzip, and is said to be", tried_again(BROKEN),
         wire.encoded(b"no gzip at all", b"gzip")),
    both("brotli", "answers in an encoding that nobody asked for", tried_again(BROKEN),
         wire.encoded(b"\x8b\x02\x80", b"br")),
    both("unpacks-to-too-much", "answers with a body that unpacks to a thousand times its size",
         tried_again(BROKEN), wire.encoded(gzip.compress(b" " * (24 << 20)), b"gzip")),
    both("no-chunk-size", "answers in chunks of which the first has no size", tried_again(BROKEN),
         wire.no_chunk_size(SAID)),
]

BROKEN_OFF = [
    Fault("cut", "says some words, and resets the connection", tried_again(CUT),
          told(broken("server_error upstream_cut")), faults.cut(SAID)),
    Fault("length-too-long", "announces more than it has, and closes the connection",
          told(served()), told(served()),
          wire.wrong_length(SAID, 2, wire.end_of_connection())),
    Fault("length-too-short", "announces half of what it has",
          senseless("malformed_reply", "66 tokens"),
          told(broken("server_error malformed_chunk", said="so far ")),
          wire.wrong_length(SAID, 0.5, wire.end_of_connection())),
    Fault("silence", "says some words, and then nothing",
          tried_again(refused(504, "server_error idle_timeout", "hold")),
          told(broken("server_error idle_timeout")), wire.stalled(SAID, None), hasty=True),
    Fault("trickle", "says some words, and then a byte at a time, for ever",
          tried_again(refused(504, "server_error total_timeout", "hold")),
          told(broken("server_error total_timeout")), wire.stalled(SAID, 0.05), hasty=True),
    Fault("endless", "says nothing that ever comes to its end",
          tried_again(refused(502, "server_error upstream_too_large", "hold")),
          tried_again(refused(502, "server_error upstream_too_large", "hold")),
          wire.unending(b'{"id":"')),
]


def stream(name: str, does: str, cells: Cells, plays: Scenario, **members: object) -> Fault:
    return Fault(name, does, None, cells, plays, **members)


def events(*, words: list[str] = [], opening: bool = True, more: list[bytes] = [],
           done: bool = False, then: Scenario | None = None) -> Scenario:
    """A stream of some events, and what comes after them; nothing: a proper end."""

    async def play(exchange: Exchange) -> None:
        await exchange.head()
        if opening:
            await exchange.event(qwen.opening("m"))
        for word in words:
            await exchange.event(qwen.said("m", word))
        for event in more:
            await exchange.event(event)
        if then:
            return await then(exchange)
        await exchange.end(done=b"data: [DONE]\n\n" if done else None)

    return play


FAILED = errors.OVERLOADED.body()
USAGE = dump(qwen.usage_chunk("m", qwen.usage(completion=len(WORDS))))
FINISH = dump(qwen.finished("m"))

BEFORE_CONTENT = [
    stream("error-first", "begins its stream with an error",
           tried_again(refused(502, "server_error ModelServingError")),
           events(opening=False, more=[FAILED])),
    stream("role-then-error", "gives the role, and then an error",
           tried_again(refused(502, "server_error ModelServingError")),
           events(more=[FAILED], done=True)),
    stream("role-then-rate", "gives the role, and then an error: too fast",
           tried_again(refused(429, "rate_limit_error limit_requests", retry_after_ms=1000)),
           events(more=[errors.RATE.body()], done=True)),
    stream("role-then-moderation", "gives the role, and then an error: moderation refuses",
           told(refused(400, "invalid_request_error content_filter")),
           events(more=[errors.MODERATION.body()], done=True)),
    stream("role-then-cut", "gives the role, and resets the connection", tried_again(CUT),
           events(then=faults.hang_up())),
    stream("role-then-silence", "gives the role, and then nothing",
           tried_again(refused(504, "server_error idle_timeout", "hold")),
           events(then=wire.silence()), hasty=True),
    stream("role-then-end", "gives the role, and ends the stream without a word",
           tried_again(refused(502, "server_error stream_truncated", "hold")), events()),
    stream("done-only", "says nothing but `[DONE]`", senseless("empty_reply", "3 tokens"),
           events(opening=False, done=True)),
    stream("usage-only", "says nothing but what it has used, and `[DONE]`",
           senseless("empty_reply", "72 tokens"),
           events(more=[USAGE], done=True)),
    stream("empty-stream", "ends the stream before its first event",
           senseless("empty_reply", "nothing"),
           events(opening=False)),
    stream("half-an-event", "gives the role and half of an event, and ends the stream",
           senseless("malformed_chunk", "96 tokens"),
           events(more=[b'{"choices":[{"delta":'], done=True)),
]

AFTER_CONTENT = [
    stream("words-then-error", "says some words, and then an error",
           told(broken("server_error ModelServingError")),
           events(words=SAID, more=[FAILED], done=True)),
    stream("words-then-rate", "says some words, and then an error: too fast",
           told(broken("rate_limit_error limit_requests")),
           events(words=SAID, more=[errors.RATE.body()], done=True)),
    stream("words-then-moderation", "says some words, and then an error: moderation refuses",
           told(broken("invalid_request_error content_filter")),
           events(words=SAID, more=[errors.MODERATION.body()], done=True)),
    stream("words-then-end", "says some words, and ends the stream without a last word",
           told(broken("server_error stream_truncated")), events(words=SAID)),
    stream("words-then-half-an-event", "says some words and half of an event, and ends the stream",
           told(broken("server_error malformed_chunk")),
           events(words=SAID, more=[b'{"choices":[{"delta":'], done=True)),
    stream("words-then-no-chunk-size", "says some words, and a chunk without a size",
           told(broken("server_error upstream_protocol_error")),
           events(words=SAID, then=wire.begun(b"so many\r\n", wire.end_of_connection()))),
    stream("words-then-comments", "says some words, and then only comments, for ever",
           told(broken("server_error total_timeout")),
           timing.comments_after(SAID), hasty=True),
    stream("last-word-then-cut", "says its last word, and resets the connection",
           told(served("seen")), events(words=SAID, more=[FINISH], then=faults.hang_up())),
    stream("usage-then-cut", "says its last word and what it has used, and resets the connection",
           told(served()), events(words=SAID, more=[FINISH, USAGE], then=faults.hang_up())),
    stream("last-word-then-error", "says its last word, and then an error",
           told(served("seen")), events(words=SAID, more=[FINISH, FAILED], done=True)),
    stream("no-done", "says its last word, and ends the stream without `[DONE]`",
           told(served("seen")), events(words=SAID, more=[FINISH])),
]
