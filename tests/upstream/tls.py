"""A certificate authority for one test session, made with the openssl command line."""

import socket
import ssl
import subprocess
import threading
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Authority:
    """Files in PEM format: the authority's certificate, and a server's certificate and key."""

    ca_file: Path
    certificate: Path
    key: Path

    def server_context(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificate, self.key)
        return context


class StrictDoor:
    """Turns away who shows no certificate, with the alert that TLS has for it, which asyncio's
    servers close the connection without."""

    def __init__(self, authority: Authority) -> None:
        self._context = authority.server_context()
        self._context.load_verify_locations(authority.ca_file)
        self._context.verify_mode = ssl.CERT_REQUIRED
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> "StrictDoor":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join()

    @property
    def base_url(self) -> str:
        return f"https://127.0.0.1:{self._listener.getsockname()[1]}/v1"

    def _run(self) -> None:
        with suppress(OSError):
            while True:
                self._refuse(self._listener.accept()[0])

    def _refuse(self, visitor: socket.socket) -> None:
        with visitor, suppress(OSError):
            # The handshake reads from a copy, so that what came too early can be read here: a
            # connection closed before that is reset, and the alert with it.
            with suppress(ssl.SSLError):
                self._context.wrap_socket(visitor.dup(), server_side=True)
            visitor.shutdown(socket.SHUT_WR)
            while visitor.recv(1 << 16):
                pass


def _openssl(*arguments: str) -> None:
    subprocess.run(["openssl", *arguments], check=True, capture_output=True)


def _new_key(file: Path) -> str:
    _openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", str(file))
    return str(file)


def create_authority(folder: Path, name: str = "Bellwether test authority",
                     server: str = "IP:127.0.0.1,DNS:localhost", days: int = 2) -> Authority:
    """Makes an authority and a certificate that it signed: for this server, and for so many days
    from now; a negative number: it ended so many days ago."""
    folder.mkdir(parents=True, exist_ok=True)
    authority = Authority(folder / "ca.pem", folder / "server.pem", folder / "server.key")
    ca_key = _new_key(folder / "ca.key")
    server_key = _new_key(authority.key)
    _openssl("req", "-x509", "-new", "-key", ca_key, "-days", "2", "-subj", f"/CN={name}",
             "-out", str(authority.ca_file))
    request, extensions = folder / "server.csr", folder / "server.ext"
    extensions.write_text(f"subjectAltName={server}\nbasicConstraints=CA:FALSE\n")
    _openssl("req", "-new", "-key", server_key, "-subj", "/CN=localhost", "-out", str(request))
    _openssl("x509", "-req", "-in", str(request), "-CA", str(authority.ca_file), "-CAkey", ca_key,
             "-set_serial", "2", "-days", str(days), "-extfile", str(extensions),
             "-out", str(authority.certificate))
    return authority
