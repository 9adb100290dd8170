#include "plugin/load_addresses.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>

#include "config/url.hpp"

namespace bellwether::plugin {
namespace {

using config::Severity;

class AddressLoader {
  public:
    AddressLoader(const config::Provider& wanted, OptionValues& values, LoadedProvider& provider,
                  std::vector<config::Diagnostic>& diagnostics)
        : wanted_(wanted), values_(values), provider_(provider), diagnostics_(diagnostics) {}

    void load() {
        base_url();
        origins();
    }

  private:
    void base_url() {
        std::string url = wanted_.base_url;
        if (url.empty() && !wanted_.is_refused("base_url")) url = own_variable();
        std::string& own = provider_.manifest.base_url;
        own = url.empty() ? values_.in_url(own).value_or(std::string())
                          : values_.in_url_if_given(own);
        if (url.empty()) url = own;
        while (url.ends_with('/')) url.pop_back();
        provider_.base_url = url;
        provider_.origin = origin_of(url);
        if (!url.empty() && provider_.origin.empty()) {
            add(Severity::error, wanted_.base_url_at.line != 0 ? wanted_.base_url_at : wanted_.at,
                fmt::format("base_url of provider \"{}\" is not a URL", wanted_.name),
                "http://host[:port]/path or https://host[:port]/path");
        }
        provider_.is_own_upstream = wanted_.base_url.empty() || provider_.origin == origin_of(own);
    }

    void origins() {
        provider_.origins.add(provider_.base_url);
        if (wanted_.is_refused("origins")) return;
        std::vector<std::string>& own = provider_.manifest.origins;
        for (std::string& one : own) {
            one = wanted_.origins ? values_.in_url_if_given(one)
                                  : values_.in_url(one).value_or(std::string());
        }
        for (const std::string& one : wanted_.origins.value_or(own)) {
            provider_.origins.add(one);
            const auto is_it = [&](const std::string& of) {
                return origin_of(of) == origin_of(one);
            };
            provider_.is_own_upstream &=
                std::ranges::any_of(own, is_it) || is_it(provider_.base_url);
        }
    }

    // The URL in the environment variable that the plugin's manifest names. Empty if it is not set,
    // or if it is wrong, which is then in the diagnostics.
    std::string own_variable() {
        const std::string& variable = provider_.manifest.base_url_env;
        const char* value = variable.empty() ? nullptr : std::getenv(variable.c_str());
        if (value == nullptr || *value == '\0') return {};
        const auto url = config::check_base_url(value);
        if (!url) {
            add(Severity::error, wanted_.at,
                fmt::format("base_url of provider \"{}\": the variable {} {}", wanted_.name,
                            variable, url.error().what),
                R"(a URL such as "https://host/v1")", url.error().hint);
            return {};
        }
        if (!url->encrypted && !url->local && !provider_.manifest.credentials.empty()) {
            add(Severity::warning, wanted_.at,
                fmt::format("base_url of provider \"{}\": the variable {} is plain http: the "
                            "credential crosses the network unencrypted",
                            wanted_.name, variable),
                "https://");
        }
        return value;
    }

    void add(Severity severity, config::Position at, std::string what, std::string expected,
             std::string hint = {}) {
        diagnostics_.push_back({.severity = severity,
                                .file = {},
                                .at = at,
                                .what = std::move(what),
                                .expected = std::move(expected),
                                .hint = std::move(hint)});
    }

    const config::Provider& wanted_;
    OptionValues& values_;
    LoadedProvider& provider_;
    std::vector<config::Diagnostic>& diagnostics_;
};

}  // namespace

void load_addresses(const config::Provider& wanted, OptionValues& values, LoadedProvider& provider,
                    std::vector<config::Diagnostic>& diagnostics) {
    AddressLoader(wanted, values, provider, diagnostics).load();
}

}  // namespace bellwether::plugin
