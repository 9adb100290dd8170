#include "pages/explain.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <chrono>

#include "base/clock.hpp"
#include "config/key_form.hpp"
#include "json/writer.hpp"
#include "pages/explained_rules.hpp"
#include "route/explain.hpp"

namespace bw::pages {
namespace {

ExplainReply unknown_model(const front::Host& host, std::string_view model) {
    ExplainReply reply{.text = host.catalogue.not_found_message(model, nullptr)};
    json::PrettyWriter writer;
    writer.begin_object().field("model", model).field("error", reply.text);
    writer.key("models").begin_array();
    for (const auto& entry : host.catalogue.entries()) writer.value(entry.id);
    reply.json = writer.end_array().end_object().text();
    return reply;
}

// What was asked for is not repeated: it may be the key itself, pasted in the wrong place.
ExplainReply unknown_key(const front::Host& host) {
    ExplainReply reply;
    if (host.keys.empty()) {
        reply.text =
            "there is no such client key: no client keys are configured, so every caller may use "
            "every model; ask without a key";
    } else {
        reply.text =
            "there is no client key with that name or public id; [[keys]] of the config has those "
            "that there are";
    }
    json::PrettyWriter writer;
    reply.json = writer.begin_object().field("error", reply.text).end_object().text();
    return reply;
}

// Why the key does not get the model; empty: it does.
std::string refusal_of(const config::Key& key, std::string_view model) {
    if (key.disabled) return "it is disabled";
    if (key.expires && Clock::wall() >= *key.expires) return "it has expired";
    return config::may_use(&key, model) ? "" : "none of its models is this one";
}

std::string text_of(const config::Key& key, std::string_view refusal, std::string_view model) {
    std::string text = fmt::format("client key\n   {} (bw-{}...)", key.name, key.id);
    if (!key.team.empty()) text += fmt::format(", team {}", key.team);
    text += refusal.empty() ? fmt::format(": may use {}\n", model)
                            : fmt::format(": MAY NOT use {}: {}\n", model, refusal);
    text += fmt::format(
        "   models      {}\n",
        key.models.empty() ? std::string("all") : fmt::format("{}", fmt::join(key.models, ", ")));
    text += fmt::format("   expires     {}\n",
                        key.expires ? config::format_expiry(*key.expires) : "never");
    return text;
}

std::string json_of(const config::Key& key, std::string_view refusal) {
    json::PrettyWriter writer;
    writer.begin_object().field("name", key.name).field("id", key.id);
    writer.field_or_null("team", key.team).field("may_use", refusal.empty());
    writer.field_or_null("why_not", refusal).key("models");
    if (key.models.empty()) {
        writer.null();
    } else {
        writer.begin_array();
        for (const auto& model : key.models) writer.value(model);
        writer.end_array();
    }
    writer.field_or_null("expires", key.expires ? config::format_expiry(*key.expires) : "");
    return writer.end_object().text();
}

std::string keys_text(const front::Host& host) {
    if (host.keys.empty()) {
        return "client keys\n   none are configured: every caller may use every model\n";
    }
    return fmt::format(
        "client keys\n   a caller needs one of {}; --key NAME says what one may do\n",
        host.keys.size());
}

}  // namespace

ExplainReply explain(const front::Host& host, const ExplainQuestion& question) {
    const auto& [model, name, user] = question;
    const config::Key* key = name.empty() ? nullptr : host.keys.find(name);
    if (key == nullptr && !name.empty()) return unknown_key(host);
    const auto explanation =
        route::explain(host.config, host.registry, host.routes.prices(), model);
    if (!explanation) return unknown_model(host, model);
    Caller caller{.key = {}, .team = {}, .user = user};
    if (key != nullptr) {
        caller.key = key->name;
        caller.team = key->team;
    }
    const auto counts = explain_counts(host.config, *explanation, caller);
    const std::string refusal = key == nullptr ? std::string() : refusal_of(*key, model);
    return {.found = true,
            .json = to_json(*explanation, {.counted_by = counts_json(counts),
                                           .key = key == nullptr ? "" : json_of(*key, refusal)}),
            .text = to_text(*explanation) + "\n" + counts_text(counts) + "\n" +
                    (key == nullptr ? keys_text(host) : text_of(*key, refusal, model))};
}

}  // namespace bw::pages
