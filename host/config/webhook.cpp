// [webhooks.NAME].
#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "config/secret.hpp"
#include "config/sections.hpp"
#include "config/url.hpp"

namespace bellwether::config {
namespace {

constexpr std::size_t k_webhooks_max = 100;
constexpr std::string_view k_url_expected =
    R"(a URL such as "https://host/path", "env:NAME" or "file:/path")";

void read_url(Section& section, std::string_view key, Webhook& webhook) {
    const auto error = [&](Position at, std::string_view fault) {
        section.error(at, key, fault, std::string(k_url_expected));
    };
    if (!section.has(key)) {
        return section.missing(key, section.full(key) + " is missing", std::string(k_url_expected));
    }
    auto given = section.text(key);
    if (!given) return;
    webhook.url = given->value;
    std::string source;
    if (given->value.starts_with(k_env) || given->value.starts_with(k_file)) {
        webhook.reference = std::move(given->value);
        if (section.around().secrets == Secrets::left_out) return;
        auto value = resolve(webhook.reference);
        if (!value) return error(given->at, "cannot be had: " + value.error());
        webhook.url = *std::move(value);
        source = fmt::format("from {} ", webhook.reference);
    }
    if (const auto stray = stray_text(webhook.url); !stray.empty()) {
        return error(given->at, source + std::string(stray));
    }
    const auto url = parse_url(webhook.url, Query::allowed);
    if (!url) return error(given->at, source + url.error());
    if (url->encrypted || url->local) return;
    section.report().warning(
        given->at,
        fmt::format("{} is plain http: it crosses the network unencrypted", section.full(key)),
        "https://");
}

// Hides a URL that stands in the file itself: whoever knows it can post to it.
Value url_of(const Webhook& webhook) {
    return webhook.reference.empty() ? std::string("***") : webhook.reference;
}

constexpr KeyOf<Webhook> k_webhook_keys[] = {
    key<Webhook>("url", Worded{R"(URL, `"env:NAME"`, `"file:/path"`)", R"("type": "string")"},
                 "with a query if need be", read_url, url_of, k_required),
};

}  // namespace

void read_webhooks(Section& root, std::vector<Webhook>& webhooks) {
    auto sections = root.table("webhooks");
    if (!sections) return;
    for (const auto& name : sections->rest()) {
        auto section = sections->table(name.value);
        if (!section) {  // stays on the list: a budget that names it is no second mistake
            webhooks.emplace_back().name = name.value;
            continue;
        }
        if (!is_plain_name(name.value)) {
            root.report().error(name.at,
                                fmt::format("a webhook cannot be named {}", in_quotes(name.value)),
                                std::string(k_plain_name_expected));
        }
        if (webhooks.size() == k_webhooks_max) {
            return root.report().error(name.at, "there are too many webhooks",
                                       fmt::format("at most {}", k_webhooks_max));
        }
        Webhook& webhook = webhooks.emplace_back();
        webhook.name = name.value;
        webhook.at = section->at();
        read_keys<Webhook>(*section, k_webhook_keys, webhook);
        read_wire(*section, webhook.wire);
        section->finish();
    }
}

void write_webhook(json::PrettyWriter& writer, const Webhook& webhook) {
    write_keys<Webhook>(writer, k_webhook_keys, webhook);
    write_wire(writer, webhook.wire);
}

SectionFacts webhook_section() {
    auto rows = rows_of<Webhook>(k_webhook_keys);
    for (Row& row : wire_rows()) {
        row.elsewhere = true;
        rows.push_back(std::move(row));
    }
    return {"webhook", "`[webhooks.NAME]`", "Who is told by a POST of what the host warns of",
            std::move(rows)};
}

}  // namespace bellwether::config
