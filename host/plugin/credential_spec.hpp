// What a plugin's manifest says of one credential: how it goes out, and where its parts come from.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "credentials/credential_kind.hpp"

namespace bellwether::plugin {

struct ForeignKey {
    std::string prefix;
    std::string vendor;
    bool certain = true;
};

struct CredentialSpec {
    std::string name;
    credentials::CredentialKind kind;  // its texts may have names of options in braces
    std::string profile;               // of AWS's shared file; likewise
    // The keys of the config that give its parts; empty: the kind has no such part.
    std::string id_key;
    std::string secret_key;
    std::string session_token_key;
    // Variables of the environment, for what the config leaves out; empty: none.
    std::string id_env;
    std::string env;       // has the secret
    std::string env_file;  // has the path of the secret's file
    bool required = true;
    std::vector<ForeignKey> foreign;

    // Where its secret comes from if the config does not say it, for people.
    std::string usual_source() const {
        if (is_aws()) return "where AWS's own tools look";
        if (!env.empty()) return "env:" + env;
        return env_file.empty() ? "the config" : "the file that " + env_file + " names";
    }
    bool is_aws() const { return std::holds_alternative<credentials::AwsSigV4Kind>(kind); }
    // A whole file as its secret, of several lines.
    bool is_document() const {
        return std::holds_alternative<credentials::GoogleServiceAccountKind>(kind);
    }
    // Whether the config gives a part of it under this key.
    bool takes(std::string_view key) const {
        return key == secret_key || (!id_key.empty() && key == id_key) ||
               (!session_token_key.empty() && key == session_token_key);
    }
    std::vector<std::string> keys() const {
        std::vector<std::string> all;
        for (const auto& key : {id_key, secret_key, session_token_key}) {
            if (!key.empty()) all.push_back(key);
        }
        return all;
    }
};

}  // namespace bellwether::plugin
