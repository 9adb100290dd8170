"""What a simulated model says, whichever provider it is served by, and the small things that all of
them look for in a request."""

import base64
import binascii
import json
from dataclasses import dataclass, field
from typing import Any

from upstream.qwen import Json

WORDS = ("สวัสดี", "ครับ ", "你好 ", "\"quoted\" \\ and\nbroken")
SIGNATURE = base64.b64encode(b"a signature that only its maker can read").decode()

# The smallest image that is one: 1 x 1, one bit a pixel.
PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABAQAAAAA3bvkkAAAACklEQVR42mNoAAAA"
    "ggCB2kUIOwAAAABJRU5ErkJggg==")


@dataclass(frozen=True)
class Call:
    """A tool call; its arguments are JSON, in the pieces in which a stream has them."""

    id: str
    name: str
    pieces: tuple[str, ...]

    @property
    def arguments(self) -> Json:
        parsed: Json = json.loads("".join(self.pieces) or "{}")
        return parsed


@dataclass(frozen=True)
class Counts:
    """Tokens. `cached` and `written`, of a prompt's cache, are parts of `prompt`, and `thinking` is
    one of `answer`; each provider adds them up its own way."""

    prompt: int = 1021
    answer: int = 17
    cached: int = 0
    written: int = 0
    thinking: int = 0


@dataclass(frozen=True)
class Saying:
    """An answer; `stop` is `end`, `length`, `sequence` or `filter`, or `tools` if it has calls."""

    words: tuple[str, ...] = ()
    thoughts: tuple[str, ...] = ()
    calls: tuple[Call, ...] = ()
    counts: Counts = field(default_factory=Counts)
    ends: str = "end"

    @property
    def text(self) -> str:
        return "".join(self.words)

    @property
    def thought(self) -> str:
        return "".join(self.thoughts)

    @property
    def stop(self) -> str:
        return "tools" if self.calls and self.ends == "end" else self.ends


WEATHER = Call("toolu_01weather", "get_weather", ('{"city":', '"เชียง', 'ใหม่","days"', ":3}"))
TIME = Call("toolu_02time", "get_time", ('{"zone":"Asia', '/Bangkok"}'))

PLAIN = Saying(WORDS)
TOOL = Saying(calls=(WEATHER,))
SAID_AND_TOOL = Saying(("I shall ", "look."), calls=(WEATHER,))
PARALLEL = Saying(calls=(WEATHER, TIME))
NO_ARGUMENTS = Saying(calls=(Call("toolu_03now", "now", ()),))
THINKING = Saying(WORDS, ("First ", "this, ", "then that."), counts=Counts(answer=60, thinking=43))
CACHED = Saying(WORDS, counts=Counts(prompt=1300, cached=1024, written=256))
CUT_SHORT = Saying(WORDS, ends="length")
FILTERED = Saying(WORDS[:1], ends="filter")


def sample(schema: Any) -> Any:
    """A value that a JSON schema of the simple kind allows; null for one that is none."""
    if not isinstance(schema, dict):
        return None
    if isinstance(choice := schema.get("enum"), list) and choice:
        return choice[0]
    if isinstance(choice := schema.get("anyOf"), list) and choice:
        return sample(choice[0])
    kind = schema.get("type", "object")
    kind = str(kind[0] if isinstance(kind, list) and kind else kind).lower()
    if kind == "object":
        known = schema.get("properties")
        return {name: sample(of) for name, of in known.items()} if isinstance(known, dict) else {}
    if kind == "array":
        return [sample(schema.get("items", {"type": "string"}))]
    return {"string": "as asked", "integer": 7, "number": 2.5, "boolean": True}.get(kind)


def structured(schema: Any) -> Saying:
    """An answer that is JSON of this schema, in two pieces."""
    text = json.dumps(sample(schema))
    return Saying((text[:len(text) // 2], text[len(text) // 2:]))


def echo(prompt: str) -> Saying:
    return Saying(tuple(f"{word} " for word in prompt.split()) or ("?",))


def called(name: str, schema: Any) -> Saying:
    """A call of the tool that a request insists on."""
    return Saying(calls=(Call("toolu_04asked", name, (json.dumps(sample(schema)),)),))


def decoded(text: str) -> bytes | None:
    """What base64 stands for; None if it is none, as a data URL is none."""
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None


def kind_of_image(data: bytes) -> str | None:
    """As its first bytes have it, and so do those who are sent one."""
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "png"
    if data.startswith(b"\xff\xd8\xff"):
        return "jpeg"
    if data.startswith((b"GIF87a", b"GIF89a")):
        return "gif"
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "webp"
    return None
