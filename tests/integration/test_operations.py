"""Images and speech: bytes as they come, which never look complete if they are not; who serves an
operation, and what is told of it beside the answer."""

import json
import socket
import time

import pytest

from integration.client_keys import new_key
from integration.conftest import StartHost, route
from integration.dialects import (
    IMAGES, MESSAGES, SPEECH, ask, body_of, config, fails, images, message, sound, wait)
from integration.host import SLOWNESS, Host, run_cli, wait_for
from integration.http_client import Truncated
from integration.metrics_page import Metrics, scrape

MIB = 1 << 20


@pytest.fixture(scope="module")
def host(start_host: StartHost) -> Host:
    return start_host(config())


def of_plugin(host: Host, counter: str, **labels: str) -> float:
    found = [sample for sample in scrape(host).samples
             if sample.labels.get("counter") == counter or sample.name.endswith(f"_{counter}_total")]
    return sum(sample.value for sample in found if labels.items() <= sample.labels.items())


# ---- bytes --------------------------------------------------------------------------------------


def test_bytes_come_with_their_type(host: Host) -> None:
    reply = ask(host, SPEECH, [sound("ID3\0é"), sound("more"), sound("rest", "")],
                headers={"x-request-id": "bytes"})
    assert reply.status == 200
    assert reply.headers["content-type"] == "audio/mpeg"
    assert "x-bellwether-cost" not in reply.headers
    assert reply.body() == "ID3\0émorerest".encode()
    line = host.access_line("bytes")
    assert (line["path"], line["outcome"], line["stream"]) == (SPEECH, "ok", False)
    assert line["bytes_out"] == 14 and line["provider"] == "first"


def test_the_first_bytes_come_before_the_last_are_made(host: Host) -> None:
    began = time.monotonic()
    pieces = ask(host, SPEECH, [sound("first"), wait(3000 * SLOWNESS), sound("last")]).pieces()
    assert next(pieces) == b"first"
    assert time.monotonic() - began < 2 * SLOWNESS
    assert b"".join(pieces) == b"last"


def test_a_stream_is_not_what_speech_is(host: Host) -> None:
    """Whatever the request says of it."""
    reply = ask(host, SPEECH, [sound("abc")], stream=True)
    assert (reply.headers["content-type"], reply.body()) == ("audio/mpeg", b"abc")


def test_an_error_before_the_bytes(host: Host) -> None:
    reply = ask(host, SPEECH, [fails(status=500, code="no_voice", message="hoarse")])
    assert reply.status == 500
    error = reply.error()
    assert error["code"] == "no_voice" and "hoarse" in error["message"]


def test_another_target_speaks_if_the_first_says_nothing(host: Host) -> None:
    reply = ask(host, SPEECH, [fails(attempt=0), sound("other")], "twice")
    assert reply.body() == b"other"
    assert reply.headers["x-bellwether-provider"] == "other"


def test_bytes_without_a_type_are_a_fault_of_the_plugin(start_host: StartHost) -> None:
    reply = ask(start_host(config(workers=1)), SPEECH, [sound("abc", "")])
    assert reply.status == 502
    assert reply.error()["code"] == "plugin_error"


def test_no_bytes_are_no_answer(host: Host) -> None:
    reply = ask(host, SPEECH, [])
    assert reply.status == 502
    assert reply.error()["code"] == "empty_reply"


def test_broken_bytes_lack_their_end(host: Host) -> None:
    """As chunks do that are cut: no client can take them for complete."""
    reply = ask(host, SPEECH, [sound("half"), fails(message="hoarse")],
                headers={"x-request-id": "cut"})
    assert reply.status == 200
    with pytest.raises(Truncated):
        reply.body()
    line = host.access_line("cut")
    assert (line["status"], line["outcome"], line["error"]) == (200, "error", "upstream_error")


def test_broken_bytes_reset_a_connection_that_knows_no_chunks(host: Host) -> None:
    """There the end of the connection is the end of the body: a reset is none."""
    body = json.dumps(body_of(SPEECH, "any", [sound("half"), wait(100), fails()])).encode()
    with host.connect() as connection:
        connection.socket.sendall(
            b"POST /v1/audio/speech HTTP/1.0\r\ncontent-type: application/json\r\n"
            b"host: bellwether\r\ncontent-length: %d\r\n\r\n%s" % (len(body), body))
        got = b""
        with pytest.raises(ConnectionResetError):
            while data := connection.socket.recv(MIB):
                got += data
        assert got.endswith(b"half") or not got


def test_whole_bytes_without_chunks(host: Host) -> None:
    body = json.dumps(body_of(SPEECH, "any", [sound("a"), wait(50), sound("b")])).encode()
    with host.connect() as connection:
        connection.socket.sendall(
            b"POST /v1/audio/speech HTTP/1.0\r\ncontent-type: application/json\r\n"
            b"host: bellwether\r\ncontent-length: %d\r\n\r\n%s" % (len(body), body))
        reply = connection.read_reply()
        assert "transfer-encoding" not in reply.headers
        assert reply.body() == b"ab"


def test_a_connection_is_used_again_after_bytes(host: Host) -> None:
    with host.connect() as connection:
        for text in ("one", "two"):
            assert ask(host, SPEECH, [sound(text)], connection=connection).body() == text.encode()


@pytest.mark.parametrize("path, play", [(SPEECH, [sound("abc")]), (IMAGES, [images()])])
def test_a_slow_target_is_hedged(start_host: StartHost, path: str, play: list) -> None:
    hedged = start_host(config(route("hedged", '["first", "other"]') + 'hedge = "100ms"\n',
                               retry="budget_percent = 100\nbudget_floor = 10"))
    reply = ask(hedged, path, [{**wait(60_000), "attempt": 0}, *play], "hedged")
    assert reply.headers["x-bellwether-provider"] == "other"
    assert reply.body()


# ---- slow readers, and those that leave -----------------------------------------------------------


def test_a_slow_reader_holds_the_provider_back(host: Host) -> None:
    """256 MiB of sound for one who does not read; the rest comes when it reads on."""
    before = host.resident_bytes()
    first = of_plugin(host, "pieces")
    with host.connect(receive_buffer=16384) as connection:
        reply = ask(host, SPEECH, [sound(size=MIB // 4, times=1024)], connection=connection,
                    headers={"x-request-id": "slow"})
        last = -1.0

        def is_still() -> bool:
            nonlocal last
            earlier, last = last, of_plugin(host, "pieces")
            time.sleep(0.3 * SLOWNESS)
            return last == earlier

        wait_for(is_still, "the provider is held back", seconds=30)
        assert 0 < last - first < 200
        assert host.resident_bytes() - before < 24 * MIB * SLOWNESS
        assert sum(len(piece) for piece in reply.pieces()) == 256 * MIB
    assert of_plugin(host, "pieces") - first == 1024
    assert host.access_line("slow")["outcome"] == "ok"


def test_a_client_that_leaves_in_the_middle(host: Host) -> None:
    """The provider's call is closed at once, and what it then tells is booked."""
    closed = of_plugin(host, "closed")
    with host.connect() as connection:
        reply = ask(host, SPEECH, [sound("half"), wait(60_000)], connection=connection,
                    late={"input": 3, "character": 77}, headers={"x-request-id": "gone"})
        assert next(reply.pieces()) == b"half"
        assert of_plugin(host, "closed") == closed
    line = host.access_line("gone")
    assert (line["status"], line["error"], line["outcome"]) == (499, "client_closed", "cancelled")
    wait_for(lambda: of_plugin(host, "closed") == closed + 1, "the call is closed")


def test_a_client_that_has_said_all_gets_nothing_but_sound(host: Host) -> None:
    """It may close its own side of the connection once it has asked: what asks whether it is still
    there must not be heard."""
    body = json.dumps(body_of(SPEECH, "any", [sound("one"), wait(300), sound("two")])).encode()
    for version in (b"1.1", b"1.0"):
        with host.connect() as connection:
            connection.socket.sendall(
                b"POST /v1/audio/speech HTTP/%s\r\ncontent-type: application/json\r\n"
                b"host: bellwether\r\ncontent-length: %d\r\n\r\n%s" % (version, len(body), body))
            reply = connection.read_reply()
            connection.socket.shutdown(socket.SHUT_WR)
            assert reply.body() == b"onetwo"


# ---- who serves an operation ----------------------------------------------------------------------


@pytest.mark.parametrize("path, play", [(SPEECH, [sound("abc")]), (IMAGES, [images()]),
                                        (MESSAGES, [message()])])
def test_a_target_that_cannot_is_passed_over(host: Host, path: str, play: list) -> None:
    reply = ask(host, path, play, "helped", headers={"x-request-id": f"helped-{path}"})
    assert reply.status == 200, reply.body()
    assert reply.headers["x-bellwether-provider"] == "first"
    reply.body()


@pytest.mark.parametrize("path, name", [(SPEECH, "speech"), (IMAGES, "images")])
def test_if_none_can_there_is_one_clear_error(host: Host, path: str, name: str) -> None:
    reply = ask(host, path, [], "chat")
    assert reply.status == 400
    error = reply.error()
    assert error["code"] == "unsupported_operation"
    assert name in error["message"] and "echo" in error["message"]


def test_images_are_as_they_were_made(host: Host) -> None:
    reply = ask(host, IMAGES, [images(2)], n=2, stream=True)
    assert reply.status == 200
    assert reply.headers["content-type"].startswith("application/json")
    assert reply.json() == images(2)["reply"]


@pytest.mark.parametrize("reply", [{}, {"data": {}}, {"created": 7}, {"choices": []}])
def test_what_has_no_images_is_a_fault_of_the_plugin(start_host: StartHost, reply: dict) -> None:
    answer = ask(start_host(config(workers=1)), IMAGES, [{"reply": reply}])
    assert answer.status == 502
    assert answer.error()["code"] == "plugin_error"


def test_explain_says_who_serves_what(host: Host) -> None:
    done = run_cli("explain", "helped", "--config", host.config)
    assert (done.returncode, done.stderr) == (0, "")
    assert "serves      chat, completions, embeddings" in done.stdout
    assert "serves      messages, count_tokens, images, speech" in done.stdout


@pytest.mark.parametrize("path", [SPEECH, IMAGES])
def test_another_method_is_refused(host: Host, path: str) -> None:
    reply = host.get(path)
    assert (reply.status, reply.error()["code"]) == (405, "method_not_allowed")


@pytest.mark.parametrize("path", [SPEECH, IMAGES])
def test_keys_and_their_models(start_host: StartHost, path: str) -> None:
    key = new_key("alice", more='models = ["any"]\n')
    keyed = start_host(config(key.toml))
    play = [sound() if path == SPEECH else images()]
    assert ask(keyed, path, play).status == 401
    assert ask(keyed, path, play, headers=key.bearer).status == 200
    assert ask(keyed, path, play, "twice", headers=key.bearer).error()["code"] == "model_not_found"


# ---- beside the answer ----------------------------------------------------------------------------


@pytest.mark.parametrize("path, play", [(SPEECH, [sound("abc")]), (IMAGES, [images()]),
                                        (MESSAGES, [message()])])
def test_notes_of_the_provider(host: Host, path: str, play: list) -> None:
    """Headers that its manifest names, and attributes for the log."""
    notes = [{"header": "x-served-by", "value": "unit 3"}, {"header": "x-other", "value": "no"},
             {"header": "x-served-by", "value": "evil\r\nx-evil: 1"},
             {"attribute": "gen_ai.response.id", "value": "é\n\"1\""},
             {"attribute": "tries", "value": 2}]
    name = f"notes{path.replace('/', '-')}"
    reply = ask(host, path, [*notes, *play], headers={"x-request-id": name})
    assert reply.headers["x-served-by"] == "unit 3"
    assert "x-other" not in reply.headers and "x-evil" not in reply.headers
    reply.body()
    told = host.access_line(name)["attributes"]
    assert told == {"gen_ai.response.id": "é\n\"1\"", "tries": 2}


def test_counters_of_the_plugin(host: Host) -> None:
    before = of_plugin(host, "opened", label="any")
    ask(host, SPEECH, [sound("abc")]).body()
    assert of_plugin(host, "opened", label="any") == before + 1


@pytest.mark.parametrize("path, play", [(SPEECH, [sound("abc")]), (IMAGES, [images()])])
def test_metrics_are_by_the_route(host: Host, path: str, play: list) -> None:
    def served(metrics: Metrics) -> float:
        return metrics.sum("bellwether_requests_total", route="any", provider="first")

    before = served(scrape(host))
    ask(host, path, play).body()
    assert served(scrape(host)) == before + 1


def test_limits_that_the_provider_tells(start_host: StartHost) -> None:
    """Where they are used up, the next call goes elsewhere."""
    limited = start_host(config(route("limited", """[
        { provider = "first", model = "a" }, { provider = "other", model = "b" }]""")))
    spent = {"limit": "requests", "of": 10, "left": 0, "reset": 60_000}
    assert ask(limited, SPEECH, [spent, sound("abc")], "limited").body() == b"abc"
    reply = ask(limited, SPEECH, [sound("abc")], "limited")
    assert reply.headers["x-bellwether-provider"] == "other"


# ---- shadows --------------------------------------------------------------------------------------


def test_a_copy_of_speech(start_host: StartHost) -> None:
    shadowed = start_host(config(route("copied", '"first"')
                                 + 'shadow = { to = "other", share = "100%" }\n'))
    reply = ask(shadowed, SPEECH, [sound("abc"), wait(50), sound("def")], "copied",
                headers={"x-request-id": "own"})
    assert reply.body() == b"abcdef"
    line = shadowed.access_line("own-shadow")
    assert (line["provider"], line["outcome"], line["path"]) == ("other", "ok", SPEECH)


def test_a_copy_of_messages(start_host: StartHost) -> None:
    shadowed = start_host(config(route("copied", '"first"')
                                 + 'shadow = { to = "other", share = "100%" }\n'))
    assert ask(shadowed, MESSAGES, [message()], "copied", headers={"x-request-id": "m"}).json()
    assert shadowed.access_line("m-shadow")["outcome"] == "ok"


def test_a_copy_to_one_who_serves_only_chat(start_host: StartHost) -> None:
    """Nobody notices."""
    shadowed = start_host(config(route("copied", '"first"')
                                 + 'shadow = { to = "echo", share = "100%" }\n'))
    reply = ask(shadowed, IMAGES, [images()], "copied", headers={"x-request-id": "i"})
    assert reply.status == 200 and reply.json() == images()["reply"]
    assert shadowed.access_line("i-shadow")["error"] == "unsupported_operation"
