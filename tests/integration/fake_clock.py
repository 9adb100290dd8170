"""A clock that a test moves: what a host takes for the time of day."""

import os
import subprocess
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from integration.host import SLOWNESS

LIBRARY = next(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"), None)


# The library moves timers that are set to a moment by the clock of the day's offset, whichever clock
# they go by: a timer that is due at once would never ring. This stands before it.
REAL_TIMERS = """#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <unistd.h>
int timerfd_settime(int timer, int flags, const struct itimerspec* to, struct itimerspec* from) {
    return (int)syscall(SYS_timerfd_settime, timer, flags, to, from);
}
"""

needs_fake_clock = pytest.mark.skipif(
    LIBRARY is None or SLOWNESS > 1,
    reason="this needs the package faketime; and a sanitizer's library has to be loaded first")


def next_time(hour: int) -> datetime:
    """In UTC; not so soon that it is over before a test has begun."""
    at = datetime.now(timezone.utc).replace(hour=hour, minute=0, second=0, microsecond=0)
    soon = datetime.now(timezone.utc) + timedelta(minutes=1)
    return at if at >= soon else at + timedelta(days=1)


class FakeClock:
    """Set it before the host starts."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "clock"
        timers = folder / "real_timers.so"
        subprocess.run([os.environ.get("CC", "gcc"), "-shared", "-fPIC", "-xc", "-", "-o", timers],
                       input=REAL_TIMERS.encode(), check=True)
        self.environment = {
            "LD_PRELOAD": f"{timers} {LIBRARY}", "FAKETIME_TIMESTAMP_FILE": str(self._file),
            "FAKETIME_NO_CACHE": "1", "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            "DONT_FAKE_MONOTONIC": "1"}

    def set(self, at: datetime) -> None:
        offset = (at - datetime.now(timezone.utc)).total_seconds()
        written = self._file.with_suffix(".new")
        written.write_text(f"{offset:+.0f}s\n")
        written.rename(self._file)
