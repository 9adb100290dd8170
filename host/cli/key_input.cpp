#include "cli/key_input.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "config/key_form.hpp"
#include "config/pattern.hpp"
#include "config/report.hpp"
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

}  // namespace

std::expected<std::optional<std::chrono::sys_seconds>, std::string> expiry_of(
    const KeyOptions& options) {
    if (options.expires.empty()) return std::nullopt;
    const auto expires = config::parse_expiry(options.expires);
    if (!expires) {
        return std::unexpected(
            fmt::format("--expires {} is no date; expected 2027-01-31, or with a time and a zone "
                        "2027-01-31T18:00:00+07:00",
                        in_quotes(options.expires)));
    }
    if (*expires > std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now())) {
        return expires;
    }
    return std::unexpected(fmt::format("--expires {} is past", in_quotes(options.expires)));
}

std::expected<config::Key, std::string> described_key(const KeyOptions& options) {
    config::Key key{.name = options.name, .team = options.team, .models = options.models};
    std::string fault = name_fault("the key's name", key.name);
    if (fault.empty() && !key.team.empty()) fault = name_fault("--team", key.team);
    if (fault.empty()) fault = models_fault(key.models);
    if (!fault.empty()) return std::unexpected(std::move(fault));
    const auto expires = expiry_of(options);
    if (!expires) return std::unexpected(expires.error());
    key.expires = *expires;
    return key;
}

std::expected<std::string, std::string> renew(config::Key& key) {
    auto made = policy::new_key();
    if (!made) return std::unexpected(made.error());
    key.id = made->id;
    key.sha256 = policy::key_hash(made->text);
    return std::move(made->text);
}

void write_shown_key(json::PrettyWriter& writer, const config::Key& key) {
    writer.field("name", key.name).field("id", key.id).field_or_null("team", key.team);
    writer.field_list_or_null("models", key.models);
    writer.field_or_null("expires", key.expires ? config::format_expiry(*key.expires) : "");
}

}  // namespace bellwether::cli
