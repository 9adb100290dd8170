#include "policy/reported_total.hpp"

#include "policy/tokens.hpp"

namespace bw::policy {

void divide_total(Usage& usage, const Call& call) {
    if (usage.total_tokens <= 0 || usage.input_tokens >= 0 || usage.output_tokens >= 0) return;
    const std::int64_t prompt = estimate_tokens(
        std::string_view(call.body).substr(call.prompt_value.offset, call.prompt_value.length));
    if (call.operation == Operation::embeddings) {
        usage.input_tokens = usage.total_tokens;
    } else if (usage.total_tokens > prompt) {
        usage.input_tokens = prompt;
        usage.output_tokens = usage.total_tokens - prompt;
    }
}

}  // namespace bw::policy
