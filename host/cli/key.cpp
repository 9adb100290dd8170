// `key new`: the key goes to standard error and what belongs into the config to standard output, so
// that `bellwether key new alice >> bellwether.toml` never writes a key into a file.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <chrono>
#include <cstdio>

#include "cli/cli.hpp"
#include "config/key_form.hpp"
#include "config/pattern.hpp"
#include "config/report.hpp"
#include "json/value.hpp"
#include "json/writer.hpp"
#include "policy/keys/key_ring.hpp"
#include "policy/keys/new_key.hpp"

namespace bellwether::cli {
namespace {

using config::in_quotes;

// What is wrong with a name, which messages call `what`; empty: nothing.
std::string name_fault(std::string_view what, const std::string& name) {
    if (config::is_key_name(name) && !config::may_be_secret(name)) return {};
    return fmt::format("{} {} is no name; expected {}", what,
                       config::may_be_secret(name) ? "that looks like a key" : in_quotes(name),
                       config::k_key_name_expected);
}

std::string models_fault(const std::vector<std::string>& models) {
    for (const auto& model : models) {
        const bool printable = std::ranges::all_of(model, [](char c) {
            const auto byte = static_cast<unsigned char>(c);
            return byte >= 0x20 && byte != 0x7f;
        });
        if (model.empty() || model.size() > config::k_model_bytes_max || !printable) {
            return fmt::format(
                "--models {} is no model; expected a name or a pattern such as "
                "\"qwen-*\"",
                in_quotes(model));
        }
    }
    return {};
}

std::string expiry_fault(const std::string& text, config::Key& key) {
    if (text.empty()) return {};
    key.expires = config::parse_expiry(text);
    if (!key.expires) {
        return fmt::format(
            "--expires {} is no date; expected 2027-01-31, or with a time and a zone "
            "2027-01-31T18:00:00+07:00",
            in_quotes(text));
    }
    if (*key.expires > std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now()))
        return {};
    return fmt::format("--expires {} is past", in_quotes(text));
}

// Whether a config that was named can be read and has no key of this name; empty: it is fine, or
// none was named. Other mistakes do not count: it may be wrong only because it has no key yet.
std::string config_fault(const Common& common, const std::string& name) {
    if (common.config.empty()) return {};
    const config::Loaded loaded = config::load(common.config, config::Secrets::left_out);
    const bool unread = loaded.config.providers.empty() && loaded.config.keys.empty();
    if (unread && !loaded.ok()) return to_string(loaded.diagnostics.front());
    for (const auto& key : loaded.config.keys) {
        if (key.name == name) {
            return fmt::format(
                "{}:{}: there is a key named {} already; give the new one a name of "
                "its own, and both the same --team",
                common.config.string(), key.at.line, in_quotes(name));
        }
    }
    return {};
}

std::string to_toml(const config::Key& key) {
    std::string text =
        fmt::format("[[keys]]\nname    = \"{}\"\nid      = \"{}\"\nsha256  = \"{}\"\n", key.name,
                    key.id, key.sha256);
    if (!key.team.empty()) text += fmt::format("team    = \"{}\"\n", key.team);
    if (!key.models.empty()) {
        std::vector<std::string> quoted;
        for (const auto& model : key.models) quoted.push_back(json::quote(model));
        text += fmt::format("models  = [{}]\n", fmt::join(quoted, ", "));
    }
    if (key.expires) text += fmt::format("expires = {}\n", config::format_expiry(*key.expires));
    return text;
}

void print_json(const config::Key& key, const std::string& secret) {
    json::PrettyWriter writer;
    writer.begin_object().field("key", secret).field("name", key.name).field("id", key.id);
    writer.field("sha256", key.sha256).field_or_null("team", key.team);
    writer.field_list_or_null("models", key.models);
    writer.field_or_null("expires", key.expires ? config::format_expiry(*key.expires) : "");
    fmt::print("{}\n", writer.field("toml", to_toml(key)).end_object().view());
}

}  // namespace

int key_new(const Common& common, const KeyOptions& options) {
    config::Key key{.name = options.name, .team = options.team, .models = options.models};
    std::string fault = name_fault("the key's name", key.name);
    if (fault.empty() && !key.team.empty()) fault = name_fault("--team", key.team);
    if (fault.empty()) fault = models_fault(key.models);
    if (fault.empty()) fault = expiry_fault(options.expires, key);
    if (fault.empty()) fault = config_fault(common, key.name);
    if (!fault.empty()) {
        fmt::print(stderr, "error: {}\n", fault);
        return k_usage;
    }
    const auto made = policy::new_key();
    if (!made) {
        fmt::print(stderr, "error: {}\n", made.error());
        return k_failed;
    }
    key.id = made->id;
    key.sha256 = policy::key_hash(made->text);
    if (common.json) {
        print_json(key, made->text);
        return k_ok;
    }
    fmt::print(stderr,
               "{}\n\nThat is the key of \"{}\". It is shown this once and stored nowhere: hand it "
               "over now.\nWhat follows belongs into the config, at its end; it holds the key's "
               "hash only. Then restart\nthe host.\n\n",
               made->text, key.name);
    std::fflush(stderr);
    fmt::print("\n{}", to_toml(key));  // the file may end without a line end
    return k_ok;
}

}  // namespace bellwether::cli
