#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>

#include "base/ascii.hpp"
#include "cli/cli.hpp"
#include "cli/terminal.hpp"
#include "cli/text_table.hpp"
#include "json/writer.hpp"

namespace bellwether::cli {
namespace {

bool contains(std::string_view text, std::string_view part) {
    const auto same = [](char a, char b) { return lower(a) == lower(b); };
    return !std::ranges::search(text, part, same).empty() || part.empty();
}

void print_json(const std::vector<route::CatalogueEntry>& entries) {
    json::PrettyWriter writer;
    writer.begin_array();
    for (const auto& entry : entries) route::write_entry(writer, entry);
    fmt::print("{}\n", writer.end_array().view());
}

void print_table(const std::vector<route::CatalogueEntry>& entries) {
    TextTable table({{"MODEL", Align::left}, {"CONTEXT TOK"}, {"PROVIDERS", Align::left}});
    for (const auto& entry : entries) {
        table.add({entry.id,
                   entry.context == 0 ? std::string(k_nothing) : std::to_string(entry.context),
                   fmt::format("{}", fmt::join(entry.providers, ", "))});
    }
    fmt::print("{}", table.text(columns_of(STDOUT_FILENO)));
}

}  // namespace

int models(const Common& common, const std::string& filter) {
    const auto host = load_host(common);
    if (!host) return k_usage;
    std::vector<route::CatalogueEntry> found;
    std::ranges::copy_if(host->catalogue.entries(), std::back_inserter(found),
                         [&](const auto& entry) { return contains(entry.id, filter); });
    if (common.json) {
        print_json(found);
    } else if (found.empty()) {
        fmt::print(stderr, "no model{}\n",
                   filter.empty() ? "" : fmt::format(" matches \"{}\"", filter));
        return k_failed;
    } else {
        print_table(found);
    }
    return k_ok;
}

}  // namespace bellwether::cli
