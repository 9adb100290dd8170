#include "plugin/manifest_credentials.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <optional>
#include <set>
#include <utility>

#include "config/config.hpp"
#include "config/secret.hpp"
#include "credentials/credential_check.hpp"
#include "plugin/braces.hpp"
#include "plugin/manifest_addresses.hpp"

namespace bellwether::plugin {
namespace {

using credentials::AwsSigV4Kind;
using credentials::BasicKind;
using credentials::BearerKind;
using credentials::ClientCredentialsKind;
using credentials::ClientSecretPlace;
using credentials::CredentialKind;
using credentials::GoogleServiceAccountKind;
using credentials::HeaderKind;
using credentials::QueryKind;
using json::Kind;
using json::Value;

constexpr const char* k_bearer = "bearer";
constexpr const char* k_oauth2 = "oauth2-client-credentials";

// A member that only some kinds have.
struct MemberOfKinds {
    const char* name;
    std::vector<std::string> kinds;
    bool needed = false;
    bool filled = false;  // braces in it are filled
};

const std::vector<MemberOfKinds>& members_of_kinds() {
    static const std::vector<MemberOfKinds> all{
        {"header", {"header"}, true},
        {"prefix", {"header"}},
        {"query", {"query"}, true},
        {"id", {"basic", "aws-sigv4", k_oauth2}},
        {"session_token", {"aws-sigv4"}},
        {"region", {"aws-sigv4"}, true, true},
        {"service", {"aws-sigv4"}, true, true},
        {"profile", {"aws-sigv4"}, false, true},
        {"scopes", {"google-service-account"}},
        {"token_url", {k_oauth2}, false, true},
        {"tenant", {k_oauth2}, false, true},
        {"scope", {k_oauth2}, false, true},
        {"audience", {k_oauth2}, false, true},
        {"place", {k_oauth2}},
        {"id_env", {"basic", k_oauth2}},
        {"env", {"bearer", "header", "query", "basic", "google-service-account", k_oauth2}},
        {"env_file", {"bearer", "header", "query", "basic", "google-service-account", k_oauth2}},
    };
    return all;
}

std::vector<std::string> scopes_of(const Value& array) {
    std::vector<std::string> scopes;
    for (const auto& element : array.elements()) scopes.push_back(element.string());
    return scopes;
}

// A kind with the texts of the manifest.
struct WithTexts {
    const Value& object;

    void operator()(HeaderKind& kind) const {
        kind.name = object["header"].string();
        kind.prefix = object["prefix"].string();
    }
    void operator()(QueryKind& kind) const { kind.name = object["query"].string(); }
    void operator()(AwsSigV4Kind& kind) const {
        kind.scope = {object["region"].string(), object["service"].string()};
    }
    void operator()(GoogleServiceAccountKind& kind) const {
        kind.scopes = scopes_of(object["scopes"]);
    }
    void operator()(ClientCredentialsKind& kind) const {
        kind = {.token_url = object["token_url"].string(),
                .tenant = object["tenant"].string(),
                .scope = object["scope"].string(),
                .audience = object["audience"].string(),
                .place = object["place"].equals("body") ? ClientSecretPlace::body
                                                        : ClientSecretPlace::header};
    }
    void operator()(auto&) const {}
};

CredentialKind read_kind(const Value& object) {
    CredentialKind kind =
        credentials::kind_named(object["kind"].string(k_bearer)).value_or(BearerKind());
    std::visit(WithTexts{object}, kind);
    return kind;
}

// The usual key of the secret: the credential's name, where that tells the config that a secret is
// meant and no other part is to be told from it.
std::string usual_secret_key(const std::string& name, bool has_id, bool is_document) {
    if (!has_id && config::names_secret(name)) return name;
    return name + (is_document ? "_key" : "_secret");
}

// Fills what a checked manifest leaves open, so that the rest of a credential can be checked.
struct WithStandIns {
    void operator()(AwsSigV4Kind& kind) const {
        kind.scope = {with_stand_ins(kind.scope.region), with_stand_ins(kind.scope.service)};
    }
    void operator()(ClientCredentialsKind& kind) const {
        kind.token_url = url_with_stand_ins(kind.token_url);
        kind.tenant = with_stand_ins(kind.tenant);
    }
    void operator()(auto&) const {}
};

class CredentialChecks {
  public:
    CredentialChecks(const Value& root, MemberChecks& checks) : root_(root), checks_(checks) {}

    void all() {
        for (const auto& option : root_["options"].members()) taken_.emplace(option.key());
        taken_.insert(config::provider_keys().begin(), config::provider_keys().end());
        checks_.objects(root_["credentials"], "credentials",
                        [this](const Value& one, const std::string& at) { credential(one, at); });
    }

  private:
    void credential(const Value& one, const std::string& at) {
        std::vector<std::string> known{"name", "kind", "secret", "required", "foreign"};
        for (const auto& member : members_of_kinds()) known.emplace_back(member.name);
        checks_.members(one, at, known);
        const std::size_t before = names_.size();
        checks_.name(one["name"], at + "name", names_);
        const bool has_own_name = names_.size() > before;
        checks_.flag(one["required"], at + "required");
        for (const char* variable : {"env", "id_env", "env_file"}) {
            checks_.variable(one[variable], at + variable);
        }
        foreign(one["foreign"], at + "foreign");
        if (kind(one, at) && texts(one, at)) {
            if (has_own_name) keys(one, at);
            values(one, at);
        }
    }

    void foreign(const Value& array, const std::string& at) {
        checks_.objects(array, at, [this](const Value& one, const std::string& place) {
            checks_.members(one, place, {"prefix", "vendor", "certain"});
            std::set<std::string> once;
            checks_.name(one["prefix"], place + "prefix", once);
            checks_.line(one["vendor"], place + "vendor");
            checks_.flag(one["certain"], place + "certain");
        });
    }

    // Whether the kind is one, and has the members that it needs and no other's.
    bool kind(const Value& one, const std::string& at) {
        const Value given = one["kind"];
        if (MemberChecks::given(given) && !checks_.text(given, at + "kind")) return false;
        kind_ = given.string(k_bearer);
        if (!credentials::kind_named(kind_)) {
            checks_.wrong(at + "kind", given,
                          fmt::format("one of {}", fmt::join(credentials::kind_names(), ", ")));
            return false;
        }
        bool good = true;
        for (const auto& member : members_of_kinds()) {
            const bool fits = std::ranges::find(member.kinds, kind_) != member.kinds.end();
            const bool given_here = MemberChecks::given(one[member.name]);
            if (given_here && !fits) {
                good = false;
                checks_.mistake(fmt::format("\"{}{}\" is for the kind{} {}", at, member.name,
                                            member.kinds.size() == 1 ? "" : "s",
                                            fmt::join(member.kinds, ", ")));
            } else if (!given_here && fits && member.needed) {
                good = false;
                checks_.mistake(fmt::format("\"{}{}\" is missing", at, member.name));
            }
        }
        return good && address(one, at);
    }

    bool address(const Value& one, const std::string& at) {
        if (kind_ != k_oauth2) return true;
        const bool url = MemberChecks::given(one["token_url"]);
        const bool tenant = MemberChecks::given(one["tenant"]);
        if (url == tenant) {
            checks_.mistake(
                fmt::format("\"{}token_url\" {}: one of the two is needed", at,
                            url ? "stands beside \"tenant\"" : "and \"tenant\" are missing"));
        } else if (tenant && MemberChecks::given(one["place"])) {
            checks_.mistake(fmt::format("\"{}place\" is for a \"token_url\"", at));
        }
        return url != tenant;
    }

    bool texts(const Value& one, const std::string& at) {
        bool good = true;
        for (const auto& member : members_of_kinds()) {
            const Value value = one[member.name];
            const std::string where = at + member.name;
            if (!MemberChecks::given(value) || where.ends_with("scopes")) continue;
            good &= member.filled ? check_filled(value, where, root_, checks_)
                                  : checks_.text(value, where);
        }
        const Value scopes = one["scopes"];
        if (!MemberChecks::given(scopes)) return good;
        if (!checks_.is(scopes, Kind::array, at + "scopes")) return false;
        std::size_t index = 0;
        for (const auto& scope : scopes.elements()) {
            const std::string where = fmt::format("{}scopes[{}]", at, index++);
            good &= check_filled(scope, where, root_, checks_);
        }
        return good;
    }

    // That the config can tell each part from the others, and from all other keys.
    void keys(const Value& one, const std::string& at) {
        for (const char* member : {"id", "secret", "session_token"}) {
            const Value given = one[member];
            const bool secret = std::string_view(member) != "id";
            if (!MemberChecks::given(given) || !checks_.text(given, at + member)) continue;
            if (secret && !config::names_secret(given.string())) {
                checks_.wrong(at + member, given, "a name that ends in _key, _token or _secret");
            }
        }
        for (const std::string& key : read_credential(one).keys()) {
            if (taken_.insert(key).second) continue;
            checks_.mistake(
                fmt::format("\"{}\" gives a part of it under \"{}\", which is another key already",
                            at.substr(0, at.size() - 1), key));
        }
    }

    void values(const Value& one, const std::string& at) {
        const Value place = one["place"];
        if (MemberChecks::given(place) && !place.equals("header") && !place.equals("body")) {
            checks_.wrong(at + "place", place, "one of header, body");
        }
        CredentialKind kind = read_kind(one);
        std::visit(WithStandIns(), kind);
        const std::string fault = credentials::fault_of(kind, {.id = "id", .secret = "secret"});
        if (!fault.empty()) {
            checks_.mistake(fmt::format("\"{}\" {}", at.substr(0, at.size() - 1), fault));
        }
    }

    const Value& root_;
    MemberChecks& checks_;
    std::string kind_;  // of the one that is looked at
    std::set<std::string> names_;
    std::set<std::string> taken_;  // keys that the config has for something else
};

}  // namespace

void check_credentials(const Value& root, MemberChecks& checks) {
    CredentialChecks(root, checks).all();
}

CredentialSpec read_credential(const Value& object) {
    CredentialSpec spec{.name = object["name"].string(),
                        .kind = read_kind(object),
                        .profile = object["profile"].string(),
                        .id_key = {},
                        .secret_key = object["secret"].string(),
                        .session_token_key = {},
                        .id_env = object["id_env"].string(),
                        .env = object["env"].string(),
                        .env_file = object["env_file"].string(),
                        .required = object["required"].boolean(true),
                        .foreign = {}};
    const bool has_id = spec.is_aws() || std::holds_alternative<BasicKind>(spec.kind) ||
                        std::holds_alternative<ClientCredentialsKind>(spec.kind);
    if (has_id) spec.id_key = object["id"].string(spec.name + "_id");
    if (spec.is_aws()) {
        spec.session_token_key = object["session_token"].string(spec.name + "_session_token");
    }
    if (spec.secret_key.empty()) {
        spec.secret_key = usual_secret_key(spec.name, has_id, spec.is_document());
    }
    for (const auto& element : object["foreign"].elements()) {
        spec.foreign.push_back({element["prefix"].string(), element["vendor"].string(),
                                element["certain"].boolean(true)});
    }
    return spec;
}

}  // namespace bellwether::plugin
