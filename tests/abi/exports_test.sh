#!/bin/sh
# exports_test.sh PLUGIN... - each exports exactly bw_plugin_v1, and none reaches for a socket, TLS or
# a thread: the host does I/O.
set -eu
for plugin in "$@"; do
    exported=$(nm -D --defined-only "$plugin" | awk '{ print $3 }' | sed 's/@.*//' | tr '\n' ' ')
    if [ "$exported" != "bw_plugin_v1 " ]; then
        echo "$plugin exports: $exported" >&2
        exit 1
    fi
    forbidden=$(nm -D --undefined-only "$plugin" | awk '{ print $NF }' | sed 's/@.*//' |
        grep -E '^(socket|connect|bind|listen|accept4?|send(to|msg)?|recv(from|msg)?|getaddrinfo|SSL_.*|curl_.*|pthread_create|fork|vfork|exec.*|posix_spawn.*|system|popen|dlopen|setlocale|setenv|putenv|chdir|exit|_exit|signal|sigaction)$' || true)
    if [ -n "$forbidden" ]; then
        echo "$plugin imports: $forbidden" >&2
        exit 1
    fi
done
