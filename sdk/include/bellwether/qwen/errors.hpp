// bellwether/qwen/errors.hpp - which BW_E_* an error of Alibaba's Model Studio is. Its codes come
// in two spellings, those of DashScope's own dialect and those of the compatible one; whoever hands
// on its errors hands on these. Pure; any thread.
#pragma once

#include <bellwether/provider.h>
#include <bellwether/http/error_class.hpp>
#include <bellwether/version.hpp>

#include <cstdint>
#include <string_view>

namespace bw::v1::qwen {

inline constexpr ErrorRule k_error_rules[] = {
    // Qwen's insufficient_quota means a limit of tokens a minute, unlike OpenAI's, or that the free
    // allocation is spent. The first two rules recognise the second case.
    {BW_E_QUOTA, 0, "", "Free allocated quota exceeded"},
    {BW_E_QUOTA, 0, "AllocationQuota.FreeTierOnly"},
    {BW_E_RATE, 429, "insufficient_quota"},
    {BW_E_UPSTREAM, 0, "Throttling.ServiceOverloaded"},
    {BW_E_RATE, 0, "Throttling"},
    {BW_E_RATE, 0, "Throttling.RateQuota"},
    {BW_E_RATE, 0, "Throttling.BurstRate"},
    {BW_E_RATE, 0, "Throttling.AllocationQuota"},
    {BW_E_RATE, 0, "LimitRequests"},
    {BW_E_RATE, 0, "limit_requests"},
    {BW_E_RATE, 0, "limit_burst_rate"},
    {BW_E_QUOTA, 0, "Arrearage"},
    {BW_E_QUOTA, 0, "CommodityNotPurchased"},
    {BW_E_QUOTA, 0, "PrepaidBillOverdue"},
    {BW_E_QUOTA, 0, "PostpaidBillOverdue"},
    {BW_E_QUOTA, 0, "BudgetLimitExceeded"},
    {BW_E_CONTENT_FILTER, 0, "DataInspectionFailed"},
    {BW_E_CONTENT_FILTER, 0, "data_inspection_failed"},
    {BW_E_CONTENT_FILTER, 0, "", "DataInspectionFailed"},
    {BW_E_CONTENT_FILTER, 0, "InternalError.Algo.DataInspectionFailed"},
    {BW_E_CONTENT_FILTER, 0, "CustomRoleBlocked"},
    {BW_E_CONTENT_FILTER, 0, "FaqRuleBlocked"},
    {BW_E_CONTENT_FILTER, 0, "IPInfringementSuspect"},
    {BW_E_CONTEXT_LENGTH, 0, "", "Range of input length"},
    {BW_E_INVALID, 0, "", "InternalError.Algo.InvalidParameter"},
    {BW_E_AUTH, 0, "InvalidApiKey"},
    {BW_E_UNSUPPORTED, 0, "AccessDenied", "does not support"},
    {BW_E_AUTH, 0, "AccessDenied"},
    {BW_E_AUTH, 0, "access_denied"},
    {BW_E_AUTH, 0, "AccessDenied.Unpurchased"},
    {BW_E_AUTH, 0, "Model.AccessDenied"},
    {BW_E_AUTH, 0, "Workspace.AccessDenied"},
    {BW_E_AUTH, 0, "Endpoint.AccessDenied"},
    {BW_E_NOT_FOUND, 0, "ModelNotFound"},
    {BW_E_NOT_FOUND, 0, "WorkSpaceNotFound"},
    {BW_E_UNSUPPORTED, 0, "InvalidParameter", "url error"},  // the model is served elsewhere
    {BW_E_INVALID, 0, "InvalidParameter"},
    {BW_E_INVALID, 0, "InvalidParameter.NotSupportEnableThinking"},
    {BW_E_INVALID, 0, "invalid_parameter_error"},
    {BW_E_UPSTREAM, 0, "RequestTimeOut"},
    {BW_E_UPSTREAM, 0, "InternalError"},
    {BW_E_UPSTREAM, 0, "internal_error"},
    {BW_E_UPSTREAM, 0, "InternalError.Algo"},
    {BW_E_UPSTREAM, 0, "InternalError.Timeout"},
    {BW_E_UPSTREAM, 0, "SystemError"},
    {BW_E_UPSTREAM, 0, "ModelServiceFailed"},
    {BW_E_UPSTREAM, 0, "ModelServingError"},
    {BW_E_UPSTREAM, 0, "ModelUnavailable"}};

// The class of an error. A code that is not in the table is what the part before its first dot is:
// "InvalidParameter.Something" is an InvalidParameter.
inline bw_status error_class(std::uint32_t http_status, std::string_view code,
                             std::string_view message) {
    const std::string_view family = code.substr(0, code.find('.'));
    return bw::error_class(http_status, {code, family, message}, k_error_rules);
}

}  // namespace bw::v1::qwen
