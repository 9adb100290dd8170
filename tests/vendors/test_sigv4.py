"""Signatures are verified as AWS's own test vectors have them."""

import hashlib
from datetime import UTC, datetime, timedelta

import pytest

from upstream.vendors import sigv4

# The credentials, the day and the scope that AWS publishes its examples with.
SECRET = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
STAMP = "20150830T123600Z"
HOST = ("host", "example.amazonaws.com")
DATE = ("x-amz-date", STAMP)
FORM = ("content-type", "application/x-www-form-urlencoded")
TOKEN = ("x-amz-security-token", "6e86291e8372ff2a2260956d9b8aae1d763fbf315fa00fa31553b73ebf194267")


def authorization(names: str, signature: str, service: str = "service") -> str:
    return (f"AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/{service}/aws4_request, "
            f"SignedHeaders={names}, Signature={signature}")


@pytest.mark.parametrize(("method", "target", "headers", "body", "signature"), [
    ("GET", "/", [HOST, DATE], b"",
     "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"),
    ("POST", "/", [HOST, DATE], b"",
     "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"),
    ("GET", "/?Param-3=Value3&Param=Value2&%E1%88%B4=Value1", [HOST, DATE], b"",
     "371d3713e185cc334048618a97f809c9ffe339c62934c032af5a0e595648fcac"),
    ("GET", "/", [HOST, ("my-header1", " value1"), ("my-header2", ' "a   b   c"'), DATE], b"",
     "acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736"),
    ("GET", "/ሴ", [HOST, DATE], b"",
     "8318018e0b0f223aa2bbf98705b62bb787dc9c0e678f255a891fd03141be5d85"),
    ("POST", "/", [FORM, HOST, DATE], b"Param1=value1",
     "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a"),
    ("GET", "/", [HOST, DATE, TOKEN], b"",
     "07ec1639c89043aa0e3e2de82b96708f198cceab042d4a97044c66dd9f74e7f8"),
])
def test_published_vectors(method: str, target: str, headers: list[tuple[str, str]], body: bytes,
                           signature: str) -> None:
    signed = sigv4.read(authorization(";".join(name for name, _ in headers), signature))
    assert signed
    assert sigv4.is_signed(SECRET, signed, method, target, headers, body)
    assert not sigv4.is_signed(SECRET, signed, method, target, headers, body + b" ")
    assert not sigv4.is_signed(f"{SECRET}!", signed, method, target, headers, body)
    assert not sigv4.is_signed(SECRET, signed, method, f"{target}x", headers, body)


def test_the_example_of_the_documentation() -> None:
    """Users listed by IAM: with its canonical request's hash, that of the text to sign, and all."""
    names = ["content-type", "host", "x-amz-date"]
    headers = [("content-type", "application/x-www-form-urlencoded; charset=utf-8"),
               ("host", "iam.amazonaws.com"), DATE]
    target = "/?Action=ListUsers&Version=2010-05-08"
    canonical = sigv4.canonical_request("GET", target, headers, names, b"")
    assert hashlib.sha256(canonical.encode()).hexdigest() == (
        "f536975d06c0309214f805bb90ccff089219ecd68b2577efef23edd43b7e1a59")
    signed = sigv4.read(authorization(
        ";".join(names), "5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7", "iam"))
    assert signed and sigv4.is_signed(SECRET, signed, "GET", target, headers, b"")


@pytest.mark.parametrize(("path", "canonical"), [
    ("", "/"), ("//example//", "/example/"), ("/./example", "/example"), ("/a/..", "/"),
    ("/a/./b/", "/a/b/"), ("/a b", "/a%20b"),
    ("/model/a.b-v1%3A0/converse", "/model/a.b-v1%253A0/converse")])
def test_paths(path: str, canonical: str) -> None:
    assert sigv4.canonical_path(path) == canonical


def test_time() -> None:
    now = datetime(2015, 8, 30, 12, 36, tzinfo=UTC)
    assert sigv4.is_timely(STAMP, "20150830", now)
    assert sigv4.is_timely(STAMP, "20150830", now + timedelta(minutes=5))
    assert not sigv4.is_timely(STAMP, "20150830", now + timedelta(minutes=5, seconds=1))
    assert not sigv4.is_timely(STAMP, "20150829", now)
    assert not sigv4.is_timely("yesterday", "20150830", now)
