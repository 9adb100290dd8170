"""The official packages try again by themselves, and so does the host: the two do not multiply."""

import json
import os
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Callable

import openai
import pytest

from integration.conftest import StartHost, provider, route, server
from integration.host import SLOWNESS, Host, milliseconds
from upstream import errors
from upstream.scenarios import answers, faults
from upstream.simulator import Simulator
from upstream.tls import Authority

ATTEMPTS = 3  # of the host, as in the config below
SDK_ATTEMPTS = 3  # of both packages, unless told otherwise
CALLS = 60
SHARE, FLOOR = 0.2, 100  # of the retry budget, as by default, in the ten seconds that it looks at
FAILED = faults.error(errors.OVERLOADED)
PROMPT = [{"role": "user", "content": "Hello"}]
CASES = Path(__file__).resolve().parent


@pytest.fixture(scope="module")
def retrying(start_host: StartHost, upstream: Simulator, authority: Authority) -> Host:
    """`again-*` is tried again by the host, `once-*` is not; the retry budget is the usual one."""
    waits = f'first = "{milliseconds(20)}", longest = "{milliseconds(50)}"'
    return start_host(
        server(retry="") + provider("holysheep", upstream, authority, first_byte=15000, total=20000)
        + route("again-*", '"holysheep"') + f"retry = {{ attempts = {ATTEMPTS}, {waits} }}\n"
        + route("once-*", '"holysheep"') + "retry = { attempts = 1 }\n")


def with_python(host: Host, model: str) -> int:
    """One call that fails; the status that it ends with."""
    with openai.OpenAI(api_key="client-key", base_url=f"{host.url}/v1") as client:
        with pytest.raises(openai.InternalServerError) as caught:
            client.chat.completions.create(model=model, messages=PROMPT)
    return caught.value.status_code


def with_node(host: Host, model: str) -> int:
    done = subprocess.run(
        ["node", "cases.mjs", "refused"], cwd=CASES, capture_output=True, text=True,
        timeout=30 * SLOWNESS,
        env={**os.environ, "BELLWETHER_URL": host.url, "MODEL": model,
             "MAX_RETRIES": str(SDK_ATTEMPTS - 1)})
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)["status"]


@pytest.mark.parametrize("call", [with_python, with_node], ids=["python", "node"])
@pytest.mark.parametrize(("prefix", "requests"), [("again", ATTEMPTS), ("once", SDK_ATTEMPTS)])
def test_one_of_the_two_tries_again(retrying: Host, upstream: Simulator,
                                    call: Callable[[Host, str], int], prefix: str,
                                    requests: int) -> None:
    """The package does where the host does not."""
    model = upstream.serve(FAILED, prefix=prefix)
    assert call(retrying, model) == 503
    assert len(upstream.requests(model)) == requests


def test_what_the_host_mends_no_package_sees(retrying: Host, upstream: Simulator) -> None:
    model = upstream.serve(FAILED, FAILED, answers.chat(["at last"]), prefix="again")
    with openai.OpenAI(api_key="client-key", base_url=f"{retrying.url}/v1",
                       max_retries=0) as client:
        reply = client.chat.completions.create(model=model, messages=PROMPT)
    assert reply.choices[0].message.content == "at last"
    assert len(upstream.requests(model)) == ATTEMPTS


def test_an_outage_is_not_multiplied(retrying: Host, upstream: Simulator) -> None:
    """Many at once, more than the retry budget can have room for: who is not tried again by the
    host, because the budget is used up, is not tried again by the package either."""
    model = upstream.serve(FAILED, prefix="again")
    with openai.OpenAI(api_key="client-key", base_url=f"{retrying.url}/v1") as client:

        def call(_: int) -> int:
            with pytest.raises(openai.InternalServerError) as caught:
                client.chat.completions.create(model=model, messages=PROMPT)
            return caught.value.status_code

        with ThreadPoolExecutor(CALLS) as threads:
            statuses = list(threads.map(call, range(CALLS)))
    assert statuses == [503] * CALLS
    assert CALLS <= len(upstream.requests(model)) <= CALLS * (1 + SHARE) + FLOOR < ATTEMPTS * CALLS
