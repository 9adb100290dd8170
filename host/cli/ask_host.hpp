// Sends one request to a running host and waits for the answer, at most two minutes.
#pragma once

#include <expected>
#include <string>
#include <string_view>

namespace bellwether::cli {

struct HostReply {
    int status = 0;
    std::string body;
};

struct NoReply {
    bool absent = false;  // nobody listens there
    std::string problem;
};

// `body` is JSON; empty: there is none.
std::expected<HostReply, NoReply> ask_host(const std::string& method, const std::string& url,
                                           std::string_view body = {});

// Encodes the value of a query parameter: "Asia%2FBangkok".
std::string percent_encoded(std::string_view text);

}  // namespace bellwether::cli
