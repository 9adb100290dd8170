// /admin/config: the configuration in effect, with every default filled in.
#include <algorithm>

#include "config/shown.hpp"
#include "pages/admin.hpp"
#include "pages/host_changes.hpp"
#include "pages/secret_setting.hpp"

namespace bellwether::pages {
namespace {

using json::PrettyWriter;

// Writes a list as an array with one object for each value.
template <typename T, typename Write>
void write_list(PrettyWriter& writer, std::string_view name, const std::vector<T>& all,
                Write write) {
    writer.key(name).begin_array();
    for (const T& one : all) {
        writer.begin_object();
        write(one);
        writer.end_object();
    }
    writer.end_array();
}

// Shows the plugin's SHA-256 and the base URL that are in use: the file may leave both out.
void write_provider(PrettyWriter& writer, config::Provider provider,
                    const plugin::LoadedProvider& loaded) {
    provider.sha256 = loaded.library->sha256();
    provider.base_url = loaded.base_url;
    writer.key(provider.name).begin_object();
    config::write_provider(writer, provider);
    for (const auto& secret : provider.secrets) {
        const bool several = secret.name == "api_key" && !provider.api_keys.empty();
        if (!several) writer.field(secret.name, secret.reference);
    }
    for (const auto& spec : loaded.manifest.credentials) {
        const bool given =
            std::ranges::find(provider.secrets, spec.secret_key, &config::SecretReference::name) !=
            provider.secrets.end();
        if (!given && !spec.env.empty()) writer.field(spec.secret_key, "env:" + spec.env);
    }
    for (const auto& option : provider.options) {
        writer.key(option.key)
            .raw(may_hold_secret(option.key, option.json) ? R"("***")" : option.json);
    }
    writer.end_object();
}

void write_rules(PrettyWriter& writer, const config::Config& config) {
    config::write_ledger(writer, config.ledger);
    write_list(writer, "budgets", config.budgets, [&](const config::Budget& budget) {
        config::write_budget(writer, config, budget);
        config::write_place(writer, config, budget.at);
    });
    write_list(writer, "limits", config.limits, [&](const config::Limit& limit) {
        config::write_limit(writer, limit);
        config::write_place(writer, config, limit.at);
    });
}

}  // namespace

std::string config_json(const front::Host& host) {
    const config::Config& config = host.config;
    PrettyWriter writer;
    writer.begin_object();
    config::write_top(writer, config);
    config::write_server(writer, config);
    config::write_retries(writer, config);
    config::write_health(writer, config.health);
    write_list(writer, "keys", config.keys,
               [&](const config::Key& key) { config::write_key(writer, key); });
    writer.key("providers").begin_object();
    for (std::size_t i = 0; i < config.providers.size(); ++i) {
        write_provider(writer, config.providers[i], *host.registry.providers[i]);
    }
    writer.end_object();
    write_list(writer, "routes", config.routes,
               [&](const config::Route& route) { config::write_route(writer, config, route); });
    write_list(writer, "prices", config.prices,
               [&](const config::Price& price) { config::write_price(writer, price); });
    writer.key("webhooks").begin_object();
    for (const auto& webhook : config.webhooks) {
        writer.key(webhook.name).begin_object();
        config::write_webhook(writer, webhook);
        writer.end_object();
    }
    writer.end_object();
    write_rules(writer, config);
    writer.end_object();
    return writer.text();
}

front::Answer admin_config(const AdminRequest&, const front::Context& context) {
    return {.status = 200, .body = config_json(context.host)};
}

}  // namespace bellwether::pages
