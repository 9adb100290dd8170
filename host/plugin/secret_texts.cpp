#include "plugin/secret_texts.hpp"

#include <algorithm>
#include <bellwether/base64.hpp>
#include <utility>

#include "credentials/percent.hpp"
#include "json/value.hpp"

namespace bellwether::plugin {
namespace {

using credentials::AwsKeys;

void add_keys(const AwsKeys& keys, std::vector<std::string>& texts) {
    texts.push_back(keys.secret);
    texts.push_back(keys.session_token);
}

// The newest tokens: those that an upstream may repeat now.
std::vector<std::string> token_texts(const LoadedProvider& provider) {
    std::vector<std::string> texts;
    const auto add = [&](const credentials::Credential& credential) {
        if (!credential.tokens()) return;
        for (const auto& token : credential.tokens()->newest()) {
            if (const auto* const text = std::get_if<std::string>(&token->value)) {
                texts.push_back(*text);
            } else {
                add_keys(std::get<AwsKeys>(token->value), texts);
            }
        }
    };
    for (const auto& one : provider.credentials) add(*one.credential);
    for (const auto& one : provider.api_keys) {
        if (one) add(*one);
    }
    return texts;
}

}  // namespace

std::vector<std::string> secret_texts(const CredentialSpec& spec,
                                      const credentials::CredentialValues& values) {
    std::vector<std::string> texts{values.secret, values.session_token};
    if (spec.is_document() && json::valid(values.secret)) {
        texts.push_back(json::Value(values.secret)["private_key"].string());
    }
    if (!spec.id_key.empty() && !spec.is_aws()) {
        texts.push_back(bw::base64::encode(values.id + ":" + values.secret));
    }
    if (const std::string in_query = credentials::percent_encoded(values.secret);
        in_query != values.secret && !spec.is_document()) {
        texts.push_back(in_query);
    }
    if (values.aws) {
        if (const auto* const keys = std::get_if<AwsKeys>(&*values.aws)) add_keys(*keys, texts);
    }
    std::erase(texts, "");
    return texts;
}

bool holds_credential(std::string_view text, const LoadedProvider& provider) {
    const auto stands_in = [text](const std::string& value) {
        return !value.empty() && text.find(value) != text.npos;
    };
    return std::ranges::any_of(provider.secrets, stands_in) ||
           std::ranges::any_of(token_texts(provider), stands_in);
}

// The longest first, because one value may be the beginning of another.
void Redactor::add(const LoadedProvider& provider) {
    values_.insert(values_.end(), provider.secrets.begin(), provider.secrets.end());
    for (std::string& token : token_texts(provider)) {
        values_.push_back(tokens_.emplace_back(std::move(token)));
    }
    std::erase(values_, "");
    std::ranges::sort(values_, [](std::string_view one, std::string_view other) {
        return one.size() != other.size() ? one.size() > other.size() : one < other;
    });
    const auto repeated = std::ranges::unique(values_);
    values_.erase(repeated.begin(), repeated.end());
}

std::string Redactor::presentable(std::string_view text) const {
    std::string shown = json::Value(json::quote(text)).string();
    for (const std::string_view value : values_) {
        for (auto at = shown.find(value); at != std::string::npos; at = shown.find(value, at + 3)) {
            shown.replace(at, value.size(), "***");
        }
    }
    return shown;
}

std::string presentable(std::string_view text, const LoadedProvider& provider) {
    Redactor redactor;
    redactor.add(provider);
    return redactor.presentable(text);
}

}  // namespace bellwether::plugin
