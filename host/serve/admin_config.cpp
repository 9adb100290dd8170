// /admin/config: the configuration as it counts, every default filled in, in the file's own terms.
// Credentials appear as what the file says of them: the name of a variable or a file.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bellwether/json.hpp>

#include "config/quantity.hpp"
#include "config/secret.hpp"
#include "json/writer.hpp"
#include "serve/admin.hpp"

namespace bw::serve {
namespace {

using json::PrettyWriter;

constexpr std::array<std::string_view, 4> k_levels{"debug", "info", "warn", "error"};
constexpr std::array<std::string_view, 3> k_formats{"auto", "text", "json"};

// In the largest unit that gives a whole number.
std::string quantity(std::uint64_t amount, std::span<const config::Unit> units) {
    const config::Unit* best = &units.front();
    for (const auto& unit : units) {
        if (amount % unit.factor == 0 && unit.factor > best->factor) best = &unit;
    }
    return fmt::format("{}{}", amount / best->factor, best->name);
}

std::string duration(std::chrono::milliseconds time) {
    if (time.count() == 0) return "0s";
    return quantity(static_cast<std::uint64_t>(time.count()), config::k_duration_units);
}

std::string limit(std::chrono::milliseconds time) {
    return time.count() == 0 ? "none" : duration(time);
}

std::string endpoint(const std::string& host, std::uint16_t port) {
    const bool v6 = host.find(':') != host.npos;
    return fmt::format("{}{}{}:{}", v6 ? "[" : "", host, v6 ? "]" : "", port);
}

// Below a setting of the plugin's own there may be a credential in plain text: the config warns of
// it, but cannot know. Such a setting is not shown at all.
bool holds_secret(const json::Value& value) {
    for (const auto& member : value.members()) {
        const std::string key = member.key();
        const bool secret = config::names_secret(key) || key == "password" ||
                            key == "authorization" || key == "Authorization";
        if (secret || holds_secret(member.value())) return true;
    }
    for (const auto& element : value.elements()) {
        if (holds_secret(element)) return true;
    }
    return false;
}

void write_server(PrettyWriter& writer, const config::Server& server) {
    writer.key("server").begin_object();
    writer.field("listen", endpoint(server.host, server.port));
    if (server.workers == 0) {
        writer.field("workers", "auto");
    } else {
        writer.field("workers", server.workers);
    }
    writer.field("max_body", quantity(server.max_body_bytes, config::k_size_units));
    writer.field("drain", duration(server.drain)).end_object();
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
    writer.field("stream_total", limit(timeouts.stream_total)).end_object();
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
    writer.key("models").begin_array();
    for (const auto& model : provider.models) writer.value(model);
    writer.end_array();
    write_timeouts(writer, provider.timeouts);
    writer.field("ca_file", provider.ca_file.string());
    for (const auto& option : provider.options) {
        writer.key(option.key)
            .raw(holds_secret(json::Value(option.json)) ? R"("***")" : option.json);
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
    writer.end_array().end_object();
}

}  // namespace

Answer admin_config(const AdminRequest&, const Context& context) {
    const config::Config& config = context.host.config;
    PrettyWriter writer;
    writer.begin_object().field("file", config.file.string());
    writer.key("plugin_path").begin_array();
    for (const auto& folder : config.plugin_path) writer.value(folder.string());
    writer.end_array();
    write_server(writer, config.server);
    write_admin(writer, config.admin);
    write_log(writer, config.log);
    writer.key("providers").begin_object();
    for (std::size_t i = 0; i < config.providers.size(); ++i) {
        write_provider(writer, config.providers[i], *context.host.registry.providers[i]);
    }
    writer.end_object().key("routes").begin_array();
    for (const auto& route : config.routes) write_route(writer, config, route);
    writer.end_array().end_object();
    return {.status = 200, .body = writer.text()};
}

}  // namespace bw::serve
