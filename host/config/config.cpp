#include "config/config.hpp"

#include <fmt/format.h>
#include <toml++/toml.h>

#include <algorithm>
#include <iterator>

#include "config/document.hpp"
#include "config/sections.hpp"

namespace bw::config {
namespace {

namespace fs = std::filesystem;

fs::path folder_of(const fs::path& file) {
    std::error_code error;
    const fs::path absolute = fs::absolute(file, error);
    return (error ? file : absolute).parent_path();
}

void read_rules(Section& root, Config& config) {
    const KnownNames known(config);
    RuleNames names;
    read_budgets(root, known, names, config);
    read_limits(root, known, names, config.limits);
    check_priced(config, root.report());
}

void read(Section root, Config& config, std::vector<Diagnostic>& others) {
    const fs::path folder = folder_of(config.file);
    for (const auto& path : root.texts("plugin_path")) {
        config.plugin_path.push_back((folder / path.value).lexically_normal());
        config.plugin_path_at.push_back(path.at);
    }
    read_keys(root, config.keys);
    read_server(root, !config.keys.empty(), config.server);
    read_admin(root, config);
    read_log(root, config.log);
    read_providers(root, folder, config.providers);
    read_routes(root, config.providers, config.routes);
    read_prices(root, folder, config, others);
    check_aliases(config.routes, root.report());
    check_key_models(config, root.report());
    read_webhooks(root, folder, config.webhooks);
    read_rules(root, config);
    read_ledger(root, folder, config);
    root.finish();
}

Loaded unreadable(const fs::path& file, std::string why) {
    Report report(file.string());
    report.error({}, fmt::format("the file cannot be read: {}", why));
    Loaded loaded;
    loaded.config.file = file;
    loaded.diagnostics = report.take();
    return loaded;
}

}  // namespace

bool Loaded::ok() const {
    return std::ranges::find(diagnostics, Severity::error, &Diagnostic::severity) ==
           diagnostics.end();
}

Loaded parse(std::string_view text, const fs::path& file) {
    Loaded loaded;
    loaded.config.file = file;
    Report report(file.string());
    toml::table table;
    std::vector<Diagnostic> others;
    if (parse_toml(text, table, report)) read(Section(table, {}, report), loaded.config, others);
    loaded.diagnostics = report.take();
    std::ranges::move(others, std::back_inserter(loaded.diagnostics));
    return loaded;
}

Loaded load(const fs::path& file) {
    const auto text = read_text(file);
    if (!text) return unreadable(file, text.error());
    return parse(*text, file);
}

}  // namespace bw::config
