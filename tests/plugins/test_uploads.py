"""An image that is too large for a request to Gemini goes there as a file before it, to whatever
place the vendor names for that; and nowhere, if the config does not know the place."""

import base64
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import openai
import pytest

from plugins.asking import ask
from plugins.columns import ENV, PLUGINS
from plugins.conftest import StandFor
from plugins.rows import PROMPT, Answered
from plugins.stands import Place, Plugin, Stand
from upstream.journal import Received
from upstream.tls import Authority
from upstream.vendors import content
from upstream.vendors.gemini import Gemini
from upstream.vendors.gemini_files import UPLOAD
from upstream.vendors.vendor import KEY, path_of

GRANULARITY = 4096
LARGE = content.PNG + bytes(range(256)) * 96
INLINE = "inline_bytes_max = 16384"


def _started(known: bool) -> Any:
    """A vendor whose files are not there at once, and pieces of an upload small."""

    def start(opened: ExitStack, authority: Authority, _: Path) -> Place:
        vendor = opened.enter_context(Gemini(authority, polls=1, granularity=GRANULARITY))
        lines = f'base_url = "{vendor.origin}/v1beta"\napi_key = "env:TABLE_SECRET"\n{INLINE}\n'
        if known:
            lines += f'upload_origin = "{vendor.uploads.origin}"\n'
        return Place(vendor, lines, lines, ENV, [KEY], [vendor.uploads])

    return start


(GEMINI,) = [plugin for plugin in PLUGINS if plugin.name == "gemini"]
KNOWN = replace(GEMINI, name="gemini-uploads", start=_started(known=True))
UNKNOWN = replace(GEMINI, name="gemini-elsewhere", start=_started(known=False))


def asks(model: str, *images: bytes) -> dict[str, Any]:
    parts: list[dict[str, Any]] = [{"type": "text", "text": PROMPT}]
    for data in images:
        url = f"data:image/png;base64,{base64.b64encode(data).decode()}"
        parts.append({"type": "image_url", "image_url": {"url": url}})
    return {"model": model, "messages": [{"role": "user", "content": parts}]}


def uploads(stand: Stand) -> list[Received]:
    assert isinstance(stand.vendor, Gemini)
    return stand.vendor.uploads.journal.of(UPLOAD)


@pytest.mark.parametrize("way", ["plain", "stream"])
def test_a_large_image(stand_for: StandFor, way: str) -> None:
    """Its bytes are the file's, and the request has the file's address in its place."""
    stand = stand_for(KNOWN)
    model = stand.serve([stand.vendor.says(content.PLAIN)])
    before = len(uploads(stand))
    got = ask(way, stand, asks(model, LARGE, content.PNG))
    Answered(content.PLAIN, usage=way == "plain").check(stand, model, got)
    assert not stand.refused
    pieces = uploads(stand)[before:]
    assert b"".join(piece.body for piece in pieces) == LARGE
    read = stand.read(stand.vendor.request(model))
    assert read.images == [content.PNG] and len(read.urls) == 1 and PROMPT in read.said
    assert read.urls[0].startswith(f"{stand.vendor.origin}/v1beta/files/")


def test_an_image_in_pieces(stand_for: StandFor) -> None:
    """One that is far too large: in the vendor's own steps, and each in its place."""
    stand = stand_for(KNOWN)
    model = stand.serve([stand.vendor.says(content.PLAIN)])
    before = len(uploads(stand))
    data = content.PNG + bytes(range(251)) * (9 * 1024 * 1024 // 251)
    Answered(content.PLAIN).check(stand, model, ask("plain", stand, asks(model, data)))
    first, *others = uploads(stand)[before:]
    assert others and len(first.body) % GRANULARITY == 0
    assert first.body + b"".join(piece.body for piece in others) == data
    assert not stand.refused


def test_two_large_images(stand_for: StandFor) -> None:
    """In their order."""
    stand = stand_for(KNOWN)
    model = stand.serve([stand.vendor.says(content.PLAIN)])
    Answered(content.PLAIN).check(stand, model,
                                  ask("plain", stand, asks(model, LARGE, LARGE + b"2")))
    urls = stand.read(stand.vendor.request(model)).urls
    assert len(urls) == 2 and [size_of(stand, url) for url in urls] == [len(LARGE), len(LARGE) + 1]


def size_of(stand: Stand, url: str) -> int:
    assert isinstance(stand.vendor, Gemini)
    found = stand.vendor.files.find(url.rpartition("/")[2])
    assert found
    return len(found.data)


def test_a_place_that_the_config_does_not_know(stand_for: StandFor) -> None:
    """The vendor may name any place for an upload: nothing of a prompt goes to one of which the
    operator has not said so."""
    stand = stand_for(UNKNOWN)
    model = stand.serve([stand.vendor.says(content.PLAIN)])
    with pytest.raises(openai.APIStatusError) as caught:
        stand.plain.chat.completions.create(**asks(model, LARGE))
    assert caught.value.status_code in (400, 502) and caught.value.code
    assert uploads(stand) == [] and stand.vendor.requests(model) == []


def test_the_key_stays_with_the_api(stand_for: StandFor) -> None:
    """The upload's address is all that its place asks for."""
    stand = stand_for(KNOWN)
    model = stand.serve([stand.vendor.says(content.PLAIN)])
    ask("plain", stand, asks(model, LARGE))
    assert uploads(stand)
    for request in uploads(stand):
        assert KEY not in request.path + str(request.headers) and path_of(request) == UPLOAD
