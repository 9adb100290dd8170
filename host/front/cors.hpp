// CORS (as the Fetch standard has it) lets web pages of other origins call the host, if the
// operator has listed those origins. The browser names the page's origin in each request; the
// answer says whether that page may read it. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "front/answer.hpp"
#include "http/request.hpp"

namespace bellwether::front {

// The origins that a listener is open to, each as config::parse_origin makes it, or "*" for all.
using Origins = std::vector<std::string>;

// The CORS header lines of every answer to the request, whatever its status; empty if `origins` is.
std::string cors_headers(const http::IncomingRequest& request, const Origins& origins);

// Whether the request is a CORS preflight for a page of one of the origins: the browser asks if the
// page may send its real request. A preflight has no client key, as it lacks the page's headers.
bool is_preflight(const http::IncomingRequest& request, const Origins& origins);

// The answer that allows the real request with any header that the preflight asks for. The real
// request is checked by itself when it comes.
Answer preflight_answer(const http::IncomingRequest& request);

}  // namespace bellwether::front
