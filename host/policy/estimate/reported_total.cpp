#include "policy/estimate/reported_total.hpp"

#include "policy/estimate/tokens.hpp"

namespace bellwether::policy {
namespace {

constexpr std::int64_t k_prompt_bytes_for_token_max = 16;

}  // namespace

void divide_total(Usage& usage, const Call& call, std::int64_t seen) {
    const std::int64_t total = usage.total_tokens;
    if (total <= 0 || usage.input_tokens >= 0 || usage.output_tokens >= 0) return;
    const std::string_view prompt = std::string_view(call.body).substr(
        call.asked.prompt_value.offset, call.asked.prompt_value.length);
    if (!facts_of(call.operation).generates) {
        usage.input_tokens = total;
        return;
    }
    const std::int64_t estimate = estimate_tokens(prompt);
    const std::int64_t input = estimate < total ? estimate : total - seen;
    if (input <= static_cast<std::int64_t>(prompt.size()) / k_prompt_bytes_for_token_max) return;
    usage.input_tokens = input;
    usage.output_tokens = total - input;
}

}  // namespace bellwether::policy
