// bellwether/http/error_class.hpp - which BW_E_* an upstream's error is: by its codes and words, of
// any vendor, and else by its HTTP status. A plugin extends the table with a vendor's own:
//
//   constexpr bw::ErrorRule k_rules[] = {
//       {BW_E_QUOTA, 400, "", "credit balance is too low"},
//       {BW_E_CONTENT_FILTER, 0, "SAFETY"}};
//   throw bw::Error(bw::error_class(status, {code, type, message}, k_rules), message);
//
// Pure; any thread.
#pragma once

#include <bellwether/c/error_class.h>
#include <bellwether/provider.h>
#include <bellwether/ascii.hpp>
#include <bellwether/version.hpp>

#include <cstdint>
#include <initializer_list>
#include <string_view>

namespace bw::v1 {

// What an upstream says of an error; each may be empty.
struct ErrorWords {
    std::string_view code;
    std::string_view type;
    std::string_view message;
};

// An upstream error that satisfies all that is set here is of class `status`. Rules are tried in
// order, a plugin's own before the general ones.
struct ErrorRule {
    bw_status status;
    std::uint32_t http_status = 0;  // 0: any
    std::string_view code = "";     // equal to the error's code or type, whatever the case
    std::string_view message = "";  // contained in the error's message, whatever the case
};

// What codes and words mean, wherever they stand: those of OpenAI, of those who copy it, of
// Anthropic, of Google and of AWS. Codes first: words are the weaker evidence.
inline constexpr ErrorRule k_error_rules[] = {
    {BW_E_QUOTA, 0, "insufficient_quota"},
    {BW_E_QUOTA, 0, "billing_hard_limit_reached"},
    {BW_E_QUOTA, 0, "billing_not_active"},
    {BW_E_QUOTA, 0, "credit_balance_exhausted"},
    {BW_E_QUOTA, 0, "project_spend_limit_exceeded"},
    {BW_E_QUOTA, 0, "daily_cost_limit_exceeded"},
    {BW_E_QUOTA, 0, "insufficient_balance"},
    {BW_E_QUOTA, 0, "billing_error"},
    {BW_E_QUOTA, 0, "enforced_spend_limit_reached"},
    {BW_E_AUTH, 0, "invalid_api_key"},
    {BW_E_AUTH, 0, "authentication_error"},
    {BW_E_AUTH, 0, "permission_error"},
    {BW_E_AUTH, 0, "permission_denied"},
    {BW_E_AUTH, 0, "unsupported_country_region_territory"},
    {BW_E_AUTH, 0, "AccessDeniedException"},
    {BW_E_AUTH, 0, "ExpiredTokenException"},
    {BW_E_AUTH, 0, "IncompleteSignature"},
    {BW_E_AUTH, 0, "NotAuthorized"},
    {BW_E_AUTH, 0, "RequestExpired"},
    {BW_E_AUTH, 0, "FTUFormNotFilled"},
    {BW_E_UPSTREAM, 0, "UnknownOperationException"},
    {BW_E_QUOTA, 0, "ServiceQuotaExceededException"},
    {BW_E_CONTEXT_LENGTH, 0, "context_length_exceeded"},
    {BW_E_CONTEXT_LENGTH, 0, "string_above_max_length"},
    {BW_E_CONTENT_FILTER, 0, "content_filter"},
    {BW_E_CONTENT_FILTER, 0, "content_policy_violation"},
    {BW_E_CONTENT_FILTER, 0, "moderation_blocked"},
    {BW_E_NOT_FOUND, 0, "model_not_found"},
    {BW_E_NOT_FOUND, 0, "model_not_supported"},
    {BW_E_NOT_FOUND, 0, "model_decommissioned"},
    {BW_E_NOT_FOUND, 0, "model_deprecated"},
    {BW_E_NOT_FOUND, 0, "model_retired"},
    {BW_E_NOT_FOUND, 0, "not_found_error"},
    {BW_E_NOT_FOUND, 0, "NotFoundError"},
    {BW_E_RATE, 0, "rate_limit_exceeded"},
    {BW_E_RATE, 0, "rate_limit_error"},
    {BW_E_RATE, 0, "slow_down"},
    {BW_E_UPSTREAM, 0, "overloaded_error"},
    {BW_E_UPSTREAM, 0, "server_is_overloaded"},
    {BW_E_CONTEXT_LENGTH, 0, "", "maximum context length"},
    {BW_E_CONTEXT_LENGTH, 0, "", "Range of input length"},
    {BW_E_CONTEXT_LENGTH, 0, "", "prompt is too long"},
    {BW_E_CONTEXT_LENGTH, 0, "", "input is too long"},
    {BW_E_CONTEXT_LENGTH, 0, "", "exceeds the context window"},
    {BW_E_CONTEXT_LENGTH, 0, "", "exceed context limit"},
    {BW_E_CONTEXT_LENGTH, 0, "", "exceeds the available context size"},
    {BW_E_CONTEXT_LENGTH, 0, "", "exceeds the maximum number of tokens"},
    {BW_E_CONTENT_FILTER, 0, "", "content management policy"},
    {BW_E_CONTENT_FILTER, 0, "", "content filtering policy"},
    {BW_E_CONTENT_FILTER, 0, "", "inappropriate content"},
    {BW_E_INVALID, 0, "", "InternalError.Algo.InvalidParameter"},
    {BW_E_QUOTA, 0, "", "insufficient balance"},
    {BW_E_QUOTA, 0, "", "credit balance is too low"},
    {BW_E_AUTH, 400, "", "API key not valid"},
};

// The class of an error by the HTTP status alone; see bw_error_class_of_status.
inline bw_status error_class_of_status(std::uint32_t status) {
    return bw_error_class_of_status(status);
}

// True if an error satisfies all that is set in a rule.
inline bool error_rule_fits(const ErrorRule& rule, std::uint32_t http_status,
                            const ErrorWords& words) {
    if (rule.http_status != 0 && rule.http_status != http_status) return false;
    if (!rule.code.empty() && !ascii::equal_nocase(rule.code, words.code) &&
        !ascii::equal_nocase(rule.code, words.type)) {
        return false;
    }
    return rule.message.empty() || ascii::contains_nocase(words.message, rule.message);
}

// The class of an error: by the plugin's rules, then by the general ones, then by the HTTP status,
// then by the broad type. `http_status` is the response's or, if that was 200, the one that the
// body names; 0: neither names one. `rules` is a range of ErrorRule.
template <typename Rules = std::initializer_list<ErrorRule>>
bw_status error_class(std::uint32_t http_status, const ErrorWords& words, const Rules& rules = {}) {
    for (const ErrorRule& rule : rules) {
        if (error_rule_fits(rule, http_status, words)) return rule.status;
    }
    for (const ErrorRule& rule : k_error_rules) {
        if (error_rule_fits(rule, http_status, words)) return rule.status;
    }
    if (http_status != 0) return error_class_of_status(http_status);
    for (const std::string_view type : {"invalid_request_error", "BadRequestError"}) {
        if (ascii::equal_nocase(words.type, type)) return BW_E_INVALID;
    }
    return BW_E_UPSTREAM;
}

}  // namespace bw::v1
