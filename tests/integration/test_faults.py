"""Upstreams that break: the client learns of it, in its own format, and never takes a part for the
whole."""

import socket
import ssl
import threading
from typing import Iterator

import pytest

from integration.conftest import StartHost, provider, route, server
from integration.host import Host
from integration.http_client import Reply, check_error, content_of
from upstream import errors
from upstream.exchange import Scenario
from upstream.scenarios import answers, faults
from upstream.simulator import Simulator
from upstream.tls import Authority, create_authority

WORDS = ["so ", "far ", "so ", "good"]

BROKEN_REPLIES: dict[str, Scenario] = {
    "closed without a word": faults.hang_up(),
    "not HTTP": faults.not_http(),
    "not HTTP, binary": faults.not_http(bytes(range(256))),
    "not JSON": answers.exactly(b"Hello!", "text/plain"),
    "HTML": answers.exactly(b"<html><body>Log in</body></html>", "text/html"),
    "cut JSON": answers.exactly(b'{"id":"x","choices":[{"message":{"content":"so fa'),
    "empty": answers.exactly(b""),
    "no choices": faults.strange_reply({"object": "chat.completion", "id": "x"}),
    "a number": answers.exactly(b"42"),
    "redirect": faults.redirect("https://127.0.0.1:1/v1/chat/completions"),
}


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
@pytest.mark.parametrize("scenario", BROKEN_REPLIES.values(), ids=BROKEN_REPLIES.keys())
def test_a_broken_answer_is_a_502(host: Host, upstream: Simulator, scenario: Scenario,
                                  stream: bool) -> None:
    """Before the first chunk there is still a status to tell it with."""
    reply = host.chat(upstream.serve(scenario), stream=stream)
    error = reply.error()
    assert reply.status == 502, error
    assert error["code"], error


def test_a_whole_reply_cut_within_its_body_is_a_502(host: Host, upstream: Simulator) -> None:
    """Bytes that were announced and never came: nothing of it may pass for a reply."""
    reply = host.chat(upstream.serve(faults.cut(WORDS)))
    error = reply.error()
    assert (reply.status, error["code"]) == (502, "upstream_cut"), error


def test_a_redirect_is_not_followed(host: Host, upstream: Simulator, second: Simulator) -> None:
    """The key goes to the provider's own address and nowhere else."""
    model = upstream.serve(faults.redirect(second.base_url + "/chat/completions"))
    second.script(model, answers.chat())
    assert host.chat(model).status == 502
    assert second.requests(model) == []


CUSTOM_FAULT = b'{"error":{"message":"out of memory","code":500}}'
MID_STREAM: dict[str, tuple[Scenario, str | None]] = {
    "cut": (faults.cut(WORDS), None),
    "ended early": (faults.ended_early(WORDS), "stream_truncated"),
    "malformed chunk": (faults.malformed_chunk(WORDS), "malformed_chunk"),
    "error": (faults.error_frame(WORDS, errors.INTERNAL), "internal_error"),
    "error, flat": (faults.error_frame(WORDS, errors.OVERLOADED), "ModelServingError"),
    "error, string": (faults.error_frame(WORDS, b'{"error":"overloaded"}'), None),
    "error, numeric code": (faults.error_frame(WORDS, CUSTOM_FAULT), None),
    "moderation": (faults.error_frame(WORDS, errors.MODERATION), "content_filter"),
    "rate": (faults.error_frame(WORDS, errors.RATE), "limit_requests"),
}


def end_of_broken_stream(reply: Reply) -> dict:
    """The error that a stream ends with: one event, the terminator, a proper end."""
    assert reply.status == 200
    *chunks, last = reply.chunks()
    assert content_of(chunks) == "".join(WORDS)
    assert all("error" not in chunk for chunk in chunks)
    return check_error(last)


@pytest.mark.parametrize(("scenario", "code"), MID_STREAM.values(), ids=MID_STREAM.keys())
def test_a_failure_in_mid_stream_is_an_event(host: Host, upstream: Simulator, scenario: Scenario,
                                             code: str | None) -> None:
    """Official clients take a stream that just ends for a complete one; an event with `error` makes
    them raise. What came before is delivered, and nothing is tried again."""
    model = upstream.serve(scenario, answers.chat(["again"]))
    error = end_of_broken_stream(host.chat(model, stream=True))
    assert code is None or error["code"] == code, error
    assert len(upstream.requests(model)) == 1


def test_a_broken_stream_leaves_the_connection_usable(host: Host, upstream: Simulator) -> None:
    """The body ends as it should, so the next request finds the line free."""
    with host.connect() as connection:
        model = upstream.serve(faults.ended_early(WORDS), answers.chat(WORDS))
        end_of_broken_stream(connection.chat(model, stream=True))
        assert content_of(connection.chat(model, stream=True).chunks()) == "".join(WORDS)


def test_messages_say_what_happened_and_where(host: Host, upstream: Simulator) -> None:
    """An operator reads the provider's name and the fault, not a number."""
    error = host.chat(upstream.serve(faults.hang_up())).error()
    assert "holysheep" in error["message"] and "closed" in error["message"]


# ---- no connection -------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def refused_port() -> Iterator[int]:
    """A port that nobody listens on, held so that nobody can."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield held.getsockname()[1]


@pytest.fixture(scope="module")
def mute_port() -> Iterator[int]:
    """Takes connections and never says a word, so TLS never comes about."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        taken: list[socket.socket] = []

        def take() -> None:
            try:
                while True:
                    taken.append(listener.accept()[0])
            except OSError:
                pass

        thread = threading.Thread(target=take, daemon=True)
        thread.start()
        yield listener.getsockname()[1]
        listener.shutdown(socket.SHUT_RDWR)
        thread.join()
        for connection in taken:
            connection.close()


class Elsewhere:
    """Stands in for a simulator where there is only an address."""

    def __init__(self, base_url: str) -> None:
        self.base_url = base_url


@pytest.fixture(scope="module")
def strays(start_host: StartHost, authority: Authority, upstream: Simulator, refused_port: int,
           mute_port: int, tmp_path_factory: pytest.TempPathFactory) -> Host:
    """A host whose providers cannot be reached, each for another reason."""
    stranger = create_authority(tmp_path_factory.mktemp("stranger"), "Another authority")
    local = "https://127.0.0.1"
    return start_host(
        server()
        + provider("refused", Elsewhere(f"{local}:{refused_port}/v1"), authority)
        + provider("mute", Elsewhere(f"{local}:{mute_port}/v1"), authority, connect=300)
        + provider("untrusted", upstream, stranger)
        + provider("nowhere", Elsewhere("https://no-such-host.invalid/v1"), authority)
        + "".join(route(name, f'"{name}"')
                  for name in ("refused", "mute", "untrusted", "nowhere")))


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
@pytest.mark.parametrize(("model", "status", "code"), [
    ("refused", 502, "upstream_unreachable"),
    ("mute", 504, "connect_timeout"),
    ("untrusted", 502, "upstream_tls_error"),
    ("nowhere", 502, "upstream_unreachable"),
])
def test_no_connection(strays: Host, model: str, status: int, code: str, stream: bool) -> None:
    """Refused, unanswered, untrusted, unknown: each has a code of its own."""
    reply = strays.chat(model, stream=stream)
    error = reply.error()
    assert (reply.status, error["code"]) == (status, code), error
    assert model in error["message"]


def test_a_certificate_for_another_name_is_not_trusted(
        start_host: StartHost, authority: Authority) -> None:
    """A certificate of the right authority is not enough; it must be this server's."""
    context = authority.server_context()
    with socket.create_server(("127.0.0.2", 0)) as listener:
        listener.settimeout(10)

        def serve_once() -> None:
            connection, _ = listener.accept()
            connection.settimeout(10)
            try:
                with context.wrap_socket(connection, server_side=True) as secure:
                    secure.recv(1)
            except (ssl.SSLError, OSError):
                pass

        thread = threading.Thread(target=serve_once, daemon=True)
        thread.start()
        port = listener.getsockname()[1]
        host = start_host(server()
                          + provider("other", Elsewhere(f"https://127.0.0.2:{port}/v1"), authority)
                          + route("other", '"other"'))
        reply = host.chat("other")
        assert (reply.status, reply.error()["code"]) == (502, "upstream_tls_error")
        thread.join(10)
