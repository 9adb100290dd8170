// [providers.NAME].
#include <fmt/format.h>
#include <toml++/toml.h>

#include <algorithm>
#include <cstdlib>

#include "config/base_url.hpp"
#include "config/header_names.hpp"
#include "config/option.hpp"
#include "config/secret.hpp"
#include "config/sections.hpp"
#include "config/url.hpp"

namespace bw::config {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t k_sha256_digits = 64;
constexpr std::int64_t k_concurrent_max = 1'000'000;

constexpr QuantityRule k_timeout{.kind = "duration",
                                 .example = R"("500ms", "30s", "10m", "1h" or "none")",
                                 .units = k_duration_units,
                                 .unit = "s",
                                 .min = 1,
                                 .max = 86'400'000,
                                 .range = R"("1ms" to "24h", or "none")",
                                 .none = "none"};

bool is_name(std::string_view text) {
    const auto plain = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
    const auto follows = [&](char c) { return plain(c) || c == '_' || c == '-'; };
    return !text.empty() && plain(text.front()) && std::ranges::all_of(text, follows);
}

bool is_hex(char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

// Reads one provider's section; a member function for each key that needs more than a look-up.
class ProviderReader {
  public:
    ProviderReader(Section& section, const fs::path& folder, Secrets secrets, Provider& provider)
        : section_(section), folder_(folder), secrets_(secrets), provider_(provider) {}

    void read() {
        read_plugin();
        read_sha256();
        read_base_url();
        provider_.required = section_.flag("required").value_or(provider_.required);
        for (auto& model : section_.texts("models"))
            provider_.models.push_back(std::move(model.value));
        provider_.forward_headers = read_forward_headers(section_);
        if (const auto most = section_.integer("max_concurrent", 1, k_concurrent_max)) {
            provider_.max_concurrent = *most;
        }
        read_on_limit(section_, provider_.queue_wait, provider_.queue_length);
        read_timeouts();
        read_wire(section_, folder_, secrets_, provider_.wire);
        read_secrets_and_options();
        warn_of_plain_http();
        for (auto& key : section_.refused()) provider_.refused.push_back(std::move(key));
    }

  private:
    void read_plugin() {
        provider_.plugin = provider_.name;
        provider_.plugin_at = provider_.at;
        auto plugin = section_.text("plugin");
        if (!plugin) return;
        provider_.plugin = std::move(plugin->value);
        provider_.plugin_at = plugin->at;
    }

    void read_sha256() {
        const auto given = section_.text("sha256");
        if (!given) return;
        if (given->value.size() != k_sha256_digits || !std::ranges::all_of(given->value, is_hex)) {
            return error(given->at, "sha256", "is not a SHA-256 sum", "64 hexadecimal digits");
        }
        for (const char c : given->value) {
            provider_.sha256 += c >= 'A' && c <= 'F' ? static_cast<char>(c - 'A' + 'a') : c;
        }
    }

    void read_base_url() {
        auto given = section_.text("base_url");
        if (!given) return;
        std::string value = given->value;
        std::string source;
        if (value.starts_with("env:")) {
            if (const auto fault = reference_fault(value)) {
                return error(given->at, "base_url", *fault, R"("env:NAME")");
            }
            source = fmt::format("{}: the variable ", value);
            const char* content = std::getenv(value.substr(4).c_str());
            if (content == nullptr && secrets_ == Secrets::left_out) return;
            if (content == nullptr) return error(given->at, "base_url", source + "is not set", {});
            value = content;
        }
        const auto url = check_base_url(value);
        if (!url) {
            const std::string hint = source.empty() ? scheme_hint(value) : std::string();
            return section_.report().error(
                given->at,
                fmt::format("{} {}", section_.full("base_url"), source + url.error().what),
                std::string(k_base_url_expected), hint.empty() ? url.error().hint : hint);
        }
        provider_.base_url = std::move(value);
        provider_.base_url_at = given->at;
    }

    // Of a URL without its scheme. What may hold a password is not repeated.
    static std::string scheme_hint(std::string_view value) {
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

    void read_timeouts() {
        auto section = section_.table("timeouts");
        if (!section) return;
        read_timeout(*section, "connect", provider_.timeouts.connect);
        read_timeout(*section, "first_byte", provider_.timeouts.first_byte);
        read_timeout(*section, "idle", provider_.timeouts.idle);
        read_timeout(*section, "total", provider_.timeouts.total);
        read_timeout(*section, "stream_total", provider_.timeouts.stream_total);
        if (const auto alive = section->choice("alive", k_alive)) {
            provider_.timeouts.alive = static_cast<Alive>(*alive);
        }
        section->finish();
    }

    static void read_timeout(Section& section, std::string_view key, milliseconds& limit) {
        if (const auto value = section.quantity(key, k_timeout)) limit = milliseconds(*value);
    }

    void read_secrets_and_options() {
        for (const auto& key : section_.rest()) {
            if (names_secret(key.value)) {
                read_secret(key.value);
            } else if (key.value != "plugin_path") {  // finish() says where that belongs
                const toml::node& node = *section_.find(key.value);
                std::string json = to_json(node, in_quotes(key.value), section_.report());
                provider_.options.push_back({key.value, std::move(json), key.at});
            }
        }
        section_.finish();
    }

    void read_secret(const std::string& key) {
        auto given = section_.text(key);
        if (!given) return;
        if (const auto fault = reference_fault(given->value)) {
            return section_.report().error(
                given->at, fmt::format("{} {}", section_.full(key), *fault), {},
                R"(write "env:NAME" or "file:/path": a key does not belong in a config file)");
        }
        provider_.secrets.push_back({key, std::move(given->value), given->at});
    }

    void warn_of_plain_http() {
        const auto url = parse_url(provider_.base_url);
        if (!url || url->encrypted || url->local || provider_.secrets.empty()) return;
        section_.report().warning(
            provider_.base_url_at,
            fmt::format("{} is plain http: the credential crosses the network unencrypted",
                        section_.full("base_url")),
            "https://");
    }

    void error(Position at, std::string_view key, std::string_view fault, std::string expected) {
        section_.report().error(at, fmt::format("{} {}", section_.full(key), fault),
                                std::move(expected));
    }

    Section& section_;
    const fs::path& folder_;
    const Secrets secrets_;
    Provider& provider_;
};

// What is no provider stays on the list, so that a route to it is no second mistake.
void read_provider(Section& sections, const Text& name, const fs::path& folder, Secrets secrets,
                   std::vector<Provider>& providers) {
    Provider& provider = providers.emplace_back();
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
    ProviderReader(*section, folder, secrets, provider).read();
}

}  // namespace

// Those that a reader asks for who finds none of them, so that there is no second list.
const std::vector<std::string>& provider_keys() {
    static const std::vector<std::string> keys = [] {
        const toml::table nothing;
        Report report{{}};
        Section section(nothing, {}, report);
        Provider provider;
        ProviderReader(section, {}, Secrets::left_out, provider).read();
        return section.known();
    }();
    return keys;
}

void read_providers(Section& root, const fs::path& folder, Secrets secrets,
                    std::vector<Provider>& providers) {
    auto sections = root.table("providers");
    if (root.has("providers") && !sections) return;
    const auto names = sections ? sections->rest() : std::vector<Text>();
    if (names.empty()) {
        return root.report().absent({}, {"providers"}, "there are no providers",
                                    "at least one [providers.NAME]");
    }
    for (const auto& name : names) read_provider(*sections, name, folder, secrets, providers);
}

}  // namespace bw::config
