#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <set>

#include "cli/cli.hpp"
#include "cli/terminal.hpp"
#include "cli/text_table.hpp"
#include "json/writer.hpp"
#include "plugin/library.hpp"
#include "plugin/manifest.hpp"

namespace bellwether::cli {
namespace {

namespace fs = std::filesystem;

// One plugin file; `refused` says why, if it cannot be used.
struct Found {
    fs::path file;
    std::shared_ptr<const plugin::Library> library;
    plugin::Manifest manifest;
    std::string refused;
};

Found open(const fs::path& file) {
    Found found{.file = file};
    auto library = plugin::Library::load(fs::absolute(file).lexically_normal());
    if (!library) {
        found.refused = library.error();
        return found;
    }
    auto manifest = plugin::read_manifest((*library)->table().manifest);
    if (!manifest) {
        found.refused = manifest.error();
        return found;
    }
    found.library = *library;
    found.manifest = std::move(*manifest);
    return found;
}

// Opens each plugin file once, even if a folder is named twice.
std::vector<Found> open_all(const std::vector<fs::path>& folders) {
    std::set<fs::path> files;
    for (const auto& folder : folders) {
        std::error_code error;
        for (const auto& entry : fs::directory_iterator(folder, error)) {
            if (entry.path().extension() == ".so") files.insert(fs::canonical(entry.path(), error));
        }
    }
    std::vector<Found> all;
    for (const auto& file : files) all.push_back(open(file));
    return all;
}

// The folders of the config, if one is named, and the program's own. Nothing: the config has a
// mistake, which has been printed.
std::optional<std::vector<fs::path>> folders_of(const Common& common) {
    std::vector<fs::path> folders;
    if (!common.config.empty()) {
        const auto config = load_config(common, config::Secrets::left_out);
        if (!config) return std::nullopt;
        folders = config->plugin_path;
    }
    const auto own = plugin_folders();
    folders.insert(folders.end(), own.begin(), own.end());
    return folders;
}

void write_json(json::PrettyWriter& writer, const Found& found) {
    writer.begin_object().field("file", found.file.string());
    if (!found.refused.empty()) {
        writer.field("refused", found.refused).end_object();
        return;
    }
    const bw_plugin& table = found.library->table();
    writer.field("id", table.id).field("version", table.version);
    writer.field("abi", fmt::format("1.{}", table.abi_minor));
    writer.field("sha256", found.library->sha256());
    writer.key("manifest").raw(table.manifest == nullptr ? "{}" : table.manifest).end_object();
}

// Prints a table of the plugins, and below it the refused ones, each with the whole reason.
void print_table(const std::vector<Found>& all) {
    TextTable table({{"PLUGIN", Align::left},
                     {"VERSION", Align::left},
                     {"ABI", Align::left},
                     {"SUMMARY", Align::left}});
    bool any = false;
    for (const Found& found : all) {
        if (!found.refused.empty()) continue;
        const bw_plugin& plugin = found.library->table();
        table.add({found.file.stem().string(), plugin.version,
                   fmt::format("1.{}", plugin.abi_minor), found.manifest.summary});
        any = true;
    }
    if (any) fmt::print("{}", table.text(columns_of(STDOUT_FILENO)));
    for (const Found& found : all) {
        if (found.refused.empty()) continue;
        fmt::print("{} refused: {}\n", found.file.stem().string(), found.refused);
    }
}

void print_details(const Found& found) {
    const bw_plugin& table = found.library->table();
    const plugin::Manifest& manifest = found.manifest;
    fmt::print("file        {}\nid          {}\nversion     {}\n", found.file.string(), table.id,
               table.version);
    fmt::print("ABI         1.{} (needs a host with 1.{} or later)\nsha256      {}\n",
               table.abi_minor, table.host_minor_needed, found.library->sha256());
    fmt::print("summary     {}\nbase URL    {}\n", manifest.summary,
               manifest.base_url.empty() ? "-" : manifest.base_url);
    std::vector<std::string_view> operations;
    for (const auto operation : manifest.operations) operations.push_back(to_string(operation));
    fmt::print("operations  {}\n", fmt::join(operations, ", "));
    if (!manifest.origins.empty()) {
        fmt::print("origins     {}\n", fmt::join(manifest.origins, ", "));
    }
    for (const auto& spec : manifest.credentials) {
        fmt::print("credential  {} ({}, from {}{})\n", spec.name, credentials::name_of(spec.kind),
                   spec.usual_source(), spec.required ? "" : "; optional");
    }
    for (const auto& option : manifest.options) {
        fmt::print("option      {} ({}): {}\n", option.key, option.type, option.help);
    }
    std::vector<std::string_view> models;
    for (const auto& model : manifest.models) models.push_back(model.id);
    fmt::print("models      {}\n",
               models.empty() ? "-" : fmt::format("{}", fmt::join(models, ", ")));
    if (!manifest.continues_with.empty()) {
        fmt::print("goes on     with an answer begun elsewhere (\"{}\")\n",
                   manifest.continues_with);
    }
    for (const auto& doubt : manifest.doubts) {
        fmt::print(stderr, "warning: {}: in its manifest, {}\n", found.file.string(), doubt);
    }
}

}  // namespace

int plugin_list(const Common& common) {
    const auto folders = folders_of(common);
    if (!folders) return k_usage;
    const auto all = open_all(*folders);
    if (common.json) {
        json::PrettyWriter writer;
        writer.begin_array();
        for (const auto& found : all) write_json(writer, found);
        fmt::print("{}\n", writer.end_array().view());
        return k_ok;
    }
    print_table(all);
    if (all.empty()) {
        std::vector<std::string> looked;
        for (const auto& folder : *folders) looked.push_back(folder.string());
        fmt::print(stderr, "no plugins in {}\n", fmt::join(looked, ", "));
        return k_failed;
    }
    return k_ok;
}

int plugin_inspect(const Common& common, const std::string& name) {
    const auto folders = folders_of(common);
    if (!folders) return k_usage;
    const auto file = plugin::locate(name, fs::current_path(), *folders);
    if (!file) {
        fmt::print(stderr, "error: {}\n", file.error());
        return k_failed;
    }
    const Found found = open(*file);
    if (!found.refused.empty()) {
        fmt::print(stderr, "error: {}: {}\n", found.file.string(), found.refused);
        return k_failed;
    }
    if (common.json) {
        json::PrettyWriter writer;
        write_json(writer, found);
        fmt::print("{}\n", writer.view());
    } else {
        print_details(found);
    }
    return k_ok;
}

}  // namespace bellwether::cli
