#include "config/provider_origins.hpp"

#include <fmt/format.h>
#include <toml++/toml.h>

#include <algorithm>

#include "config/shown.hpp"
#include "config/url.hpp"

namespace bellwether::config {

void read_origins(Section& section, std::string_view key, Provider& provider) {
    constexpr Most most = k_origins.most;
    const toml::node* const node = section.find(key);
    if (node == nullptr || !node->is_array()) return void(section.texts(key));
    std::vector<std::string>& origins = provider.origins.emplace();
    for (const Text& given : section.texts(key)) {
        auto origin = upstream_origin(given.value);
        if (!origin) {
            // What stands in front of an @ may be a password, which no message shows.
            const bool secret = given.value.find('@') != std::string::npos;
            const std::string which = secret ? "one that" : in_quotes(given.value) + ", which";
            section.error(given.at, key, fmt::format("has {} {}", which, origin.error()),
                          R"(an origin such as "https://host" or "https://*.example.com")");
        } else if (origins.size() == most.number) {
            return section.error(given.at, key, "has one too many",
                                 fmt::format("at most {}", most.number));
        } else {
            origins.push_back(std::move(*origin));
        }
    }
}

void warn_of_plain_http(Section& section, const Provider& provider) {
    if (provider.secrets.empty()) return;
    const auto is_plain = [](std::string_view text) {
        const auto url = parse_url(text);
        return url && !url->encrypted && !url->local;
    };
    const auto warn = [&](Position at, std::string_view key) {
        section.report().warning(
            at,
            fmt::format("{} is plain http: the credential crosses the network unencrypted",
                        section.full(key)),
            "https://");
    };
    if (is_plain(provider.base_url)) warn(provider.base_url_at, "base_url");
    const auto& origins = provider.origins;
    if (origins && std::ranges::any_of(*origins, is_plain)) {
        warn(section.value_at("origins"), "origins");
    }
}

}  // namespace bellwether::config
