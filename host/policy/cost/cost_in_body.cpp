#include "policy/cost/cost_in_body.hpp"

#include <algorithm>

#include "config/money.hpp"
#include "json/value.hpp"
#include "json/writer.hpp"

namespace bellwether::policy {
namespace {

std::string counted(const Usage& usage) {
    const std::int64_t input = std::max<std::int64_t>(usage.input_tokens, 0);
    const std::int64_t output = std::max<std::int64_t>(usage.output_tokens, 0);
    json::Writer writer;
    writer.begin_object().field("prompt_tokens", input).field("completion_tokens", output);
    writer.field("total_tokens", input + output).end_object();
    return std::string(writer.view());
}

}  // namespace

std::string with_cost(std::string_view object, const Usage& usage, std::int64_t cost_micro_usd) {
    const json::Value reply(object);
    if (reply.kind() != json::Kind::object || cost_micro_usd < 0) return std::string(object);
    const json::Value said = reply["usage"];
    const std::string base =
        said.kind() == json::Kind::object ? std::string(said.raw()) : counted(usage);
    return json::with_member(object, "usage",
                             json::with_member(base, "cost", config::format_usd(cost_micro_usd)));
}

}  // namespace bellwether::policy
