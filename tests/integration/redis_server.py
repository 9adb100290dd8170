"""A Redis of a test's own, which can be killed and comes back with all that it had confirmed."""

import shutil
import socket
import subprocess
from pathlib import Path

from integration.host import wait_for


class Redis:
    """`with Redis(folder) as redis:`; everything is on disk before it is confirmed."""

    def __init__(self, folder: Path) -> None:
        assert shutil.which("redis-server"), "the package redis-server is missing"
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self._folder = folder

    def __enter__(self) -> "Redis":
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> None:
        self._process = subprocess.Popen(
            ["redis-server", "--bind", "127.0.0.1", "--port", str(self.port), "--save", "",
             "--appendonly", "yes", "--appendfsync", "always", "--dir", self._folder],
            stdout=subprocess.DEVNULL)
        wait_for(self._answers, "redis answers")

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()

    def command(self, *words: str) -> None:
        subprocess.run(["redis-cli", "-p", str(self.port), *words], check=True,
                       stdout=subprocess.DEVNULL)

    def forget(self) -> None:
        """Killed, and started again without anything of what it had."""
        self.kill()
        shutil.rmtree(self._folder / "appendonlydir")
        self.start()

    def _answers(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.port), 1) as connection:
                connection.sendall(b"PING\r\n")
                return connection.recv(16).startswith(b"+PONG")
        except OSError:
            return False
