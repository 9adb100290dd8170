"""Anthropic's messages: named events in their order, and errors in Anthropic's form at every stage."""

import json

import pytest

from integration.client_keys import new_key
from integration.conftest import StartHost
from integration.counting import budget
from integration.dialects import (
    COUNT, MESSAGES, ask, check_error, config, error_of, event, events, fails, message,
    message_begins, message_ends, wait, whole_message, words)
from integration.host import SLOWNESS, Host, milliseconds
from integration.metrics_page import scrape

ORDER = ["message_start", "content_block_start", "content_block_delta", "content_block_delta",
         "content_block_stop", "message_delta", "message_stop"]


@pytest.fixture(scope="module")
def host(start_host: StartHost) -> Host:
    return start_host(config())


# ---- answers ------------------------------------------------------------------------------------


def test_events_keep_their_names_and_their_order(host: Host) -> None:
    """And nothing of OpenAI's comes with them: no [DONE], no chunk with the usage."""
    play = whole_message("Hel", "lo")
    reply = ask(host, MESSAGES, play, stream=True, headers={"x-request-id": "events"})
    assert reply.status == 200
    told = list(events(reply))
    assert [name for name, _ in told] == ORDER
    assert [data for _, data in told] == [step["data"] for step in play if "event" in step]
    line = host.access_line("events")
    assert (line["path"], line["outcome"], line["stream"]) == (MESSAGES, "ok", True)
    assert (line["input_tokens"], line["output_tokens"]) == (11, 7)


def test_each_event_comes_at_once(host: Host) -> None:
    reply = ask(host, MESSAGES, [message_begins(), *words("now"), wait(1500), *message_ends()],
                stream=True)
    told = events(reply)
    names = [next(told)[0] for _ in range(3)]
    assert names == ORDER[:3]
    reply._connection.socket.settimeout(0.05)
    with pytest.raises(TimeoutError):
        next(told)


def test_pings_are_handed_on(host: Host) -> None:
    ping = event({"type": "ping"})
    reply = ask(host, MESSAGES, [message_begins(), ping, *words("a"), ping, *message_ends()],
                stream=True)
    assert [name for name, _ in events(reply)].count("ping") == 2


def test_silence_is_filled_with_comments(start_host: StartHost) -> None:
    beating = start_host(config(heartbeat=f'"{milliseconds(100)}"'))
    reply = ask(beating, MESSAGES, [wait(int(500 * SLOWNESS)), *whole_message("Hel", "lo")], stream=True)
    text = reply.body()
    assert text.startswith(b": waiting\n"), text[:100]
    assert b"[DONE]" not in text and text.endswith(b"\n\n")
    assert text.count(b"event: ") == len(ORDER)


@pytest.mark.parametrize("path", [MESSAGES, COUNT])
def test_a_whole_answer_is_as_it_was_made(host: Host, path: str) -> None:
    play = [message()] if path == MESSAGES else [{"reply": {"input_tokens": 14}}]
    reply = ask(host, path, play, stream=False)
    assert (reply.status, reply.json()) == (200, play[0]["reply"])
    assert reply.headers["x-bellwether-provider"] == "first"


def test_a_stream_of_a_count_is_none(host: Host) -> None:
    assert ask(host, COUNT, [{"reply": {"input_tokens": 14}}], stream=True).json() == {
        "input_tokens": 14}


def test_metrics_are_by_the_route(host: Host) -> None:
    before = scrape(host).sum("bellwether_requests_total", route="twice")
    ask(host, MESSAGES, [message()], "twice").body()
    assert scrape(host).sum("bellwether_requests_total", route="twice") == before + 1


# ---- errors before the answer -------------------------------------------------------------------


def test_what_is_no_json(host: Host) -> None:
    reply = host.connect().post(MESSAGES, b"{")
    assert reply.status == 400
    assert error_of(reply)["type"] == "invalid_request_error"


@pytest.mark.parametrize("path", [MESSAGES, COUNT])
def test_an_unknown_model(host: Host, path: str) -> None:
    reply = ask(host, path, [], "nobody")
    assert reply.status == 404
    error = error_of(reply)
    assert error["type"] == "not_found_error" and "nobody" in error["message"]


@pytest.mark.parametrize("method", ["GET", "DELETE"])
def test_another_method(host: Host, method: str) -> None:
    reply = host.connect().send(method, MESSAGES)
    assert reply.status == 405
    assert error_of(reply)["type"] == "invalid_request_error"


def test_keys(start_host: StartHost) -> None:
    """Anthropic's clients send theirs as x-api-key."""
    key = new_key("alice")
    keyed = start_host(config(key.toml))
    for headers in ({}, {"x-api-key": "wrong"}, {"authorization": "Bearer wrong"}):
        reply = ask(keyed, MESSAGES, [message()], headers=headers)
        assert reply.status == 401
        assert error_of(reply)["type"] == "authentication_error"
    for headers in ({"x-api-key": key.text}, key.bearer):
        assert ask(keyed, MESSAGES, [message()], headers=headers).status == 200


def test_a_budget_that_is_spent(start_host: StartHost) -> None:
    counted = start_host(config(budget(1, mode='"hard"') + '\n[ledger]\nurl = "memory:"\n'))
    reply = ask(counted, MESSAGES, [message()])
    assert reply.status == 429, reply.body()
    assert reply.headers["x-should-retry"] == "false"
    assert error_of(reply)["type"] == "rate_limit_error"


RAW = ('{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"},'
       '"request_id":"req_1"}')


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("how", ["play", "fail_open"])
def test_an_upstream_that_refuses_in_its_own_words(host: Host, stream: bool, how: str) -> None:
    failed = fails(status=529, raw=RAW)
    members = {"fail_open": failed} if how == "fail_open" else {}
    reply = ask(host, MESSAGES, [failed] if how == "play" else [], stream=stream, **members)
    assert (reply.status, reply.json()) == (529, json.loads(RAW))


@pytest.mark.parametrize("raw", ["", "{", '{"error":{"message":"no"}}', '{"type":"error"', "[]"])
def test_an_upstream_that_refuses_in_others(host: Host, raw: str) -> None:
    reply = ask(host, MESSAGES, [fails(raw=raw, message="out of order")])
    assert reply.status == 502
    error = error_of(reply)
    assert error["type"] == "api_error" and "out of order" in error["message"]


@pytest.mark.parametrize("path", [MESSAGES, COUNT])
@pytest.mark.parametrize("stream", [False, True])
def test_a_route_that_serves_only_chat(host: Host, path: str, stream: bool) -> None:
    reply = ask(host, path, [], "chat", stream=stream)
    assert reply.status == 400
    error = error_of(reply)
    assert error["type"] == "invalid_request_error"
    assert "echo" in error["message"] and path.split("/")[-1] in error["message"], error


# ---- errors in mid-stream -----------------------------------------------------------------------


def test_an_error_in_mid_stream_is_an_event(host: Host) -> None:
    """The last one; its name and its object are Anthropic's."""
    begun = [message_begins(), *words("so far")]
    reply = ask(host, MESSAGES, [*begun, fails(message="broke down")], stream=True)
    *told, (name, error) = events(reply)
    assert [data for _, data in told] == [step["data"] for step in begun]
    assert name == "error" and "broke down" in check_error(error)["message"]


def test_and_keeps_the_words_of_the_upstream(host: Host) -> None:
    reply = ask(host, MESSAGES, [message_begins(), *words("so far"), fails(status=529, raw=RAW)],
                stream=True)
    *_, last = events(reply)
    assert last == ("error", json.loads(RAW))


@pytest.fixture
def faulty(start_host: StartHost) -> Host:
    """One whose provider may come to be restarted."""
    return start_host(config(workers=1))


def test_an_event_without_a_name_is_a_fault_of_the_plugin(faulty: Host) -> None:
    reply = ask(faulty, MESSAGES, [{"chunk": {"type": "ping"}}], stream=True)
    assert reply.status == 502
    assert error_of(reply)["type"] == "api_error"


def test_a_wrong_name_is_one_too(faulty: Host) -> None:
    wrong = {"event": "message_stop", "data": {"type": "ping"}}
    reply = ask(faulty, MESSAGES, [message_begins(), *words("a"), wrong], stream=True)
    *_, (name, error) = events(reply)
    assert name == "error" and "first" in check_error(error)["message"]


def test_another_target_is_tried_before_there_is_content(host: Host) -> None:
    """And the client sees one message only."""
    begins = {**message_begins(), "attempt": 0}
    reply = ask(host, MESSAGES, [begins, fails(attempt=0), *whole_message("Hel", "lo")], "twice",
                stream=True)
    assert [name for name, _ in events(reply)] == ORDER
    assert reply.headers["x-bellwether-provider"] == "other"


def test_a_client_that_leaves(host: Host) -> None:
    """The provider's call is closed, and what it then tells is booked."""
    reply = ask(host, MESSAGES, [message_begins(), *words("so far"), wait(60_000)], stream=True,
                late={"input": 23, "output": 5}, headers={"x-request-id": "left"})
    for _ in zip(range(3), events(reply)):
        pass
    reply._connection.close()
    line = host.access_line("left")
    assert (line["status"], line["error"]) == (499, "client_closed")
    assert line["input_tokens"] == 23 and line["output_tokens"] >= 5
