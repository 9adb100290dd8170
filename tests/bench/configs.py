"""The gateways' configurations: one worker, keep-alive on both sides, one log line a call."""

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

NGINX = """
daemon off;
{user}
worker_processes 1;
worker_rlimit_nofile {descriptors};
pid {folder}/nginx.pid;
error_log {folder}/nginx-error.log;
events {{ worker_connections {connections}; }}
http {{
    access_log /dev/null;
    keepalive_requests 1000000000;
    keepalive_timeout 10m;
    # Bodies of 32 KiB stay in memory; with the default half of each would go to a file.
    client_body_buffer_size 64k;
    client_body_temp_path {folder}/nginx-body;
    proxy_temp_path {folder}/nginx-proxy;
    fastcgi_temp_path {folder}/nginx-fastcgi;
    uwsgi_temp_path {folder}/nginx-uwsgi;
    scgi_temp_path {folder}/nginx-scgi;
    proxy_buffers 8 16k;
    upstream provider {{
        server 127.0.0.1:{upstream};
        keepalive 1024;
        keepalive_requests 1000000000;
        keepalive_timeout 10m;
    }}
    server {{
        listen 127.0.0.1:{port} backlog=4096;
        location / {{
            proxy_pass http://provider;
            proxy_http_version 1.1;
            proxy_set_header Connection "";
            proxy_read_timeout 10m;
        }}
    }}
}}
"""

HAPROXY = """
global
    nbthread 1
    maxconn {connections}
    log stdout format raw local0
defaults
    mode http
    log global
    option httplog
    option http-keep-alive
    option http-no-delay
    http-reuse always
    timeout connect 5s
    timeout client 10m
    timeout server 10m
    timeout http-keep-alive 10m
frontend clients
    bind 127.0.0.1:{port} backlog 4096
    default_backend provider
backend provider
    server one 127.0.0.1:{upstream} pool-purge-delay 10m
"""

BELLWETHER = """
plugin_path = ["{root}/build/release/plugins"]

[server]
listen  = "127.0.0.1:{port}"
workers = {workers}

[admin]
listen = "127.0.0.1:0"

[log]
format = "json"
access = true

[providers.bench]
plugin   = "openai"
base_url = "http://127.0.0.1:{upstream}/v1"
api_key  = "env:BENCH_API_KEY"

[[routes]]
model = "*"
to    = "bench"
"""

CONNECTIONS = 8000  # a gateway needs two descriptors for each


def nginx(folder: Path, port: int, upstream: int) -> list[str]:
    path = folder / "nginx.conf"
    user = "user root;" if os.geteuid() == 0 else ""
    path.write_text(NGINX.format(folder=folder, port=port, upstream=upstream, user=user,
                                 connections=CONNECTIONS, descriptors=2 * CONNECTIONS))
    return ["/usr/sbin/nginx", "-c", str(path), "-e", str(folder / "nginx-error.log")]


def haproxy(folder: Path, port: int, upstream: int) -> list[str]:
    path = folder / "haproxy.cfg"
    path.write_text(HAPROXY.format(port=port, upstream=upstream, connections=CONNECTIONS))
    return ["/usr/sbin/haproxy", "-db", "-f", str(path)]


def bellwether_text(port: int, upstream: int, workers: int = 1) -> str:
    return BELLWETHER.format(root=ROOT, port=port, upstream=upstream, workers=workers)


def bellwether(folder: Path, port: int, upstream: int) -> list[str]:
    path = folder / "bellwether.toml"
    path.write_text(bellwether_text(port, upstream))
    return serve(path)


def isolated(folder: Path, port: int, upstream: int) -> list[str]:
    """The host with its plugin in a child process."""
    path = folder / "isolated.toml"
    text = bellwether_text(port, upstream)
    path.write_text(text.replace("[providers.bench]", "[providers.bench]\nisolate = true"))
    return serve(path)


def serve(config: Path) -> list[str]:
    return [str(ROOT / "build/release/bin/bellwether"), "serve", "--config", str(config)]


WRITERS = {"nginx": nginx, "haproxy": haproxy, "bellwether": bellwether,
           "isolated": isolated}
