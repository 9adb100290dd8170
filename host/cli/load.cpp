#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <iterator>
#include <limits>
#include <tuple>

#include "cli/cli.hpp"
#include "cli/diagnostic_text.hpp"
#include "config/keys_file.hpp"
#include "config/report.hpp"
#include "config/secret.hpp"
#include "front/incoming_call.hpp"
#include "plugin/engine_limit.hpp"
#include "plugin/instance.hpp"

namespace bellwether::cli {
namespace {

namespace fs = std::filesystem;
using config::Diagnostic;
using config::Severity;

constexpr std::string_view k_no_config =
    "no config file: none of bellwether.toml, config/bellwether.toml and "
    "/etc/bellwether/bellwether.toml exists; name one with --config FILE";

bool is_good(const Diagnostics& diagnostics) {
    return std::ranges::find(diagnostics, Severity::error, &Diagnostic::severity) ==
           diagnostics.end();
}

// Sorts the config itself before the price files that it names. A diagnostic without a place comes
// after the others of its file.
void sort_by_place(Diagnostics& diagnostics, const fs::path& config) {
    const auto place = [file = config.string()](const Diagnostic& one) {
        const int line = one.at.line != 0 ? one.at.line : std::numeric_limits<int>::max();
        return std::tuple(one.file != file, one.file, line, one.at.column);
    };
    std::ranges::stable_sort(diagnostics, {}, place);
}

bool has(const plugin::Registry& registry,
         const std::shared_ptr<const plugin::LoadedProvider>& provider) {
    const auto all = plugin::all_of(registry);
    return std::ranges::find(all, provider) != all.end();
}

// A plugin checks its config when an instance is made, so this makes an instance of each provider
// whose section has no mistake so far, and which does not run already; of its canary likewise.
void try_providers(const config::Config& config, const plugin::Registry& registry,
                   const front::Host* before, Diagnostics& diagnostics) {
    const auto try_one = [&](std::size_t i,
                             const std::shared_ptr<const plugin::LoadedProvider>& provider) {
        if (!provider->is_whole || !provider->unavailable.empty()) return;
        if (before != nullptr && has(before->registry, provider)) return;
        const auto instance = plugin::Instance::create(provider);
        if (instance) return;
        diagnostics.push_back({.severity = Severity::error,
                               .file = config.file_of(config.providers[i].at).string(),
                               .at = config.providers[i].at,
                               .what = fmt::format("provider \"{}\" refuses its configuration: {}",
                                                   provider->name, instance.error().message)});
    };
    for (std::size_t i = 0; i < registry.providers.size(); ++i) {
        try_one(i, registry.providers[i]);
        const auto canary = registry.canaries.find(registry.providers[i]->name);
        const bool has_canary = canary != registry.canaries.end() && canary->second.provider;
        if (has_canary) try_one(i, canary->second.provider);
    }
}

// Only `serve` uses the ledger's password, but every verb that makes a host says if it is missing.
void check_ledger_password(const config::Config& config, Diagnostics& diagnostics) {
    if (config.ledger.password.empty()) return;
    const auto password = config::resolve(config.ledger.password);
    const auto stray = password ? config::stray_text(*password) : std::string_view();
    if (password && stray != "stands in quotes") return;
    diagnostics.push_back(
        {.severity = password ? Severity::warning : Severity::error,
         .file = config.file.string(),
         .at = config.ledger.password_at,
         .what = password ? fmt::format("the password in {} {}", config.ledger.password, stray)
                          : "ledger.password cannot be had: " + password.error(),
         .expected = {},
         .hint = password ? "env files are read with their quotes" : ""});
}

std::int64_t unix_seconds() {
    using namespace std::chrono;
    return duration_cast<seconds>(system_clock::now().time_since_epoch()).count();
}

front::Host make_host(config::Config config, plugin::Registry registry,
                      std::vector<policy::WebhookTarget> webhooks) {
    route::Table routes(config);
    route::Catalogue catalogue(config, routes, registry);
    policy::KeyRing keys(config.keys, config.asks_for_keys());
    auto kept_headers = front::kept_headers(config, registry);
    return front::Host{.config = std::move(config),
                       .registry = std::move(registry),
                       .routes = std::move(routes),
                       .catalogue = std::move(catalogue),
                       .started_unix = unix_seconds(),
                       .keys = std::move(keys),
                       .webhooks = std::move(webhooks),
                       .kept_headers = std::move(kept_headers)};
}

Diagnostics no_config() {
    return {{.severity = Severity::error, .file = {}, .at = {}, .what = std::string(k_no_config)}};
}

}  // namespace

std::vector<fs::path> plugin_folders() {
    std::error_code error;
    const fs::path program = fs::read_symlink("/proc/self/exe", error);
    if (error) return {};
    const fs::path prefix = program.parent_path().parent_path();
    return {prefix / "plugins", prefix / "lib" / "bellwether" / "plugins"};
}

std::optional<fs::path> find_config(const Common& common) {
    if (!common.config.empty()) return common.config;
    const char* given = std::getenv("BELLWETHER_CONFIG");
    if (given != nullptr && *given != '\0') return fs::path(given);
    for (const char* place :
         {"bellwether.toml", "config/bellwether.toml", "/etc/bellwether/bellwether.toml"}) {
        std::error_code error;
        if (fs::exists(place, error)) return fs::path(place);
    }
    return std::nullopt;
}

HostCheck check_host(const Common& common, config::Secrets secrets, const front::Host* before) {
    const auto file = find_config(common);
    if (!file) return {.host = {}, .diagnostics = no_config()};
    config::Loaded loaded = config::load(*file, secrets);
    HostCheck check{.host = {}, .diagnostics = std::move(loaded.diagnostics)};
    std::optional<plugin::InUse> known;
    if (before != nullptr) known.emplace(before->config, before->registry);
    auto registry =
        plugin::load(loaded.config, plugin_folders(), check.diagnostics, known ? &*known : nullptr);
    plugin::limit_engines(loaded.config, registry);
    auto webhooks = policy::make_webhooks(loaded.config, check.diagnostics);
    check_ledger_password(loaded.config, check.diagnostics);
    try_providers(loaded.config, registry, before, check.diagnostics);
    std::ranges::for_each(check.diagnostics, config::make_printable);
    sort_by_place(check.diagnostics, *file);
    if (is_good(check.diagnostics)) {
        check.host = make_host(std::move(loaded.config), std::move(registry), std::move(webhooks));
    }
    return check;
}

HostCheck check_again(const Common& common, const front::Host& before) {
    // Nothing may come from a pipe, for ever.
    std::error_code error;
    if (fs::exists(common.config, error) && !fs::is_regular_file(common.config, error)) {
        return {.host = {},
                .diagnostics = {{.severity = Severity::error,
                                 .file = common.config.string(),
                                 .what = "it is no regular file now, so it is not read again",
                                 .expected = "a regular file",
                                 .hint = "a reload works once it is one"}}};
    }
    return check_host(common, config::Secrets::looked_up, &before);
}

HostCheck check_keys(const front::Host& before) {
    config::Loaded loaded = config::with_keys_of_file(before.config);
    HostCheck check{.host = {}, .diagnostics = std::move(loaded.diagnostics)};
    std::ranges::for_each(check.diagnostics, config::make_printable);
    if (is_good(check.diagnostics)) {
        check.host = make_host(std::move(loaded.config), before.registry, before.webhooks);
    }
    return check;
}

HostCheck check_provider(const front::Host& before, const std::string& name) {
    HostCheck check;
    plugin::Registry registry = before.registry;
    end_canaries(registry);
    if (!name.empty()) {
        const plugin::Registry in_use = registry;
        const plugin::InUse known{before.config, in_use, name};
        auto loaded = plugin::load(before.config, plugin_folders(), check.diagnostics, &known);
        std::erase_if(check.diagnostics, [](const Diagnostic& one) {
            return one.severity == Severity::warning;  // said when the config was read
        });
        for (std::size_t i = 0; i < registry.providers.size(); ++i) {
            if (loaded.providers[i]->name == name) registry.providers[i] = loaded.providers[i];
        }
        registry.canaries.erase(name);
        registry.canaries.insert(loaded.canaries.extract(name));
        try_providers(before.config, registry, &before, check.diagnostics);
    }
    std::ranges::for_each(check.diagnostics, config::make_printable);
    if (is_good(check.diagnostics)) {
        check.host = make_host(before.config, std::move(registry), before.webhooks);
    }
    return check;
}

std::optional<front::Host> load_host(const Common& common) {
    HostCheck check = check_host(common, config::Secrets::looked_up);
    print_diagnostics(check.diagnostics);
    return std::move(check.host);
}

std::optional<config::Config> load_config(const Common& common, config::Secrets secrets) {
    const auto file = find_config(common);
    if (!file) {
        print_diagnostics(no_config());
        return std::nullopt;
    }
    config::Loaded loaded = config::load(*file, secrets);
    print_diagnostics(loaded.diagnostics);
    if (!loaded.ok()) return std::nullopt;
    return std::move(loaded.config);
}

}  // namespace bellwether::cli
