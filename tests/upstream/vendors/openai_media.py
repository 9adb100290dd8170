"""OpenAI's images and speech, as its published specification has them (2.3.0), and what it answers:
images at once, sound as it is made."""

import asyncio
import base64
import threading
from typing import Any

from upstream.exchange import Exchange, Scenario
from upstream.qwen import CREATED, Json, dump
from upstream.vendors import content
from upstream.vendors.openai_chat import invalid, told_of
from upstream.vendors.shapes import (
    Path, Shape, Wrong, boolean, members, nullable, number, one_of, text)
from upstream.vendors.vendor import Refusal

IMAGES, SPEECH = "/v1/images/generations", "/v1/audio/speech"
MODELS = {IMAGES: ("gpt-image-1", "dall-e-3"), SPEECH: ("gpt-4o-mini-tts", "tts-1")}
TYPES = {"mp3": "audio/mpeg", "opus": "audio/opus", "aac": "audio/aac", "flac": "audio/flac",
         "wav": "audio/wav", "pcm": "audio/pcm"}
VOICES = ("alloy", "ash", "ballad", "coral", "echo", "fable", "onyx", "nova", "sage", "shimmer",
          "verse", "marin", "cedar")
SOUND = b"ID3\x04\x00" + bytes(range(256)) * 4
IMAGE_TOKENS = 272  # of one of low quality


def _at_most(most: int) -> Shape:
    def check(value: Any, path: Path) -> None:
        text(1)(value, path)
        if len(value) > most:
            raise Wrong("value", path, f"at most {most} characters", value)

    return check


REQUESTS = {
    IMAGES: members({"prompt": _at_most(32_000)}, {
        "model": text(), "n": nullable(number(1, 10, whole=True)),
        "quality": one_of("standard", "hd", "low", "medium", "high", "auto"),
        "response_format": one_of("url", "b64_json"), "output_format": one_of("png", "jpeg", "webp"),
        "output_compression": number(0, 100, whole=True), "stream": nullable(boolean),
        "partial_images": number(0, 3, whole=True),
        "size": one_of("auto", "1024x1024", "1536x1024", "1024x1536", "256x256", "512x512",
                       "1792x1024", "1024x1792"),
        "moderation": one_of("low", "auto"), "style": one_of("vivid", "natural"),
        "background": one_of("transparent", "opaque", "auto"), "user": text()}),
    SPEECH: members({"model": text(), "input": _at_most(4096), "voice": one_of(*VOICES)}, {
        "instructions": _at_most(4096), "response_format": one_of(*TYPES),
        "speed": number(0.25, 4), "stream_format": one_of("sse", "audio")})}


def check(path: str, body: Json) -> None:
    try:
        REQUESTS[path](body, ())
    except Wrong as wrong:
        raise Refusal(told_of(wrong)) from None
    model = str(body.get("model", ""))
    if path == IMAGES and model.startswith("gpt-image") and "response_format" in body:
        raise Refusal(invalid("Unknown parameter: 'response_format'.", "response_format",
                              "unknown_parameter"))
    if model.startswith("dall-e-3") and (body.get("n") or 1) > 1:
        raise Refusal(invalid("You must provide n=1 for this model.", "n"))


def usual(path: str) -> Scenario:
    return draws if path == IMAGES else speaks(SOUND[:500], SOUND[500:])


async def draws(exchange: Exchange) -> None:
    """Models of the newer kind count tokens and give the image itself."""
    asked = exchange.request.json
    count = asked.get("n") or 1
    image = base64.b64encode(content.PNG).decode()
    told: Json = {"created": CREATED}
    if str(asked.get("model", "")).startswith("gpt-image"):
        told |= {"background": "opaque", "output_format": "png", "quality": "low",
                 "size": "1024x1024", "data": [{"b64_json": image}] * count,
                 "usage": {"input_tokens": 13, "output_tokens": IMAGE_TOKENS * count,
                           "total_tokens": 13 + IMAGE_TOKENS * count,
                           "input_tokens_details": {"text_tokens": 13, "image_tokens": 0}}}
    elif asked.get("response_format") == "b64_json":
        told["data"] = [{"b64_json": image, "revised_prompt": "A cat."}] * count
    else:
        told["data"] = [{"url": "https://images.test/1.png", "revised_prompt": "A cat."}] * count
    await exchange.reply(dump(told))


def speaks(*pieces: bytes, until: threading.Event | None = None, cut: bool = False) -> Scenario:
    """Sound in pieces; the last one waits for the event. One that is cut lacks its end."""

    async def play(exchange: Exchange) -> None:
        kind = TYPES[exchange.request.json.get("response_format", "mp3")]
        await exchange.head(content_type=kind)
        for at, piece in enumerate(pieces, 1):
            while at == len(pieces) and until and not until.is_set():
                await asyncio.sleep(0.01)
            await exchange.write(piece)
            exchange.request.chunks_sent += 1
        if cut:
            return exchange.cut()
        await exchange.end(done=None)

    return play
