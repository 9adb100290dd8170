// Errors as google.rpc.Status has them: alone, in an array, or in the middle of a stream.
#pragma once

#include "gemini/api.hpp"

#include <bellwether/http/error_class.hpp>
#include <bellwether/http/retry_after.hpp>
#include <bellwether/json.hpp>
#include <bellwether/provider/error.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace gemini {

using bw::json::Value;

// Google's reasons and words, before the general ones.
inline constexpr bw::ErrorRule k_error_rules[] = {
    {BW_E_AUTH, 0, "API_KEY_INVALID"},
    {BW_E_AUTH, 0, "API_KEY_EXPIRED"},
    {BW_E_AUTH, 0, "UNAUTHENTICATED"},
    {BW_E_QUOTA, 0, "BILLING_DISABLED"},
    {BW_E_QUOTA, 0, "", "enable billing"},
    {BW_E_QUOTA, 0, "", "prepayment credits are depleted"},
    {BW_E_AUTH, 400, "FAILED_PRECONDITION", "User location is not supported"},
    {BW_E_INVALID, 403, "", "access the File"},
    {BW_E_CONTEXT_LENGTH, 0, "", "input token count"},
    {BW_E_CONTEXT_LENGTH, 0, "", "input context is too long"},
    {BW_E_INVALID, 413, "", "payload size exceeds"},
    {BW_E_RATE, 0, "RESOURCE_EXHAUSTED"},
    {BW_E_UPSTREAM, 0, "UNAVAILABLE"},
    {BW_E_UPSTREAM, 0, "DEADLINE_EXCEEDED"},
    {BW_E_UPSTREAM, 0, "CANCELLED"},
    {BW_E_UPSTREAM, 0, "INTERNAL"},
    {BW_E_NOT_FOUND, 0, "NOT_FOUND"},
    {BW_E_UNSUPPORTED, 400, "", "hinking level"},
    {BW_E_UNSUPPORTED, 0, "UNIMPLEMENTED"}};

// The quota that was exceeded, of those that an error names: the one of the longest time.
struct Quota {
    std::string id;
    std::string limit;
    bool for_long = false;  // it is not there again within the hour, or not at all
};

inline Quota read_quota(const Value& error) {
    Quota worst;
    for (const Value& detail : error["details"].elements()) {
        for (const Value& violation : detail["violations"].elements()) {
            const std::string id = violation["quotaId"].string();
            const std::string limit = violation["quotaValue"].string();
            const bool for_long = id.find("PerDay") != std::string::npos || limit == "0";
            if (!worst.id.empty() && !for_long) continue;
            worst = {id, limit, for_long};
        }
    }
    return worst;
}

// Why, by the word of ErrorInfo; empty if it is not said.
inline std::string read_reason(const Value& error) {
    for (const Value& detail : error["details"].elements()) {
        const std::string reason = detail["reason"].string();
        if (!reason.empty()) return reason;
    }
    return {};
}

// `http_status` is the response's, 200 for an error within a stream; `wait` what its headers ask
// for.
inline bw::Error error_of(const Api& api, std::uint32_t http_status,
                          std::optional<std::chrono::milliseconds> wait, std::string_view body) {
    Value error = bw::json::valid(body) ? Value(body) : Value();
    if (error.kind() == bw::json::Kind::array) error = error.at(0);
    error = error["error"];
    if (http_status < 400) {
        const std::int64_t said = error["code"].integer().value_or(0);
        http_status = said >= 400 && said <= 599 ? static_cast<std::uint32_t>(said) : 0;
    }
    const std::string type = error["status"].string();
    const std::string reason = read_reason(error);
    const Quota quota = read_quota(error);
    std::string message = error["message"].string();
    if (message.empty()) message = "HTTP status " + std::to_string(http_status);
    bw_status status = bw::error_class(http_status, {reason, type, message}, k_error_rules);
    if (status == BW_E_RATE && quota.for_long) status = BW_E_QUOTA;
    if (!quota.id.empty()) message += " (quota " + quota.id + ", " + quota.limit + ")";
    bw::Error failure(status, api.vendor + ": " + message);
    failure.http_status(http_status).code(reason.empty() ? type : reason).type(type).raw(body);
    if (status == BW_E_QUOTA) return failure;
    if (!wait) wait = bw::retry_after_of_body(body);
    if (wait) failure.retry_after(*wait);
    return failure;
}

// For an answer that is none of this API's.
inline bw::Error senseless(const Api& api, const std::string& what) {
    return bw::Error(BW_E_PROTOCOL, api.vendor + " " + what);
}

}  // namespace gemini
