"""Doors before a good upstream that go wrong at the first visit, before any HTTP: what a provider's
load balancer does that has just lost its server. Later visitors are let through."""

import socket
import struct
import threading
from contextlib import suppress
from typing import Callable


class Door:
    """Stands open while in a `with`; `spoil` has the first visitor's connection, and ends it."""

    def __init__(self, spoil: Callable[[socket.socket], None], behind: str) -> None:
        self._spoil = spoil
        self._behind = int(behind.split(":")[2].split("/")[0])  # the port of its base_url
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.base_url = f"https://127.0.0.1:{self._listener.getsockname()[1]}/v1"

    def __enter__(self) -> "Door":
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self) -> None:
        work = self._spoil
        with suppress(OSError):
            while True:
                visitor = self._listener.accept()[0]
                threading.Thread(target=work, args=(visitor,), daemon=True).start()
                work = self._let_through

    def _let_through(self, visitor: socket.socket) -> None:
        server = socket.create_connection(("127.0.0.1", self._behind))
        back = threading.Thread(target=_carry, args=(server, visitor), daemon=True)
        back.start()
        _carry(visitor, server)
        back.join()
        visitor.close()
        server.close()


def _carry(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(1 << 16):
            target.sendall(data)
    with suppress(OSError):
        target.shutdown(socket.SHUT_WR)


def reset(visitor: socket.socket) -> None:
    """Breaks the TLS handshake off: hears the greeting, and resets the connection."""
    visitor.recv(1 << 16)
    visitor.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    visitor.close()


def speak_plainly(visitor: socket.socket) -> None:
    """Answers a TLS greeting in plain HTTP, as a web server does at the wrong port."""
    with visitor:
        visitor.recv(1 << 16)
        visitor.sendall(b"HTTP/1.1 400 Bad Request\r\nconnection: close\r\n\r\nThis is no TLS\n")


def say_nothing(visitor: socket.socket) -> None:
    """Takes the connection and is silent, so that TLS never comes about."""
    with visitor, suppress(OSError):
        while visitor.recv(1 << 16):
            pass
