#include <fmt/format.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>

#include "cli/cli.hpp"
#include "plugin/instance.hpp"

namespace bw::cli {
namespace {

namespace fs = std::filesystem;
using config::Diagnostic;
using config::Severity;

std::optional<fs::path> find_config(const Common& common) {
    if (!common.config.empty()) return common.config;
    if (const char* given = std::getenv("BELLWETHER_CONFIG"); given != nullptr)
        return fs::path(given);
    const std::vector<fs::path> places{"bellwether.toml", "config/bellwether.toml",
                                       "/etc/bellwether/bellwether.toml"};
    for (const auto& place : places) {
        std::error_code error;
        if (fs::exists(place, error)) return place;
    }
    fmt::print(stderr,
               "error: no config file: none of bellwether.toml, config/bellwether.toml and "
               "/etc/bellwether/bellwether.toml exists; name one with --config FILE\n");
    return std::nullopt;
}

bool report(const std::vector<Diagnostic>& diagnostics) {
    bool good = true;
    for (const auto& diagnostic : diagnostics) {
        fmt::print(stderr, "{}\n", to_string(diagnostic));
        good &= diagnostic.severity != Severity::error;
    }
    return good;
}

// A plugin says what is wrong with its config when an instance is made, so make one of each.
void try_providers(const config::Config& config, const plugin::Registry& registry,
                   std::vector<Diagnostic>& diagnostics) {
    for (std::size_t i = 0; i < registry.providers.size(); ++i) {
        const auto& provider = registry.providers[i];
        if (!provider->unavailable.empty()) continue;
        const auto instance = plugin::Instance::create(provider);
        if (instance) continue;
        diagnostics.push_back({.severity = Severity::error,
                               .file = config.file.string(),
                               .at = config.providers[i].at,
                               .what = fmt::format("provider \"{}\" refuses its configuration: {}",
                                                   provider->name, instance.error().message)});
    }
}

std::int64_t unix_seconds() {
    using namespace std::chrono;
    return duration_cast<seconds>(system_clock::now().time_since_epoch()).count();
}

}  // namespace

std::vector<fs::path> plugin_folders() {
    std::error_code error;
    const fs::path program = fs::read_symlink("/proc/self/exe", error);
    if (error) return {};
    const fs::path prefix = program.parent_path().parent_path();
    return {prefix / "plugins", prefix / "lib" / "bellwether" / "plugins"};
}

std::optional<config::Config> load_config(const Common& common) {
    const auto file = find_config(common);
    if (!file) return std::nullopt;
    config::Loaded loaded = config::load(*file);
    if (!report(loaded.diagnostics)) return std::nullopt;
    return std::move(loaded.config);
}

std::optional<front::Host> load_host(const Common& common) {
    auto config = load_config(common);
    if (!config) return std::nullopt;
    std::vector<Diagnostic> diagnostics;
    plugin::Registry registry = plugin::load(*config, plugin_folders(), diagnostics);
    auto webhooks = policy::make_webhooks(*config, diagnostics);
    if (!report(diagnostics)) return std::nullopt;
    diagnostics.clear();
    try_providers(*config, registry, diagnostics);
    if (!report(diagnostics)) return std::nullopt;
    route::Table routes(*config);
    route::Catalogue catalogue(*config, routes, registry);
    policy::KeyRing keys(config->keys);
    return front::Host{.config = *std::move(config),
                       .registry = std::move(registry),
                       .routes = std::move(routes),
                       .catalogue = std::move(catalogue),
                       .started_unix = unix_seconds(),
                       .keys = std::move(keys),
                       .webhooks = std::move(webhooks)};
}

}  // namespace bw::cli
