"""`bellwether health`, and what the host tells the service manager that started it."""

import json
import socket
import threading
from pathlib import Path

from integration.conftest import StartHost, route, server
from integration.host import SLOWNESS, Host, run_cli

ECHO = '\n[providers.echo]\nplugin = "echo"\n' + route("echo", '["echo"]')


def test_a_host_that_takes_work(host: Host) -> None:
    """By any of the addresses that `chat` takes, and from the variable."""
    for url in (host.url, f"{host.url}/", f"{host.url}/v1"):
        done = run_cli("health", "--url", url)
        assert (done.returncode, done.stdout, done.stderr) == (0, "ready\n", "")
    told = run_cli("health", "--json", env={"BELLWETHER_URL": host.url})
    assert json.loads(told.stdout) == {"ready": True}


def test_nobody_there() -> None:
    """Exit code 1, and why."""
    done = run_cli("health", "--url", "http://127.0.0.1:1")
    assert (done.returncode, done.stdout) == (1, "")
    assert "127.0.0.1:1" in done.stderr
    told = json.loads(run_cli("health", "--json", "--url", "http://127.0.0.1:1").stdout)
    assert told["ready"] is False and told["problem"]


def test_a_host_that_hangs() -> None:
    """It is given up on, so that a supervisor gets its answer."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        done = run_cli("health", "--url", f"http://127.0.0.1:{silent.getsockname()[1]}")
    assert done.returncode == 1 and "5 s" in done.stderr


def test_another_server() -> None:
    """Something that answers, but is no host."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        def answer() -> None:
            connection, _ = other.accept()
            connection.recv(4096)
            connection.sendall(b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n")
            connection.close()

        thread = threading.Thread(target=answer)
        thread.start()
        done = run_cli("health", "--url", f"http://127.0.0.1:{other.getsockname()[1]}")
        thread.join()
    assert done.returncode == 1 and "404" in done.stderr


def test_the_service_manager_is_told(start_host: StartHost, tmp_path: Path) -> None:
    """READY once it listens, STOPPING once it has been asked to end."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(tmp_path / "notify"))
        manager.settimeout(10 * SLOWNESS)
        host = start_host(server() + ECHO, {"NOTIFY_SOCKET": str(tmp_path / "notify")})
        assert manager.recv(100) == b"READY=1"
        assert host.chat("echo").status == 200
        host.stop()
        assert manager.recv(100) == b"STOPPING=1"
