// Says in plain words how an exchange failed, in two texts: one for anybody, which does not tell
// where the upstream is, and one for an operator, with the peer as host:port and libcurl's own
// words. A path, a query or a credential gets into neither.
#pragma once

#include <curl/curl.h>

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "net/head.hpp"
#include "net/transport.hpp"

namespace bellwether::net {

// What this process has run out of.
enum class Shortage : std::uint8_t { none, descriptors, memory };

// What libcurl reported, and how far the response had come by then.
struct TransferOutcome {
    CURLcode code = CURLE_OK;
    std::string_view detail;  // libcurl's own words
    bool head_seen = false;
    int connect_code = 0;  // the status with which a proxy answered CONNECT; 0: none
};

Failure make_failure(const Request& request, const TransferOutcome& outcome);
Failure make_redirect_failure(const Request& request, int status, std::string_view location);
Failure make_head_too_large_failure(const Request& request);
Failure make_trailers_too_large_failure(const Request& request);
Failure make_bad_status_failure(const Request& request, int status);
Failure make_proxy_failure(const Request& request, int status);  // a proxy refused
Failure make_encoding_failure(const Request& request, std::string_view encoding);
Failure make_shortage_failure(const Request& request, Shortage shortage);
Failure make_framing_failure(const Request& request, const BodyLength& length);  // a doubtful one
Failure make_packing_failure(const Request& request);
Failure make_inflation_failure(const Request& request, std::size_t times_max);
Failure make_overrun_failure(const Request& request, std::size_t bytes_max);

inline constexpr int k_proxy_wants_credentials = 407;
// Whether a proxy forwards the request without a tunnel, so that an answer may be the proxy's own.
bool proxied_in_plain(const Request& request);

std::string host_and_port(const std::string& url);

}  // namespace bellwether::net
