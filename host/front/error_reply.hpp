// An Error as the client sees it: the HTTP status, OpenAI's envelope, and the headers that make the
// official SDKs retry when that helps and give up when it does not.
#pragma once

#include <string>
#include <string_view>

#include "base/error.hpp"
#include "base/operation.hpp"

namespace bellwether::front {

struct ErrorReply {
    int status = 500;
    std::string body;      // {"error":{message,type,param,code}}
    std::string headers;   // complete lines: retry-after, retry-after-ms, x-should-retry
    std::string code;      // as in the body; for the log
    std::string raw = {};  // the upstream's own body, if it gave one
};

ErrorReply error_reply(const Error& error);

// For errors that are no `Error`: unknown path, wrong method, malformed request, refused key.
ErrorReply error_reply(int status, std::string_view type, std::string_view code,
                       std::string_view message, std::string_view param = {});

// The same error as clients of that dialect expect it.
ErrorReply in_dialect(Dialect dialect, ErrorReply reply);

}  // namespace bellwether::front
