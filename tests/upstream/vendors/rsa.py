"""RSA keys made by the openssl command line, and signatures of RS256 verified by the numbers."""

import base64
import binascii
import hashlib
import json
import subprocess
from dataclasses import dataclass
from pathlib import Path

from upstream.qwen import Json

# ASN.1 that says: a SHA-256 follows, as PKCS #1 has it before a hash is signed.
SHA256_FOLLOWS = bytes.fromhex("3031300d060960864801650304020105000420")
EXPONENT = 65537  # openssl's own choice


@dataclass(frozen=True)
class RsaKey:
    private_pem: str  # PKCS #8
    modulus: int

    def verifies(self, signed: bytes, signature: bytes) -> bool:
        size = (self.modulus.bit_length() + 7) // 8
        if len(signature) != size:
            return False
        opened = pow(int.from_bytes(signature, "big"), EXPONENT, self.modulus).to_bytes(size, "big")
        tail = SHA256_FOLLOWS + hashlib.sha256(signed).digest()
        return opened == b"\0\1" + b"\xff" * (size - len(tail) - 3) + b"\0" + tail


def create_key(file: Path) -> RsaKey:
    made = ["openssl", "genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-out"]
    subprocess.run([*made, str(file)], check=True, capture_output=True)
    told = subprocess.run(["openssl", "rsa", "-in", str(file), "-noout", "-modulus"], check=True,
                          capture_output=True, text=True).stdout
    return RsaKey(file.read_text(), int(told.strip().removeprefix("Modulus="), 16))


def sign(file: Path, signed: bytes) -> bytes:
    """For tests that are their own client."""
    done = subprocess.run(["openssl", "dgst", "-sha256", "-sign", str(file)], input=signed,
                          check=True, capture_output=True)
    return done.stdout


def bare(text: str) -> bytes | None:
    """base64 of URLs, without its padding."""
    try:
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (binascii.Error, ValueError):
        return None


def part(text: str) -> Json | None:
    try:
        found = json.loads(bare(text) or b"")
    except ValueError:
        return None
    return found if isinstance(found, dict) else None
