// Says in plain words how an exchange failed. Names the peer as host:port; a path, a query or a
// credential never gets into the text.
#pragma once

#include <curl/curl.h>

#include <chrono>
#include <string>
#include <string_view>

#include "net/client.hpp"

namespace bw::net {

// What libcurl reported, and how far the response had come by then.
struct Outcome {
    CURLcode code = CURLE_OK;
    std::string_view detail;  // libcurl's own words
    bool head_seen = false;
};

Failure make_failure(const Request& request, const Outcome& outcome);
Failure make_redirect_failure(const Request& request, int status, std::string_view location);
Failure make_head_too_large_failure(const Request& request);
Failure make_bad_status_failure(const Request& request, int status);

std::string host_and_port(const std::string& url);

}  // namespace bw::net
