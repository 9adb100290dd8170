// An explanation for programs. Money stays a whole number of millionths of a dollar.
#include <algorithm>

#include "config/choosing.hpp"
#include "config/key_form.hpp"
#include "config/names.hpp"
#include "json/writer.hpp"
#include "report/explain.hpp"

namespace bellwether::report {
namespace {

using json::PrettyWriter;

void write_parts(PrettyWriter& writer, const config::PartPrices& parts) {
    for (const auto& [name, part] : config::k_part_prices) {
        if (const auto own = parts.*part) writer.field(std::string(name) + "_micro_usd", *own);
    }
}

void write_call_prices(PrettyWriter& writer, const config::CallPrices& prices) {
    writer.field("input_micro_usd", prices.input);
    writer.field("cached_input_micro_usd", prices.cached_input);
    writer.field("output_micro_usd", prices.output);
    write_parts(writer, prices.parts);
}

void write_steps(PrettyWriter& writer, const std::vector<config::PriceStep>& steps) {
    if (steps.empty()) return;
    writer.key("above").begin_array();
    for (const auto& step : steps) {
        writer.begin_object().field("prompt_tokens", step.prompt_tokens);
        write_call_prices(writer, step.prices);
        writer.end_object();
    }
    writer.end_array();
}

// Writes what only some prices have: prices of parts, steps, tiers and units.
void write_details(PrettyWriter& writer, const config::Price& price) {
    write_parts(writer, price.parts);
    write_steps(writer, price.above);
    if (!price.tiers.empty()) {
        writer.key("tiers").begin_object();
        for (const auto& tier : price.tiers) {
            writer.key(tier.name).begin_object();
            write_call_prices(writer, tier.prices);
            write_steps(writer, tier.above);
            writer.end_object();
        }
        writer.end_object();
    }
    if (price.units.empty()) return;
    writer.key("units_micro_usd").begin_object();
    for (const auto& unit : price.units) writer.field(unit.name, unit.each);
    writer.end_object();
}

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
    write_details(writer, *price);
    writer.field("model", price->model);
    writer.field("place", price->file + ":" + std::to_string(price->at.line));
    writer.field_or_null("source", price->source).end_object();
}

void write_limit(PrettyWriter& writer, const char* name, config::milliseconds limit) {
    writer.key(name);
    limit.count() == 0 ? writer.null() : writer.value(std::int64_t{limit.count()});
}

void write_timeouts_ms(PrettyWriter& writer, const config::Timeouts& timeouts) {
    writer.key("timeouts_ms").begin_object();
    write_limit(writer, "connect", timeouts.connect);
    write_limit(writer, "first_byte", timeouts.first_byte);
    write_limit(writer, "idle", timeouts.idle);
    write_limit(writer, "total", timeouts.total);
    write_limit(writer, "stream_total", timeouts.stream_total);
    writer.end_object();
}

void write_attempts(PrettyWriter& writer, const config::Retry& retry) {
    writer.key("retry").begin_object().field("attempts", retry.attempts);
    writer.field("first_ms", std::int64_t{retry.first.count()});
    writer.field("longest_ms", std::int64_t{retry.longest.count()});
    writer.field("within_ms", std::int64_t{retry.within.count()}).end_object();
}

// Writes what the target makes of a request.
void write_changes(PrettyWriter& writer, const config::Target& target) {
    writer.field_or_null("strip_prefix", target.strip_prefix).key("set").begin_object();
    for (const auto& member : target.set) writer.key(member.key).raw(member.json);
    writer.end_object().field_list("drop", target.drop);
}

void write_plugin(PrettyWriter& writer, const ExplainedTarget& target) {
    writer.key("plugin").begin_object().field("id", target.plugin);
    writer.field("version", target.version).field("abi", target.abi);
    writer.field("file", target.file).field("sha256", target.sha256).end_object();
}

void write_target(PrettyWriter& writer, const ExplainedTarget& target) {
    writer.begin_object().field("provider", target.provider).field("model", target.model);
    const config::Target& configured = *target.target;
    writer.field("tier", configured.tier).field("weight", configured.weight);
    writer.key("share_permille");
    target.share_permille ? writer.value(*target.share_permille) : writer.null();
    if (target.live) write_fields(writer.key("live").begin_object(), *target.live).end_object();
    writer.field_or_null("unavailable", target.unavailable);
    write_plugin(writer, target);
    writer.field_or_null("origin", target.origin).key("credentials").begin_array();
    for (const auto& credential : target.credentials) {
        writer.begin_object().field("name", credential.name);
        writer.field("reference", credential.reference).field("set", credential.set).end_object();
    }
    writer.end_array();
    write_timeouts_ms(writer, configured.timeouts);
    write_attempts(writer, configured.retry);
    write_changes(writer, configured);
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

void write_targets(PrettyWriter& writer, std::string_view name,
                   const std::vector<ExplainedTarget>& targets) {
    writer.key(name).begin_array();
    for (const auto& target : targets) write_target(writer, target);
    writer.end_array();
}

std::string json_of(const std::vector<ExplainedCount>& counts) {
    PrettyWriter writer;
    writer.begin_array();
    for (const ExplainedCount& count : counts) {
        writer.begin_object().field("name", count.name).field("counts", count.counts);
        writer.field_or_null("each", count.each).field_list("of", count.values);
        if (count.at.line == 0) {
            writer.key("file").null().key("line").null();
        } else {
            writer.field("file", count.file).field("line", count.at.line);
        }
        writer.end_object();
    }
    return writer.end_array().text();
}

std::string json_of(const ExplainedKey& explained) {
    const auto& [named, refusal] = explained;
    const config::Key& key = *named;
    PrettyWriter writer;
    writer.begin_object().field("name", key.name).field("id", key.id);
    writer.field_or_null("team", key.team).field("may_use", refusal.empty());
    writer.field_or_null("why_not", refusal).field_list_or_null("models", key.models);
    writer.field_or_null("expires", key.expires ? config::format_expiry(*key.expires) : "");
    return writer.end_object().text();
}

}  // namespace

void write_choosing(PrettyWriter& writer, const config::Route& route) {
    writer.key("strategies").begin_array();
    for (const auto strategy : route.strategies) writer.value(name_of(strategy));
    const bool sticky = std::ranges::count(route.strategies, config::Strategy::sticky) != 0;
    writer.end_array().field_or_null("sticky_by", sticky ? text_of(route.sticky_by) : "");
    writer.field_or_null("hedge", route.hedge ? text_of(*route.hedge) : "");
    writer.field("shadow_percent", route.shadow ? route.shadow->percent : 0);
    writer.field("continue_stream", route.continue_stream);
}

std::string to_json(const Explanation& explanation) {
    PrettyWriter writer;
    writer.begin_object().field("model", explanation.model).key("rules").begin_array();
    for (const auto& rule : explanation.rules) {
        writer.begin_object().field("name", rule.name).field("rule", rule.model);
        writer.field("place", rule.place).field_or_null("alias", rule.alias).end_object();
    }
    writer.end_array();
    write_choosing(writer, *explanation.route);
    write_targets(writer, "targets", explanation.targets);
    for (const auto& chain : k_chains)
        write_targets(writer, chain.name, explanation.*chain.targets);
    writer.key("shadow");
    explanation.shadow ? write_target(writer, *explanation.shadow) : void(writer.null());
    writer.key("rivals").begin_array();
    for (const auto& rival : explanation.rivals) {
        writer.begin_object().field("rule", rival.model).field("place", rival.place);
        writer.field("why", rival.why).end_object();
    }
    writer.end_array().field("rules_without_match", std::uint64_t{explanation.without_match});
    writer.key("counted_by").raw(json_of(explanation.counted_by));
    if (explanation.key) writer.key("key").raw(json_of(*explanation.key));
    return writer.end_object().text();
}

std::string to_json(const NotExplained& reason) {
    PrettyWriter writer;
    writer.begin_object();
    if (reason.model) writer.field("model", *reason.model);
    writer.field("error", reason.message);
    if (reason.model) writer.field_list("models", reason.models);
    return writer.end_object().text();
}

}  // namespace bellwether::report
