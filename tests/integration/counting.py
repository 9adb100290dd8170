"""What the tests of budgets and limits share: the host's own arithmetic, and a look at what is
left."""

import json
import select
from typing import Any

from integration.conftest import provider, route, server
from integration.host import Host, wait_for
from integration.http_client import Connection, Reply
from upstream.simulator import Simulator
from upstream.tls import Authority

MAX_TOKENS = 50  # of the calls that `ask` sends
NEVER_FITS = 1_000_000  # the most that a single choice is counted with


def rules_config(rules: str, upstream: Simulator, authority: Authority,
                 ledger: str = "memory:", workers: int = 2) -> str:
    """A host with one provider for `qwen-*`, these rules, and patience."""
    return (server(workers) + provider("holysheep", upstream, authority, connect=15000,
                                first_byte=15000, idle=15000, total=20000)
            + route("qwen-*", '"holysheep"') + f'\n[ledger]\nurl = "{ledger}"\n' + rules)


def budget(limit: int | str, name: str = "everyone", per: str = "none", **members: str) -> str:
    """A budget's section; members are TOML."""
    more = "\n".join(f"{key} = {text}" for key, text in members.items())
    amount = f"{limit} tok" if isinstance(limit, int) else limit
    return f'\n[[budgets]]\nname = "{name}"\nlimit = "{amount}"\nper = "{per}"\n{more}\n'


def limit(name: str = "fair", **members: str) -> str:
    """A limit's section; members are TOML."""
    more = "\n".join(f"{key} = {text}" for key, text in members.items())
    return f'\n[[limits]]\nname = "{name}"\n{more}\n'


# ---- the host's arithmetic ----------------------------------------------------------------------


def body_of(model: str, prompt: str = "Hello", **members: Any) -> bytes:
    """A chat's body, with `max_tokens` if the members do not say otherwise."""
    payload = {"model": model, "messages": [{"role": "user", "content": prompt}],
               "max_tokens": MAX_TOKENS, **members}
    return json.dumps(payload).encode()


def prompt_bound(body: bytes) -> int:
    """For how many tokens of the prompt a hold is made, before anything was learned of its model."""
    digits = sum(0x30 <= byte <= 0x39 for byte in body)
    return 32 + digits + -(-(len(body) - digits) * 313 // 1000)


# ---- asking, and what is left -------------------------------------------------------------------


def ask(host: Host, model: str, prompt: str = "Hello", **members: Any) -> Reply:
    return host.post("/v1/chat/completions", body_of(model, prompt, **members))


def standings(reply: Reply) -> dict[str, dict[str, str]]:
    """What the answer's head says of each budget: its limit, what remains, when it resets."""
    found = {}
    for header, text in reply.header_list:
        if header == "x-bellwether-budget":
            name, *members = text.split("; ")
            found[name] = dict(member.split("=", 1) for member in members)
    return found


def remaining(host: Host, model: str, name: str = "everyone", **members: Any) -> int:
    """What is left of a hard budget below a million tokens: a call that it refuses tells, and
    changes nothing."""
    refused = ask(host, model, max_tokens=NEVER_FITS, **members)
    assert refused.status == 429, refused.body()
    refused.body()
    return int(standings(refused)[name]["remaining"])


def wait_until_left(host: Host, model: str, expected: int, **members: Any) -> None:
    """A settlement may come a moment after its answer."""
    last = None

    def is_left() -> bool:
        nonlocal last
        last = remaining(host, model, **members)
        return last == expected

    try:
        wait_for(is_left, f"{expected} left", seconds=5)
    except AssertionError as failure:
        raise AssertionError(f"{failure}; there are {last}") from None


def counted(host: Host, name: str = "everyone") -> tuple[int, int]:
    """What is used and what is held of a budget, as an operator sees it. Never less than nothing."""
    (budget,) = host.admin("GET", f"/admin/budgets?name={name}").json()["budgets"]
    assert budget["used"] >= 0 and budget["held"] >= 0, budget
    return budget["used"], budget["held"]


def wait_until_counted(host: Host, used: int, held: int = 0, name: str = "everyone",
                       seconds: float = 10) -> None:
    try:
        wait_for(lambda: counted(host, name) == (used, held), f"{used} used, {held} held", seconds)
    except AssertionError as failure:
        raise AssertionError(f"{failure}; now {counted(host, name)}") from None


def send(connection: Connection, body: bytes, headers: dict[str, str] | None = None) -> None:
    """Sends a chat, and does not wait for the answer."""
    fields = {"host": "bellwether", "content-type": "application/json",
              "content-length": str(len(body)), **(headers or {})}
    lines = ["POST /v1/chat/completions HTTP/1.1",
             *(f"{name}: {text}" for name, text in fields.items()), "", ""]
    connection.socket.sendall("\r\n".join(lines).encode() + body)


def answers_within(connection: Connection, seconds: float) -> bool:
    """False: the call waits still."""
    return bool(select.select([connection.socket], [], [], seconds)[0])
