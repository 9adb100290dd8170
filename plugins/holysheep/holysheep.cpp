// The holysheep provider: HolySheep AI, a gateway to Qwen and other vendors' models. It hands on
// the errors of the model's vendor, so the rules here know Qwen's own codes, in both spellings.
#include <bellwether/openai_compatible.hpp>

namespace {

using namespace bw::openai;

constexpr Model k_models[] = {{"qwen-max", 32'768, 8'192, "alibaba"},
                              {"qwen-plus", 131'072, 8'192, "alibaba"},
                              {"qwen-turbo", 131'072, 16'384, "alibaba"},
                              {"qwen-flash", 1'000'000, 32'768, "alibaba"},
                              {"qwen3-max", 262'144, 65'536, "alibaba"},
                              {"qwen3.5-plus", 1'000'000, 65'536, "alibaba"},
                              {"qwen3.6-plus", 1'000'000, 65'536, "alibaba"},
                              {"qwen3-235b-a22b", 131'072, 16'384, "alibaba", true},
                              {"qwen3-32b", 131'072, 16'384, "alibaba", true},
                              {"gpt-4.1", 1'047'576, 32'768, "openai"},
                              {"claude-sonnet-4.5", 200'000, 64'000, "anthropic"},
                              {"gemini-2.5-flash", 1'048'576, 65'536, "google"},
                              {"deepseek-v3.2", 131'072, 8'192, "deepseek"}};

constexpr ForeignKey k_foreign_keys[] = {{"sk-ant-", "Anthropic"},
                                         {"sk-proj-", "OpenAI"},
                                         {"sk-svcacct-", "OpenAI"},
                                         {"sk-or-", "OpenRouter"},
                                         {"AIza", "Google"},
                                         {"gsk_", "Groq"},
                                         {"xai-", "xAI"},
                                         {"hf_", "Hugging Face"},
                                         {"YOUR_", "nobody: a placeholder"},
                                         {"sk-", "OpenAI-style vendor", false}};

constexpr ErrorRule k_error_rules[] = {
    // Qwen's insufficient_quota means a limit of tokens a minute, unlike OpenAI's, or that the free
    // allocation is spent. The first two rules recognise the second case.
    {BW_E_QUOTA, 0, "", "Free allocated quota exceeded"},
    {BW_E_QUOTA, 0, "AllocationQuota.FreeTierOnly"},
    {BW_E_RATE, 429, "insufficient_quota"},
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
    {BW_E_CONTENT_FILTER, 0, "CustomRoleBlocked"},
    {BW_E_CONTENT_FILTER, 0, "FaqRuleBlocked"},
    {BW_E_CONTENT_FILTER, 0, "IPInfringementSuspect"},
    {BW_E_CONTEXT_LENGTH, 0, "", "Range of input length"},
    {BW_E_INVALID, 0, "", "InternalError.Algo.InvalidParameter"},
    {BW_E_AUTH, 0, "InvalidApiKey"},
    {BW_E_AUTH, 0, "AccessDenied"},
    {BW_E_AUTH, 0, "access_denied"},
    {BW_E_AUTH, 0, "AccessDenied.Unpurchased"},
    {BW_E_AUTH, 0, "Model.AccessDenied"},
    {BW_E_AUTH, 0, "Workspace.AccessDenied"},
    {BW_E_AUTH, 0, "Endpoint.AccessDenied"},
    {BW_E_NOT_FOUND, 0, "ModelNotFound"},
    {BW_E_NOT_FOUND, 0, "WorkSpaceNotFound"},
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
    {BW_E_UPSTREAM, 0, "ModelUnavailable"},
    {BW_E_UPSTREAM, 0, "Throttling.ServiceOverloaded"}};

constexpr Api k_api = {.id = "ai.holysheep",
                       .version = "1.0.0",
                       .vendor = "HolySheep",
                       .summary = "HolySheep AI: Qwen and other vendors' models behind one key",
                       .base_url = "https://api.holysheep.ai/v1",
                       .base_url_env = "HOLYSHEEP_BASE_URL",
                       .secret_env = "HOLYSHEEP_API_KEY",
                       .foreign_keys = k_foreign_keys,
                       .models = k_models,
                       .error_rules = k_error_rules,
                       .quirks = {.developer_role = false,
                                  .base64_embeddings = false,
                                  .default_enable_thinking_false = true},
                       .continues_with = "partial"};

}  // namespace

BW_OPENAI_COMPATIBLE(k_api)
