// `WireOptions` says how one provider is reached. It is the same for all of the provider's
// requests, so it is set up once and not each time. Constant and shared by all workers; each
// worker's Client keeps the connections of different WireOptions objects apart.
#pragma once

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

#include "base/http_version.hpp"

namespace bellwether::net {

struct Proxy {
    std::string url;       // scheme://host:port; empty: none. Never with a credential
    std::string user;      // never printed
    std::string password;  // never printed

    bool operator==(const Proxy&) const = default;
};

struct WireOptions {
    std::filesystem::path ca_file;      // PEM; empty: the system's bundle
    std::filesystem::path client_cert;  // PEM; empty: none
    std::filesystem::path client_key;   // PEM; empty: within client_cert
    Proxy proxy;
    HttpVersion http = HttpVersion::one;
    std::size_t connections_max = 0;  // for each worker; 0: no limit
    std::size_t idle_connections_max = 256;
    std::chrono::seconds idle_time{60};  // a connection idle for longer is not used again
    // Each is "host:port:address,address": addresses to use without asking a resolver.
    std::vector<std::string> addresses;
    std::string pem_sha256;  // of what the PEM files hold: one that was renewed is another wire

    bool operator==(const WireOptions&) const = default;
};

}  // namespace bellwether::net
