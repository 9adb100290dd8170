"""The article's programs at a provider that fails in each way: where another target or another try
can serve them, they notice nothing; where nothing can, they get the exception that they know what
to do with, and the upstream is not asked more often than docs/reliability.md says."""

import asyncio
import json
import os
import subprocess
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Callable, Iterator

import openai
import pytest

from integration.conftest import StartHost, provider, route, server
from integration.host import SLOWNESS, Host, milliseconds
from upstream import errors, qwen
from upstream.errors import QwenError
from upstream.exchange import Exchange, Scenario
from upstream.scenarios import answers, faults, timing
from upstream.simulator import Simulator
from upstream.tls import Authority

ATTEMPTS = 2  # of the host for each call, fewer than the three of the packages themselves
HEALTHY = "the healthy answer"
GOOD = answers.chat(["the ", "healthy ", "answer"])
BEGUN = ["so ", "far"]
Program = Callable[[str], str]  # asks a model, and has its answer or raises
CASES = Path(__file__).resolve().parent
SYSTEM = {"role": "system", "content": "You are a helpful AI assistant."}


# ---- the programs -------------------------------------------------------------------------------


class Optimizer:
    """The one for many at once. An error is a result, and sinks no other call."""

    def __init__(self, url: str, max_concurrent: int = 50) -> None:
        self.client = openai.AsyncOpenAI(api_key="x", base_url=f"{url}/v1",
                                         timeout=30.0 * SLOWNESS, max_retries=3)
        self.semaphore = asyncio.Semaphore(max_concurrent)

    async def chat(self, prompt: str, model: str) -> dict:
        async with self.semaphore:
            try:
                response = await self.client.chat.completions.create(
                    model=model, messages=[SYSTEM, {"role": "user", "content": prompt}],
                    temperature=0.7, max_tokens=1000, stream=False)
                return {"content": response.choices[0].message.content,
                        "tokens": response.usage.total_tokens}
            except Exception as error:
                return {"error": error}


class Programs:
    """Each makes its client once, as it begins, and lives while in a `with`."""

    def __init__(self, url: str) -> None:
        self.client = openai.OpenAI(api_key="x", base_url=f"{url}/v1")
        self.patient = openai.OpenAI(api_key="x", base_url=f"{url}/v1", timeout=60.0)
        self.optimizer = Optimizer(url)
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)

    def __enter__(self) -> "Programs":
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.client.close()
        self.patient.close()
        asyncio.run_coroutine_threadsafe(self.optimizer.client.close(), self.loop).result(10)
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join()
        self.loop.close()

    def one_chat(self, model: str) -> str:
        """The first one: a key, a base URL, and whatever else the package does unless told."""
        response = self.client.chat.completions.create(
            model=model, temperature=0.7, max_tokens=1000,
            messages=[SYSTEM, {"role": "user", "content": "อธิบายสถาปัตยกรรม MoE"}])
        assert response.usage.total_tokens > 0
        return response.choices[0].message.content

    def batch(self, model: str) -> str:
        work = self.optimizer.chat("What is attention mechanism?", model)
        result = asyncio.run_coroutine_threadsafe(work, self.loop).result(60 * SLOWNESS)
        if "error" in result:
            raise result["error"]
        return result["content"]

    def story(self, model: str, printed: list[str] | None = None) -> str:
        """The one that prints a long answer as it comes."""
        said = [] if printed is None else printed
        stream = self.patient.chat.completions.create(
            model=model, messages=[{"role": "user", "content": "Write a long story..."}],
            stream=True, max_tokens=2000)
        for chunk in stream:
            if chunk.choices[0].delta.content:
                said.append(chunk.choices[0].delta.content)
        return "".join(said)

    def with_retry(self, model: str, sleep: Callable[[float], None] | None = None) -> str:
        """The one that backs off, whatever went wrong: five tries, and between them 2 s, then twice
        as long each time, up to 60 s."""
        for attempt in range(5):
            try:
                return self.one_chat(model)
            except openai.APIError:
                if attempt == 4:
                    raise
                assert sleep, "it was told to wait"
                sleep(min(max(2.0 ** attempt, 2.0), 60.0))
        raise AssertionError

    def together(self, work: Callable[[Program], None], *more: Program) -> None:
        """Does it with each of them, all at once."""
        each = [self.one_chat, self.batch, self.story, *more]
        with ThreadPoolExecutor(len(each)) as threads:
            list(threads.map(work, each))


# ---- the faults ---------------------------------------------------------------------------------


def status(code: int) -> Scenario:
    return faults.error(QwenError(code, "overloaded_error", "Overloaded.", "server_error"))


def cut(words: list[str]) -> Scenario:
    """A whole reply breaks off in its middle, a stream after its role and these words."""

    async def play(exchange: Exchange) -> None:
        if not exchange.streams:
            return await faults.cut(BEGUN)(exchange)
        await exchange.head()
        for event in [qwen.opening(exchange.model),
                      *(qwen.said(exchange.model, word) for word in words)]:
            await exchange.event(event)
        exchange.cut()

    return play


@dataclass(frozen=True)
class Fault:
    plays: Scenario | None  # None: nobody listens there
    raises: type[openai.APIStatusError]
    status: int
    code: str
    passes: bool = True  # the same target may do better the next time


OUTAGE = openai.InternalServerError
RATE = openai.RateLimitError
WRONG = openai.BadRequestError
FAULTS = {
    "refused connection": Fault(None, OUTAGE, 502, "upstream_unreachable"),
    "429 with a wait": Fault(faults.error(errors.RATE, {"retry-after-ms": "60"}), RATE, 429,
                             "limit_requests"),
    "429 without": Fault(faults.error(errors.RATE), RATE, 429, "limit_requests"),
    "500": Fault(faults.error(errors.INTERNAL), OUTAGE, 500, "internal_error"),
    "503": Fault(faults.error(errors.OVERLOADED), OUTAGE, 503, "ModelServingError"),
    "529": Fault(status(529), OUTAGE, 529, "overloaded_error"),
    "401": Fault(faults.error(errors.INVALID_KEY), openai.AuthenticationError, 401,
                 "invalid_api_key", passes=False),
    "no such model": Fault(faults.error(errors.NO_SUCH_MODEL), openai.NotFoundError, 404,
                           "model_not_found", passes=False),
    "out of credit": Fault(faults.error(errors.BILL_OVERDUE), RATE, 429, "insufficient_quota",
                           passes=False),
    "content filter": Fault(faults.error(errors.MODERATION), WRONG, 400, "content_filter",
                            passes=False),
    "too long": Fault(faults.error(errors.CONTEXT_OVERFLOW), WRONG, 400,
                      "context_length_exceeded", passes=False),
    "silence": Fault(timing.late(timing.FOREVER, GOOD), OUTAGE, 504, "first_byte_timeout"),
    "silence after the head": Fault(timing.head_then_silence(), OUTAGE, 504,
                                    "first_byte_timeout"),
    "cut before content": Fault(cut([]), OUTAGE, 502, "upstream_cut"),
    "200 with an error": Fault(faults.error_with_status_200(errors.INTERNAL), OUTAGE, 502,
                               "internal_error"),
}
all_faults = pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS.keys())


@pytest.fixture(scope="module")
def failing(start_host: StartHost, upstream: Simulator, second: Simulator,
            authority: Authority) -> Host:
    """`pair-*` has a second target, `alone-*` has none and is tried again, `dead-*` are the same
    where nobody listens; `hedged-*` asks the second one as well after a moment."""
    hasty = dict(first_byte=800, idle=800)
    nobody = provider("nobody", upstream, authority).replace(upstream.base_url,
                                                             "https://127.0.0.1:1/v1")
    retry = (f'retry = {{ attempts = {ATTEMPTS}, first = "{milliseconds(20)}", '
             f'longest = "{milliseconds(50)}" }}\n')
    chain = 'on_content_filter = "two"\n'
    return start_host(
        server(retry="budget_percent = 100\nbudget_floor = 10000")
        + provider("one", upstream, authority, **hasty) + nobody
        + provider("two", second, authority, first_byte=15000, idle=15000, total=20000)
        + provider("patient", upstream, authority, first_byte=15000, idle=15000, total=20000)
        + route("pair-*", '["one", "two"]') + retry + chain
        + route("alone-*", '"one"') + retry
        + route("dead-pair-*", '["nobody", "two"]') + retry
        + route("dead-alone-*", '"nobody"') + retry
        + route("patient-*", '"patient"') + retry
        + route("hedged-*", '["patient", "two"]') + f'hedge = "{milliseconds(80)}"\n')


@pytest.fixture(scope="module")
def programs(failing: Host) -> Iterator[Programs]:
    with Programs(failing.url) as made:
        yield made


def asked(model: str, *simulators: Simulator) -> list[int]:
    return [len(simulator.requests(model)) for simulator in simulators]


# ---- nothing is noticed -------------------------------------------------------------------------


@all_faults
def test_a_second_target_serves(programs: Programs, upstream: Simulator, second: Simulator,
                                fault: Fault) -> None:
    """Its answer, once and whole, after one try at the first one."""
    def run(program: Program) -> None:
        prefix = "pair" if fault.plays else "dead-pair"
        model = upstream.serve(fault.plays or GOOD, prefix=prefix)
        second.script(model, GOOD)
        assert program(model) == HEALTHY
        assert asked(model, upstream, second) == [1 if fault.plays else 0, 1]

    programs.together(run, programs.with_retry)


@pytest.mark.parametrize(
    "fault", [fault for fault in FAULTS.values() if fault.passes and fault.plays],
    ids=[name for name, fault in FAULTS.items() if fault.passes and fault.plays])
def test_a_second_try_serves(programs: Programs, upstream: Simulator, fault: Fault) -> None:
    """At the only target that there is."""
    def run(program: Program) -> None:
        model = upstream.serve(fault.plays, GOOD, prefix="alone")
        assert program(model) == HEALTHY
        assert asked(model, upstream) == [2]

    programs.together(run, programs.with_retry)


def test_a_slow_answer_is_waited_for(programs: Programs, upstream: Simulator) -> None:
    def run(program: Program) -> None:
        model = upstream.serve(timing.late(0.3, GOOD), prefix="patient")
        assert program(model) == HEALTHY
        assert asked(model, upstream) == [1]

    programs.together(run)


def test_a_hedge_is_not_noticed(programs: Programs, upstream: Simulator, second: Simulator) -> None:
    """Two are asked, one answers; the other one's connection is closed."""
    def run(program: Program) -> None:
        model = upstream.serve(timing.late(timing.FOREVER, GOOD), prefix="hedged")
        second.script(model, GOOD)
        assert program(model) == HEALTHY
        assert upstream.ended(model)[0].disconnected_at is not None
        assert asked(model, upstream, second) == [1, 1]

    programs.together(run)


# ---- nothing can serve it -----------------------------------------------------------------------


@all_faults
def test_the_exception_says_what_to_do(programs: Programs, upstream: Simulator,
                                       fault: Fault) -> None:
    """Its class, its status and its code. The host has tried what it may, and the package, which
    would have tried it two or three times more, leaves it at that."""
    tries = ATTEMPTS if fault.passes else 1

    def run(program: Program) -> None:
        model = upstream.serve(fault.plays or GOOD,
                               prefix="alone" if fault.plays else "dead-alone")
        with pytest.raises(openai.APIStatusError) as caught:
            program(model)
        error = caught.value
        assert (type(error), error.status_code, error.code) == (fault.raises, fault.status,
                                                                fault.code)
        assert error.type and error.request_id and error.body["message"] in str(error)
        assert error.response.headers["x-bellwether-attempts"] == str(tries)
        assert error.request.headers["x-stainless-retry-count"] == "0"
        assert asked(model, upstream) == [tries if fault.plays else 0]

    programs.together(run)


@pytest.mark.parametrize("name", ["429 with a wait", "503"])
def test_a_loop_around_it_all(programs: Programs, upstream: Simulator, name: str) -> None:
    """Of a failure that stays it makes five calls, of `attempts` tries each and no more."""
    fault = FAULTS[name]
    model = upstream.serve(fault.plays, prefix="alone")
    slept: list[float] = []
    with pytest.raises(fault.raises):
        programs.with_retry(model, slept.append)
    assert slept == [2, 2, 4, 8]
    assert asked(model, upstream)[0] <= 5 * ATTEMPTS


CUT_SHORT = {"cut": (cut(BEGUN), "upstream_cut"),
             "error": (faults.error_frame(BEGUN, errors.INTERNAL), "internal_error"),
             "silence": (timing.silent_after(BEGUN), "idle_timeout")}


@pytest.mark.parametrize(("fault", "code"), CUT_SHORT.values(), ids=CUT_SHORT.keys())
def test_a_story_that_breaks_off_is_not_begun_anew(programs: Programs, upstream: Simulator,
                                                   second: Simulator, fault: Scenario,
                                                   code: str) -> None:
    """What was printed stays printed once, whoever else could have told it; then the error."""
    model = upstream.serve(fault, prefix="pair")
    second.script(model, GOOD)
    printed: list[str] = []
    with pytest.raises(openai.APIError) as caught:
        programs.story(model, printed)
    assert "".join(printed) == "so far"
    assert caught.value.code == code and caught.value.type == "server_error"
    assert asked(model, upstream, second) == [1, 0]


def test_a_program_with_less_patience(failing: Host, upstream: Simulator) -> None:
    """Its own time-out ends the call, here and at the upstream; the host does not try it again."""
    model = upstream.serve(timing.late(timing.FOREVER, GOOD), prefix="patient")
    with openai.OpenAI(api_key="x", base_url=f"{failing.url}/v1", timeout=0.2 * SLOWNESS,
                       max_retries=0) as client, pytest.raises(openai.APITimeoutError):
        client.chat.completions.create(model=model, messages=[SYSTEM])
    (tried,) = upstream.ended(model)
    assert tried.disconnected_at is not None


def test_another_vendors_name(programs: Programs) -> None:
    """As in the article's third error; without a request to anybody."""
    with pytest.raises(openai.NotFoundError, match="gpt-4") as caught:
        programs.one_chat("gpt-4")
    assert caught.value.code == "model_not_found"


# ---- the same in Node ---------------------------------------------------------------------------


def with_node(host: Host, models: list[str]) -> list[dict]:
    """What becomes of a chat and of a stream of each model, with the package's usual retries."""
    done = subprocess.run(["node", "cases.mjs", "outcomes"], cwd=CASES, capture_output=True,
                          text=True, timeout=30 * SLOWNESS,
                          env={**os.environ, "BELLWETHER_URL": host.url,
                               "MODEL": ",".join(models), "MAX_RETRIES": "2"})
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)["outcomes"]


def test_node_is_served_by_the_second(failing: Host, upstream: Simulator,
                                      second: Simulator) -> None:
    found = [fault for fault in FAULTS.values() if fault.plays]
    models = [upstream.serve(fault.plays, prefix="pair") for fault in found]
    for model in models:
        second.script(model, GOOD)
    outcomes = with_node(failing, models)
    assert outcomes == [{"chat": {"content": HEALTHY}, "stream": {"content": HEALTHY}}] * len(found)
    assert [asked(model, second) for model in models] == [[2]] * len(found)


def test_node_gets_its_exception(failing: Host, upstream: Simulator) -> None:
    """Where nothing can serve the call. Two calls that meet one rate limit share their tries."""
    found = {name: fault for name, fault in FAULTS.items() if fault.plays}
    models = [upstream.serve(fault.plays, prefix="alone") for fault in found.values()]
    for (name, fault), model, both in zip(found.items(), models, with_node(failing, models)):
        for error in both.values():
            assert (error["kind"], error["status"], error["code"]) == (
                fault.raises.__name__, fault.status, fault.code), name
        tries = ATTEMPTS if fault.passes else 1
        assert 2 <= asked(model, upstream)[0] <= 2 * tries, name
