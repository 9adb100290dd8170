"""Raw requests, the status that each must get, and that none of those refused reaches an upstream:
not it, and not the request that hides behind it."""

import gzip
import json
import zlib

import pytest

from integration.host import Host
from integration.http_client import Connection
from upstream.scenarios import answers
from upstream.simulator import Simulator

PATH = "/v1/chat/completions"
JSON = "content-type: application/json"
CHUNKED = "transfer-encoding: chunked"
HEALTH = b"GET /health HTTP/1.1\r\nhost: localhost\r\n\r\n"
MODEL = b"@MODEL@"  # stands for the model of the test
BODY = b'{"model":"@MODEL@","messages":[{"role":"user","content":"Hello"}]}'

Case = tuple[bytes, int]


def raw(first: str, fields: list[str], body: bytes = b"") -> bytes:
    return "\r\n".join([first, *fields, "", ""]).encode("latin-1") + body


def post(*fields: str, body: bytes = BODY, first: str = f"POST {PATH} HTTP/1.1",
         host: str | None = "host: localhost") -> bytes:
    """A POST whose body has these fields for a frame; @LENGTH@ stands for its length."""
    return raw(first, [*([host] if host else []), JSON, *fields], body)


def counted(*fields: str, **more: object) -> bytes:
    return post("content-length: @LENGTH@", *fields, **more)


def line(first: str) -> bytes:
    return counted(first=first)


def sized(length: str, *more: str) -> bytes:
    return post(f"content-length:{length}", *more)


def coded(*codings: str) -> bytes:
    return post(*(f"transfer-encoding:{coding}" for coding in codings), body=chunks(BODY))


def chunks(*parts: bytes, end: bytes = b"0\r\n\r\n") -> bytes:
    return b"".join(b"@SIZE:%s@\r\n%s\r\n" % (part, part) for part in parts) + end


def chunk(body: bytes) -> bytes:
    return post(CHUNKED, body=body)


def packed(coding: str, body: bytes) -> bytes:
    return post(f"content-encoding: {coding}", f"content-length: {len(body)}", body=body)


def first_lines() -> dict[str, Case]:
    bad = {
        "no version": f"POST {PATH}", "only a method": "POST", "two spaces": f"POST  {PATH} HTTP/1.1",
        "two spaces before the version": f"POST {PATH}  HTTP/1.1", "tabs": f"POST\t{PATH}\tHTTP/1.1",
        "a space at the end": f"POST {PATH} HTTP/1.1 ", "a space first": f" POST {PATH} HTTP/1.1",
        "lower-case HTTP": f"POST {PATH} http/1.1", "HTTP/1.1x": f"POST {PATH} HTTP/1.1x",
        "HTTP/1": f"POST {PATH} HTTP/1", "HTTP/1.10": f"POST {PATH} HTTP/1.10",
        "HTTP/11": f"POST {PATH} HTTP/11", "HTTP /1.1": f"POST {PATH} HTTP /1.1",
        "ICY": f"POST {PATH} ICY/1.1", "a fourth word": f"POST {PATH} x HTTP/1.1",
        "a method in brackets": f"(POST) {PATH} HTTP/1.1", "a method with a colon": f"PO:ST {PATH} HTTP/1.1",
        "a method with a quote": f'PO"ST {PATH} HTTP/1.1', "a method with a control": f"PO\x01ST {PATH} HTTP/1.1",
        "a method that is not ASCII": f"PO\xe9ST {PATH} HTTP/1.1",
        "a target without slash": "POST v1/chat/completions HTTP/1.1", "a star": "POST * HTTP/1.1",
        "a fragment": f"POST {PATH}#x HTTP/1.1", "a control": f"POST {PATH}\x01 HTTP/1.1",
        "a NUL": f"POST {PATH}\0 HTTP/1.1", "DEL": f"POST {PATH}\x7f HTTP/1.1",
        "not ASCII": f"POST {PATH}\xe9 HTTP/1.1", "a quote": f'POST {PATH}?" HTTP/1.1',
        "a backslash": "POST \\v1\\chat\\completions HTTP/1.1", "a bare percent": f"POST {PATH}?% HTTP/1.1",
        "half an escape": f"POST {PATH}?%4 HTTP/1.1", "a false escape": f"POST {PATH}?%gg HTTP/1.1",
        "another scheme": f"POST ftp://localhost{PATH} HTTP/1.1", "no authority": f"POST http://{PATH} HTTP/1.1",
        "a user": f"POST http://me@localhost{PATH} HTTP/1.1",
        "a false port": f"POST http://localhost:70000{PATH} HTTP/1.1", "a bare CR": f"POST {PATH}\r HTTP/1.1",
        "CONNECT": "CONNECT localhost:80 HTTP/1.1",
    }
    cases = {f"first line: {name}": (line(first), 400) for name, first in bad.items()}
    for version in ("2.0", "3.0", "0.9", "9.9"):
        cases[f"first line: HTTP/{version}"] = (line(f"POST {PATH} HTTP/{version}"), 505)
    cases["first line: HTTP/2's preface"] = (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505)
    cases["first line: TLS"] = (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 400)
    cases["first line: bare LF"] = (counted().replace(b"\r\n", b"\n", 1), 400)
    cases["first line: three before it"] = (b"\r\n\r\n\r\n" + counted(), 400)
    cases["first line: LF before it"] = (b"\n" + counted(), 400)
    cases["first line: too long"] = (line(f"POST {PATH}?{'x' * 17_000} HTTP/1.1"), 414)
    cases["first line: no end"] = (b"A" * 20_000, 414)
    return cases


def header_lines() -> dict[str, Case]:
    bad = {
        "a space before the colon": "x : y", "a tab before the colon": "x\t: y", "a space first": " x: y",
        "a continued line": "x: y\r\n z", "a continued line with a tab": "x: y\r\n\tz", "no name": ": y",
        "no colon": "x", "a space in the name": "x y: z", "brackets in the name": "x(y): z",
        "a name that is not ASCII": "\xe9: y", "a NUL in the name": "x\0: y", "a NUL": "x: \0",
        "a control": "x: \x01", "an escape sequence": "x: \x1b[2J", "DEL": "x: \x7f", "a bare CR": "x: y\rz: a",
        "a bare LF": "x: y\nz: a", "CR CR LF": "x: y\r", "a quoted name": '"x": y',
        "a slash in the name": "x/y: z", "a continued length": "content-length:\r\n 5",
    }
    cases = {f"header: {name}": (counted(field), 400) for name, field in bad.items()}
    cases["header: continued first line"] = (raw(f"POST {PATH} HTTP/1.1", [" host: localhost", JSON]), 400)
    cases["header: too long"] = (counted(f"x: {'y' * 70_000}"), 431)
    cases["header: too many"] = (counted(*["x: y"] * 120), 431)
    cases["header: no end"] = (counted(f"x{'y' * 70_000}"), 431)
    for name, host in {"none": None, "two": "host: localhost\r\nhost: localhost", "empty": "host:",
                       "two others": "host: localhost\r\nHost: 127.0.0.1", "a list": "host: a,b",
                       "a space": "host: a b", "a user": "host: me@localhost", "a URL": "host: http://localhost",
                       "a path": "host: localhost/x", "a false port": "host: localhost:x",
                       "a large port": "host: localhost:65536", "half a bracket": "host: [::1",
                       "bare IPv6": "host: ::1"}.items():
        cases[f"host: {name}"] = (counted(host=host), 400)
    cases["host: of somebody else"] = (counted(host="host: evil.example"), 421)
    cases["host: of somebody else, in the target"] = (line(f"POST http://evil.example{PATH} HTTP/1.1"), 421)
    cases["host: nearly localhost"] = (counted(host="host: localhost.evil.example"), 421)
    cases["expect: other"] = (counted("expect: 200-ok"), 417)
    cases["expect: a list"] = (counted("expect: 100-continue, x"), 417)
    for name, kind in {"text": "text/plain", "a form": "application/x-www-form-urlencoded", "empty": ""}.items():
        cases[f"type: {name}"] = (counted().replace(b"application/json", kind.encode()), 415)
    return cases


def lengths() -> dict[str, Case]:
    cases = {f"length: {bad!r}": (sized(bad), 400) for bad in (
        "", " +5", " -5", " 5 5", " 5,5", " 5, 5", " 0x5", " 5x", " five", " 5.0", ' "5"', " 5;x", " 5\t5",
        " 18446744073709551616", " 99999999999999999999999", " 00000000000000000000005", " \xb2")}
    cases["length: too large"] = (sized(" 99999999999"), 413)
    cases["length: nearly too large for a number"] = (sized(" 9223372036854775807"), 413)
    cases["length: the same twice"] = (counted("content-length: @LENGTH@"), 400)
    cases["length: two"] = (counted("content-length: 0"), 400)
    cases["length: two, zero first"] = (post("content-length: 0", "content-length: @LENGTH@"), 400)
    cases["length: none"] = (post(), 411)
    cases["length: none in HTTP/1.0"] = (post(first=f"POST {PATH} HTTP/1.0"), 411)
    cases["length: and chunks"] = (counted(CHUNKED), 400)
    cases["length: after chunks"] = (post(CHUNKED, "content-length: 5", body=chunks(BODY)), 400)
    cases["length: and another coding"] = (counted("transfer-encoding: identity"), 400)
    cases["length: and an empty coding"] = (counted("transfer-encoding:"), 400)
    return cases


def codings() -> dict[str, Case]:
    cases = {f"coding: {bad!r}": (coded(bad), 501) for bad in (
        "", " xchunked", " chunkedx", " identity", " chunked, identity", " gzip, chunked", " chunked, chunked",
        " chunked;q=1", ' "chunked"', " chunked,", " ,chunked", " chunked chunked", " deflate", " \xe9chunked")}
    cases["coding: twice"] = (coded(" chunked", " chunked"), 501)
    cases["coding: identity, then chunked"] = (coded(" identity", " chunked"), 501)
    cases["coding: chunked, then identity"] = (coded(" chunked", " identity"), 501)
    cases["coding: a vertical tab"] = (coded(" \x0bchunked"), 400)
    cases["coding: HTTP/1.0"] = (post(CHUNKED, first=f"POST {PATH} HTTP/1.0", body=chunks(BODY)), 400)
    return cases


def chunk_bodies() -> dict[str, Case]:
    sizes = {"0x": b"0x5", "plus": b"+5", "minus": b"-5", "space first": b" 5", "space after": b"5 ",
             "tab after": b"5\t", "no digits": b"", "not hexadecimal": b"5g", "a list": b"5,5", "a dot": b"5.0",
             "overflow": b"10000000000000005", "more overflow": b"f" * 16, "many zeros": b"0" * 20 + b"5",
             "NUL in the extension": b"5;\0", "CR in the extension": b"5;a\rb", "LF in the extension": b"5;a\nb",
             "a space before the extension": b"5 ;a", "CR CR LF": b"5\r", "an endless extension": b"5;" + b"x" * 9_000}
    cases = {f"chunk: {name}": (chunk(size + b"\r\nhello\r\n0\r\n\r\n"), 400) for name, size in sizes.items()}
    cases["chunk: bare LF after the size"] = (chunk(b"5\nhello\r\n0\r\n\r\n"), 400)
    cases["chunk: bare CR after the size"] = (chunk(b"5\rhello\r\n0\r\n\r\n"), 400)
    cases["chunk: bare LF after the data"] = (chunk(b"5\r\nhello\n0\r\n\r\n"), 400)
    cases["chunk: no line end after the data"] = (chunk(b"5\r\nhello0\r\n\r\n"), 400)
    cases["chunk: too much data"] = (chunk(b"5\r\nhello!\r\n0\r\n\r\n"), 400)
    cases["chunk: too little data"] = (chunk(b"5\r\nhel\r\n0\r\n\r\n0\r\n\r\n"), 400)
    cases["chunk: bare LF at the end"] = (chunk(b"5\r\nhello\r\n0\n\n"), 400)
    cases["chunk: too large"] = (chunk(b"ffffffffff\r\nhello\r\n"), 413)
    cases["chunk: endless extensions"] = (chunk(b"1;%s\r\nx\r\n" % (b"y" * 90) * 300), 400)
    for name, trailer, status in (("a space before the colon", b"x : y", 400), ("continued", b"x: y\r\n z", 400),
                                  ("no colon", b"x", 400), ("NUL", b"x: \0", 400), ("bare LF", b"x: y\nz: a", 400),
                                  ("too long", b"x: " + b"y" * 70_000, 431), ("too many", b"x: y\r\n" * 120, 431)):
        cases[f"trailer: {name}"] = (chunk(b"5\r\nhello\r\n0\r\n" + trailer + b"\r\n\r\n"), status)
    return cases


def packings() -> dict[str, Case]:
    good = gzip.compress(b"{}")
    cases = {f"packing: {coding}": (packed(coding, good), 415)
             for coding in ("br", "zstd", "compress", "gzip, gzip", "gzip, identity", "")}
    cases["packing: twice"] = (post("content-encoding: gzip", "content-encoding: gzip", "content-length: 1", body=b"x"), 415)
    cases["packing: not gzip"] = (packed("gzip", b"Hello, this is plain text"), 400)
    cases["packing: cut"] = (packed("gzip", good[:-1]), 400)
    cases["packing: more after the end"] = (packed("gzip", good + b"more"), 400)
    cases["packing: a wrong sum"] = (packed("gzip", good[:-5] + b"\0" + good[-4:]), 400)
    cases["packing: nothing"] = (packed("gzip", b""), 400)
    cases["packing: a bomb"] = (packed("gzip", gzip.compress(b" " * (20 << 20))), 413)
    cases["packing: a large bomb"] = (packed("deflate", zlib.compress(b" " * (64 << 20))), 413)
    return cases


REFUSED: dict[str, Case] = {**first_lines(), **header_lines(), **lengths(), **codings(), **chunk_bodies(),
                            **packings()}

ACCEPTED: dict[str, bytes] = {
    "counted": counted(),
    "one chunk": post(CHUNKED, body=chunks(BODY)),
    "many chunks": post("Transfer-Encoding:\tChunked ", body=chunks(BODY[:1], BODY[1:9], BODY[9:])),
    "extensions": post(CHUNKED, body=b"@SIZE:%s@;a=b;c=\"d e\"\r\n%s\r\n0;e\r\n\r\n" % (BODY, BODY)),
    "trailers": post(CHUNKED, body=chunks(BODY, end=b"000\r\nx: y\r\ncontent-length: 5\r\n\r\n")),
    "no space after colons": counted().replace(b": ", b":"),
    "much space after colons": counted().replace(b": ", b": \t ").replace(b"json\r\n", b"json \t\r\n"),
    "empty header": counted("x:"),
    "bytes above 127 in a value": counted("x: \xe9"),
    "upper-case names": counted().replace(b"content-length", b"CONTENT-LENGTH"),
    "an empty line before it": b"\r\n" + counted(),
    "the absolute form": line(f"POST http://localhost{PATH} HTTP/1.1"),
    "the absolute form of another host's name": counted(
        first=f"POST HTTP://127.0.0.1:80{PATH} HTTP/1.1", host="host: evil.example"),
    "a query": line(f"POST {PATH}?api-version=1&x=%20 HTTP/1.1"),
    "a later minor version": line(f"POST {PATH} HTTP/1.2"),
    "IPv6": counted(host="host: [::1]:4141"),
    "a part of localhost": counted(host="host: api.localhost:1"),
    "90 headers": counted(*["x: y"] * 90),
    "a long header": counted(f"x: {'y' * 60_000}"),
    "an unknown connection option": counted("connection: x, ,keep-alive"),
    "identity": counted("content-encoding: identity"),
}


def fill(text: bytes, model: str) -> bytes:
    """Puts in the model, and the lengths that follow from it."""
    text = text.replace(MODEL, model.encode())
    while b"@SIZE:" in text:
        before, rest = text.split(b"@SIZE:", 1)
        part, after = rest.split(b"@", 1)
        text = before + b"%x" % len(part) + after
    length = len(text.split(b"\r\n\r\n", 1)[-1])
    return text.replace(b"@LENGTH@", str(length).encode())


def check_alive(host: Host) -> None:
    with host.connect() as connection:
        connection.socket.sendall(HEALTH)
        assert connection.read_reply().json() == {"status": "ok"}


def send_all(connection: Connection, data: bytes) -> None:
    """Sends what the host may refuse before it has come to its end."""
    try:
        connection.socket.sendall(data)
    except (BrokenPipeError, ConnectionResetError):
        pass


def test_the_table_is_large() -> None:
    assert len(REFUSED) >= 150


@pytest.mark.parametrize(("sent", "status"), REFUSED.values(), ids=REFUSED.keys())
def test_refused(host: Host, upstream: Simulator, sent: bytes, status: int) -> None:
    """One answer in the envelope and the end of the connection. The canary that follows it, a good
    request by itself, is never seen upstream, and nor is the request."""
    model, canary = upstream.serve(answers.chat()), upstream.serve(answers.chat(), prefix="qwen-canary")
    with host.connect() as connection:
        send_all(connection, fill(sent, model) + fill(counted(), canary) + fill(counted(), canary))
        reply = connection.read_reply()
        error = reply.error()
        assert reply.status == status, error
        assert reply.headers["connection"] == "close"
        rest = connection.read_to_end()
        assert rest == b"", rest
    check_alive(host)
    assert upstream.requests(model) == [] and upstream.requests(canary) == []


@pytest.mark.parametrize("sent", ACCEPTED.values(), ids=ACCEPTED.keys())
def test_accepted(host: Host, upstream: Simulator, sent: bytes) -> None:
    """Odd but right: served, and the connection goes on with the request behind it."""
    model, next_model = upstream.serve(answers.chat(["one"])), upstream.serve(answers.chat(["two"]))
    with host.connect() as connection:
        connection.socket.sendall(fill(sent, model) + fill(counted(), next_model))
        for word in ("one", "two"):
            reply = connection.read_reply()
            body = reply.json()
            assert reply.status == 200, body
            assert body["choices"][0]["message"]["content"] == word
        connection.socket.sendall(HEALTH)
        assert connection.read_reply().json() == {"status": "ok"}
    (received,) = upstream.requests(model)
    assert received.json["messages"] == json.loads(BODY)["messages"]


@pytest.mark.parametrize("coding", ["gzip", "x-gzip", "GZip", "deflate"])
@pytest.mark.parametrize("chunked", [False, True], ids=["counted", "chunks"])
def test_packed_bodies_arrive_unpacked(host: Host, upstream: Simulator, coding: str,
                                       chunked: bool) -> None:
    """The upstream sees plain JSON with a length of its own."""
    model = upstream.serve(answers.chat())
    plain = BODY.replace(MODEL, model.encode())
    body = zlib.compress(plain) if coding == "deflate" else gzip.compress(plain)
    frame = CHUNKED if chunked else f"content-length: {len(body)}"
    if chunked:
        half = len(body) // 2
        body = b"%x\r\n%s\r\n%x\r\n%s\r\n0\r\n\r\n" % (half, body[:half], len(body) - half, body[half:])
    with host.connect() as connection:
        connection.socket.sendall(post(f"content-encoding: {coding}", frame, body=body))
        assert connection.read_reply().status == 200
    assert upstream.request(model).json["messages"] == json.loads(BODY)["messages"]


@pytest.mark.parametrize("name", ["counted", "many chunks", "trailers", "an empty line before it"])
def test_accepted_byte_by_byte(host: Host, upstream: Simulator, name: str) -> None:
    """However the network cuts it."""
    model = upstream.serve(answers.chat(["one"]))
    with host.connect() as connection:
        for byte in fill(ACCEPTED[name], model):
            connection.socket.sendall(bytes([byte]))
        assert connection.read_reply().status == 200
