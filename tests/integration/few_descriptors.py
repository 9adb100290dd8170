"""Takes from a running host the descriptors that it could still open."""

import os
import resource
from contextlib import contextmanager
from typing import Iterator

import pytest

from integration.host import SLOWNESS, Host

# UBSan opens a pipe to look whether an object's memory can be read, and takes it for none if it
# gets no descriptors.
not_sanitized = pytest.mark.skipif(SLOWNESS > 1, reason="a sanitizer needs descriptors itself")


def descriptors(host: Host) -> set[int]:
    return {int(name) for name in os.listdir(f"/proc/{host.process.pid}/fd")}


@contextmanager
def no_more_descriptors(host: Host, spare: int = 0) -> Iterator[None]:
    """The lowest number that is free, but for so many, is beyond the limit."""
    pid = host.process.pid
    before = resource.prlimit(pid, resource.RLIMIT_NOFILE)
    used = descriptors(host)
    free = [number for number in range(len(used) + spare + 1) if number not in used][spare]
    resource.prlimit(pid, resource.RLIMIT_NOFILE, (free, before[1]))
    try:
        yield
    finally:
        resource.prlimit(pid, resource.RLIMIT_NOFILE, before)
