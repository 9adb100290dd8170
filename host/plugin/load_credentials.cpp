#include "plugin/load_credentials.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <utility>

#include "config/secret.hpp"
#include "credentials/credential_check.hpp"
#include "json/value.hpp"
#include "plugin/filled_kind.hpp"
#include "plugin/secret_check.hpp"
#include "plugin/secret_texts.hpp"

namespace bellwether::plugin {
namespace {

using config::Position;
using config::SecretReference;
using config::Severity;
using credentials::Credential;
using credentials::CredentialKind;
using credentials::CredentialValues;

// The secret of which the config may give several values.
constexpr std::string_view k_api_key = "api_key";

const char* variable(const std::string& name) {
    const char* const value = name.empty() ? nullptr : std::getenv(name.c_str());
    return value == nullptr || *value == '\0' ? nullptr : value;
}

// Where the secret is that the config does not give; empty: nothing says it.
std::string usual_reference(const CredentialSpec& spec) {
    if (const char* file = variable(spec.env_file); file != nullptr && !variable(spec.env)) {
        return "file:" + std::filesystem::absolute(file).string();
    }
    const std::string& name = spec.env.empty() ? spec.env_file : spec.env;
    return name.empty() ? std::string() : "env:" + name;
}

// What the config gives of one credential.
struct Given {
    const SecretReference* secret = nullptr;
    const SecretReference* session_token = nullptr;
    const SecretReference* id_reference = nullptr;
    const config::Option* id = nullptr;
    std::optional<Position> profile;

    bool has_keys() const { return secret != nullptr || session_token != nullptr || has_id(); }
    bool has_id() const { return id != nullptr || id_reference != nullptr; }
    bool any() const { return has_keys() || profile; }
    Position at(Position otherwise) const {
        if (secret != nullptr) return secret->at;
        if (id != nullptr) return id->at;
        if (id_reference != nullptr) return id_reference->at;
        if (session_token != nullptr) return session_token->at;
        return profile.value_or(otherwise);
    }
};

class CredentialLoader {
  public:
    CredentialLoader(const CredentialSources& sources, LoadedProvider& provider)
        : wanted_(sources.wanted),
          secrets_(sources.secrets),
          values_(sources.values),
          provider_(provider),
          diagnostics_(sources.diagnostics),
          check_(wanted_, diagnostics_) {}

    void load() {
        for (const auto& given : wanted_.secrets) {
            if (provider_.manifest.credential_of_key(given.name) != nullptr) continue;
            error(given.at, fmt::format("plugin \"{}\" has no credential \"{}\"", wanted_.plugin,
                                        given.name));
        }
        const auto& specs = provider_.manifest.credentials;
        gives_one_ =
            !wanted_.api_keys.empty() ||
            std::ranges::any_of(specs, [this](const auto& spec) { return given_of(spec).any(); });
        for (const auto& spec : specs) {
            const bool several = spec.secret_key == k_api_key && !wanted_.api_keys.empty();
            several ? load_several(spec) : load_one(spec);
        }
        if (provider_.supposed.empty() && !unasked_.empty()) provider_.supposed.push_back(unasked_);
        std::ranges::sort(provider_.secrets, std::ranges::greater(), &std::string::size);
    }

  private:
    bool left_out() const { return secrets_ == config::Secrets::left_out; }
    Position place(const Given& given) const { return given.at(wanted_.at); }
    static std::string name_of(const CredentialSpec& spec, const config::Provider& wanted) {
        return fmt::format("credential \"{}\" of provider \"{}\"", spec.name, wanted.name);
    }

    // ---- several values of one secret -----------------------------------------------------------

    // One that is missing is no mistake if the provider may do without: the others serve.
    void load_several(const CredentialSpec& spec) {
        provider_.api_keys_of = spec.name;
        provider_.api_keys.resize(wanted_.api_keys.size());
        if (wanted_.is_refused("api_keys")) return;
        if (!spec.id_key.empty()) {
            return error(wanted_.api_keys.front().at,
                         fmt::format("the {} has more parts than a secret, so that \"api_keys\" "
                                     "cannot give it",
                                     name_of(spec, wanted_)),
                         fmt::format("\"{}\" and \"{}\"", spec.id_key, spec.secret_key));
        }
        const auto kind = checked_kind(spec, wanted_.api_keys.front().at);
        if (!kind) return;
        if (left_out()) return suppose(spec, true);
        std::vector<std::string> values(wanted_.api_keys.size());
        std::string why;
        for (std::size_t i = 0; i < values.size(); ++i) {
            const auto& [key, reference, at] = wanted_.api_keys[i];
            auto value = resolve(spec, reference);
            if (!value) {
                why = value.error();
                tell_missing_key(why, at);
            } else if (passes(spec, *value, reference, at)) {
                provider_.api_keys[i] = make(spec, *kind, {.secret = *value}, at);
                values[i] = *std::move(value);
            }
        }
        warn_of_repeated(values);
        const auto first = std::ranges::find_if(provider_.api_keys,
                                                [](const auto& one) { return one != nullptr; });
        if (first != provider_.api_keys.end()) {
            provider_.credentials.push_back({spec.name, *first});
        } else if (!wanted_.required && !why.empty()) {
            provider_.unavailable = lack(spec, why);
        }
    }

    // The same key under two references has the limits of one, but is counted as two.
    void warn_of_repeated(const std::vector<std::string>& keys) {
        for (std::size_t i = 1; i < keys.size(); ++i) {
            const auto end = keys.begin() + static_cast<std::ptrdiff_t>(i);
            const auto same = std::find(keys.begin(), end, keys[i]);
            if (keys[i].empty() || same == end) continue;
            add(Severity::warning, wanted_.api_keys[i].at,
                fmt::format(
                    "provider \"{}\" has one key twice: {} and {} hold the same", wanted_.name,
                    wanted_.api_keys[static_cast<std::size_t>(same - keys.begin())].reference,
                    wanted_.api_keys[i].reference),
                {}, "leave one of them out");
        }
    }

    void tell_missing_key(std::string_view why, Position at) {
        add(wanted_.required ? Severity::error : Severity::warning, at,
            fmt::format("provider \"{}\" lacks one of its api_keys: {}", wanted_.name, why), {},
            wanted_.required ? "set it, or write `required = false` to start without it"
                             : "it is not used until it is set and the host restarted");
    }

    // ---- one credential -------------------------------------------------------------------------

    void load_one(const CredentialSpec& spec) {
        const Given given = given_of(spec);
        const bool unsure = wanted_.is_refused("base_url") || wanted_.is_refused("origins") ||
                            wanted_.is_refused("required");
        const auto keys = spec.keys();
        if (std::ranges::any_of(keys, [&](const auto& key) { return wanted_.is_refused(key); }) ||
            (!given.any() && unsure)) {
            return;
        }
        std::optional<CredentialKind> kind;
        if (given.any() || spec.required) {
            kind = checked_kind(spec, place(given));
            if (!kind) return;
        }
        if (!given.any() && gives_one_ && !spec.required) return;
        if (!given.any() && !provider_.is_own_upstream) return not_unasked(spec);
        if (left_out()) return suppose(spec, given.any());
        auto values = spec.is_aws() ? aws_values(spec, given) : usual_values(spec, given);
        if (!values) return;
        if (!kind) kind = checked_kind(spec, place(given));
        if (!kind) return;
        if (auto made = make(spec, *kind, *std::move(values), place(given))) {
            provider_.credentials.push_back({spec.name, std::move(made)});
        }
    }

    // Where secrets are left out, the plugin is told of those that would be there: what the config
    // gives, or else the first that may come unasked.
    void suppose(const CredentialSpec& spec, bool given) {
        const bool may_come = spec.is_aws() || !usual_reference(spec).empty();
        if (given) {
            provider_.supposed.push_back(spec.name);
        } else if (may_come && unasked_.empty()) {
            unasked_ = spec.name;
        }
    }

    Given given_of(const CredentialSpec& spec) const {
        const auto reference = [this](const std::string& key) {
            const auto found = std::ranges::find(wanted_.secrets, key, &SecretReference::name);
            return key.empty() || found == wanted_.secrets.end() ? nullptr : &*found;
        };
        Given given{.secret = reference(spec.secret_key),
                    .session_token = reference(spec.session_token_key),
                    .id_reference = reference(spec.id_key),
                    .id = nullptr,
                    .profile = values_.place_in_config(spec.profile)};
        const auto option = std::ranges::find(wanted_.options, spec.id_key, &config::Option::key);
        if (!spec.id_key.empty() && option != wanted_.options.end()) given.id = &*option;
        return given;
    }

    // A credential from the environment goes nowhere but to the vendor that it belongs to, unless
    // the config (or the plugin's own variable for the base URL) says so.
    void not_unasked(const CredentialSpec& spec) {
        const std::string source = spec.is_aws()      ? "what AWS's own tools would use"
                                   : spec.env.empty() ? spec.env_file
                                                      : spec.env;
        if (source.empty()) return;
        const std::string_view where = wanted_.origins ? "base_url or one of origins" : "base_url";
        tell_missing(spec,
                     fmt::format("{} is not the plugin's own, so {} is not used for it unasked; "
                                 "name the credential in the config",
                                 where, source),
                     false, wanted_.at);
    }

    // Nothing: it is missing, which is told if it matters.
    std::optional<CredentialValues> usual_values(const CredentialSpec& spec, const Given& given) {
        CredentialValues values;
        const bool named = given.any();
        const bool is_basic = std::holds_alternative<credentials::BasicKind>(spec.kind);
        const std::string reference =
            given.secret != nullptr ? given.secret->reference : usual_reference(spec);
        if (reference.empty() && !named) return std::nullopt;
        if (!reference.empty() && !(is_basic && named && given.secret == nullptr)) {
            auto value = resolve(spec, reference);
            if (!value) return missing(spec, value.error(), named, place(given));
            if (!passes(spec, *value, reference, place(given))) return std::nullopt;
            values.secret = *std::move(value);
        }
        if (spec.id_key.empty()) return values;
        auto id = id_of(spec, given);
        if (!id) return missing(spec, id.error(), named, place(given));
        values.id = *std::move(id);
        if (!named || is_basic || (!values.id.empty() && !values.secret.empty())) return values;
        return missing(
            spec,
            fmt::format("it has no \"{}\"", values.id.empty() ? spec.id_key : spec.secret_key),
            named, place(given));
    }

    std::expected<std::string, std::string> id_of(const CredentialSpec& spec, const Given& given) {
        if (given.id_reference != nullptr) return config::resolve(given.id_reference->reference);
        if (given.id == nullptr) {
            if (spec.id_env.empty()) return std::string();
            if (given.any() && variable(spec.id_env) == nullptr) return std::string();
            return config::resolve("env:" + spec.id_env);
        }
        const json::Value value(given.id->json);
        if (value.kind() != json::Kind::string) {
            return std::unexpected(fmt::format("its \"{}\" is no string", spec.id_key));
        }
        const std::string text = value.string();
        return config::reference_fault(text) ? text : config::resolve(text);
    }

    std::optional<CredentialValues> aws_values(const CredentialSpec& spec, const Given& given) {
        if (!given.has_keys()) {
            auto origin = credentials::find_aws_origin(credentials::process_variables(),
                                                       values_.in_text_if_given(spec.profile));
            if (!origin) return missing(spec, origin.error(), given.any(), place(given));
            return CredentialValues{.aws = std::move(*origin)};
        }
        if (given.profile) {
            error(*given.profile,
                  fmt::format("the {} has a profile beside its keys", name_of(spec, wanted_)),
                  "one of the two");
            return std::nullopt;
        }
        if (given.secret == nullptr || !given.has_id()) {
            error(place(given), fmt::format("the {} lacks a part", name_of(spec, wanted_)),
                  fmt::format("\"{}\" and \"{}\" together", spec.id_key, spec.secret_key));
            return std::nullopt;
        }
        auto values = usual_values(spec, given);
        if (!values || given.session_token == nullptr) return values;
        auto token = config::resolve(given.session_token->reference);
        if (!token) return missing(spec, token.error(), true, given.session_token->at);
        values->session_token = *std::move(token);
        return values;
    }

    // ---- what they have in common ---------------------------------------------------------------

    // The kind with its texts filled; nothing: something is wrong with them, which is told.
    std::optional<CredentialKind> checked_kind(const CredentialSpec& spec, Position at) {
        auto kind = filled_kind(spec.kind, values_);
        if (!kind) return std::nullopt;
        const std::string fault = credentials::fault_of(*kind, {.id = "id", .secret = "secret"});
        if (fault.empty()) return kind;
        for (const std::string_view text : texts_of(spec)) {
            if (const auto place = values_.place_in_config(text)) {
                at = *place;
                break;
            }
        }
        error(at, fmt::format("the {} {}", name_of(spec, wanted_), fault));
        return std::nullopt;
    }

    static std::expected<std::string, std::string> resolve(const CredentialSpec& spec,
                                                           const std::string& reference) {
        return spec.is_document() ? config::resolve_document(reference)
                                  : config::resolve(reference);
    }

    bool passes(const CredentialSpec& spec, const std::string& value, const std::string& reference,
                Position at) {
        return spec.is_document() || check_.passes(spec, value, reference, at);
    }

    std::shared_ptr<const Credential> make(const CredentialSpec& spec, const CredentialKind& kind,
                                           CredentialValues values, Position at) {
        std::vector<std::string> secrets = secret_texts(spec, values);
        credentials::TokenSource::Options tokens{.name = name_of(spec, wanted_)};
        // The machine's own agents, which give the keys of a role, are behind no proxy.
        if (!spec.is_aws()) tokens.wire = provider_.wire;
        auto made = Credential::make(kind, std::move(values), std::move(tokens));
        if (!made) {
            error(at, "the " + made.error());
            return nullptr;
        }
        std::ranges::move(secrets, std::back_inserter(provider_.secrets));
        return std::make_shared<const Credential>(*std::move(made));
    }

    std::nullopt_t missing(const CredentialSpec& spec, std::string_view why, bool named,
                           Position at) {
        tell_missing(spec, why, named, at);
        return std::nullopt;
    }

    std::string lack(const CredentialSpec& spec, std::string_view why) const {
        return fmt::format("provider \"{}\" has no {}: {}", wanted_.name, spec.name, why);
    }

    void tell_missing(const CredentialSpec& spec, std::string_view why, bool named, Position at) {
        if (!named && !spec.required) return;
        if (wanted_.required) {
            return add(Severity::error, at, lack(spec, why), {},
                       "set it, or write `required = false` to start without this provider");
        }
        provider_.unavailable = lack(spec, why);
        add(Severity::warning, at, provider_.unavailable, {},
            "its models answer 503 until it is set and the host restarted");
    }

    void error(Position at, std::string what, std::string expected = {}) {
        add(Severity::error, at, std::move(what), std::move(expected), {});
    }

    void add(Severity severity, Position at, std::string what, std::string expected,
             std::string hint) {
        diagnostics_.push_back({.severity = severity,
                                .file = {},
                                .at = at,
                                .what = std::move(what),
                                .expected = std::move(expected),
                                .hint = std::move(hint)});
    }

    const config::Provider& wanted_;
    const config::Secrets secrets_;
    OptionValues& values_;
    LoadedProvider& provider_;
    std::vector<config::Diagnostic>& diagnostics_;
    bool gives_one_ = false;  // the config, of the provider's credentials
    std::string unasked_;     // the first credential that may come without the config's word
    SecretCheck check_;
};

}  // namespace

void load_credentials(const CredentialSources& sources, LoadedProvider& provider) {
    CredentialLoader(sources, provider).load();
}

}  // namespace bellwether::plugin
