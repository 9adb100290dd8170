"""What a plugin emits is looked at before a client sees it."""

import json

import pytest

from integration.conftest import StartHost, route, server
from integration.host import PLUGINS, Host
from integration.http_client import check_error, content_of

GOOD = json.dumps({"choices": [{"index": 0, "message": {"role": "assistant", "content": "yes"},
                                "finish_reason": "stop"}],
                   "usage": {"prompt_tokens": 11, "completion_tokens": 7, "total_tokens": 18}})


def chunk(text: str, finish: str | None = None) -> str:
    return json.dumps({"choices": [{"index": 0, "delta": {"content": text},
                                    "finish_reason": finish}]})


def saying(reply: str = GOOD, chunks: list[str] | None = None) -> str:
    """A provider that says this, and one that serves whatever the first cannot."""
    said = json.dumps(chunks or [chunk("yes"), chunk("", "stop")])
    return (server(1) + f"""
[providers.saying]
plugin = "{PLUGINS}/test/saying.so"
reply = {json.dumps(reply)}
chunks = {said}

[providers.echo]
""" + route("alone", '"saying"') + route("helped", '["saying", "echo"]'))


def test_the_usage_of_a_plain_reply_counts(start_host: StartHost) -> None:
    """Though its plugin does not report it."""
    host: Host = start_host(saying())
    reply = host.chat("alone", headers={"x-request-id": "counted"})
    assert reply.json()["usage"]["total_tokens"] == 18
    line = host.access_line("counted")
    assert (line["input_tokens"], line["output_tokens"]) == (11, 7)
    assert line["usage_source"] == "provider"


STRANGE = ['"yes"', "[]", "null", "{}", '{"choices":{}}', '{"choices":[]}', '{"choices":null}',
           '{"message":"yes"}', "{", ""]


@pytest.mark.parametrize("reply", STRANGE)
def test_what_is_no_reply_is_a_fault_of_the_plugin(start_host: StartHost, reply: str) -> None:
    """Which nobody sees who has another target."""
    host = start_host(saying(reply=reply))
    alone = host.chat("alone")
    assert alone.status == 502
    error = alone.error()
    assert error["code"] == "plugin_error" and "saying" in error["message"], error
    assert host.chat("helped", "Still there?").headers["x-bellwether-provider"] == "echo"


@pytest.mark.parametrize("strange", ['"yes"', "[]", "{}", '{"choices":{}}', '{"choices":', ""])
def test_what_is_no_chunk_is_one_too(start_host: StartHost, strange: str) -> None:
    host = start_host(saying(chunks=[strange, chunk("no")]))
    alone = host.chat("alone", stream=True)
    assert alone.status == 502, alone.body()
    assert alone.error()["code"] == "plugin_error"
    helped = host.chat("helped", "Still there?", stream=True)
    assert helped.headers["x-bellwether-provider"] == "echo"


def test_a_fault_after_content_is_told(start_host: StartHost) -> None:
    host = start_host(saying(chunks=[chunk("so far"), "[]"]))
    *chunks, last = host.chat("helped", stream=True).chunks()
    assert content_of(chunks) == "so far"
    assert check_error(last)["code"] == "plugin_error"
