#include "config/config.hpp"

#include <fmt/format.h>
#include <toml++/toml.h>

#include <algorithm>
#include <iterator>

#include "config/document.hpp"
#include "config/idle_keys.hpp"
#include "config/sections.hpp"
#include "config/target.hpp"

namespace bellwether::config {
namespace {

namespace fs = std::filesystem;

constexpr KeyOf<Config> section_key(std::string_view name, Tables tables) {
    return key<Config>(name, tables, {}, nullptr, nullptr, "none");
}

fs::path folder_of(const fs::path& file) {
    std::error_code error;
    const fs::path absolute = fs::absolute(file, error);
    return (error ? file : absolute).parent_path();
}

bool is_refused(const Section& root, std::string_view key) {
    const auto refused = root.refused();
    return std::ranges::find(refused, key) != refused.end();
}

// Whether every price could be read. If not, nobody can say which models have no price.
bool prices_are_known(const Section& root, const Config& config) {
    const auto is_whole = [](const Price& price) {
        return !price.provider.empty() && !price.model.empty();
    };
    return !is_refused(root, "price_files") && std::ranges::all_of(config.prices, is_whole);
}

void read_rules(Section& root, Config& config) {
    const KnownNames known(config);
    RuleNames names;
    read_budgets(root, known, names, config);
    read_limits(root, known, names, config.limits);
    if (prices_are_known(root, config)) check_priced(config, root.report());
}

void read_plugin_path(Section& root, Config& config) {
    for (const auto& path : root.texts("plugin_path")) {
        config.plugin_path.push_back((root.around().folder / path.value).lexically_normal());
        config.plugin_path_at.push_back(path.at);
    }
}

// Clears the references to passwords, so that later checks do not look for the passwords.
void leave_secrets_out(Config& config) {
    for (Provider& provider : config.providers) provider.wire.proxy_secret.clear();
    for (Webhook& webhook : config.webhooks) webhook.wire.proxy_secret.clear();
    config.ledger.password.clear();
}

// The keys are in the order in which they are read: some sections need what others hold.
constexpr KeyOf<Config> k_root_keys[] = {
    key<Config>("plugin_path", Worded{"array of paths", k_texts.schema},
                "folders to look for plugins in, before the host's own", nullptr, nullptr, "none"),
    section_key("keys", {"key", Tables::Number::many}),
    section_key("server", {"server"}),
    section_key("admin", {"admin"}),
    section_key("log", {"log"}),
    section_key("retry", {"retry"}),
    section_key("health", {"health"}),
    section_key("providers", {"provider", Tables::Number::named}),
    key<Config>(k_default_to, k_targets,
                "where calls go whose model no route serves, written as `to` of a route", nullptr,
                nullptr, "none"),
    section_key("routes", {"route", Tables::Number::many}),
    key<Config>("price_files", Worded{"path, or array of paths", k_text_or_texts_schema},
                "TOML files with `[[prices]]`", nullptr, nullptr, "none"),
    section_key("prices", {"price", Tables::Number::many}),
    section_key("webhooks", {"webhook", Tables::Number::named}),
    section_key("budgets", {"budget", Tables::Number::many}),
    section_key("limits", {"limit", Tables::Number::many}),
    section_key("ledger", {"ledger"}),
};

void read(Section root, ReadContext& around, Config& config, std::vector<Diagnostic>& others) {
    read_keys<Config>(root, k_root_keys, config);
    read_plugin_path(root, config);
    read_keys(root, config.keys);
    around.has_keys = !config.keys.empty() || is_refused(root, "keys");
    read_server(root, config.server);
    read_admin(root, config.server, config.admin);
    read_log(root, config.log);
    read_retry(root, config.retry, config.retry_budget);
    read_health(root, config.health);
    read_providers(root, config.retry, config.providers);
    read_routes(root, config.providers, config.routes);
    read_prices(root, config, others);
    check_aliases(config.routes, root.report());
    check_key_models(config, root.report());
    read_webhooks(root, config.webhooks);
    read_rules(root, config);
    read_ledger(root, config);
    root.finish();
    if (others.empty()) check_idle_keys(config, root.report());
    if (is_refused(root, "plugin_path")) {
        for (Provider& provider : config.providers) provider.refused.emplace_back("plugin_path");
    }
    if (config.secrets == Secrets::left_out) leave_secrets_out(config);
}

Loaded unreadable(const fs::path& file, std::string why) {
    Report report(file.string());
    report.error({}, fmt::format("the file cannot be read: {}", why));
    Loaded loaded;
    loaded.config.file = file;
    loaded.diagnostics = report.take();
    return loaded;
}

// Whether a mistake in [server] hides the address: it stands at the value `listen`. That is null if
// the file has no such value or its port is 0; then any error may hide it, as a misspelt key does.
bool hides_listen(const Diagnostic& diagnostic, const toml::node* listen) {
    if (diagnostic.severity != Severity::error) return false;
    if (listen == nullptr) return true;
    const Position at = position_of(*listen);
    return diagnostic.at.line == at.line && diagnostic.at.column == at.column;
}

}  // namespace

bool Provider::is_refused(std::string_view key) const {
    return std::ranges::find(refused, key) != refused.end();
}

bool Loaded::ok() const {
    return std::ranges::find(diagnostics, Severity::error, &Diagnostic::severity) ==
           diagnostics.end();
}

Loaded parse(std::string_view text, const fs::path& file, Secrets secrets) {
    Loaded loaded;
    loaded.config.file = file;
    loaded.config.secrets = secrets;
    Report report(file.string());
    toml::table table;
    std::vector<Diagnostic> others;
    if (parse_toml(text, table, report)) {
        ReadContext around{.folder = folder_of(file), .secrets = secrets};
        read(Section(table, {}, report, around), around, loaded.config, others);
        check_foreign_variables(table, report);
    }
    loaded.diagnostics = report.take();
    std::ranges::move(others, std::back_inserter(loaded.diagnostics));
    return loaded;
}

Loaded load(const fs::path& file, Secrets secrets) {
    const auto text = read_text(file);
    if (!text) return unreadable(file, text.error());
    return parse(*text, file, secrets);
}

std::expected<Server, std::vector<Diagnostic>> load_listen(const fs::path& file) {
    const auto text = read_text(file);
    if (!text) return std::unexpected(unreadable(file, text.error()).diagnostics);
    Report report(file.string());
    toml::table table;
    if (!parse_toml(*text, table, report)) return std::unexpected(report.take());
    Server server;
    const ReadContext around{.has_keys = table.contains("keys")};
    Section root(table, {}, report, around);
    read_server(root, server);
    const toml::node* const listen = server.port == 0 ? nullptr : table["server"]["listen"].node();
    std::vector<Diagnostic> found = report.take();
    std::erase_if(found, [&](const Diagnostic& one) { return !hides_listen(one, listen); });
    if (!found.empty()) return std::unexpected(std::move(found));
    return server;
}

SectionFacts root_section() {
    SectionFacts root{"root", "Top level", "The configuration of a Bellwether host",
                      rows_of<Config>(k_root_keys)};
    for (Row& row : root.rows) row.elsewhere = std::holds_alternative<Tables>(row.facts.form);
    return root;
}

}  // namespace bellwether::config
