// What lets web pages of other origins call the host (CORS, as the Fetch standard has it), if the
// operator has named them. A page says in each request where it comes from; the answer says whether
// it may be read there. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "front/answer.hpp"
#include "http/request.hpp"

namespace bw::front {

// The origins that a listener is open to, as config::parse_origin makes them, or "*".
using Origins = std::vector<std::string>;

// The header lines of every answer to the request, whatever its status; with no origins none.
std::string cors_headers(const http::RequestHead& request, const Origins& origins);

// Whether a browser asks for a page of one of these if it may send such a request. It is asked
// before the page's own headers are sent, so there is no client key with it.
bool is_preflight(const http::RequestHead& request, const Origins& origins);

// "It may": any header that it asks for, as the request itself is judged by what it says.
Answer preflight_answer(const http::RequestHead& request);

}  // namespace bw::front
