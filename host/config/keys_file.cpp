#include "config/keys_file.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <toml++/toml.h>

#include <algorithm>
#include <iterator>

#include "config/document.hpp"
#include "config/key_form.hpp"
#include "config/reach.hpp"
#include "config/sections.hpp"
#include "json/value.hpp"

namespace bellwether::config {
namespace {

constexpr std::string_view k_head =
    "# Client keys of a Bellwether host, written by `bellwether key`. Only hashes: no key is in "
    "here.\n"
    "# The command writes the whole file anew, so no other comment is kept.\n";

}  // namespace

std::string key_entry(const Key& key) {
    std::string text =
        fmt::format("[[keys]]\nname    = \"{}\"\nid      = \"{}\"\nsha256  = \"{}\"\n", key.name,
                    key.id, key.sha256);
    if (!key.team.empty()) text += fmt::format("team    = \"{}\"\n", key.team);
    if (!key.models.empty()) {
        std::vector<std::string> quoted;
        for (const auto& model : key.models) quoted.push_back(json::quote(model));
        text += fmt::format("models  = [{}]\n", fmt::join(quoted, ", "));
    }
    if (key.expires) text += fmt::format("expires = {}\n", format_expiry(*key.expires));
    if (key.disabled) text += "disabled = true\n";
    return text;
}

std::string keys_file_text(std::span<const Key> keys) {
    std::string text(k_head);
    for (const Key& key : keys) text += "\n" + key_entry(key);
    return text;
}

KeysFile parse_keys_file(std::string_view text, const std::filesystem::path& file) {
    Report report(file);
    KeysFile read;
    toml::table table;
    if (parse_toml(text, 0, table, report)) {
        const ReadContext around;
        Section root(table, {}, report, around);
        read_keys(root, read.keys);
        root.finish();
    }
    read.diagnostics = report.take();
    return read;
}

KeysFile read_keys_file(const std::filesystem::path& file) {
    std::error_code ignored;
    if (!std::filesystem::exists(file, ignored)) return {};
    const auto text = read_text(file);
    if (text) return parse_keys_file(*text, file);
    Report report(file);
    report.error({}, fmt::format("the file cannot be read: {}", text.error()));
    return {.keys = {}, .diagnostics = report.take()};
}

Loaded with_keys_of_file(const Config& config) {
    Loaded loaded{.config = config, .diagnostics = {}};
    KeysFile read = read_keys_file(config.keys_file);
    loaded.diagnostics = std::move(read.diagnostics);
    if (!loaded.ok()) return loaded;
    const auto& files = config.files;
    const auto index = std::ranges::find(files, config.keys_file) - files.begin();
    auto& keys = loaded.config.keys;
    std::erase_if(keys, [&](const Key& key) { return key.at.file == index; });
    for (Key& key : read.keys) {
        key.at.file = static_cast<int>(index);
        for (Position& at : key.models_at) at.file = static_cast<int>(index);
        keys.push_back(std::move(key));
    }
    Report report(config.file);
    for (std::size_t i = 1; i < files.size(); ++i) report.add_file(files[i]);
    check_keys(keys, report);
    check_key_models(loaded.config, report);
    std::ranges::move(report.take(), std::back_inserter(loaded.diagnostics));
    return loaded;
}

}  // namespace bellwether::config
