"""Every cell of the table, by each way of asking: what the client got, and what the vendor was
asked. Then what lasts longer than a call: the log, the page."""

import time

import openai
import pytest

from integration.host import SLOWNESS
from plugins import table
from plugins.asking import Outcome, ask
from plugins.columns import PLUGINS
from plugins.conftest import StandOf
from plugins.rows import BEGUN, MESSAGES, RESULTS, SCHEMAS, TOOLS, WHOLE, Answered, Refused
from plugins.stands import CLIENT_KEY, SECOND, WRONG_SECRET, Stand
from plugins.table import CELLS, Cell
from upstream.vendors import content

CASES = [pytest.param(cell, way, id=f"{cell.name}-{way}")
         for cell in CELLS if cell.is_there for way in cell.row.ways]
EACH = pytest.mark.parametrize("name", [plugin.name for plugin in PLUGINS])


@pytest.mark.parametrize(("cell", "way"), CASES)
def test_a_cell(stand_of: StandOf, cell: Cell, way: str) -> None:
    stand, row = stand_of(cell.plugin.name), cell.row
    scenarios = row.plays(stand)
    model = (stand.serve(scenarios, row.sees) if scenarios
             else f"{stand.vendor.prefix}-unknown-{way}")
    before = len(stand.refused)
    more = cell.plugin.thinking if "reasoning_effort" in row.asks else {}
    got = ask(way, stand, {"model": row.to + model, **row.asks, **more})
    refused = [fault for _, fault in stand.refused[before:]]
    if not row.refuses:
        assert not refused, "the vendor's checks have turned the request away"
    expected = cell.expected(stand)
    expected.check(stand, model, got)
    if row.refuses:
        # The refusal of a token may be remembered; all else is asked for once, and turned away.
        assert len(refused) == 1 or (stand.plugin.fetches_tokens and not refused)
    elif not isinstance(expected, Refused):
        request = stand.vendor.request(model)
        assert CLIENT_KEY not in str(request.headers), "the client's key is the host's business"
        row.reads(stand.read(request))


def results_of(got: Outcome) -> list[dict[str, str]]:
    return [{"role": "tool", "tool_call_id": identity, "content": RESULTS[name]}
            for identity, name, _ in got.calls]


@EACH
@pytest.mark.parametrize("way", [*WHOLE, "helper"])
def test_tool_results_are_sent_back(stand_of: StandOf, name: str, way: str) -> None:
    """The answer goes back as the package has it, with what came of its calls; the vendor gets the
    ids that it has given."""
    stand = stand_of(name)
    model = stand.serve([stand.vendor.says(content.PARALLEL), stand.vendor.says(content.PLAIN)])
    before = len(stand.refused)
    first = ask(way, stand, {"model": model, "messages": MESSAGES, "tools": TOOLS})
    calls = [{"id": identity, "type": "function",
              "function": {"name": named, "arguments": call.function.arguments}}
             for (identity, named, _), call in zip(first.calls, first.message.tool_calls)]
    said = first.message if way in WHOLE else {"role": "assistant", "tool_calls": calls}
    second = ask(way, stand, {"model": model, "tools": TOOLS,
                              "messages": [*MESSAGES, said, *results_of(first)]})
    assert not stand.refused[before:]
    Answered(content.PLAIN, usage=way in WHOLE).check(stand, model, second)
    read = stand.read(stand.vendor.requests(model)[1])
    keys = {call.name: call.id if stand.plugin.names_calls else call.name
            for call in content.PARALLEL.calls}
    assert set(read.tools) == set(SCHEMAS)
    assert read.calls == [(keys[call.name], call.name, call.arguments)
                          for call in content.PARALLEL.calls]
    assert set(read.results) == set(keys.values())
    for named, result in RESULTS.items():
        told = read.results[keys[named]].replace('\\"', '"')
        assert result in told


# ---- leaving -------------------------------------------------------------------------------------


def assert_left(stand: Stand, model: str, left: float) -> None:
    """The upstream's connection is closed soon, and the host serves on."""
    (entry,) = stand.vendor.ended(model)
    assert entry.disconnected_at is not None
    assert entry.disconnected_at - left < 1.0 * SLOWNESS
    Answered(SECOND).check(stand, stand.good, ask("plain", stand, {
        "model": stand.good, "messages": MESSAGES}))


@EACH
def test_leaving_a_stream(stand_of: StandOf, name: str) -> None:
    stand = stand_of(name)
    model = stand.serve([stand.vendor.lingers(BEGUN)])
    said = ""
    with stand.plain.chat.completions.create(model=model, messages=MESSAGES,
                                             stream=True) as chunks:
        for chunk in chunks:
            said += chunk.choices[0].delta.content or ""
            if said == BEGUN.text:
                break
    assert_left(stand, model, time.monotonic())


@EACH
def test_leaving_a_stream_async(stand_of: StandOf, name: str) -> None:
    stand = stand_of(name)
    model = stand.serve([stand.vendor.lingers(BEGUN)])

    async def leave() -> float:
        said = ""
        chunks = await stand.waiting.chat.completions.create(model=model, messages=MESSAGES,
                                                             stream=True)
        async with chunks:
            async for chunk in chunks:
                said += chunk.choices[0].delta.content or ""
                if said == BEGUN.text:
                    break
        return time.monotonic()

    assert_left(stand, model, stand.run(leave()))


@EACH
def test_leaving_before_an_answer(stand_of: StandOf, name: str) -> None:
    """By a time-out of the package's own."""
    stand = stand_of(name)
    model = stand.serve([stand.vendor.lingers(BEGUN)])
    with pytest.raises(openai.APITimeoutError):
        stand.plain.with_options(timeout=0.3 * SLOWNESS).chat.completions.create(
            model=model, messages=MESSAGES)
    assert_left(stand, model, time.monotonic())


# ---- what lasts ----------------------------------------------------------------------------------


@EACH
def test_no_secret_is_logged(stand_of: StandOf, name: str) -> None:
    """Also not those that were refused, nor the tokens that were given out."""
    stand = stand_of(name)
    ask("plain", stand, {"model": f"wrong/{stand.good}", "messages": MESSAGES})
    ask("plain", stand, {"model": stand.good, "messages": MESSAGES})
    log = stand.host.log()
    assert '"level":"access"' in log
    sent = {stand.vendor.requests(stand.good)[-1].header(header)
            for header in ("authorization", "x-api-key", "api-key", "x-goog-api-key")} - {None}
    assert sent, "the vendor was shown a credential"
    for secret in [*stand.place.secrets, WRONG_SECRET, *(one.split()[-1] for one in sent if one)]:
        assert secret not in log


def test_the_page_is_made_of_the_table() -> None:
    """`cd tests && python -m plugins.table` writes it anew."""
    assert table.PAGE.read_text() == table.text()


def test_every_mark_is_of_a_cell() -> None:
    names = {(cell.row.name, cell.plugin.name) for cell in CELLS}
    assert set(table.DIFFERS) | set(table.REMARKS) <= names
    assert len({param.id for param in CASES}) == len(CASES) >= 750
    for cell in CELLS:
        needs = cell.row.needs
        has = cell.plugin.blocks if needs == "blocks" else not needs or needs in cell.plugin.faults
        assert bool(has) == cell.is_there, cell.name
