// [providers.NAME].
#include <fmt/format.h>
#include <toml++/toml.h>

#include <algorithm>
#include <cstdlib>
#include <iterator>

#include "config/header.hpp"
#include "config/names.hpp"
#include "config/provider_origins.hpp"
#include "config/retry.hpp"
#include "config/secret.hpp"
#include "config/sections.hpp"
#include "config/share.hpp"
#include "config/shown.hpp"
#include "config/url.hpp"

namespace bellwether::config {
namespace {

constexpr Whole k_concurrent{1, 1'000'000};
constexpr Quantity k_probe{k_duration, R"("30s", "5m" or "none")", "s", 1'000, 86'400'000, "none"};

constexpr Quantity k_canary_time{k_duration, R"("5m" or "1h")", "m", 1'000, 86'400'000};
constexpr Worded k_canary{"share", R"("type": ["number", "string"])"};

void read_plugin(Section& section, std::string_view key, Provider& provider) {
    provider.plugin = provider.name;
    provider.plugin_at = provider.at;
    auto plugin = section.text(key);
    if (!plugin) return;
    provider.plugin = std::move(plugin->value);
    provider.plugin_at = plugin->at;
}

void read_sha256(Section& section, std::string_view key, Provider& provider) {
    const auto given = section.text(key);
    if (!given) return;
    if (!is_sha256(given->value)) {
        return section.error(given->at, key, "is not a SHA-256 sum", "64 hexadecimal digits");
    }
    provider.sha256 = lower(given->value);
}

// The hint for a URL without a scheme. A text that may hold a password is not repeated.
std::string scheme_hint(std::string_view value) {
    const bool local = value.starts_with("localhost") || value.starts_with("127.");
    const std::string whole = fmt::format("{}://{}", local ? "http" : "https", value);
    const bool has_dot = value.find('.') != value.npos || local;
    const bool secret = value.find('@') != value.npos || value.find("://") != value.npos;
    if (secret || !has_dot || !parse_url(whole)) return {};
    if (const auto url = check_base_url(whole); !url) {
        return fmt::format("begin it with {}://; it {}, too", local ? "http" : "https",
                           url.error().what);
    }
    return fmt::format("did you mean {}?", in_quotes(whole));
}

// The URL and its source for messages: empty for the file, "env:NAME: the variable " for a
// variable. Nothing: the variable is not set, or the reference is wrong; errors are reported here.
std::optional<std::pair<std::string, std::string>> base_url_of(Section& section,
                                                               std::string_view key,
                                                               const Text& given) {
    if (!given.value.starts_with(k_env)) return std::pair(given.value, std::string());
    if (const auto fault = reference_fault(given.value)) {
        section.error(given.at, key, *fault, R"("env:NAME")");
        return std::nullopt;
    }
    const std::string source = fmt::format("{}: the variable ", given.value);
    const char* content = std::getenv(given.value.substr(k_env.size()).c_str());
    if (content != nullptr) return std::pair(std::string(content), source);
    if (section.around().secrets == Secrets::looked_up) {
        section.error(given.at, key, source + "is not set");
    }
    return std::nullopt;
}

void read_base_url(Section& section, std::string_view key, Provider& provider) {
    const auto given = section.text(key);
    if (!given) return;
    auto found = base_url_of(section, key, *given);
    if (!found) return;
    auto& [value, source] = *found;
    const auto url = check_base_url(value);
    if (!url) {
        const std::string hint = source.empty() ? scheme_hint(value) : std::string();
        return section.error(given->at, key, source + url.error().what,
                             std::string(k_base_url_expected),
                             hint.empty() ? url.error().hint : hint);
    }
    provider.base_url = std::move(value);
    provider.base_url_at = given->at;
}

void read_models(Section& section, std::string_view key, Provider& provider) {
    for (auto& model : section.texts(key)) provider.models.push_back(std::move(model.value));
}

constexpr Worded k_forward_headers{
    "array of names", k_texts.schema, {.number = 32, .bytes = k_header_bytes_max}};

// Headers that only the host or the plugin may set: those of the message and of the connection (RFC
// 9110, 7.6.1), credentials, and headers that the host writes itself.
constexpr std::string_view k_refused[] = {"accept",
                                          "accept-encoding",
                                          "api-key",
                                          "authorization",
                                          "connection",
                                          "cookie",
                                          "expect",
                                          "forwarded",
                                          "host",
                                          "keep-alive",
                                          "origin",
                                          "proxy-authenticate",
                                          "proxy-authorization",
                                          "proxy-connection",
                                          "range",
                                          "referer",
                                          "te",
                                          "traceparent",
                                          "tracestate",
                                          "trailer",
                                          "transfer-encoding",
                                          "upgrade",
                                          "user-agent",
                                          "via",
                                          "x-api-key",
                                          "x-goog-api-key",
                                          "x-request-id"};
constexpr std::string_view k_refused_beginnings[] = {"access-control-", "content-", "if-", "sec-",
                                                     "x-bellwether-"};

// Takes "_" for "-", as programs do that read headers as environment variables.
bool is_refused(std::string name) {
    std::ranges::replace(name, '_', '-');
    return std::ranges::find(k_refused, name) != std::end(k_refused) ||
           std::ranges::any_of(k_refused_beginnings, [&name](std::string_view beginning) {
               return name.starts_with(beginning);
           });
}

void read_forward_headers(Section& section, std::string_view key, Provider& provider) {
    constexpr Most most = k_forward_headers.most;
    std::vector<std::string>& names = provider.forward_headers;
    for (const Text& given : section.texts(key)) {
        std::string name = lower(given.value);
        const auto report = [&](std::string_view fault, std::string expected) {
            section.error(given.at, key,
                          fmt::format("has {}, which {}", in_quotes(given.value), fault),
                          std::move(expected));
        };
        if (!is_header_name(name)) {
            report("is no name of a header",
                   R"(letters, digits, "-" and "_", for example "openai-organization")");
        } else if (is_refused(name)) {
            report("no client may set in a request to a provider",
                   "one that does not frame the message, name its receiver or hold a credential");
        } else if (std::ranges::find(names, name) == names.end()) {
            if (names.size() == most.number) {
                return report("is one too many", fmt::format("at most {} names", most.number));
            }
            names.push_back(std::move(name));
        }
    }
}

constexpr Worded k_api_keys{
    "array of credentials",
    R"("type": "array", "items": {"type": "string", "pattern": "^(env|file):."})",
    {.number = 64}};

// The first of them is the secret `api_key` as well.
void read_api_keys(Section& section, std::string_view key, Provider& provider) {
    const toml::node* node = section.find(key);
    for (Text& given : read_references(section, key, "a key")) {
        const auto& known = provider.api_keys;
        if (std::ranges::find(known, given.value, &SecretReference::reference) != known.end()) {
            section.error(given.at, key, fmt::format("has {} twice", in_quotes(given.value)));
        } else if (known.size() == k_api_keys.most.number) {
            return section.error(given.at, key, "has one too many",
                                 fmt::format("at most {}", k_api_keys.most.number));
        } else {
            provider.api_keys.push_back({"api_key", std::move(given.value), given.at});
        }
    }
    if (node == nullptr) return;
    if (section.has("api_key")) {
        return section.report().error(section.key_at(key),
                                      fmt::format("{} stands beside api_key", section.full(key)),
                                      "one of the two");
    }
    if (!provider.api_keys.empty()) {
        provider.secrets.push_back(provider.api_keys.front());
    } else if (node->is_array() && node->as_array()->empty()) {
        section.error(position_of(*node), key, "is empty", "at least one credential");
    }
}

// Less than the whole: else it would be no canary.
void read_canary(Section& section, std::string_view key, Provider& provider) {
    const toml::node* node = section.find(key);
    if (node == nullptr) return;
    const auto share = share_of(*node);
    if (share && *share < k_whole_share) {
        provider.canary = *share;
    } else {
        section.error(position_of(*node), key, "is no share of the calls",
                      R"(a share such as 0.05 or "5%", below 1)");
    }
}

Value api_keys_of(const Provider& provider) {
    std::vector<std::string> references;
    for (const SecretReference& one : provider.api_keys) references.push_back(one.reference);
    return references;
}

constexpr KeyOf<Provider> k_timeouts_key{
    .facts = {"timeouts", Tables{"timeouts"}, "limits on one attempt", "below"},
    .read = [](Section& section, std::string_view key,
               Provider& provider) { read_timeouts(section, key, provider.timeouts); },
    .write = [](json::PrettyWriter& writer,
                const Provider& provider) { write_timeouts(writer, provider.timeouts); }};

constexpr KeyOf<Provider> k_retry_key{
    .facts = {"retry", Tables{"own_retry"}, "when a call that failed here is tried again",
              "that of `[retry]`"},
    .read =
        [](Section& section, std::string_view key, Provider& provider) {
            provider.retry = RetryKeys(section, key).over(provider.retry);
        },
    .write = [](json::PrettyWriter& writer,
                const Provider& provider) { write_retry(writer, provider.retry); }};

constexpr KeyOf<Provider> k_provider_keys[] = {
    key<&Provider::plugin>("plugin", k_text,
                           "the plugin's name, looked up in `plugin_path`, or a path to its file",
                           read_plugin, "`NAME`"),
    key<&Provider::sha256>("sha256", k_sha256, "refuse the plugin unless its file has this sum",
                           read_sha256, "none"),
    key<&Provider::base_url>("base_url", Worded{"URL", R"("type": "string")"},
                             "`https://` or `http://`, host, perhaps port and path; no user name, "
                             "query or fragment",
                             read_base_url, "the plugin's"),
    key<&Provider::origins>("origins", k_origins,
                            "where else its requests, and its credentials with them, may go, in "
                            "place of the plugin's list: `\"https://host\"`, with a port where it "
                            "is not the scheme's own, or `\"https://*.example.com\"` for each name "
                            "below a domain",
                            read_origins, "the plugin's"),
    key<&Provider::required>("required", Flag{},
                             "`false`: without its credential the host starts all the same, and "
                             "the provider's models answer 503"),
    key<&Provider::models>("models", k_texts,
                           "models that are there besides those the plugin knows", read_models,
                           "none"),
    key<&Provider::forward_headers>("forward_headers", k_forward_headers,
                                    "headers of a client's request that this provider gets as well",
                                    read_forward_headers, "none"),
    key<&Provider::max_concurrent>(
        "max_concurrent", k_concurrent,
        "calls at once, of all workers, and of all hosts that share a ledger", "no limit"),
    on_limit_key<Provider>("what a call does that no provider has room for, because of "
                           "`max_concurrent` or of the provider's own limits"),
    queue_length_key<Provider>("calls of a worker that may wait for it and for one model; one "
                               "more is refused"),
    {.facts = {"api_keys", k_api_keys, "several credentials instead of `api_key`", "none"},
     .read = read_api_keys,
     .get = api_keys_of,
     .is_shown = [](const Provider& provider) { return !provider.api_keys.empty(); }},
    k_timeouts_key,
    k_retry_key,
    key<&Provider::probe>("probe", k_probe,
                          "how often the upstream is asked for its models, to know whether it "
                          "serves"),
    {.facts =
         {"canary", k_canary,
          "the share of new calls that a new version of the plugin gets at first, such as 0.05 or "
          "`\"5%\"`",
          "none"},
     .read = read_canary,
     .get = [](const Provider& provider) -> Value { return share_text(provider.canary); },
     .is_shown = [](const Provider& provider) { return provider.canary != 0; }},
    key<&Provider::canary_time>("canary_time", k_canary_time, "how long it has only that share"),
};

// Credentials, which the plugin's manifest names. The host knows them by the end of their names.
constexpr KeyOf<Provider> k_credential_keys[] = {
    key<Provider>("api_key", k_reference,
                  "and likewise every key named `*_key`, `*_token` or `*_secret`", nullptr, nullptr,
                  "the plugin's variable"),
};

void read_secret(Section& section, const std::string& key, Provider& provider) {
    if (auto given = read_reference(section, key, "a key")) {
        provider.secrets.push_back({key, std::move(given->value), given->at});
    }
}

// Every key that is neither the host's nor a credential belongs to the plugin.
void read_secrets_and_options(Section& section, Provider& provider) {
    for (const auto& key : section.rest()) {
        if (names_secret(key.value)) {
            read_secret(section, key.value, provider);
        } else if (!is_of_the_top(key.value)) {  // finish() reports where such a key belongs
            const toml::node& node = *section.find(key.value);
            std::string json = to_json(node, in_quotes(key.value), section.report());
            provider.options.push_back({key.value, std::move(json), key.at});
        }
    }
    section.finish();
}

bool is_name(std::string_view text) {
    return !text.empty() && text.front() != '-' && text.front() != '_' && is_made_of(text, "-_");
}

// A provider with mistakes stays on the list, so that a route to it is not a second mistake.
void read_provider(Section& sections, const Text& name, Provider& provider) {
    provider.name = name.value;
    provider.at = name.at;
    const bool named = is_name(name.value);
    if (!named) {
        sections.report().error(
            name.at, fmt::format("a provider cannot be named {}", in_quotes(name.value)),
            "lower-case letters, digits, \"-\" and \"_\", with a letter or a digit first");
    }
    auto section = sections.table(name.value);
    if (!section || !named) provider.refused.emplace_back("plugin");
    if (!section) return;
    provider.at = section->at();
    read_keys<Provider>(*section, k_provider_keys, provider);
    read_isolation(*section, provider.isolation);
    read_wire(*section, provider.wire);
    read_secrets_and_options(*section, provider);
    warn_of_plain_http(*section, provider);
    for (auto& key : section->refused()) provider.refused.push_back(std::move(key));
}

}  // namespace

const std::vector<std::string>& provider_keys() {
    static const std::vector<std::string> keys = [] {
        std::vector<std::string> names;
        for (const auto& one : k_provider_keys) names.emplace_back(one.facts.name);
        for (const auto& row : isolation_rows()) names.emplace_back(row.facts.name);
        for (const auto& row : wire_rows()) names.emplace_back(row.facts.name);
        return names;
    }();
    return keys;
}

void read_providers(Section& root, const Retry& retry, std::vector<Provider>& providers) {
    auto sections = root.table("providers");
    if (root.has("providers") && !sections) return;
    const auto names = sections ? sections->rest() : std::vector<Text>();
    if (names.empty()) {
        return root.report().absent({}, {"providers"}, "there are no providers",
                                    "at least one [providers.NAME]");
    }
    for (const auto& name : names) {
        Provider& provider = providers.emplace_back();
        provider.retry = retry;
        read_provider(*sections, name, provider);
    }
}

void write_provider(json::PrettyWriter& writer, const Provider& provider) {
    write_keys<Provider>(writer, k_provider_keys, provider);
    write_isolation(writer, provider.isolation);
    write_wire(writer, provider.wire);
}

std::vector<SectionFacts> provider_sections() {
    auto rows = rows_of<Provider>(k_provider_keys);
    std::ranges::move(isolation_rows(), std::back_inserter(rows));
    std::ranges::move(rows_of<Provider>(k_credential_keys), std::back_inserter(rows));
    std::ranges::move(wire_rows(), std::back_inserter(rows));
    return {
        {"provider", "`[providers.NAME]`",
         "A provider: the plugin that speaks to it, and how it is reached", std::move(rows), true},
        timeouts_section()};
}

}  // namespace bellwether::config
