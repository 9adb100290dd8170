#include "config/listen.hpp"

#include <fmt/format.h>
#include <toml++/toml.h>

#include <algorithm>

#include "config/document.hpp"
#include "config/sections.hpp"

namespace bw::config {
namespace {

// Whether a mistake of [server] is about where it listens: it stands at that value. If nothing
// there tells the place, each may be, as a key that is misspelt.
bool hides_listen(const Diagnostic& diagnostic, const toml::node* listen) {
    if (diagnostic.severity != Severity::error) return false;
    if (listen == nullptr) return true;
    const Position at = position_of(*listen);
    return diagnostic.at.line == at.line && diagnostic.at.column == at.column;
}

}  // namespace

std::expected<Server, std::vector<Diagnostic>> load_listen(const std::filesystem::path& file) {
    Report report(file.string());
    const auto text = read_text(file);
    if (!text) {
        report.error({}, fmt::format("the file cannot be read: {}", text.error()));
        return std::unexpected(report.take());
    }
    toml::table table;
    if (!parse_toml(*text, table, report)) return std::unexpected(report.take());
    Server server;
    const Surroundings around{.has_keys = table.contains("keys")};
    Section root(table, {}, report, around);
    read_server(root, server);
    const toml::node* const listen = server.port == 0 ? nullptr : table["server"]["listen"].node();
    std::vector<Diagnostic> found = report.take();
    std::erase_if(found, [&](const Diagnostic& one) { return !hides_listen(one, listen); });
    if (!found.empty()) return std::unexpected(std::move(found));
    return server;
}

}  // namespace bw::config
