"""Sockets that another process has opened: the host serves on them, and a restart refuses nobody."""

import json
import signal
import socket
import subprocess
from pathlib import Path

from integration.client_keys import new_key
from integration.conftest import StartHost, provider, route, server
from integration.host import BINARY, SLOWNESS, Host, environment, wait_for
from integration.http_client import Connection
from integration.socket_activation import address_of, handing_over, opened
from integration.test_shutdown import ECHO, begin_stream
from upstream.puppet import Puppet
from upstream.simulator import Simulator
from upstream.tls import Authority


def config(api: str, admin: str = "127.0.0.1:0", workers: int = 2) -> str:
    clients, operators = server(workers).split("[admin]")
    return (clients.replace("127.0.0.1:0", api) + "[admin]"
            + operators.replace("127.0.0.1:0", admin) + ECHO)


def refusal(sockets: list[socket.socket], text: str, folder: Path, names: str = "-") -> str:
    """What a host says that does not take these sockets."""
    file = folder / "bellwether.toml"
    file.write_text(text)
    done = subprocess.run([*handing_over(sockets, names), BINARY, "serve", "--config", file],
                          env=environment({"XDG_STATE_HOME": str(folder)}), capture_output=True,
                          text=True, timeout=30 * SLOWNESS,
                          pass_fds=[one.fileno() for one in sockets])
    assert done.returncode == 1, done.stderr
    return done.stderr


def test_the_host_serves_on_the_socket(start_host: StartHost) -> None:
    """More workers than sockets: all of them accept on the same one. More sockets than workers: none
    is forgotten."""
    for workers, names in ((4, "-"), (1, "bellwether.socket")):
        with opened() as api:
            host = start_host(config(address_of(api), workers=workers), sockets=[api], names=names)
            assert host.url == f"http://{address_of(api)}"
            clients = [host.connect() for _ in range(40)]
            for client in clients:
                assert client.chat("echo").body()
                client.close()
            host.stop()


def test_several_sockets_of_one_address(start_host: StartHost) -> None:
    """As a host hands them over that had more workers. The system spreads clients over all of
    them."""
    shared = [socket.socket() for _ in range(3)]
    for one in shared:
        one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        one.bind(shared[0].getsockname() if one is not shared[0] else ("127.0.0.1", 0))
        one.listen(64)
    host = start_host(config(address_of(shared[0])), sockets=shared, names="api:api:api")
    for one in shared:
        one.close()
    for _ in range(40):
        with host.connect() as client:
            assert client.chat("echo").body()


def test_the_admin_listener_has_one_of_its_own(start_host: StartHost) -> None:
    with opened() as api, opened() as admin:
        host = start_host(config(address_of(api), address_of(admin)), sockets=[admin, api],
                          names="admin:api")
        assert host.admin_url == f"http://{address_of(admin)}"
        assert host.admin("GET", "/health").status == 200
        assert host.chat("echo").status == 200


def test_a_restart_refuses_nobody(start_host: StartHost, upstream: Simulator,
                                  authority: Authority) -> None:
    """Who calls while one host finishes a stream, or while there is none, waits for the next one."""
    with opened() as api:
        text = (config(address_of(api)) + provider("holysheep", upstream, authority, idle=20000)
                + route("qwen-*", '"holysheep"'))
        old = start_host(text, sockets=[api])
        puppet = Puppet(upstream)
        with begin_stream(old, puppet) as stream:
            events = stream.read_reply().events()
            next(events)
            old.process.send_signal(signal.SIGTERM)
            wait_for(lambda: "finishing calls in flight" in old.log(), "it drains")
            with old.connect() as client:
                client.socket.sendall(b"GET /v1/models HTTP/1.1\r\nhost: x\r\n\r\n")
                new = start_host(text, sockets=[api])
                assert client.read_reply().status == 200
                assert new.chat("echo").status == 200
            puppet.finish()
            assert list(events)[-1] == "[DONE]"
        assert old.process.wait(10 * SLOWNESS) == 0
        new.stop()
        with Connection(api.getsockname()[1]) as client:
            client.socket.sendall(b"GET /v1/models HTTP/1.1\r\nhost: x\r\n\r\n")
            start_host(text, sockets=[api])
            assert client.read_reply().status == 200


def test_the_config_must_say_where_it_is(tmp_path: Path) -> None:
    """Who may call is checked of the address in the config, so the socket must not be elsewhere."""
    with opened() as api, opened("0.0.0.0") as wide:
        said = refusal([api], config("127.0.0.1:1"), tmp_path)
        assert address_of(api) in said and "server.listen is 127.0.0.1:1" in said
        said = refusal([wide], config(f"127.0.0.1:{wide.getsockname()[1]}"), tmp_path)
        assert address_of(wide) in said
        said = refusal([api], config("127.0.0.1:0", "127.0.0.1:1"), tmp_path, "admin")
        assert "admin.listen is 127.0.0.1:1" in said
        said = refusal([api], config("127.0.0.1:0", "off"), tmp_path, "admin")
        assert 'admin.listen is "off"' in said


def test_what_is_no_listening_socket(tmp_path: Path) -> None:
    with socket.socket() as idle, socket.socket(type=socket.SOCK_DGRAM) as udp, \
            socket.socket(socket.AF_UNIX) as local:
        local.bind("\0bellwether-test-activation")
        local.listen()
        for one in (idle, udp, local):
            said = refusal([one], config("127.0.0.1:0"), tmp_path, "api")
            assert 'the inherited descriptor 3 ("api") is no listening TCP socket' in said


def test_sockets_for_another_process(start_host: StartHost) -> None:
    """The variables of a process above it, such as a supervisor, do not concern the host."""
    host = start_host(config("127.0.0.1:0"), {"LISTEN_PID": "1", "LISTEN_FDS": "1"})
    assert host.chat("echo").status == 200


def reload(host: Host, text: str) -> dict[str, object]:
    host.config.write_text(text)
    return json.loads(host.admin("POST", "/admin/reload", {}).body())


def test_a_reload_leaves_the_socket(start_host: StartHost) -> None:
    """Its address is not the host's to choose: what the config says anew waits for a restart."""
    with opened() as api:
        text = config(address_of(api))
        host = start_host(text, sockets=[api])
        moved = text.replace(address_of(api), "127.0.0.1:0", 1)
        moved = moved.replace("hosts =", 'drain = "9s"\nhosts =', 1)
        report = reload(host, moved)
        assert (report["outcome"], report["needs_restart"]) == ("applied", ["server.listen"])
        assert host.chat("echo").status == 200
        shown = host.admin("GET", "/admin/config").json()["server"]
        assert (shown["listen"], shown["drain"]) == (address_of(api), "9s")


def test_nor_does_it_open_the_socket_to_everybody(start_host: StartHost) -> None:
    """The new config needs no keys at the address that it names, but it would not be there."""
    with opened("0.0.0.0") as api:
        text = config(address_of(api))
        host = start_host(text + new_key("alice").toml, sockets=[api])
        report = reload(host, text.replace(address_of(api), "127.0.0.1:0", 1))
        assert report["outcome"] == "refused"
        assert host.get("/v1/models").status == 401
