"""Every fault of an upstream: what the client gets, how often it was tried, and what was counted.
The expectations are tables in `fault_matrix`, and docs/faults.md is made of them."""

from typing import Iterator

import pytest

from integration.conftest import StartHost
from integration.fault_matrix import page
from integration.fault_matrix.bench import Bench
from integration.fault_matrix.tables import CASES, Case
from upstream.tls import Authority


@pytest.fixture(scope="module")
def bench(start_host: StartHost, authority: Authority,
          tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    """All calls are made once, at the same time; each test looks at one of them."""
    with Bench(tmp_path_factory.mktemp("bench"), authority) as stands:
        stands.run(start_host)
        yield stands


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_fault_comes_to_what_the_page_says(bench: Bench, case: Case) -> None:
    seen = bench.seen[case.name]
    if isinstance(seen, Exception):
        raise seen
    assert seen == case.expected
    assert bench.held[case.name] == 0


def test_there_are_enough_cells() -> None:
    assert len(CASES) >= 250
    assert len({case.name for case in CASES}) == len(CASES)


def test_the_page_is_made_of_the_table() -> None:
    """`cd tests && python -m integration.fault_matrix` writes it anew."""
    assert page.PAGE.read_text() == page.text()
