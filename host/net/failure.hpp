// Says in plain words how an exchange failed, twice: for anybody, who learns nothing of where the
// upstream is, and for an operator, with the peer as host:port and libcurl's own words. A path, a
// query or a credential never gets into either.
#pragma once

#include <curl/curl.h>

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "net/transport.hpp"

namespace bw::net {

// What this process has run out of.
enum class Lack : std::uint8_t { none, descriptors, memory };

// What libcurl reported, and how far the response had come by then.
struct TransferOutcome {
    CURLcode code = CURLE_OK;
    std::string_view detail;  // libcurl's own words
    bool head_seen = false;
    int connect_code = 0;  // what a proxy answered to the wish for a tunnel
};

Failure make_failure(const Request& request, const TransferOutcome& outcome);
Failure make_redirect_failure(const Request& request, int status, std::string_view location);
Failure make_head_too_large_failure(const Request& request);
Failure make_trailers_too_large_failure(const Request& request);
Failure make_bad_status_failure(const Request& request, int status);
Failure make_proxy_failure(const Request& request, int status);  // a proxy refused
Failure make_encoding_failure(const Request& request, std::string_view encoding);
Failure make_lack_failure(const Request& request, Lack lack);
Failure make_framing_failure(const Request& request);
Failure make_packing_failure(const Request& request);
Failure make_inflation_failure(const Request& request, std::size_t times_max);
Failure make_overrun_failure(const Request& request, std::size_t bytes_max);

inline constexpr int k_proxy_wants_credentials = 407;
// A proxy passes the request on without a tunnel, so that an answer may be its own.
bool proxied_in_plain(const Request& request);

std::string host_and_port(const std::string& url);

}  // namespace bw::net
