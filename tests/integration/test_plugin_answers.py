"""What a plugin emits is looked at before a client sees it: what is no reply, in test_bad_plugins.py."""

import json

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


def test_a_fault_after_content_is_told(start_host: StartHost) -> None:
    host = start_host(saying(chunks=[chunk("so far"), "[]"]))
    *chunks, last = host.chat("helped", stream=True).chunks()
    assert content_of(chunks) == "so far"
    assert check_error(last)["code"] == "plugin_error"
