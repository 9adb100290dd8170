// Where requests to an API go, and with which credential. Part of
// <bellwether/openai_compatible.hpp>.
#pragma once

#include <bellwether/ascii.hpp>
#include <bellwether/http/percent.hpp>
#include <bellwether/openai_compatible/api.hpp>
#include <bellwether/provider.hpp>
#include <bellwether/version.hpp>

#include <string>
#include <string_view>
#include <utility>

namespace bw::v1::openai {

// The URLs of one configured API.
class Addresses {
  public:
    // `version`: what the config says of it. A base URL that ends with the path of the newest
    // version is meant without it. Throws bw::Error if there is no such version.
    Addresses(const Api& api, std::string base_url, std::string path_prefix,
              std::string_view version)
        : base_url_(std::move(base_url)), path_prefix_(std::move(path_prefix)) {
        const Versions& versions = api.versions;
        if (versions.option.empty()) return;
        const std::size_t ahead = base_url_.size() - path_prefix_.size();
        if (path_prefix_.size() < base_url_.size() &&
            base_url_.compare(ahead, path_prefix_.size(), path_prefix_) == 0) {
            base_url_.resize(ahead);
        }
        if (version.empty() || version == versions.newest) return;
        if (!ascii::is_digit(version.front())) {
            throw Error(BW_E_INVALID, std::string(versions.option) + " must be \"" +
                                          std::string(versions.newest) +
                                          "\", or a date such as \"2024-10-21\"")
                .param(versions.option);
        }
        path_prefix_ = versions.path_prefix;
        query_ = std::string(versions.query) + percent_encoded(version);
    }

    std::string url(Operation operation, std::string_view model) const {
        constexpr std::string_view k_model = "{model}";
        const char* path = "/chat/completions";
        if (operation == Operation::completions) path = "/completions";
        if (operation == Operation::embeddings) path = "/embeddings";
        if (operation == Operation::images) path = "/images/generations";
        if (operation == Operation::speech) path = "/audio/speech";
        if (operation == Operation::models) path = "/models";
        std::string url = base_url_ + path_prefix_ + path + query_;
        const std::size_t at = url.find(k_model, base_url_.size());
        if (at != url.npos) url.replace(at, k_model.size(), percent_encoded(model));
        return url;
    }

    const std::string& base_url() const { return base_url_; }

  private:
    std::string base_url_;
    std::string path_prefix_;
    std::string query_;
};

// The credential that goes out with each request.
struct Key {
    std::string_view name = "";  // in the manifest; empty: there is none
    std::string_view called = "API key";

    explicit operator bool() const { return !name.empty(); }
};

// The one that the config gives. Throws bw::Error if the API has several to choose from and the
// config does not give exactly one.
inline Key choose_key(const Api& api, const Setup& setup) {
    Key chosen;
    std::string choices = "api_key = \"env:" + std::string(api.secret_env) + "\"";
    std::string both;
    const auto take = [&](Key key, std::string_view keys) {
        both = chosen ? std::string(keys) : both;
        if (!chosen) chosen = key;
    };
    if (setup.has_credential("api_key")) take({"api_key"}, "api_key");
    for (const Credential& other : api.credentials) {
        choices += ", or " + std::string(other.keys);
        const bool meant = other.meant.empty() || !setup.option(other.meant).string().empty();
        if (meant && setup.has_credential(other.name)) {
            take({other.name, other.called}, other.keys);
        }
    }
    if (api.credentials.size() == 0 || (chosen && both.empty())) return chosen;
    if (!chosen) {
        throw Error(BW_E_INVALID, setup.name() + " has no credential; write " + choices);
    }
    throw Error(BW_E_INVALID,
                setup.name() + " has more than one credential; write only one of " + choices);
}

}  // namespace bw::v1::openai
