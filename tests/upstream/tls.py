"""A certificate authority for one test session, made with the openssl command line."""

import ssl
import subprocess
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


def _openssl(*arguments: str) -> None:
    subprocess.run(["openssl", *arguments], check=True, capture_output=True)


def _new_key(file: Path) -> str:
    _openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", str(file))
    return str(file)


def create_authority(folder: Path, name: str = "Bellwether test authority") -> Authority:
    """Makes an authority and a certificate that it signed for 127.0.0.1 and localhost."""
    folder.mkdir(parents=True, exist_ok=True)
    authority = Authority(folder / "ca.pem", folder / "server.pem", folder / "server.key")
    ca_key = _new_key(folder / "ca.key")
    server_key = _new_key(authority.key)
    _openssl("req", "-x509", "-new", "-key", ca_key, "-days", "2", "-subj", f"/CN={name}",
             "-out", str(authority.ca_file))
    request, extensions = folder / "server.csr", folder / "server.ext"
    extensions.write_text("subjectAltName=IP:127.0.0.1,DNS:localhost\nbasicConstraints=CA:FALSE\n")
    _openssl("req", "-new", "-key", server_key, "-subj", "/CN=localhost", "-out", str(request))
    _openssl("x509", "-req", "-in", str(request), "-CA", str(authority.ca_file), "-CAkey", ca_key,
             "-set_serial", "2", "-days", "2", "-extfile", str(extensions),
             "-out", str(authority.certificate))
    return authority
