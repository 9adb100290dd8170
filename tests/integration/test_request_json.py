"""Request bodies that must not be sent on: each is refused with what is wrong and where, and never
reaches the upstream."""

import pytest

from integration.host import Host
from upstream.scenarios import answers
from upstream.simulator import Simulator

MODEL = "qwen-strict"
HEAD = b'{"model":"' + MODEL.encode() + b'","messages":[]'


def member(text: bytes) -> bytes:
    """A good request with one more member."""
    return HEAD + b"," + text + b"}"


def string(inner: bytes) -> bytes:
    return member(b'"x":"' + inner + b'"')


CONTROLS = {f"control {code:#04x}": (string(b"a" + bytes([code])), f"0x{code:02x}")
            for code in (0, 1, 8, 9, 10, 13, 27, 31)}
TWICE = {f"{name} twice": (member(b'"%s":null,"%s":null' % (name.encode(), name.encode())),
                           "more than once")
         for name in ("n", "max_tokens", "max_completion_tokens", "stream_options")}
NUMBERS = {f"number {text[:12]}": (member(b'"x":' + text.encode()), message) for text, message in {
    "1e999": "range of a double", "-1e999": "range of a double", "1E+400": "range of a double",
    "1e-999": "range of a double", "9" * 129: "more than 128", "0." + "1" * 200: "more than 128",
    "01": "comma", "+1": "a value", ".5": "a value", "1.": "malformed", "1e": "malformed",
    "-": "malformed", "0x10": "comma", "NaN": "a value", "Infinity": "a value",
    "-Infinity": "malformed"}.items()}
UTF8 = {f"bytes {inner.hex()}": (string(inner), "UTF-8") for inner in (
    b"\xc0\x80", b"\xc1\xbf", b"\xe0\x80\x80", b"\xf0\x80\x80\x80", b"\xed\xa0\x80", b"\xed\xbf\xbf",
    b"\xf4\x90\x80\x80", b"\xf5\x80\x80\x80", b"\xff", b"\xfe", b"\x80", b"\xe2\x82", b"\xc3",
    b"\xf0\x9f\x98")}
ESCAPES = {f"escape {inner.decode()}": (string(inner), message) for inner, message in {
    rb"\ud800": "surrogate", rb"\udc00": "surrogate", rb"\udc00\ud800": "surrogate",
    rb"\ud800\ud800": "surrogate", rb"\ud800\n": "surrogate", rb"\ud83dx": "surrogate",
    rb"\x41": "does not exist", rb"\u12": "does not exist", rb"\u12g4": "does not exist",
    rb"\'": "does not exist"}.items()}
BODIES: dict[str, tuple[bytes, str]] = {
    "empty": (b"", "empty"), "blank": (b" \n\t", "empty"),
    "byte order mark": (b"\xef\xbb\xbf" + HEAD + b"}", "byte order mark"),
    "cut in an object": (HEAD, "ends inside"), "cut in a string": (b'{"model":"' + b"q", "ends"),
    "cut after a colon": (b'{"model":', "a value was expected"),
    "trailing text": (HEAD + b"}x", "follows"), "two values": (HEAD + b"}" + HEAD + b"}", "follows"),
    "trailing NUL": (HEAD + b"}\x00", "follows"),
    "comma at the end": (HEAD + b",}", "comma"), "comma in an array": (member(b'"x":[1,]'), "comma"),
    "no comma": (HEAD + b' "x":1}', "comma"), "no colon": (member(b'"x" 1'), "colon"),
    "single quotes": (b"{'model':1}", "double quotes"), "bare name": (b"{model:1}", "double quotes"),
    "comment": (member(b"/* */"), "double quotes"), "wrong closer": (member(b'"x":[1}'), "comma"),
    "doubly encoded": (b'"{}"', "JSON object"), "array": (b"[]", "JSON object"),
    "number": (b"5", "JSON object"), "null": (b"null", "JSON object"),
    "python": (member(b'"x":None'), "a value"), "capital": (member(b'"x":True'), "a value"),
    "65 levels": (member(b'"x":' + b"[" * 64 + b"]" * 64), "deeper than 64"),
    "100,000 levels": (member(b'"x":' + b"[" * 100_000), "deeper than 64"),
    "model twice": (member(b'"model":"other"'), "more than once"),
    "model twice, escaped": (member(b'"mod\\u0065l":"other"'), "more than once"),
    "Model": (member(b'"Model":"other"'), "in case only"),
    "messages twice": (member(b'"messages":[]'), "more than once"),
    "stream twice": (member(b'"stream":true,"stream":false'), "more than once"),
    "long s": (member('"\u017ftream":true'.encode()), "in case only"),
    "include_usage twice": (
        member(b'"stream_options":{"include_usage":true,"include_usage":false}'), "more than once"),
    "NUL in a name": (member(b'"model\\u0000x":"other"'), "NUL"),
    **CONTROLS, **TWICE, **NUMBERS, **UTF8, **ESCAPES,
}


@pytest.mark.parametrize("body,message", BODIES.values(), ids=BODIES.keys())
def test_is_refused_before_anything_is_sent(host: Host, upstream: Simulator, body: bytes,
                                            message: str) -> None:
    upstream.script(MODEL, answers.chat())
    with host.connect() as connection:
        reply = connection.post("/v1/chat/completions", body)
        error = reply.error()
        assert (reply.status, error["type"]) == (400, "invalid_request_error"), error
        assert message in error["message"], error
        assert upstream.requests(MODEL) == []
        assert connection.chat("echo").status == 200


def test_the_place_is_told(host: Host) -> None:
    error = host.post("/v1/chat/completions", b'{"model":"m",\n "x": 01}').error()
    assert "line 2, column 8 (byte 21)" in error["message"]


GOOD = {
    "long numbers": member(b'"seed":123456789012345678901234567890,"top_p":1e-300'),
    "pair of surrogates": string(rb"\ud83d\ude00"), "NUL escape": string(rb"\u0000"),
    "63 levels": member(b'"x":' + b"[" * 63 + b"]" * 63), "other twice": member(b'"x":1,"x":2'),
    "white space": b"\r\n\t " + HEAD + b"\n}\n",
}


@pytest.mark.parametrize("body", GOOD.values(), ids=GOOD.keys())
def test_is_sent_as_it_is(host: Host, upstream: Simulator, body: bytes) -> None:
    model = upstream.serve(answers.chat())
    body = body.replace(MODEL.encode(), model.encode())
    assert host.post("/v1/chat/completions", body).status == 200
    assert upstream.request(model).body == body
