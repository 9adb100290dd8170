"""Credentials of every kind, made by the host for a plugin that only names them, and the list of
origins to which they may go."""

import base64
import json
import re
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from integration.conftest import StartHost, route, server
from integration.host import Host, run_cli, wait_for
from integration.test_plugin_files import compile_library
from upstream.journal import Received
from upstream.tls import Authority
from upstream.vendors import entra, google_tokens, sigv4
from upstream.vendors.entra import Entra
from upstream.vendors.gate import Gate
from upstream.vendors.google_tokens import GoogleTokens
from upstream.vendors.vendor import query_of

# Passes requests on as they are, to `url` with the credentials in `auth`.
NAMING = """
#include <bellwether/provider.hpp>
#include <string>
struct Naming {
    explicit Naming(const bw::Setup& setup)
        : base(setup.base_url()), url(setup.option("url").string()), auth(setup.option("auth").string()) {}
    struct Call;
    std::string base, url, auth;
};
struct Naming::Call : bw::NoEnd {
    Call(Naming& p, const bw::Request& request, bw::Attempt attempt) : attempt(attempt) {
        const std::string to = p.url.empty() ? p.base + "/chat" : p.url;
        bw::Send send("POST", to);
        if (!p.auth.empty()) send.auth(p.auth);
        attempt.send(send.body(request.body()));
    }
    void head(const bw::Head& head) { status = head.status(); }
    void data(const bw::Frame& frame) {
        if (status == 401) throw bw::Error(BW_E_AUTH, "refused: " + std::string(frame.data()));
        if (status != 200) throw bw::Error(BW_E_UPSTREAM, "failed").http_status(status);
        attempt.emit_reply(frame.data());
    }
    bw::Attempt attempt;
    std::uint32_t status = 0;
};
BW_PROVIDER(Naming, "com.example.naming", "1.0.0", R"({
    "operations": ["chat"],
    "base_url": "https://{region}.naming.test/v1",
    "origins": ["https://*.files.naming.test"],
    "credentials": [
        {"name": "plain_key", "required": false},
        {"name": "header_key", "kind": "header", "header": "x-own", "prefix": "T ", "required": false},
        {"name": "query_key", "kind": "query", "query": "key", "required": false},
        {"name": "login", "kind": "basic", "required": false},
        {"name": "aws", "kind": "aws-sigv4", "region": "{region}", "service": "bedrock",
         "id": "aws_access_key_id", "secret": "aws_secret_access_key",
         "session_token": "aws_session_token", "profile": "{aws_profile}", "required": false},
        {"name": "account", "kind": "google-service-account", "env_file": "NAMING_ACCOUNT",
         "required": false},
        {"name": "client", "kind": "oauth2-client-credentials", "token_url": "{token_url}",
         "scope": "{scope}", "place": "body", "required": false}],
    "options": {"url": {"type": "string"}, "auth": {"type": "string"},
                "region": {"type": "string", "default": "us-east-1"},
                "aws_profile": {"type": "string"}, "token_url": {"type": "string"},
                "scope": {"type": "string"}}})")
"""

PLAIN = "plain-secret-1"
AWS_SECRET = "vendor/test+secret"
SECRETS = (PLAIN, AWS_SECRET, entra.CLIENT_SECRET)
ENVIRONMENT = {"NAMING_PLAIN": PLAIN, "NAMING_AWS": AWS_SECRET,
               "NAMING_CLIENT": entra.CLIENT_SECRET, "AWS_EC2_METADATA_DISABLED": "true"}


@pytest.fixture(scope="module")
def naming(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return compile_library(tmp_path_factory.mktemp("plugins") / "naming.so", NAMING)


@pytest.fixture
def gate(authority: Authority) -> Iterator[Gate]:
    with Gate(authority, lambda request: True) as upstream:
        yield upstream


@pytest.fixture
def tokens(authority: Authority, tmp_path: Path) -> Iterator[GoogleTokens]:
    with GoogleTokens(authority, tmp_path / "google") as endpoint:
        yield endpoint


@pytest.fixture
def directory(authority: Authority) -> Iterator[Entra]:
    with Entra(authority) as endpoint:
        yield endpoint


def config(naming: Path, gate: Gate, authority: Authority, auth: str, *lines: str,
           workers: int = 2) -> str:
    more = "\n".join(lines)
    return (server(workers) + f"""
[providers.naming]
plugin = "{naming}"
base_url = "{gate.base_url}"
ca_file = "{authority.ca_file}"
auth = "{auth}"
{more}
[providers.echo]
""" + route("m", '"naming"') + route("helped", '["naming", "echo"]'))


def client_lines(directory: Entra) -> list[str]:
    return [f'client_id = "{entra.CLIENT}"', 'client_secret = "env:NAMING_CLIENT"',
            f'token_url = "{directory.token_url}"', f'scope = "{entra.SCOPE}"']


def asked(endpoint: Entra | GoogleTokens) -> int:
    path = f"/{entra.TENANT}/oauth2/v2.0/token" if isinstance(endpoint, Entra) else "/token"
    return len(endpoint.requests(path))


def tells_no_secret(host: Host, *more: str) -> None:
    pages = [host.admin("GET", path).body().decode() for path in ("/admin/config", "/admin/log")]
    for text in [host.log(), *pages]:
        for secret in (*SECRETS, *more):
            assert secret not in text


def admits_basic(request: Received) -> bool:
    pair = base64.b64encode(f"me:{PLAIN}".encode()).decode()
    return request.header("authorization") == f"Basic {pair}"


def admits_aws(request: Received) -> bool:
    signed = sigv4.read(request.header("authorization") or "")
    return signed is not None and signed.region == "eu-west-1" and sigv4.is_signed(
        AWS_SECRET, signed, request.method, request.path, request.headers, request.body)


@pytest.mark.parametrize(("auth", "lines", "admits"), [
    ("plain_key", ['plain_key = "env:NAMING_PLAIN"'], lambda r: r.key == PLAIN),
    ("header_key", ['header_key = "env:NAMING_PLAIN"'], lambda r: r.header("x-own") == f"T {PLAIN}"),
    ("query_key", ['query_key = "env:NAMING_PLAIN"'], lambda r: query_of(r) == {"key": PLAIN}),
    ("login", ['login_id = "me"', 'login_secret = "env:NAMING_PLAIN"'], admits_basic),
    ("aws", ['aws_access_key_id = "AKID"', 'aws_secret_access_key = "env:NAMING_AWS"',
             'region = "eu-west-1"'], admits_aws),
    ("", [], lambda r: r.header("authorization") is None),
])
def test_each_kind_that_needs_no_token(start_host: StartHost, naming: Path, gate: Gate,
                                       authority: Authority, auth: str, lines: list[str],
                                       admits: object) -> None:
    gate.admits = admits
    host = start_host(config(naming, gate, authority, auth, *lines), env=dict(ENVIRONMENT))
    reply = host.chat("m")
    assert reply.status == 200, reply.body()
    tells_no_secret(host)


def test_a_token_is_fetched_once_for_all(start_host: StartHost, naming: Path, gate: Gate,
                                         authority: Authority, directory: Entra) -> None:
    """Fifty calls at once, over two workers."""
    gate.admits = lambda request: directory.issued(request.key, entra.SCOPE)
    host = start_host(config(naming, gate, authority, "client", *client_lines(directory)),
                      env=dict(ENVIRONMENT))
    with ThreadPoolExecutor(50) as pool:
        replies = list(pool.map(lambda _: host.chat("m"), range(50)))
    assert [reply.status for reply in replies] == [200] * 50
    assert asked(directory) == 1
    tells_no_secret(host, gate.requests("m")[0].key)


def test_a_service_account(start_host: StartHost, naming: Path, gate: Gate, authority: Authority,
                           tokens: GoogleTokens, tmp_path: Path) -> None:
    gate.admits = lambda request: tokens.issued(request.key)
    account = tokens.write_account(tmp_path / "account.json")
    host = start_host(config(naming, gate, authority, "account", f'account_key = "file:{account}"'),
                      env=dict(ENVIRONMENT))
    assert host.chat("m").status == 200
    assert asked(tokens) == 1
    tells_no_secret(host, gate.requests("m")[0].key, tokens.account()["private_key"][40:80])


def test_a_token_is_fetched_anew_before_it_expires(start_host: StartHost, naming: Path, gate: Gate,
                                                   authority: Authority, directory: Entra) -> None:
    """Calls go on meanwhile, with one that is still good."""
    directory.lifetime = 4
    gate.admits = lambda request: directory.issued(request.key, entra.SCOPE)
    host = start_host(config(naming, gate, authority, "client", *client_lines(directory)),
                      env=dict(ENVIRONMENT))
    until = time.monotonic() + 6
    while time.monotonic() < until:
        assert host.chat("m").status == 200
        time.sleep(0.05)
    assert 2 <= asked(directory) <= 5


def test_without_a_token_the_next_target_serves(start_host: StartHost, naming: Path, gate: Gate,
                                                authority: Authority, directory: Entra) -> None:
    directory.failing = entra.WRONG_SECRET
    host = start_host(config(naming, gate, authority, "client", *client_lines(directory)),
                      env=dict(ENVIRONMENT))
    alone = host.chat("m").error()
    assert "its token endpoint did not accept it" in alone["message"], alone
    assert "127.0.0.1" not in alone["message"], "only the operator may know where"
    assert host.chat("helped").headers["x-bellwether-provider"] == "echo"
    assert not gate.requests("m") and asked(directory) == 1, "it is not asked again at once"
    tells_no_secret(host)


def test_an_endpoint_that_is_gone_is_no_answer_of_the_upstream(
        start_host: StartHost, naming: Path, gate: Gate, authority: Authority) -> None:
    with Entra(authority) as gone:
        lines = client_lines(gone)
    host = start_host(config(naming, gate, authority, "client", *lines), env=dict(ENVIRONMENT))
    assert host.chat("helped").headers["x-bellwether-provider"] == "echo"
    assert "no token could be fetched for it" in host.chat("m").error()["message"]
    assert not gate.requests("m")


@pytest.mark.parametrize("url", ["https://other.test/v1", "https://files.naming.test/",
                                 "http://127.0.0.1:1/"])
def test_no_request_goes_to_another_origin(start_host: StartHost, naming: Path, gate: Gate,
                                           authority: Authority, url: str) -> None:
    host = start_host(config(naming, gate, authority, "plain_key", f'url = "{url}"',
                             'plain_key = "env:NAMING_PLAIN"'), env=dict(ENVIRONMENT))
    error = host.chat("m").error()
    assert error["code"] == "plugin_error"
    assert "an origin that the provider may not talk to" in error["message"]
    assert host.chat("helped").headers["x-bellwether-provider"] == "echo"


def test_origins_of_the_config(start_host: StartHost, naming: Path, gate: Gate,
                               authority: Authority) -> None:
    """Another server, and nothing arrives there without them."""
    with Gate(authority, lambda request: request.key == PLAIN) as other:
        lines = ['plain_key = "env:NAMING_PLAIN"', f'url = "{other.base_url}/chat"']
        host = start_host(config(naming, gate, authority, "plain_key", *lines),
                          env=dict(ENVIRONMENT))
        assert host.chat("m").error()["code"] == "plugin_error"
        assert not other.requests("m")
        host = start_host(config(naming, gate, authority, "plain_key", *lines,
                                 f'origins = ["{other.origin}"]'), env=dict(ENVIRONMENT))
        assert host.chat("m").status == 200


@pytest.mark.parametrize(("lines", "said"), [
    (['region = "EU West"', 'aws_access_key_id = "A"', 'aws_secret_access_key = "env:NAMING_AWS"'],
     'the credential "aws" of provider "naming" has a region that is none'),
    (['aws_secret_access_key = "env:NAMING_AWS"'], "lacks a part"),
    (['client_id = "x"', 'client_secret = "env:NAMING_CLIENT"'],
     'provider "naming" has no "token_url"'),
    (['client_id = "x"', 'client_secret = "env:NAMING_CLIENT"', 'token_url = "http://t.test/"'],
     "has a token URL that"),
    (['login_secret = "pasted-secret"'], 'does not begin with "env:" or "file:"'),
    (['other_key = "env:NAMING_PLAIN"'], 'has no credential "other_key"'),
    (['origins = ["https://a.test/v1"]'], "which has a path"),
    (['account_key = "file:/etc/hostname"'], "service account's key is no valid JSON"),
])
def test_what_is_wrong_is_told_before_the_host_starts(naming: Path, gate: Gate,
                                                      authority: Authority, tmp_path: Path,
                                                      lines: list[str], said: str) -> None:
    file = tmp_path / "wrong.toml"
    file.write_text(config(naming, gate, authority, "", *lines))
    done = run_cli("check", "--config", file, env=dict(ENVIRONMENT))
    assert done.returncode == 2 and said in done.stdout + done.stderr, done
    assert re.search(r"wrong\.toml:\d+:\d+: error:", done.stdout + done.stderr)
    for secret in (*SECRETS, "pasted-secret"):
        assert secret not in done.stdout + done.stderr


def test_no_option_moves_the_base_url(naming: Path, tmp_path: Path) -> None:
    file = tmp_path / "moved.toml"
    file.write_text(server() + f'[providers.p]\nplugin = "{naming}"\nregion = "evil.test/"\n'
                    + route("m", '"p"'))
    done = run_cli("check", "--config", file)
    assert done.returncode == 2
    assert '"region" is no part of the name of a host' in done.stdout + done.stderr


def test_check_live_fetches_tokens(naming: Path, gate: Gate, authority: Authority,
                                   directory: Entra, tmp_path: Path) -> None:
    file = tmp_path / "live.toml"
    file.write_text(config(naming, gate, authority, "client", *client_lines(directory)))
    done = run_cli("check", "--live", "--config", file, env=dict(ENVIRONMENT))
    assert done.returncode == 0, done
    assert "naming: credential client: token fetched" in done.stdout
    directory.failing = entra.WRONG_SECRET
    done = run_cli("check", "--live", "--json", "--config", file, env=dict(ENVIRONMENT))
    assert done.returncode == 1
    (told,) = json.loads(done.stdout)["providers"][0]["credentials"]
    assert told["credential"] == "client" and not told["ok"]
    assert directory.origin in told["error"] and "invalid_client" in told["error"]
    assert entra.CLIENT_SECRET not in done.stdout + done.stderr


def test_a_revoked_token_is_fetched_anew(start_host: StartHost, naming: Path, gate: Gate,
                                         authority: Authority, directory: Entra) -> None:
    """One that is quite new is not: what it lacks is a permission."""
    gate.admits = lambda request: directory.issued(request.key, entra.SCOPE)
    host = start_host(config(naming, gate, authority, "client", *client_lines(directory)),
                      env=dict(ENVIRONMENT))
    assert host.chat("m").status == 200
    fetched = time.monotonic()
    token = gate.requests("m")[0].key
    directory.revoke()
    refused = host.chat("m").error()
    assert refused["code"] == "invalid_api_key" and token not in refused["message"], refused
    assert asked(directory) == 1
    wait_for(lambda: time.monotonic() - fetched > 30, "the token is not new any more", 60)
    wait_for(lambda: host.chat("m").status == 200, "a new token", 5)
    assert asked(directory) == 2
    tells_no_secret(host, token)
