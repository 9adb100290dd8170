// An explanation for programs. Money stays a whole number of millionths of a dollar.
#include "json/writer.hpp"
#include "route/explain.hpp"

namespace bw::route {
namespace {

using json::PrettyWriter;

void write_price(PrettyWriter& writer, const config::Price* price) {
    writer.key("price");
    if (price == nullptr) {
        writer.null();
        return;
    }
    writer.begin_object().field("input_micro_usd", price->input);
    writer.field("cached_input_micro_usd", price->cached_input);
    writer.field("output_micro_usd", price->output).field("per_tokens", 1'000'000);
    if (price->list_input) writer.field("list_input_micro_usd", *price->list_input);
    if (price->list_output) writer.field("list_output_micro_usd", *price->list_output);
    writer.field("model", price->model);
    writer.field("place", price->file + ":" + std::to_string(price->at.line));
    writer.field_or_null("source", price->source).end_object();
}

void write_limit(PrettyWriter& writer, const char* name, config::milliseconds limit) {
    writer.key(name);
    limit.count() == 0 ? writer.null() : writer.value(std::int64_t{limit.count()});
}

void write_timeouts(PrettyWriter& writer, const config::Timeouts& timeouts) {
    writer.key("timeouts_ms").begin_object();
    write_limit(writer, "connect", timeouts.connect);
    write_limit(writer, "first_byte", timeouts.first_byte);
    write_limit(writer, "idle", timeouts.idle);
    write_limit(writer, "total", timeouts.total);
    write_limit(writer, "stream_total", timeouts.stream_total);
    writer.end_object();
}

void write_plugin(PrettyWriter& writer, const ExplainedTarget& target) {
    writer.key("plugin").begin_object().field("id", target.plugin);
    writer.field("version", target.version).field("abi", target.abi);
    writer.field("file", target.file).field("sha256", target.sha256).end_object();
}

void write_target(PrettyWriter& writer, const ExplainedTarget& target) {
    writer.begin_object().field("provider", target.provider).field("model", target.model);
    writer.field("weight", target.weight).field("share_permille", target.share_permille);
    writer.field_or_null("unavailable", target.unavailable);
    write_plugin(writer, target);
    writer.field_or_null("origin", target.origin).key("credentials").begin_array();
    for (const auto& credential : target.credentials) {
        writer.begin_object().field("name", credential.name);
        writer.field("reference", credential.reference).field("set", credential.set).end_object();
    }
    writer.end_array();
    write_timeouts(writer, target.timeouts);
    write_price(writer, target.price);
    const auto tokens = [&writer](const char* name, std::int64_t count) {
        writer.key(name);
        count == 0 ? writer.null() : writer.value(count);
    };
    tokens("context", target.context);
    tokens("max_output", target.max_output);
    writer.key("operations").begin_array();
    for (const auto operation : target.operations) writer.value(to_string(operation));
    writer.end_array().end_object();
}

}  // namespace

std::string to_json(const Explanation& explanation, std::string_view key) {
    PrettyWriter writer;
    writer.begin_object().field("model", explanation.model).key("rules").begin_array();
    for (const auto& rule : explanation.rules) {
        writer.begin_object().field("name", rule.name).field("rule", rule.model);
        writer.field("place", rule.place).field_or_null("alias", rule.alias).end_object();
    }
    const bool ordered = explanation.strategy == config::Strategy::ordered;
    writer.end_array().field("strategy", ordered ? "ordered" : "weighted");
    writer.key("targets").begin_array();
    for (const auto& target : explanation.targets) write_target(writer, target);
    writer.end_array().key("rivals").begin_array();
    for (const auto& rival : explanation.rivals) {
        writer.begin_object().field("rule", rival.model).field("place", rival.place);
        writer.field("why", rival.why).end_object();
    }
    writer.end_array().field("rules_without_match", std::uint64_t{explanation.without_match});
    if (!key.empty()) writer.key("key").raw(key);
    return writer.end_object().text();
}

}  // namespace bw::route
