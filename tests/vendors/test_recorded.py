"""The recorded exchanges are what the simulated providers do today."""

import pytest

from upstream.tls import Authority
from vendors.record import RECORDED, RECORDERS, record


@pytest.mark.parametrize("vendor", RECORDERS)
def test_recorded(vendor: str, authority: Authority) -> None:
    wanted = dict(record(vendor, authority))
    there = {path.name: path.read_bytes() for path in (RECORDED / vendor).iterdir()}
    assert sorted(there) == sorted(wanted)
    changed = [name for name, data in wanted.items() if there[name] != data]
    assert not changed, "python3 -m vendors.record writes them anew, in tests/"
