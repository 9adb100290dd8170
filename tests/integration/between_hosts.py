"""What stands between an old host and the new one, as a program that the old one takes for the new:
what either says with a certain word waits until the test lets it go (upgrading.py, `HeldBack`)."""

import json
import os
import select
import socket
import struct
import sys
import time
from pathlib import Path

_DESCRIPTOR = 3  # leads to the old host, as BELLWETHER_UPGRADE says
_HEAD = struct.Struct("=II")  # how many bytes, and descriptors, a message has


def stand_between(program: str, word: str, here: str, go: str) -> None:
    """Becomes the program; a child of it stands between."""
    ours, theirs = socket.socketpair()
    if os.fork() == 0:
        theirs.close()
        _Between(socket.socket(fileno=_DESCRIPTOR), ours, word, Path(here), Path(go)).pass_on()
        os._exit(0)
    os.dup2(theirs.fileno(), _DESCRIPTOR)
    os.execv(program, sys.argv)


class _Between:
    def __init__(self, old: socket.socket, new: socket.socket, word: str, here: Path,
                 go: Path) -> None:
        self._old, self._new = old, new
        self._word = json.dumps(word).encode()
        self._here, self._go = here, go
        self._said = b""  # by the old host, the end of it

    def pass_on(self) -> None:
        """Until one of the two ends."""
        try:
            while True:
                for ready in select.select([self._old, self._new], [], [])[0]:
                    if ready is self._old:
                        self._pass_byte()
                    else:
                        self._pass_message()
        except OSError:
            pass

    def _pass_byte(self) -> None:
        """With its descriptors, which a longer read would take from the byte that they came with."""
        byte, descriptors, _, _ = socket.recv_fds(self._old, 1, 253)
        self._said = (self._said + byte)[-len(self._word):]
        if self._said == self._word:
            self._hold_back(self._new)
        socket.send_fds(self._new, [_some(byte)], descriptors)
        for descriptor in descriptors:
            os.close(descriptor)

    def _pass_message(self) -> None:
        head = self._read(_HEAD.size)
        text = self._read(_HEAD.unpack(head)[0])
        if self._word in text:
            self._hold_back(self._old, self._new)
        self._old.sendall(head + text)

    def _hold_back(self, *silent: socket.socket) -> None:
        """Who is silent until it goes on says something by its end."""
        self._here.touch()
        while not self._go.exists():
            time.sleep(0.002)
            if select.select(silent, [], [], 0)[0]:
                raise ConnectionError

    def _read(self, size: int) -> bytes:
        data = b""
        while len(data) < size:
            data += _some(self._new.recv(size - len(data)))
        return data


def _some(data: bytes) -> bytes:
    if not data:
        raise ConnectionError
    return data
