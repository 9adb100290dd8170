"""The log, a metric and a webhook say once how far a budget has come, and when one that refuses
nothing is exceeded."""

import json
import re
import signal
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Iterator

import pytest

from integration.conftest import StartHost
from integration.counting import ask, budget, rules_config
from integration.host import ROOT, wait_for
from integration.metrics_page import scrape
from upstream.scenarios import answers
from upstream.simulator import Simulator
from upstream.tls import Authority

PATH = "/hooks/very-secret?token=hidden"
POSTS = "bellwether_webhook_posts_total"


@dataclass
class Receiver:
    """Takes what a webhook is told; answers with these statuses, the last one again and again."""

    url: str = ""
    statuses: list[int] = field(default_factory=lambda: [200])
    told: list[tuple[str, dict[str, Any]]] = field(default_factory=list)


@pytest.fixture
def receiver(authority: Authority) -> Iterator[Receiver]:
    taken = Receiver()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            status = taken.statuses[min(len(taken.told), len(taken.statuses) - 1)]
            taken.told.append((self.path, json.loads(body)))
            self.send_response(status)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.socket = authority.server_context().wrap_socket(server.socket, server_side=True,
                                                           do_handshake_on_connect=False)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    taken.url = f"https://127.0.0.1:{server.server_port}{PATH}"
    yield taken
    server.shutdown()
    thread.join()
    server.server_close()


def watched(rule: str, receiver: Receiver, upstream: Simulator, authority: Authority) -> str:
    hook = f'\n[webhooks.ops]\nurl = "{receiver.url}"\nca_file = "{authority.ca_file}"\n'
    return rules_config(hook + rule, upstream, authority)


def test_a_soft_budget_warns_once_for_each_share(start_host: StartHost, upstream: Simulator,
                                                 authority: Authority) -> None:
    model = upstream.serve(answers.chat())
    host = start_host(rules_config(budget(150, mode='"soft"', warn_at='["10%", 0.2]'), upstream,
                                   authority))
    for _ in range(4):
        assert ask(host, model).status == 200
    wait_for(lambda: "is exceeded" in host.log(), "the log says that it is exceeded")
    warnings = [line for line in host.log().splitlines() if 'budget \\"everyone\\"' in line]
    assert len([line for line in warnings if "is exceeded" in line]) == 1
    assert len([line for line in warnings if "has come to 20 %" in line]) == 1
    assert not [line for line in warnings if "has come to 10 %" in line]  # passed in one step
    assert scrape(host).sum("bellwether_budget_warnings_total", budget="everyone") == 2


def test_a_webhook_is_told_once_over_tls(start_host: StartHost, upstream: Simulator,
                                         authority: Authority, receiver: Receiver) -> None:
    model = upstream.serve(answers.chat())
    rule = budget(1000, warn_at="[0.05]", webhook='"ops"', each='"user"', per="month")
    host = start_host(watched(rule, receiver, upstream, authority))
    for _ in range(3):
        assert ask(host, model, user="ann").status == 200
    wait_for(lambda: scrape(host).sum(POSTS, webhook="ops", outcome="delivered") == 1, "one post")
    ((path, told),) = receiver.told
    assert path == PATH
    documented = re.search(r"```json\n(.*?)```", (ROOT / "docs/webhooks.md").read_text(), re.S)
    assert list(told) == list(json.loads(documented[1]))
    assert told["event"] == "budget.warning"
    assert (told["budget"], told["value"], told["percent"]) == ("everyone", "ann", 5)
    assert told["used"] + told["held"] == told["limit"] - told["left"] >= 50
    assert told["resets"].endswith("-01T00:00:00Z")
    assert told["text"] in [json.loads(line)["message"] for line in host.log().splitlines()
                            if "has come to" in line]


def test_a_webhook_is_told_again_until_it_understands(
        start_host: StartHost, upstream: Simulator, authority: Authority,
        receiver: Receiver) -> None:
    receiver.statuses = [503, 204]
    model = upstream.serve(answers.chat())
    host = start_host(watched(budget(1000, warn_at="[0.05]", webhook='"ops"'), receiver, upstream,
                              authority))
    assert ask(host, model).status == 200
    wait_for(lambda: scrape(host).sum(POSTS, outcome="delivered") == 1, "it was told")
    first, second = (told for _, told in receiver.told)
    assert first == second


def test_a_host_that_ends_tells_what_waits(start_host: StartHost, upstream: Simulator,
                                           authority: Authority, receiver: Receiver) -> None:
    receiver.statuses = [503, 503, 503, 200]
    model = upstream.serve(answers.chat())
    host = start_host(watched(budget(1000, warn_at="[0.05]", webhook='"ops"'), receiver, upstream,
                              authority))
    assert ask(host, model).status == 200
    wait_for(lambda: len(receiver.told) == 3, "it waits for its fourth try")  # 2 to 4 s from then
    host.process.send_signal(signal.SIGTERM)
    wait_for(lambda: len(receiver.told) == 4, "it was told")
    host.stop()
    assert "was not told" not in host.log()


def test_an_address_is_never_shown(start_host: StartHost, upstream: Simulator,
                                   authority: Authority, receiver: Receiver) -> None:
    receiver.statuses = [404]
    model = upstream.serve(answers.chat())
    host = start_host(watched(budget(1000, warn_at="[0.05]", webhook='"ops"'), receiver, upstream,
                              authority))
    assert ask(host, model).status == 200
    wait_for(lambda: 'webhook \\"ops\\" was not told' in host.log(), "the log says so")
    assert scrape(host).sum(POSTS, webhook="ops", outcome="failed") == 1
    config = host.admin("GET", "/admin/config").body().decode()
    assert json.loads(config)["webhooks"]["ops"]["url"] == "***"
    assert json.loads(config)["budgets"][0]["webhook"] == "ops"
    for text in (host.log(), config, host.admin("GET", "/metrics").body().decode()):
        assert "secret" not in text.replace("proxy_secret", "") and "hidden" not in text
