#include "policy/reported_total.hpp"

#include <algorithm>

#include "policy/tokens.hpp"

namespace bw::policy {

void divide_total(Usage& usage, const Call& call) {
    if (usage.total_tokens <= 0 || usage.input_tokens >= 0 || usage.output_tokens >= 0) return;
    const std::int64_t prompt = estimate_tokens(
        std::string_view(call.body).substr(call.prompt_value.offset, call.prompt_value.length));
    const bool embeds = call.operation == Operation::embeddings;
    usage.input_tokens = embeds ? usage.total_tokens : std::min(prompt, usage.total_tokens);
    if (!embeds) usage.output_tokens = usage.total_tokens - usage.input_tokens;
}

}  // namespace bw::policy
