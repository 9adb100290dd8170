"""A host and upstreams for all faults, each with routes of its own, and what it saw."""

import json
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Iterable

from integration.conftest import StartHost, provider, route, server
from integration.counting import MAX_TOKENS, body_of, budget, prompt_bound
from integration.fault_matrix.outcome import WORDS, Outcome
from integration.fault_matrix.tables import CASES, Case
from integration.host import Host, wait_for
from integration.http_client import check_error, content_of
from upstream.doors import Door
from upstream.scenarios import answers
from upstream.simulator import Simulator
from upstream.tls import Authority, create_authority

PATIENT = dict(connect=15000, first_byte=15000, idle=15000, total=20000, stream_total=20000)
HASTY = dict(connect=700, first_byte=700, idle=700, total=1500, stream_total=1500)
REPORTED_PROMPT = 22  # tokens, by the upstreams' good answers
LIMIT = 10_000
CALLS_AT_ONCE = 24
GOOD = answers.chat([*WORDS])


@dataclass(frozen=True)
class Place:
    """Where a provider is."""

    base_url: str
    authority: Authority  # whom it is believed by


class Bench:
    """Stands while in a `with`. `seen` and `held` are there after run()."""

    def __init__(self, folder: Path, authority: Authority) -> None:
        self._authority = authority
        self._open = ExitStack()
        self.first, self.second = (Simulator(authority, keeps=False) for _ in range(2))
        stranger = create_authority(folder / "stranger", "A stranger")
        signed_itself = replace(stranger, certificate=stranger.ca_file,
                                key=stranger.ca_file.with_name("ca.key"))
        other_name = create_authority(folder / "other", server="DNS:other.example")
        expired = create_authority(folder / "expired", days=-1)
        self._impostors = {"wrong name": (other_name, other_name),
                           "expired": (expired, expired),
                           "self-signed": (signed_itself, authority)}
        self._places: dict[str, Place] = {}
        self.seen: dict[str, Outcome | Exception] = {}
        self.held: dict[str, int] = {}

    def __enter__(self) -> "Bench":
        for simulator in (self.first, self.second):
            self._open.enter_context(simulator)
        usual = Place(self.first.base_url, self._authority)
        self._places |= {"": usual, "hasty": usual, "openai": usual,
                         "second": Place(self.second.base_url, self._authority),
                         "nobody": Place("https://127.0.0.1:1/v1", self._authority),
                         "nowhere": Place("https://no-such-host.invalid/v1", self._authority)}
        for name, (shown, believed) in self._impostors.items():
            impostor = self._open.enter_context(Simulator(shown))
            self._places[name] = Place(impostor.base_url, believed)
        for case in CASES:
            if case.fault.door:
                door = self._open.enter_context(Door(case.fault.door, self.first.base_url))
                self._places[case.name] = Place(door.base_url, self._authority)
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    def run(self, start_host: StartHost, cases: Iterable[Case] = CASES) -> None:
        """Makes each call once, many at a time, those that take long first."""
        host = start_host(self._config())
        ordered = sorted(cases, key=lambda case: not case.fault.hasty)
        with ThreadPoolExecutor(CALLS_AT_ONCE) as threads:
            replies = dict(zip(ordered, threads.map(lambda case: self._call(host, case), ordered)))
        books = self._books(host)
        lines = {case.name: host.access_line(case.name) for case in replies}
        self.held = {name: held for name, (_, held) in books.items()}
        for case, reply in replies.items():
            self.seen[case.name] = reply if isinstance(reply, Exception) else replace(
                reply, counted=_counted(case, books[case.name][0], lines[case.name]))

    # ---- the host -----------------------------------------------------------------------------

    def _config(self) -> str:
        providers = [self._provider(name, place) for name, place in self._places.items()]
        routes = [route(case.name, self._targets(case)) + f"retry = {RETRY[case.setting]}\n"
                  for case in CASES]
        budgets = [budget(LIMIT, case.name, match=f'{{ model = "{case.name}" }}') for case in CASES]
        # No try is one too many, and nothing but an answer begins a stream.
        head = server(retry="budget_percent = 100\nbudget_floor = 10000", heartbeat='"none"')
        return "".join([head, '\n[ledger]\nurl = "memory:"\n', *providers, *routes, *budgets])

    def _provider(self, name: str, place: Place) -> str:
        times = HASTY if name == "hasty" else PATIENT
        if name.startswith("mute"):
            times = {**PATIENT, "connect": HASTY["connect"]}
        section = provider(_section(name), place, place.authority, **times)
        return section.replace('"holysheep"', '"openai"') if name == "openai" else section

    def _targets(self, case: Case) -> str:
        fault = case.fault
        own = case.name if fault.door else fault.place or ("hasty" if fault.hasty else "")
        targets = [_section("openai" if fault.plugin == "openai" else own)]
        return json.dumps(targets + ["second"] * (case.setting == "fallback"))

    # ---- a call -------------------------------------------------------------------------------

    def _call(self, host: Host, case: Case) -> Outcome | Exception:
        scenario = case.fault.plays or GOOD
        self.first.script(case.name, *[scenario, GOOD][:2 if case.setting == "retry" else 1])
        self.second.script(case.name, GOOD)
        try:
            with host.connect() as connection:
                reply = connection.post("/v1/chat/completions", _body(case),
                                        {"x-request-id": case.name})
                told = self._answer(reply, case.form == "stream")
        except Exception as failure:  # is the test's that asks for this case
            return failure
        received = sum(len(simulator.requests(case.name))
                       for simulator in (self.first, self.second))
        return replace(told, received=received)

    def _answer(self, reply: Any, streams: bool) -> Outcome:
        headers = reply.headers
        outcome = Outcome(reply.status, tries=int(headers.get("x-bellwether-attempts", 0)),
                          should_retry=headers.get("x-should-retry", ""),
                          retry_after_ms=headers.get("retry-after-ms", ""))
        if reply.status != 200:
            return replace(outcome, error=_kind_and_code(reply.json()))
        target = 2 if headers["x-bellwether-provider"] == "second" else 1
        if not streams:
            said = reply.json()["choices"][0]["message"]["content"]
            return replace(outcome, said=said, target=target)
        chunks = reply.chunks()
        error = _kind_and_code(chunks.pop()) if "error" in chunks[-1] else ""
        return replace(outcome, said=content_of(chunks), target=target, error=error)

    # ---- the books ----------------------------------------------------------------------------

    def _books(self, host: Host) -> dict[str, tuple[int, int]]:
        """What is used and held of each budget, when nothing moves any more."""
        def read() -> dict[str, tuple[int, int]]:
            budgets = host.admin("GET", "/admin/budgets").json()["budgets"]
            return {one["name"]: (one["used"], one["held"]) for one in budgets}

        try:
            wait_for(lambda: not any(held for _, held in read().values()), "nothing is held",
                     seconds=5)
        except AssertionError:
            pass  # is the tests' that ask what is held
        return read()


RETRY = {"alone": "{ attempts = 1 }", "fallback": "{ attempts = 2 }",
         "retry": '{ attempts = 2, first = "10ms", longest = "50ms" }'}


def _section(place: str) -> str:
    return place.replace(" ", "-").replace("_", "-") or "usual"


def _body(case: Case) -> bytes:
    return body_of(case.name, stream=case.form == "stream")


def _kind_and_code(body: dict[str, Any]) -> str:
    error = check_error(body)
    return f"{error['type']} {error['code']}"


def _tokens(count: int) -> str:
    return {0: "", 1: "1 token"}.get(count, f"{count} tokens")


def _counted(case: Case, used: int, line: dict[str, Any]) -> str:
    """Names what was used, as far as it is what was held or reported; else tells the figures."""
    prompt = prompt_bound(_body(case))
    hold = prompt + MAX_TOKENS
    figures = (line.get("input_tokens", 0), line.get("output_tokens", 0))
    source = line["usage_source"]
    last = {"none": "", "provider": "reported", "observed": "seen"}.get(source, source)
    if figures == (prompt, MAX_TOKENS):
        last = "hold"
    elif source == "estimate":
        last = _tokens(sum(figures))
    elif (source == "provider" and figures != (REPORTED_PROMPT, len(WORDS))
          or source == "observed" and figures[0] != prompt):
        last = f"{source} {figures[0]}+{figures[1]}"
    failed = used - sum(figures)
    before = "hold" if failed == hold else _tokens(failed)
    return " + ".join(filter(None, [before, last])) or "nothing"
