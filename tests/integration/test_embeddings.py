"""Embeddings come in the form that was asked for, whichever the upstream sends."""

import base64
import json
import struct
from typing import Any

import pytest

from integration.host import Host
from upstream.scenarios import answers
from upstream.simulator import Simulator

# The nearest 32-bit floats of these are not the decimals themselves.
NUMBERS = [0.1, -0.2, 1.0, 0.0, 3.4e38, 1e-50, 16777217, -1.5e-45]
FLOATS = struct.pack("<8f", *NUMBERS)
IN_BASE64 = base64.b64encode(FLOATS).decode()


def reply_with(embedding: Any) -> bytes:
    return json.dumps({"object": "list", "model": "m", "usage": {"prompt_tokens": 1,
                       "total_tokens": 1}, "data": [{"object": "embedding", "index": 0,
                                                     "embedding": embedding, "x": "kept"}]}).encode()


@pytest.mark.parametrize("sent", [NUMBERS, IN_BASE64], ids=["floats", "base64"])
@pytest.mark.parametrize("asked", [None, "float", "base64"])
def test_the_form_asked_for(host: Host, upstream: Simulator, sent: Any, asked: str | None) -> None:
    model = upstream.serve(answers.exactly(reply_with(sent)))
    format = {"encoding_format": asked} if asked else {}
    reply = host.post("/v1/embeddings", {"model": model, "input": "a", **format})
    assert reply.status == 200
    (item,) = reply.json()["data"]
    assert item["x"] == "kept"
    if asked == "base64":
        assert item["embedding"] == IN_BASE64
    else:
        assert struct.pack("<8f", *item["embedding"]) == FLOATS


def test_an_upstream_that_refuses_base64(host: Host, upstream: Simulator) -> None:
    """It is asked for numbers, and nothing else of the request is changed."""
    model = upstream.serve(answers.embeddings())
    asked = {"model": model, "encoding_format": "base64", "input": ["a", "b"], "dimensions": 3}
    reply = host.post("/v1/embeddings", asked)
    assert reply.status == 200
    expected = base64.b64encode(struct.pack("<3f", 0.25, -0.5, 1.0)).decode()
    assert [item["embedding"] for item in reply.json()["data"]] == [expected] * 2
    assert upstream.request(model).json == {**asked, "encoding_format": "float"}


@pytest.mark.parametrize("sent", ["AAA", "not base64!", ["a"], [1e39],
                                  base64.b64encode(struct.pack("<f", float("nan"))).decode()])
def test_what_cannot_be_read_is_an_error(host: Host, upstream: Simulator, sent: Any) -> None:
    model = upstream.serve(answers.exactly(reply_with(sent)))
    asked = "float" if isinstance(sent, str) else "base64"
    reply = host.post("/v1/embeddings", {"model": model, "input": "a", "encoding_format": asked})
    assert (reply.status, reply.error()["code"]) == (502, "malformed_reply")
