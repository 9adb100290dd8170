// /admin/config: the configuration as it counts, every default filled in, in the file's own terms.
// Credentials appear as what the file says of them: the name of a variable or a file.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "config/key_form.hpp"
#include "config/money.hpp"
#include "config/quantity_text.hpp"
#include "json/writer.hpp"
#include "pages/admin.hpp"
#include "pages/admin_rules.hpp"
#include "pages/secret_setting.hpp"

namespace bw::pages {
namespace {

using config::duration_text;
using config::quantity_text;
using json::PrettyWriter;

constexpr std::array<std::string_view, 4> k_levels{"debug", "info", "warn", "error"};
constexpr std::array<std::string_view, 3> k_http{"1.1", "auto", "2"};
constexpr std::array<std::string_view, 3> k_formats{"auto", "text", "json"};

std::string limit(std::chrono::milliseconds time) {
    return time.count() == 0 ? "none" : duration_text(time);
}

std::string bytes(std::size_t count) { return quantity_text(count, config::k_size_units); }

// 0: no limit.
void write_count(PrettyWriter& writer, std::size_t count) {
    count == 0 ? writer.value("none") : writer.value(std::uint64_t{count});
}

void write_texts(PrettyWriter& writer, std::string_view key, const std::vector<std::string>& all) {
    writer.key(key).begin_array();
    for (const auto& text : all) writer.value(text);
    writer.end_array();
}

std::string endpoint(const std::string& host, std::uint16_t port) {
    const bool v6 = host.find(':') != host.npos;
    return fmt::format("{}{}{}:{}", v6 ? "[" : "", host, v6 ? "]" : "", port);
}

std::string on_disconnect(const config::OnDisconnect& action) {
    if (!action.drains) return "cancel";
    return action.longest.count() == 0 ? "drain" : "drain:" + duration_text(action.longest);
}

void write_front(PrettyWriter& writer, const config::Front& front) {
    writer.field("max_request_line", bytes(front.request_line_bytes_max));
    writer.field("max_headers", bytes(front.header_bytes_max));
    writer.field("max_header_count", std::uint64_t{front.header_count_max});
    writer.field("max_inflate_ratio", std::uint64_t{front.inflate_ratio_max});
    writer.field("header_timeout", duration_text(front.header_timeout));
    writer.field("body_timeout", duration_text(front.body_timeout));
    writer.field("min_body_rate", bytes(front.body_rate_min));
    writer.field("idle_timeout", duration_text(front.idle_timeout));
    writer.field("write_timeout", duration_text(front.write_timeout));
    writer.field("max_connections", std::uint64_t{front.connections_max});
    writer.key("max_connections_per_client");
    write_count(writer, front.connections_per_client_max);
    write_texts(writer, "hosts", front.hosts);
    write_texts(writer, "cors_origins", front.cors_origins);
}

void write_server(PrettyWriter& writer, const config::Server& server) {
    writer.key("server").begin_object();
    writer.field("listen", endpoint(server.host, server.port));
    if (server.workers == 0) {
        writer.field("workers", "auto");
    } else {
        writer.field("workers", server.workers);
    }
    writer.field("max_body", bytes(server.max_body_bytes));
    writer.field("max_bodies", bytes(server.bodies_bytes_max));
    writer.field("cost_in_body", server.cost_in_body);
    writer.field("heartbeat", limit(server.heartbeat));
    writer.field("drain", duration_text(server.drain));
    writer.field("on_disconnect", on_disconnect(server.on_disconnect));
    writer.field("default_max_tokens", server.default_max_tokens);
    writer.field("default_context", server.default_context);
    writer.field("user_header", server.user_header);
    write_front(writer, server.front);
    writer.end_object();
}

void write_admin(PrettyWriter& writer, const config::Admin& admin) {
    writer.key("admin").begin_object();
    writer.field("listen", admin.on ? endpoint(admin.host, admin.port) : std::string("off"));
    writer.end_object();
}

void write_log(PrettyWriter& writer, const config::Log& log) {
    writer.key("log").begin_object();
    writer.field("level", k_levels[static_cast<std::size_t>(log.level)]);
    writer.field("format", k_formats[static_cast<std::size_t>(log.format)]);
    writer.field("access", log.access).end_object();
}

void write_timeouts(PrettyWriter& writer, const config::Timeouts& timeouts) {
    writer.key("timeouts").begin_object();
    writer.field("connect", limit(timeouts.connect));
    writer.field("first_byte", limit(timeouts.first_byte));
    writer.field("idle", limit(timeouts.idle)).field("total", limit(timeouts.total));
    writer.field("stream_total", limit(timeouts.stream_total));
    writer.field("alive", config::k_alive[static_cast<std::size_t>(timeouts.alive)]).end_object();
}

void write_wire(PrettyWriter& writer, const config::Wire& wire) {
    writer.field("ca_file", wire.ca_file.string());
    writer.field("client_cert", wire.client_cert.string());
    writer.field("client_key", wire.client_key.string());
    writer.field("http", k_http[static_cast<std::size_t>(wire.http)]);
    const bool environment = wire.proxy_choice == config::ProxyChoice::environment;
    const bool none = wire.proxy_choice == config::ProxyChoice::none;
    writer.field("proxy", environment ? "environment" : none ? "none" : wire.proxy);
    writer.field("proxy_secret", wire.proxy_secret).key("max_connections");
    write_count(writer, wire.connections_max);
    writer.field("max_idle_connections", std::uint64_t{wire.idle_connections_max});
    writer.field("idle_connection_time", duration_text(wire.idle_time));
}

void write_provider(PrettyWriter& writer, const config::Provider& provider,
                    const plugin::Provider& loaded) {
    writer.key(provider.name).begin_object();
    writer.field("plugin", provider.plugin);
    writer.field("sha256", loaded.library->sha256());
    writer.field("base_url", loaded.base_url).field("required", provider.required);
    for (const auto& secret : provider.secrets) writer.field(secret.name, secret.reference);
    for (const auto& secret : loaded.manifest.secrets) {
        const bool given =
            std::ranges::find(provider.secrets, secret.name, &config::SecretReference::name) !=
            provider.secrets.end();
        if (!given && !secret.env.empty()) writer.field(secret.name, "env:" + secret.env);
    }
    write_texts(writer, "models", provider.models);
    write_texts(writer, "forward_headers", provider.forward_headers);
    writer.key("max_concurrent");
    write_count(writer, static_cast<std::size_t>(provider.max_concurrent));
    write_on_limit(writer, provider.queue_wait, provider.queue_length);
    write_timeouts(writer, provider.timeouts);
    write_wire(writer, provider.wire);
    for (const auto& option : provider.options) {
        writer.key(option.key)
            .raw(may_hold_secret(option.key, option.json) ? R"("***")" : option.json);
    }
    writer.end_object();
}

void write_route(PrettyWriter& writer, const config::Config& config, const config::Route& route) {
    writer.begin_object().field("model", route.model);
    if (!route.alias.empty()) {
        writer.field("alias", route.alias).end_object();
        return;
    }
    const bool weighted = route.strategy == config::Strategy::weighted;
    writer.field("strategy", weighted ? "weighted" : "ordered").key("to").begin_array();
    for (const auto& target : route.to) {
        writer.begin_object().field("provider", config.providers[target.provider].name);
        if (!target.model.empty()) writer.field("model", target.model);
        writer.field("weight", target.weight).end_object();
    }
    writer.end_array();
    if (route.on_disconnect) {
        writer.field("on_disconnect", on_disconnect(*route.on_disconnect));
    }
    writer.end_object();
}

// Of an address that stands in the file, no more than that: whoever knows it may write to it.
void write_webhook(PrettyWriter& writer, const config::Webhook& webhook) {
    writer.key(webhook.name).begin_object();
    writer.field("url", webhook.reference.empty() ? "***" : webhook.reference);
    write_wire(writer, webhook.wire);
    writer.end_object();
}

// Of a key, who has it and what it may do. Its hash is nobody's business.
void write_key(PrettyWriter& writer, const config::Key& key) {
    writer.begin_object().field("name", key.name).field("id", key.id);
    writer.field_or_null("team", key.team).key("models");
    if (key.models.empty()) {
        writer.value("all");
    } else {
        writer.begin_array();
        for (const auto& model : key.models) writer.value(model);
        writer.end_array();
    }
    writer.field_or_null("expires", key.expires ? config::format_expiry(*key.expires) : "");
    writer.field("disabled", key.disabled).end_object();
}

std::string usd(std::int64_t micro_usd) { return config::format_usd(micro_usd) + " USD"; }

// The three that every price has, and the parts that this one names.
void write_call_prices(PrettyWriter& writer, const config::CallPrices& prices) {
    writer.field("input", usd(prices.input)).field("cached_input", usd(prices.cached_input));
    for (const auto& [name, part] : config::k_part_prices) {
        if (const auto price = prices.parts.*part) writer.field(name, usd(*price));
    }
    writer.field("output", usd(prices.output));
}

void write_steps(PrettyWriter& writer, const std::vector<config::PriceStep>& steps) {
    if (steps.empty()) return;
    writer.key("above").begin_array();
    for (const auto& step : steps) {
        writer.begin_object().field("prompt", fmt::format("{} tok", step.prompt_tokens));
        write_call_prices(writer, step.prices);
        writer.end_object();
    }
    writer.end_array();
}

void write_tiers(PrettyWriter& writer, const std::vector<config::TierPrice>& tiers) {
    if (tiers.empty()) return;
    writer.key("tiers").begin_object();
    for (const auto& tier : tiers) {
        writer.key(tier.name).begin_object();
        write_call_prices(writer, tier.prices);
        write_steps(writer, tier.above);
        writer.end_object();
    }
    writer.end_object();
}

void write_price(PrettyWriter& writer, const config::Price& price) {
    writer.begin_object().field("provider", price.provider).field("model", price.model);
    write_call_prices(writer, {.input = price.input,
                               .cached_input = price.cached_input,
                               .output = price.output,
                               .parts = price.parts});
    write_steps(writer, price.above);
    write_tiers(writer, price.tiers);
    if (!price.units.empty()) {
        writer.key("units").begin_object();
        for (const auto& unit : price.units) writer.field(unit.name, usd(unit.each));
        writer.end_object();
    }
    writer.field("file", price.file).field("line", price.at.line).end_object();
}

}  // namespace

front::Answer admin_config(const AdminRequest&, const front::Context& context) {
    const config::Config& config = context.host.config;
    PrettyWriter writer;
    writer.begin_object().field("file", config.file.string());
    writer.key("plugin_path").begin_array();
    for (const auto& folder : config.plugin_path) writer.value(folder.string());
    writer.end_array();
    write_server(writer, config.server);
    write_admin(writer, config.admin);
    write_log(writer, config.log);
    writer.key("keys").begin_array();
    for (const auto& key : config.keys) write_key(writer, key);
    writer.end_array().key("providers").begin_object();
    for (std::size_t i = 0; i < config.providers.size(); ++i) {
        write_provider(writer, config.providers[i], *context.host.registry.providers[i]);
    }
    writer.end_object().key("routes").begin_array();
    for (const auto& route : config.routes) write_route(writer, config, route);
    writer.end_array().key("prices").begin_array();
    for (const auto& price : config.prices) write_price(writer, price);
    writer.end_array().key("webhooks").begin_object();
    for (const auto& webhook : config.webhooks) write_webhook(writer, webhook);
    writer.end_object();
    write_rules(writer, config);
    writer.end_object();
    return {.status = 200, .body = writer.text()};
}

}  // namespace bw::pages
