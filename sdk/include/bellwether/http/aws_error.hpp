// bellwether/http/aws_error.hpp - what a service of AWS says of an error, in an answer of its own
// (restJson1) or in the midst of an event stream:
//
//   x-amzn-errortype: ThrottlingException:http://internal.amazon.com/...    the kind, and nothing
//   {"__type":"com.amazonaws.bedrock#ThrottlingException","message":"..."}  the same, and words
//
// Pure; any thread.
#pragma once

#include <bellwether/json.hpp>
#include <bellwether/openai_compatible/text.hpp>
#include <bellwether/version.hpp>

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>

namespace bw::v1 {

struct AwsError {
    std::string kind;     // "ThrottlingException"; empty: not said
    std::string message;  // of one line and without keys; empty: not said
    std::uint32_t http_status = 0;

    // Both, or what there is of them.
    std::string words() const {
        const std::string what = kind.empty() ? "status " + std::to_string(http_status) : kind;
        return message.empty() ? what : message + " (" + what + ")";
    }
};

namespace detail {

// The status that such an exception has where it is the answer, for one in a stream whose own
// status was 200. Their names begin in lower case there.
inline std::uint32_t aws_status_of(std::string_view kind) {
    struct Row {
        std::string_view kind;
        std::uint32_t status;
    };
    constexpr Row k_rows[] = {
        {"validationException", 400},         {"accessDeniedException", 403},
        {"resourceNotFoundException", 404},   {"modelTimeoutException", 408},
        {"modelStreamErrorException", 424},   {"throttlingException", 429},
        {"serviceUnavailableException", 503},
    };
    for (const Row& row : k_rows) {
        if (row.kind == kind) return row.status;
    }
    return 500;
}

}  // namespace detail

// `http_status` is the response's. `kind` is what its header x-amzn-errortype says, or what an
// event stream's message does; `words` what is said beside a body without words.
inline AwsError read_aws_error(std::uint32_t http_status, std::string_view kind,
                               std::string_view body, std::string_view words = {}) {
    const json::Value told(json::valid(body) ? body : std::string_view());
    AwsError out;
    out.kind = kind.substr(0, kind.find(':'));
    if (out.kind.empty()) out.kind = told["__type"].string(told["code"].string());
    out.kind.erase(0, out.kind.rfind('#') + 1);
    out.message = told["message"].string(told["Message"].string(words));
    // Lines that follow the first one quote what was signed, and with it a session's token.
    out.message.erase(std::min(out.message.find('\n'), out.message.size()));
    out.message = openai::detail::mask_keys(out.message);
    out.http_status = http_status < 400 ? detail::aws_status_of(out.kind) : http_status;
    return out;
}

}  // namespace bw::v1
