// [webhooks.NAME].
#include <fmt/format.h>

#include "config/secret.hpp"
#include "config/sections.hpp"
#include "config/stray_text.hpp"
#include "config/url.hpp"

namespace bw::config {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t k_webhooks_max = 100;
constexpr std::string_view k_url_expected =
    R"(a URL such as "https://host/path", "env:NAME" or "file:/path")";

bool is_reference(std::string_view text) {
    return text.starts_with("env:") || text.starts_with("file:");
}

void read_url(Section& section, Secrets secrets, Webhook& webhook) {
    const auto error = [&](Position at, std::string_view fault) {
        section.report().error(at, fmt::format("{} {}", section.full("url"), fault),
                               std::string(k_url_expected));
    };
    auto given = section.text("url");
    if (!given) {
        if (!section.has("url")) {
            section.report().absent(section.at(), {"url"}, section.full("url") + " is missing",
                                    std::string(k_url_expected));
        }
        return;
    }
    webhook.url = given->value;
    std::string source;
    if (is_reference(given->value)) {
        webhook.reference = std::move(given->value);
        if (secrets == Secrets::left_out) return;
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
        fmt::format("{} is plain http: it crosses the network unencrypted", section.full("url")),
        "https://");
}

}  // namespace

void read_webhooks(Section& root, const fs::path& folder, Secrets secrets,
                   std::vector<Webhook>& webhooks) {
    auto sections = root.table("webhooks");
    if (!sections) return;
    for (const auto& name : sections->rest()) {
        auto section = sections->table(name.value);
        if (!section) {  // stays on the list, so that a budget with it is no second mistake
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
        read_url(*section, secrets, webhook);
        read_wire(*section, folder, secrets, webhook.wire);
        section->finish();
    }
}

}  // namespace bw::config
