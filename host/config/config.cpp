#include "config/config.hpp"

#include <fmt/format.h>
#include <toml++/toml.h>

#include <algorithm>

#include "config/document.hpp"
#include "config/idle_keys.hpp"
#include "config/include.hpp"
#include "config/sections.hpp"
#include "config/target.hpp"

namespace bellwether::config {
namespace {

namespace fs = std::filesystem;

constexpr Worded k_paths{"path, or array of paths", k_text_or_texts_schema};

constexpr KeyOf<Config> section_key(std::string_view name, Tables tables) {
    return key<Config>(name, tables, {}, nullptr, nullptr, "none");
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
    return !is_refused(root, k_price_files) && std::ranges::all_of(config.prices, is_whole);
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
        config.plugin_path.push_back(root.path_of(path));
        config.plugin_path_at.push_back(path.at);
    }
}

void write_plugin_path(json::PrettyWriter& writer, const Config& config) {
    writer.key("plugin_path").begin_array();
    for (const fs::path& folder : config.plugin_path) writer.value(folder.string());
    writer.end_array();
}

// Clears the references to passwords, so that later checks do not look for the passwords.
void leave_secrets_out(Config& config) {
    for (Provider& provider : config.providers) provider.wire.proxy_secret.clear();
    for (Webhook& webhook : config.webhooks) webhook.wire.proxy_secret.clear();
    config.ledger.password.clear();
}

// The keys are in the order in which they are read: some sections need what others hold.
constexpr KeyOf<Config> k_root_keys[] = {
    {.facts = {k_include, k_paths, "further files of this config, or patterns for their names",
               "none"},
     .write = [](json::PrettyWriter& writer,
                 const Config& config) { writer.field_list(k_include, config.include); }},
    {.facts = {k_keys_file, k_path,
               "client keys that `bellwether key` writes; with it every caller needs one", "none"},
     .write =
         [](json::PrettyWriter& writer, const Config& config) {
             writer.field_or_null(k_keys_file, config.keys_file.string());
         }},
    {.facts = {"plugin_path", Worded{"array of paths", k_texts.schema},
               "folders to look for plugins in, before the host's own", "none"},
     .write = write_plugin_path},
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
    key<Config>(k_price_files, k_paths, "TOML files with `[[prices]]`", nullptr, nullptr, "none"),
    section_key("prices", {"price", Tables::Number::many}),
    section_key("webhooks", {"webhook", Tables::Number::named}),
    section_key("budgets", {"budget", Tables::Number::many}),
    section_key("limits", {"limit", Tables::Number::many}),
    section_key("ledger", {"ledger"}),
};

// What an included file may hold: the sections of which there may be several.
struct SectionKinds {
    std::vector<SharedSection> shared;
    std::vector<std::string_view> alone;

    SectionKinds() {
        for (const auto& key : k_root_keys) {
            const auto* tables = std::get_if<Tables>(&key.facts.form);
            if (tables == nullptr || tables->number == Tables::Number::one) {
                alone.push_back(key.facts.name);
            } else {
                shared.push_back({key.facts.name, tables->number == Tables::Number::named});
            }
        }
    }
};

SharedSections shared_sections() {
    static const SectionKinds kinds;
    return {kinds.shared, kinds.alone};
}

// Says so if a keys_file is all that tells who may call, and has no key yet.
void check_callers(Section& root, const Config& config) {
    if (config.keys_file.empty() || !config.keys.empty() || root.report().has_error()) return;
    root.report().warning(root.value_at(k_keys_file),
                          "there is no client key yet, so every call is refused", {},
                          "make one with `bellwether key new NAME`");
}

void read(Section root, ReadContext& around, Config& config) {
    read_keys<Config>(root, k_root_keys, config);
    read_plugin_path(root, config);
    read_keys(root, config.keys);
    around.has_keys = config.asks_for_keys() || is_refused(root, "keys");
    read_server(root, config.server);
    read_admin(root, config.server, config.admin);
    read_log(root, config.log);
    read_retry(root, config.retry, config.retry_budget);
    read_health(root, config.health);
    read_providers(root, config.retry, config.providers);
    read_routes(root, config.providers, config.routes);
    read_prices(root, config);
    check_aliases(config.routes, root.report());
    check_key_models(config, root.report());
    read_webhooks(root, config.webhooks);
    read_rules(root, config);
    read_ledger(root, config);
    root.finish();
    check_idle_keys(config, root.report());
    check_callers(root, config);
    if (is_refused(root, "plugin_path")) {
        for (Provider& provider : config.providers) provider.refused.emplace_back("plugin_path");
    }
    if (config.secrets == Secrets::left_out) leave_secrets_out(config);
}

Loaded unreadable(const fs::path& file, std::string why) {
    Report report(file);
    report.error({}, fmt::format("the file cannot be read: {}", why));
    Loaded loaded;
    loaded.config.file = file;
    loaded.config.files = report.files();
    loaded.diagnostics = report.take();
    return loaded;
}

// Parses the file that was asked for, without those that it names.
std::expected<void, std::vector<Diagnostic>> parse_alone(const fs::path& file, toml::table& table,
                                                         Report& report) {
    const auto text = read_text(file);
    if (!text) return std::unexpected(unreadable(file, text.error()).diagnostics);
    if (!parse_toml(*text, 0, table, report)) return std::unexpected(report.take());
    return {};
}

// Whether a mistake in [server] hides the address: it stands at the value `listen`. That is null if
// the file has no such value or its port is 0; then any error may hide it, as a misspelt key does.
bool hides_listen(const Diagnostic& diagnostic, const toml::node* listen) {
    if (diagnostic.severity != Severity::error) return false;
    if (listen == nullptr) return true;
    return diagnostic.at == position_of(*listen);
}

}  // namespace

bool Provider::is_refused(std::string_view key) const {
    return std::ranges::find(refused, key) != refused.end();
}

bool Loaded::ok() const {
    return std::ranges::find(diagnostics, Severity::error, &Diagnostic::severity) ==
           diagnostics.end();
}

const fs::path& Config::file_of(Position at) const {
    const auto index = static_cast<std::size_t>(at.file);
    return index < files.size() ? files[index] : file;
}

std::string Config::place_of(Position at) const {
    return fmt::format("{}:{}", file_of(at).string(), at.line);
}

Loaded parse(std::string_view text, const fs::path& file, Secrets secrets) {
    Loaded loaded;
    loaded.config.file = file;
    loaded.config.secrets = secrets;
    Report report(file);
    toml::table table;
    ReadContext around{.secrets = secrets};
    if (parse_toml(text, 0, table, report) &&
        take_in_files(table, shared_sections(), report, around, loaded.config)) {
        read(Section(table, {}, report, around), around, loaded.config);
        check_foreign_variables(table, report);
    }
    loaded.config.files = report.files();
    loaded.diagnostics = report.take();
    return loaded;
}

Loaded load(const fs::path& file, Secrets secrets) {
    const auto text = read_text(file);
    if (!text) return unreadable(file, text.error());
    return parse(*text, file, secrets);
}

std::expected<Server, std::vector<Diagnostic>> load_listen(const fs::path& file) {
    toml::table table;
    Report report(file);
    if (auto parsed = parse_alone(file, table, report); !parsed) {
        return std::unexpected(parsed.error());
    }
    Server server;
    // A host that runs has been found to have keys where it needs some.
    const ReadContext around{.has_keys = table.contains("keys") || table.contains(k_include) ||
                                         table.contains(k_keys_file)};
    Section root(table, {}, report, around);
    read_server(root, server);
    const toml::node* const listen = server.port == 0 ? nullptr : table["server"]["listen"].node();
    std::vector<Diagnostic> found = report.take();
    std::erase_if(found, [&](const Diagnostic& one) { return !hides_listen(one, listen); });
    if (!found.empty()) return std::unexpected(std::move(found));
    return server;
}

void write_place(json::PrettyWriter& writer, const Config& config, Position at) {
    writer.field("file", config.file_of(at).string()).field("line", at.line);
}

void write_top(json::PrettyWriter& writer, const Config& config) {
    writer.field("file", config.file.string());
    write_keys<Config>(writer, k_root_keys, config);
}

std::expected<Admin, std::vector<Diagnostic>> load_admin_listen(const fs::path& file) {
    toml::table table;
    Report report(file);
    if (auto parsed = parse_alone(file, table, report); !parsed) {
        return std::unexpected(parsed.error());
    }
    const ReadContext around{.has_keys = true};
    Section root(table, {}, report, around);
    Server server;
    read_server(root, server);
    static_cast<void>(report.take());  // mistakes in [server] hide nothing of [admin]
    Admin admin;
    read_admin(root, server, admin);
    std::vector<Diagnostic> found = report.take();
    if (!found.empty()) return std::unexpected(std::move(found));
    return admin;
}

SectionFacts root_section() {
    SectionFacts root{"root", "Top level", "The configuration of a Bellwether host",
                      rows_of<Config>(k_root_keys)};
    for (Row& row : root.rows) row.elsewhere = std::holds_alternative<Tables>(row.facts.form);
    return root;
}

}  // namespace bellwether::config
