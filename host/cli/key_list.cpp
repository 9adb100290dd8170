// `key list`: who has a key, without what the key or its hash is.
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include "cli/cli.hpp"
#include "cli/key_files.hpp"
#include "cli/key_input.hpp"
#include "cli/terminal.hpp"
#include "cli/text_table.hpp"
#include "config/key_form.hpp"

namespace bellwether::cli {
namespace {

std::string_view state_of(const config::Key& key) {
    if (key.disabled) return "disabled";
    return is_active(key) ? "active" : "expired";
}

void print_json(const KeyFiles& files, const std::vector<PlacedKey>& keys) {
    json::PrettyWriter writer;
    writer.begin_object().field_or_null("keys_file", files.keys_file().string());
    writer.key("keys").begin_array();
    for (const auto& [key, file] : keys) {
        writer.begin_object();
        write_shown_key(writer, key);
        writer.field("state", state_of(key)).field("file", file);
        writer.field("line", key.at.line).end_object();
    }
    fmt::print("{}\n", writer.end_array().end_object().view());
}

void print_table(const std::vector<PlacedKey>& keys) {
    if (keys.empty()) return fmt::print("There are no client keys.\n");
    TextTable table({{"NAME", Align::left},
                     {"ID", Align::left},
                     {"STATE", Align::left},
                     {"TEAM", Align::left},
                     {"MODELS", Align::left},
                     {"EXPIRES", Align::left},
                     {"PLACE", Align::left}});
    const auto or_nothing = [](std::string text) {
        return text.empty() ? std::string(k_nothing) : text;
    };
    for (const PlacedKey& placed : keys) {
        const config::Key& key = placed.key;
        table.add({key.name, key.id, std::string(state_of(key)), or_nothing(key.team),
                   or_nothing(fmt::format("{}", fmt::join(key.models, ", "))),
                   or_nothing(key.expires ? config::format_expiry(*key.expires) : ""),
                   placed.place()});
    }
    fmt::print("{}", table.text(columns_of(STDOUT_FILENO)));
}

}  // namespace

int key_list(const Common& common, const KeyOptions& options) {
    const auto files = KeyFiles::find(common, options);
    if (!files) return say_failure(files.error());
    const auto keys = files->all_keys();
    if (!keys) return say_failure(keys.error());
    if (common.json) {
        print_json(*files, *keys);
    } else {
        print_table(*keys);
    }
    return k_ok;
}

}  // namespace bellwether::cli
