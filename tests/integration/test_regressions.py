"""Faults that there were once, each by what it did."""

import json
import time
from collections import Counter

import pytest

from integration.conftest import StartHost, provider, route, server
from integration.host import SLOWNESS, Host, run_cli
from integration.http_client import check_error
from upstream import errors, qwen
from upstream.errors import QwenError
from upstream.exchange import Scenario
from upstream.scenarios import answers, faults, parts
from upstream.simulator import Simulator
from upstream.tls import Authority

# ---- what a client may name ----------------------------------------------------------------------

BAD_NAMES = {
    "line end": "qwen-x\r\nx-injected: yes",
    "line feed": "qwen-x\nx-injected: yes",
    "end of head": "qwen-x\r\n\r\nHTTP/1.1 200 OK\r\nx-injected: yes",
    "escape": "qwen-\x1b[2J",
    "nul": "qwen-\0x",
    "delete": "qwen-\x7f",
    "257 bytes": "qwen-" + "x" * 252,
    "258 bytes in fewer characters": "qwen-x" + "ส" * 84,
    "a megabyte": "qwen-" + "x" * (1 << 20),
}


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
@pytest.mark.parametrize("name", BAD_NAMES.values(), ids=BAD_NAMES.keys())
def test_a_model_name_is_no_way_to_inject_headers(host: Host, upstream: Simulator, name: str,
                                                  stream: bool) -> None:
    """The name comes back in `x-bellwether-model`: with a line end in it a client could write the
    rest of the head itself. Refused here; nobody upstream sees it."""
    upstream.script(name, answers.chat(["served"]))
    with host.connect() as connection:
        reply = connection.chat(name, stream=stream)
        error = reply.error()
        assert (reply.status, error["type"]) == (400, "invalid_request_error"), error
        assert "x-injected" not in reply.headers
        assert connection.send("GET", "/health").json() == {"status": "ok"}
    assert upstream.requests(name) == []


@pytest.mark.parametrize("name", ["qwen-" + "x" * 251, "qwen-x" + "ส" * 83],
                         ids=["one byte each", "three bytes each"])
def test_a_model_name_of_256_bytes_is_served(host: Host, upstream: Simulator, name: str) -> None:
    """The limit itself is allowed, and what is no ASCII does not break the head."""
    upstream.script(name, answers.chat(["served"]))
    reply = host.chat(name)
    assert reply.status == 200
    assert reply.headers["x-bellwether-model"].isprintable()
    assert reply.json()["choices"][0]["message"]["content"] == "served"
    assert upstream.request(name).model == name


PATHS = {
    "an escape that is no UTF-8": b"/v1/models/%ff",
    "an escaped half character": b"/v1/models/qwen-%c3",
    "an escaped surrogate": b"/v1/models/%ed%a0%80",
    "a raw model": b"/v1/models/\xff\xfe",
    "a raw path": b"/v1/\xff\xfe/x",
    "a raw path in UTF-8": "/v1/สวัสดี".encode(),
}


@pytest.mark.parametrize("path", PATHS.values(), ids=PATHS.keys())
def test_an_error_that_quotes_a_path_is_valid_utf_8(host: Host, path: bytes) -> None:
    """The message repeats what was asked for; bytes that are no text must not get into the JSON."""
    with host.connect() as connection:
        connection.socket.sendall(b"GET %s HTTP/1.1\r\nhost: x\r\n\r\n" % path)
        reply = connection.read_reply()
        body = json.loads(reply.body().decode("utf-8", errors="strict"))
    check_error(body)
    body["error"]["message"].encode("utf-8", errors="strict")
    assert reply.status in (400, 404)
    assert host.access_line(reply.headers["x-request-id"])["status"] == reply.status


# ---- embeddings ----------------------------------------------------------------------------------


@pytest.mark.parametrize("plugin", ["echo", "holysheep"])
def test_embeddings_that_ask_for_a_stream(host: Host, upstream: Simulator, plugin: str) -> None:
    """OpenAI ignores `stream` there. The host took the plain reply for the plugin's fault, answered
    502 and put the provider aside for a second, for everyone."""
    model = "echo" if plugin == "echo" else upstream.serve(answers.embeddings())
    with host.connect() as connection:  # one connection: one worker, so the same provider
        for more in ({}, {"stream_options": {"include_usage": True}}):
            if plugin != "echo":
                upstream.script(model, answers.embeddings(), answers.chat())
            payload = {"model": model, "input": "x", "stream": True, **more}
            reply = connection.post("/v1/embeddings", payload,
                                    {"x-request-id": f"embeddings-{plugin}"})
            assert reply.status == 200, reply.body()
            assert reply.headers["content-type"].startswith("application/json")
            body = reply.json()
            assert body["object"] == "list" and len(body["data"]) == 1
            assert all(isinstance(part, float | int) for part in body["data"][0]["embedding"])
            following = connection.chat(model, "next")
            assert following.status == 200, following.body()
            assert "next" in following.json()["choices"][0]["message"]["content"]
    assert host.access_line(f"embeddings-{plugin}")["stream"] is False


# ---- upstreams -----------------------------------------------------------------------------------


def plain_reply(content: str) -> bytes:
    body = qwen.dump(qwen.completion("qwen-max", content))
    return (b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n"
            b"content-length: %d\r\n\r\n%s" % (len(body), body))


def test_a_plain_reply_that_drips_in_has_begun(host: Host, upstream: Simulator) -> None:
    """Its first bytes were there at once, and it was never silent for long: in all it takes twice
    the limit on the first byte, which it met."""
    data = plain_reply("drop by drop")
    pieces = [data[:-100], *(data[at:at + 10] for at in range(len(data) - 100, len(data), 10))]
    model = upstream.serve(parts.dripped(pieces, 0.1 * SLOWNESS))
    began = time.monotonic()
    reply = host.chat(model)
    assert reply.status == 200, reply.body()
    assert reply.json()["choices"][0]["message"]["content"] == "drop by drop"
    assert time.monotonic() - began >= 1.0 * SLOWNESS  # else this would have tested nothing


def test_a_plain_reply_that_stops_half_way_is_silent(start_host: StartHost, upstream: Simulator,
                                                     authority: Authority) -> None:
    """It has begun, so the limit that it passes is the one on silence."""
    host = start_host(server() + provider("holysheep", upstream, authority, first_byte=9000)
                      + route("qwen-*", '"holysheep"'))
    model = upstream.serve(parts.begun(plain_reply("one half")[:-40]))
    reply = host.chat(model)
    error = reply.error()
    assert (reply.status, error["code"]) == (504, "idle_timeout"), error
    (request,) = upstream.ended(model)
    assert request.disconnected_at is not None


UPGRADE = b"HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: upgrade\r\n\r\n"
NO_ANSWERS: dict[str, Scenario] = {
    "101": parts.begun(UPGRADE),
    "101 and bytes": parts.begun(UPGRADE + b"\x81\x05Hello"),
    "700": faults.status(700, b"{}"),
    "700 and silence": parts.begun(b"HTTP/1.1 700 Strange\r\ncontent-length: 2\r\n\r\n"),
    "999": faults.status(999, b'{"error":{"message":"x","code":"y"}}'),
}


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
@pytest.mark.parametrize("scenario", NO_ANSWERS.values(), ids=NO_ANSWERS.keys())
def test_a_status_that_is_no_answer_is_a_502(patient: Host, upstream: Simulator,
                                             scenario: Scenario, stream: bool) -> None:
    """Nobody asked for another protocol, and there is no class 7: said at once, not when a time-out
    has run out."""
    began = time.monotonic()
    reply = patient.chat(upstream.serve(scenario), stream=stream)
    error = reply.error()
    assert (reply.status, error["type"]) == (502, "server_error"), error
    assert time.monotonic() - began < 4  # of 9, after which it would be a time-out


@pytest.fixture(scope="module")
def patient(start_host: StartHost, upstream: Simulator, authority: Authority) -> Host:
    """A host that waits for long, so that what comes soon cannot be a time-out."""
    return start_host(
        server() + provider("holysheep", upstream, authority, first_byte=9000, idle=9000,
                            total=9000) + route("qwen-*", '"holysheep"'))


# ---- the command line ----------------------------------------------------------------------------


def test_chat_prints_nothing_but_json_when_asked_to(host: Host, upstream: Simulator) -> None:
    """`[DONE]` is for HTTP; a program that reads lines of JSON fails on it."""
    model = upstream.serve(answers.chat(["one ", "two"]))
    done = run_cli("chat", "--stream", "--json", "-m", model, "--url", host.url, "x")
    assert (done.returncode, done.stderr) == (0, "")
    chunks = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(chunks) >= 3 and all(chunk["object"] == "chat.completion.chunk" for chunk in chunks)


ESCAPES = {
    "colour": "\x1b[31mtext\x1b[0m",
    "title": "\x1b]0;owned\x07text",
    "clipboard": "\x1b]52;c;ZXZpbA==\x1b\\text",
    "8-bit": "\x9b31mtext",
    "carriage return": "hidden\rtext",
}


@pytest.mark.parametrize("arguments", [[], ["--stream"], ["--json"], ["--stream", "--json"]],
                         ids=["whole", "stream", "whole JSON", "stream JSON"])
@pytest.mark.parametrize("words", ESCAPES.values(), ids=ESCAPES.keys())
def test_an_answer_cannot_steer_the_terminal(host: Host, upstream: Simulator, words: str,
                                             arguments: list[str]) -> None:
    """A model's words may come from anyone; as escape sequences they set titles, fill the
    clipboard, hide lines."""
    model = upstream.serve(answers.chat([words[:1], words[1:]]))
    done = run_cli("chat", *arguments, "-m", model, "--url", host.url, "x")
    assert done.returncode == 0
    assert "text" in done.stdout
    controls = {letter for letter in done.stdout if not letter.isprintable()} - {"\n"}
    if "--json" not in arguments:
        assert not controls, controls
    assert "\x1b" not in controls


def test_an_error_cannot_steer_the_terminal(host: Host, upstream: Simulator) -> None:
    """The message of an upstream's error is printed, too."""
    fault = QwenError(400, "data_inspection_failed", "refused \x1b[2J\x1b]0;owned\x07")
    for arguments in ([], ["--stream"]):
        for scenario in (faults.error(fault), faults.error_frame(["so far"], fault)):
            model = upstream.serve(scenario)
            done = run_cli("chat", *arguments, "-m", model, "--url", host.url, "x")
            assert done.returncode == 1
            assert "refused" in done.stderr
            assert "\x1b" not in done.stdout + done.stderr


@pytest.mark.parametrize("arguments", [["--stream"], ["--stream", "--json"]],
                         ids=["text", "JSON"])
@pytest.mark.parametrize("scenario", [
    faults.error_frame(["so ", "far"], errors.INTERNAL), faults.cut(["so ", "far"])],
    ids=["error", "cut"])
def test_a_chat_whose_stream_ends_with_an_error_fails(host: Host, upstream: Simulator,
                                                      scenario: Scenario,
                                                      arguments: list[str]) -> None:
    """Exit code 1, also where the error itself is one of the lines of JSON."""
    done = run_cli("chat", *arguments, "-m", upstream.serve(scenario), "--url", host.url, "x")
    assert done.returncode == 1
    if "--json" in arguments:
        *_, last = [json.loads(line) for line in done.stdout.splitlines()]
        check_error(last)
    else:
        assert done.stdout.startswith("so far") and "error" in done.stderr


# ---- the access log ------------------------------------------------------------------------------

REFUSED: dict[str, tuple[bytes, int, str]] = {
    "malformed": (b"GET /health HTTP/1.1\r\nhost x\r\n\r\n", 400, "malformed_request"),
    "no HTTP": (b"Hello?\r\n\r\n", 400, "malformed_request"),
    "too large": (b"POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\nx-request-id: refused-413\r\n"
                  b"content-type: application/json\r\ncontent-length: 9999999999\r\n\r\n", 413,
                  "request_too_large"),
    "unknown path": (b"GET /nothing HTTP/1.1\r\nhost: x\r\nx-request-id: refused-404\r\n\r\n", 404,
                     "unknown_url"),
    "unknown model": (b"GET /v1/models/nobody HTTP/1.1\r\nhost: x\r\n"
                      b"x-request-id: refused-model\r\n\r\n", 404, "model_not_found"),
    "wrong method": (b"GET /v1/chat/completions HTTP/1.1\r\nhost: x\r\n"
                     b"x-request-id: refused-405\r\n\r\n", 405, "method_not_allowed"),
    "no JSON": (b"POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\nx-request-id: refused-415\r\n"
                b"content-type: text/plain\r\ncontent-length: 0\r\n\r\n", 415,
                "unsupported_media_type"),
}


def test_refused_requests_are_in_the_access_log(start_host: StartHost) -> None:
    """Who looks for the cause of a client's errors finds them: one line for each, under the id that
    the client has, with the status and the code that it saw."""
    host = start_host(server() + '\n[providers.echo]\n' + route("echo", '"echo"'))
    expected = {}
    for sent, status, code in REFUSED.values():
        with host.connect() as connection:
            connection.socket.sendall(sent)
            reply = connection.read_reply()
            assert (reply.status, reply.error()["code"]) == (status, code)
        given = sent.partition(b"x-request-id: ")[2].partition(b"\r\n")[0].decode()
        identity = reply.headers["x-request-id"]
        assert identity == given or not given
        expected[identity] = (status, "error", code)
    host.stop()
    lines = [json.loads(line) for line in host.log().splitlines()]
    lines = [line for line in lines if line["level"] == "access"]
    assert Counter(line["id"] for line in lines) == Counter(list(expected))
    assert {line["id"]: (line["status"], line["outcome"], line["error"])
            for line in lines} == expected
    paths = {line["id"]: line.get("path") for line in lines}
    assert paths["refused-404"] == "/nothing"
    assert paths["refused-413"] == paths["refused-415"] == "/v1/chat/completions"
