"""A log that nobody reads stops nothing."""

import os
import signal
import subprocess
from pathlib import Path

from integration.conftest import route, server
from integration.host import BINARY, SLOWNESS, environment
from integration.http_client import Connection
from integration.metrics_page import Metrics


def test_a_reader_of_the_log_that_stops(tmp_path: Path) -> None:
    """Calls are answered while standard error is a full pipe; lines are lost, and counted; when it
    is read again the log says so; and the host can end while it is full."""
    config = tmp_path / "bellwether.toml"
    config.write_text(server() + "[providers.echo]\n" + route("echo", '["echo"]'))
    host = subprocess.Popen([BINARY, "serve", "--config", config], env=environment(),
                            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE)
    try:
        port = int(host.stdout.readline().decode().strip().rsplit(":", 1)[1])
        with Connection(port) as connection:
            while dropped(connection) == 0:
                for _ in range(100):  # each makes a line of half a kilobyte
                    reply = connection.chat("x" * 250, headers={"x-request-id": "i" * 128})
                    assert reply.status == 404
                    reply.body()
        text = b""
        while b"log lines were dropped" not in text:
            text += os.read(host.stderr.fileno(), 1 << 16)
        host.send_signal(signal.SIGTERM)
        assert host.wait(20 * SLOWNESS) == 0
    finally:
        host.kill()
        host.wait()
        host.stdout.close()
        host.stderr.close()


def dropped(connection: Connection) -> float:
    page = connection.send("GET", "/metrics").body().decode()
    return Metrics(page).sum("bellwether_log_lines_dropped_total")
