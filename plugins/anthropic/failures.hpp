// Anthropic's errors.
#pragma once

#include <bellwether/json.hpp>
#include <bellwether/openai_compatible/errors.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace anthropic {

constexpr bw::ErrorRule k_error_rules[] = {{BW_E_QUOTA, 0, "", "API usage limits"},
                                           {BW_E_AUTH, 0, "", "organization has been disabled"}};

// What the words of a message are made of.
inline constexpr bw::openai::Api api() {
    bw::openai::Api api = {"com.anthropic", "1.0.0", "Anthropic", "Anthropic's Messages API",
                           "https://api.anthropic.com"};
    api.secret_env = "ANTHROPIC_API_KEY";
    api.error_rules = k_error_rules;
    return api;
}
constexpr bw::openai::Api k_api = api();

// The HTTP status of an error that came in a stream whose own was 200.
inline std::uint32_t status_of(std::string_view type) {
    struct Row {
        std::string_view type;
        std::uint32_t status;
    };
    constexpr Row k_rows[] = {
        {"invalid_request_error", 400}, {"authentication_error", 401}, {"billing_error", 402},
        {"permission_error", 403},      {"not_found_error", 404},      {"conflict_error", 409},
        {"request_too_large", 413},     {"rate_limit_error", 429},     {"api_error", 500},
        {"timeout_error", 504},         {"overloaded_error", 529}};
    for (const Row& row : k_rows) {
        if (row.type == type) return row.status;
    }
    return 0;
}

// `failure` as the head of the response has it, `body` what then came.
inline bw::Error failed(bw::openai::Failure failure, std::string_view body) {
    const bw::json::Value told = bw::json::Value(body)["error"];
    const std::string type = told["type"].string();
    if (failure.http_status < 400) failure.http_status = status_of(type);
    bw::Error error = bw::openai::upstream_failure(failure, body);
    const std::string message = told["message"].string();
    // A body that may quote a key stays here.
    if (bw::openai::detail::mask_keys(message) == message) error.type(type).raw(body);
    return error;
}

}  // namespace anthropic
