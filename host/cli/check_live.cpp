#include <fmt/format.h>

#include <algorithm>

#include "cli/cli.hpp"
#include "cli/diagnostic_text.hpp"
#include "cli/terminal.hpp"
#include "json/writer.hpp"
#include "plugin/token_trial.hpp"
#include "policy/upstreams/live_check.hpp"

namespace bellwether::cli {
namespace {

constexpr std::chrono::milliseconds k_limit{10'000};

// Which setting to check after the error; empty: no advice.
std::string advice_for(const Error& error, const config::Provider& wanted,
                       const plugin::LoadedProvider& provider) {
    if (error.kind == ErrorKind::unreachable || error.kind == ErrorKind::timeout) {
        return fmt::format("check that {} can be reached from here, and base_url", provider.origin);
    }
    if (error.kind != ErrorKind::auth || provider.manifest.credentials.empty()) return {};
    const auto& spec = provider.manifest.credentials.front();
    const auto given =
        std::ranges::find(wanted.secrets, spec.secret_key, &config::SecretReference::name);
    return fmt::format("check the credential in {}",
                       given != wanted.secrets.end() ? given->reference : spec.usual_source());
}

using LoadedProvider = std::shared_ptr<const plugin::LoadedProvider>;

policy::CredentialCheck check_token(std::string name, const credentials::Credential& credential) {
    return {.name = std::move(name),
            .token = true,
            .result = plugin::try_token(credential, k_limit),
            .advice = {}};
}

// Tries each credential that needs a token.
void check_tokens(const config::Provider& wanted, const LoadedProvider& provider,
                  policy::ProviderCheck& check) {
    for (const auto& [name, credential] : provider->credentials) {
        const bool several = name == provider->api_keys_of && !provider->api_keys.empty();
        if (!several && credential->tokens()) {
            check.credentials.push_back(check_token(name, *credential));
        }
    }
    for (std::size_t i = 0; i < provider->api_keys.size(); ++i) {
        const auto& credential = provider->api_keys[i];
        if (!credential || !credential->tokens()) continue;
        check.credentials.push_back(check_token(wanted.api_keys[i].reference, *credential));
    }
}

// Asks once with each of several keys.
void check_each_key(const config::Provider& wanted, const LoadedProvider& provider,
                    policy::ProviderCheck& check) {
    check.models = fail(ErrorKind::unavailable, "none of its api_keys can be used");
    for (std::size_t i = 0; i < provider->api_keys.size(); ++i) {
        if (!provider->has_credential(i)) continue;
        auto models = plugin::list_models(provider, k_limit, i);
        const bool unsupported = !models && models.error().kind == ErrorKind::unsupported;
        if (!unsupported) {
            const std::string& name = wanted.api_keys[i].reference;
            policy::CredentialCheck one{.name = name, .token = false, .result = {}, .advice = {}};
            if (!models) one.result = std::unexpected(models.error());
            if (!models && models.error().kind == ErrorKind::auth) {
                one.advice = fmt::format("check the credential in {}", name);
            }
            check.credentials.push_back(std::move(one));
        }
        if (!check.models) check.models = std::move(models);
    }
}

policy::ProviderCheck check_provider(const config::Provider& wanted,
                                     const LoadedProvider& provider) {
    policy::ProviderCheck check{.provider = provider->name};
    if (!provider->unavailable.empty()) {
        check.models = fail(ErrorKind::unavailable, provider->unavailable);
        check.skipped = !wanted.required;
        return check;
    }
    const auto started = std::chrono::steady_clock::now();
    check_tokens(wanted, provider, check);
    if (provider->api_keys.size() > 1 && !provider->origins.empty()) {
        check_each_key(wanted, provider, check);
    } else {
        check.models = plugin::list_models(provider, k_limit);
    }
    check.latency = std::chrono::duration_cast<std::chrono::milliseconds>(
        std::chrono::steady_clock::now() - started);
    if (check.models) return check;
    check.skipped = check.models.error().kind == ErrorKind::unsupported;
    check.advice = advice_for(check.models.error(), wanted, *provider);
    return check;
}

void print_credential(const std::string& provider, const policy::CredentialCheck& check) {
    const std::string said = check.result ? (check.token ? "token fetched" : "accepted")
                                          : "BROKEN: " + check.result.error().for_operator();
    fmt::print("{}: credential {}: {}{}\n", provider, check.name, said,
               check.advice.empty() ? "" : "; " + check.advice);
}

void print_text(const policy::ProviderCheck& check) {
    if (!check.models) {
        fmt::print("{}: {}: {}{}\n", check.provider, check.skipped ? "not checked" : "BROKEN",
                   check.models.error().for_operator(),
                   check.advice.empty() ? "" : "; " + check.advice);
    } else if (!check.models->asked) {
        fmt::print("{}: ok: answers by itself, {}\n", check.provider,
                   counted(check.models->ids.size(), "model"));
    } else {
        fmt::print("{}: ok: reached, credential accepted, {}, {} ms\n", check.provider,
                   counted(check.models->ids.size(), "model"), check.latency.count());
    }
    for (const auto& credential : check.credentials) print_credential(check.provider, credential);
}

void write_credentials(json::PrettyWriter& writer,
                       const std::vector<policy::CredentialCheck>& credentials) {
    writer.key("credentials").begin_array();
    for (const auto& one : credentials) {
        writer.begin_object().field("credential", one.name).field("ok", one.result.has_value());
        if (!one.result) {
            writer.field("error", one.result.error().for_operator());
            writer.field_or_null("code", one.result.error().code);
        }
        writer.end_object();
    }
    writer.end_array();
}

// Whether nothing is wrong with the provider that the configuration could be blamed for.
bool is_good(const policy::ProviderCheck& check) {
    return (check.models || check.skipped) &&
           std::ranges::all_of(check.credentials,
                               [](const auto& one) { return one.result.has_value(); });
}

void write_json(json::PrettyWriter& writer, const policy::ProviderCheck& check) {
    writer.begin_object().field("provider", check.provider);
    writer.field("ok", check.models.has_value()).field("skipped", check.skipped);
    if (check.models) {
        writer.field("asked", check.models->asked);
        writer.field("models", std::uint64_t{check.models->ids.size()});
        writer.field("latency_ms", std::int64_t{check.latency.count()});
    } else {
        writer.field("error", check.models.error().for_operator());
        writer.field_or_null("code", check.models.error().code);
        writer.field_or_null("advice", check.advice);
    }
    write_credentials(writer, check.credentials);
    writer.end_object();
}

void print_json(bool ok, const std::vector<policy::ProviderCheck>& checks,
                const std::vector<policy::LiveFinding>& findings, const Diagnostics& diagnostics) {
    json::PrettyWriter writer;
    writer.begin_object().field("ok", ok).key("providers").begin_array();
    for (const auto& check : checks) write_json(writer, check);
    writer.end_array().key("findings").begin_array();
    for (const auto& finding : findings) {
        writer.begin_object().field("severity", finding.broken ? "error" : "warning");
        writer.field("place", finding.place).field("message", finding.message).end_object();
    }
    writer.end_array().key("diagnostics");
    write_diagnostics(writer, diagnostics);
    fmt::print("{}\n", writer.end_object().view());
}

}  // namespace

int check_live(const Common& common) {
    const HostCheck checked = check_host(common, config::Secrets::looked_up);
    if (!checked.host && common.json) print_check_json(common, checked, config::Secrets::looked_up);
    if (!common.json) print_diagnostics(checked.diagnostics);
    if (!checked.host) return k_usage;
    const auto& host = checked.host;
    std::vector<policy::ProviderCheck> checks;
    bool ok = true;
    for (std::size_t i = 0; i < host->config.providers.size(); ++i) {
        checks.push_back(check_provider(host->config.providers[i], host->registry.providers[i]));
        ok &= is_good(checks.back());
        if (!common.json) print_text(checks.back());
    }
    const auto findings = policy::judge_lists(host->config, checks);
    for (const auto& finding : findings) {
        ok &= !finding.broken;
        if (common.json) continue;
        fmt::print("{}: {}: {}\n", finding.place, finding.broken ? "error" : "warning",
                   finding.message);
    }
    if (common.json) print_json(ok, checks, findings, checked.diagnostics);
    return ok ? k_ok : k_failed;
}

}  // namespace bellwether::cli
