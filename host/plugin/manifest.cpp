#include "plugin/manifest.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstring>
#include <optional>

#include "config/foreign_words.hpp"
#include "config/secret.hpp"
#include "json/value.hpp"
#include "json/writer.hpp"
#include "plugin/manifest_check.hpp"
#include "plugin/manifest_credentials.hpp"
#include "plugin/option_type.hpp"

namespace bellwether::plugin {
namespace {

using json::Kind;
using json::Value;

constexpr std::size_t k_manifest_bytes_max = 1u << 20;

std::vector<std::string> strings(const Value& array) {
    std::vector<std::string> all;
    for (const auto& element : array.elements()) all.push_back(element.string());
    return all;
}

std::vector<Operation> read_operations(const Value& array) {
    if (!array) return {Operation::chat};
    std::vector<Operation> operations;
    for (const std::string& name : strings(array)) {
        for (const OperationFacts& one : k_operations) {
            if (name == one.name) operations.push_back(one.operation);
        }
    }
    return operations;
}

// The default of an option as the plugin sees it: a duration in milliseconds.
std::string preset_of(const Value& option) {
    const Value preset = option["default"];
    if (!preset || preset.kind() == Kind::null) return {};
    const bool duration = option["type"].equals("duration") && preset.kind() == Kind::string;
    if (!duration) return std::string(preset.raw());
    const auto wait = milliseconds_of(preset.string());
    return wait ? std::to_string(*wait) : std::string();
}

Model read_model(const Value& object) {
    return {.id = object["id"].string(),
            .context = object["context"].integer().value_or(0),
            .max_output = object["max_output"].integer().value_or(0),
            .owned_by = object["owned_by"].string(),
            .stream_only = object["stream_only"].boolean(false)};
}

std::string with_article(std::string_view type) {
    const bool vowel = !type.empty() && std::string_view("aeiou").find(type.front()) != type.npos;
    return fmt::format("{} {}", vowel ? "an" : "a", type);
}

// The value of an option for a message; only its type if it may be or contain a credential.
std::string described(const config::Option& option) {
    constexpr std::size_t k_short = 16;
    const Kind kind = Value(option.json).kind();
    if (kind == Kind::array) return "an array";
    if (kind == Kind::object) return "a table";
    const bool secret = config::may_hold_secret(option.key);
    const bool hidden = secret || option.json.size() > k_short;
    if (kind == Kind::string && hidden) return "a string";
    if (kind == Kind::number && secret) return "a number";
    return option.json;
}

class OptionCheck {
  public:
    OptionCheck(const config::Provider& provider, const Manifest& manifest,
                std::vector<config::Diagnostic>& diagnostics)
        : provider_(provider), manifest_(manifest), diagnostics_(diagnostics) {}

    // The option's value as the plugin shall see it; empty if it is wrong.
    std::string check(const config::Option& option) {
        const OptionSpec* const spec = manifest_.option(option.key);
        if (spec == nullptr) return unknown(option);
        const Value value(option.json);
        if (!has_type(value, spec->type)) return wrong(option, with_article(spec->type));
        if (spec->type == "duration") {
            const auto duration = milliseconds_of(value.string());
            if (!duration) return wrong(option, "a duration such as \"250ms\", \"30s\" or \"10m\"");
            return std::to_string(*duration);
        }
        if (!spec->values.empty() &&
            std::ranges::find(spec->values, value.string()) == spec->values.end()) {
            return wrong(option, fmt::format("one of {}", fmt::join(spec->values, ", ")));
        }
        return option.json;
    }

  private:
    std::string unknown(const config::Option& option) {
        std::vector<std::string> keys;
        for (const auto& spec : manifest_.options) keys.push_back(spec.key);
        for (const auto& credential : manifest_.credentials) {
            for (const std::string& key : credential.keys()) keys.push_back(key);
        }
        keys.insert(keys.end(), config::provider_keys().begin(), config::provider_keys().end());
        const std::string advice = config::advice_on_key("providers", option.key, keys);
        add(option.at,
            fmt::format("unknown key \"{}\" for plugin \"{}\"", option.key, provider_.plugin),
            config::expected_beside(advice, keys), advice);
        return {};
    }

    std::string wrong(const config::Option& option, std::string_view expected) {
        add(option.at, fmt::format("\"{}\" is {}", option.key, described(option)),
            std::string(expected), {});
        return {};
    }

    void add(config::Position at, std::string what, std::string expected, std::string hint) {
        diagnostics_.push_back({.severity = config::Severity::error,
                                .at = at,
                                .what = std::move(what),
                                .expected = std::move(expected),
                                .hint = std::move(hint)});
    }

    const config::Provider& provider_;
    const Manifest& manifest_;
    std::vector<config::Diagnostic>& diagnostics_;
};

}  // namespace

bool Manifest::serves(Operation operation) const {
    return std::ranges::find(operations, operation) != operations.end();
}

const CredentialSpec* Manifest::credential_of_key(std::string_view key) const {
    const auto found = std::ranges::find_if(
        credentials, [key](const CredentialSpec& spec) { return spec.takes(key); });
    return found == credentials.end() ? nullptr : &*found;
}

const OptionSpec* Manifest::option(std::string_view key) const {
    const auto found = std::ranges::find(options, key, &OptionSpec::key);
    return found == options.end() ? nullptr : &*found;
}

std::expected<Manifest, std::string> read_manifest(const char* text) {
    Manifest manifest;
    manifest.operations = {Operation::chat};
    if (text == nullptr) return manifest;
    if (strnlen(text, k_manifest_bytes_max + 1) > k_manifest_bytes_max) {
        return std::unexpected(fmt::format(
            "its manifest is longer than {} bytes; rebuild the plugin", k_manifest_bytes_max));
    }
    if (!json::valid(text) || Value(text).kind() != Kind::object) {
        return std::unexpected("its manifest is not a JSON object; rebuild the plugin");
    }
    const Value root(text);
    ManifestFindings findings = check_manifest(root);
    if (!findings.mistakes.empty()) {
        return std::unexpected(fmt::format("its manifest is wrong: {}; rebuild the plugin",
                                           fmt::join(findings.mistakes, "; ")));
    }
    manifest.doubts = std::move(findings.doubts);
    manifest.misspelt = std::move(findings.misspelt);
    manifest.summary = root["summary"].string();
    manifest.operations = read_operations(root["operations"]);
    manifest.base_url = root["base_url"].string();
    manifest.base_url_env = root["base_url_env"].string();
    manifest.origins = strings(root["origins"]);
    manifest.lists_models = std::ranges::any_of(
        root["operations"].elements(), [](const Value& one) { return one.equals("models"); });
    for (const auto& credential : root["credentials"].elements()) {
        manifest.credentials.push_back(read_credential(credential));
    }
    for (const auto& member : root["options"].members()) {
        manifest.options.push_back({member.key(), member.value()["type"].string("string"),
                                    strings(member.value()["values"]),
                                    member.value()["help"].string(), preset_of(member.value())});
    }
    manifest.request_headers = strings(root["request_headers"]);
    manifest.response_headers = strings(root["response_headers"]);
    for (const auto& member : root["counters"].members()) {
        manifest.counters.push_back({member.key(), member.value().string()});
    }
    manifest.concurrency = root["concurrency"].integer().value_or(0);
    manifest.models_elsewhere = root["models_elsewhere"].boolean(true);
    manifest.continues_with = root["continues_with"].string();
    for (const auto& model : root["models"].elements()) {
        manifest.models.push_back(read_model(model));
    }
    return manifest;
}

std::string plugin_config(const config::Provider& provider, const Manifest& manifest,
                          const Resolved& resolved, std::vector<config::Diagnostic>& diagnostics) {
    OptionCheck check(provider, manifest, diagnostics);
    json::Writer writer;
    writer.begin_object().field("name", provider.name);
    if (!resolved.base_url.empty()) writer.field("base_url", resolved.base_url);
    writer.key("credentials").begin_array();
    for (const std::string_view name : resolved.credentials) writer.value(name);
    writer.end_array();
    for (const auto& option : provider.options) {
        if (manifest.credential_of_key(option.key) != nullptr) continue;
        if (const std::string value = check.check(option); !value.empty()) {
            writer.key(option.key).raw(value);
        }
    }
    for (const OptionSpec& spec : manifest.options) {
        const bool given = std::ranges::find(provider.options, spec.key, &config::Option::key) !=
                           provider.options.end();
        if (!given && !spec.preset.empty()) writer.key(spec.key).raw(spec.preset);
    }
    return writer.end_object().text();
}

}  // namespace bellwether::plugin
