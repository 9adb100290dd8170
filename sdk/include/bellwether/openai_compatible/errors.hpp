// From an upstream's failure to a bw::Error: finds the class, the wait and the words. Part of
// <bellwether/openai_compatible.hpp>.
#pragma once

#include <bellwether/http/error_class.hpp>
#include <bellwether/http/retry_after.hpp>
#include <bellwether/json.hpp>
#include <bellwether/openai_compatible/addresses.hpp>
#include <bellwether/openai_compatible/api.hpp>
#include <bellwether/openai_compatible/text.hpp>
#include <bellwether/openai_compatible/upstream_error.hpp>
#include <bellwether/provider.hpp>
#include <bellwether/version.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace bw::v1::openai {

// Who failed and at what, for the words of a message.
struct Failure {
    const Api& api;
    std::string_view name;   // the provider's name in the config
    std::string_view model;  // as sent
    std::string_view url;    // asked
    std::uint32_t http_status;
    std::optional<std::chrono::milliseconds> retry_after;  // from the response's headers
    Key key;                                               // that was sent

    // What the client may know of it.
    std::string_view path() const {
        const auto host = url.find("://");
        const auto path = host == std::string_view::npos ? host : url.find('/', host + 3);
        return path == std::string_view::npos ? "/" : url.substr(path);
    }
    // The config has left base_url at the vendor's own.
    bool at_default_base_url() const { return url.substr(0, api.base_url.size()) == api.base_url; }
};

// The class of an error: by the table's rules, then by the general ones, then by the HTTP status
// (the body's own if the response's was 200), then by the broad type.
inline bw_status classify(const Api& api, std::uint32_t http_status, const UpstreamError& error) {
    return error_class(http_status >= 400 ? http_status : error.status,
                       {error.code, error.type, error.message}, api.error_rules);
}

// ---- words -----------------------------------------------------------------------------------

// The model of the catalogue whose name is nearest; empty if none is near.
inline std::string_view nearest_model(const Api& api, std::string_view name) {
    std::string_view best;
    std::size_t best_distance = name.size() / 3 + 2;
    for (const Model& model : api.models) {
        const std::size_t distance = detail::edit_distance(name, model.id);
        if (distance < best_distance) {
            best_distance = distance;
            best = model.id;
        }
    }
    return best;
}

namespace detail {

inline const Model* find_model(const Api& api, std::string_view name) {
    for (const Model& model : api.models) {
        if (model.id == name) return &model;
    }
    return nullptr;
}

inline std::string in_brackets(const std::string& said) {
    return said.empty() ? std::string() : " (" + said + ")";
}

inline std::string not_found_message(const Failure& failure, const std::string& said) {
    constexpr std::size_t k_listed = 8;
    const std::string name(failure.name);
    const std::string model = json::quote(failure.model);
    if (find_model(failure.api, failure.model) != nullptr || failure.api.models.size() == 0) {
        return name + " does not serve " + model + " to this account" + in_brackets(said) +
               "; check the model's name and that the account may use it";
    }
    std::string message = name + " does not serve " + model;
    std::size_t listed = 0;
    for (const Model& known : failure.api.models) {
        if (listed == k_listed) break;
        message += (listed++ == 0 ? "; it serves " : ", ") + std::string(known.id);
    }
    if (failure.api.models.size() > k_listed) message += ", ...";
    const std::string_view near = nearest_model(failure.api, failure.model);
    if (!near.empty()) message += "; did you mean \"" + std::string(near) + "\"?";
    return message + in_brackets(said);
}

// What to do about a key that is not there. The plugin's own variable counts only for its own
// server.
inline std::string how_to_set_key(const Api& api, bool at_default_base_url) {
    const std::string variable(at_default_base_url ? api.secret_env : std::string_view());
    return "set " + (variable.empty() ? "" : variable + " or ") + "api_key in the config";
}

inline std::string auth_message(const Failure& failure, std::uint32_t status,
                                const std::string& said) {
    const std::string name(failure.name);
    if (!failure.key) {
        return name + " wants an API key" + in_brackets(said) + "; " +
               how_to_set_key(failure.api, failure.at_default_base_url());
    }
    const std::string key(failure.key.called);
    // Where the key is from is not said: a plugin does not see what the config names.
    if (status == 403) {
        return name + " denied access to " + json::quote(failure.model) + in_brackets(said) +
               "; check the permissions of its " + key;
    }
    const std::string refused =
        name + " refused its " + key + in_brackets(said) + "; check that it ";
    if (!failure.at_default_base_url()) return refused + "belongs to the server at its base_url";
    const std::string vendor(failure.api.vendor);
    const bool vowel = std::string_view("AEIOU").find(vendor.front()) != std::string_view::npos;
    return refused + (vowel ? "is an " : "is a ") + vendor + " key and that base_url is " + vendor +
           "'s";
}

inline std::string context_message(const Failure& failure, const std::string& said) {
    std::string message = "the request is too long for " + json::quote(failure.model) + " at " +
                          std::string(failure.name) + in_brackets(said);
    const Model* const model = find_model(failure.api, failure.model);
    if (model != nullptr && model->context > 0) {
        message += "; its context is " + std::to_string(model->context) + " tokens";
    }
    return message + "; shorten it or choose a model with a larger context";
}

// A 404 that is about the path and not about the model.
inline bool is_wrong_path(const Failure& failure, const UpstreamError& error) {
    return failure.http_status == 404 && (contains_nocase(error.message, "invalid url") ||
                                          equal_nocase(error.message, "not found") ||
                                          equal_nocase(error.message, "resource not found"));
}

// A response that is no error anyone could read, or one about the path: a proxy's page, or a wrong
// base_url.
inline std::string unreadable_message(const Failure& failure, bool found, const std::string& said) {
    std::string message = std::string(failure.name) + " answered with status " +
                          std::to_string(failure.http_status) +
                          (found ? "" : " and no readable error") + in_brackets(said);
    if (failure.http_status == 404 || failure.http_status == 405 || failure.http_status == 410) {
        message +=
            "; check that its base_url is right: nothing is at " + std::string(failure.path());
    }
    return message;
}

inline std::string message_for(const Failure& failure, bw_status status, std::uint32_t http_status,
                               const std::string& said) {
    const std::string name(failure.name);
    const std::string words = in_brackets(said);
    switch (status) {
        case BW_E_AUTH: return auth_message(failure, http_status, said);
        case BW_E_NOT_FOUND: return not_found_message(failure, said);
        case BW_E_CONTEXT_LENGTH: return context_message(failure, said);
        case BW_E_QUOTA:
            return name + " says that the account is out of credit or unpaid" + words +
                   "; top it up or route to another provider";
        case BW_E_RATE:
            return name + " is limiting the rate of requests" + words +
                   "; wait, or lower this provider's concurrency";
        case BW_E_CONTENT_FILTER:
            return name + "'s moderation refused the request or the reply" + words;
        case BW_E_INVALID: return name + " refused the request" + words;
        case BW_E_UNSUPPORTED: return name + " cannot do what the request asks" + words;
        default:
            return name + " failed" +
                   (http_status != 0 ? " with status " + std::to_string(http_status)
                                     : std::string()) +
                   words + (http_status == 405 ? "; check that its base_url is right" : "");
    }
}

}  // namespace detail

// The error to throw for a response, or a frame of one, that is an error. `body` is what came; the
// message never contains a key.
inline Error upstream_failure(const Failure& failure, std::string_view body) {
    constexpr std::size_t k_said_bytes = 400;
    const UpstreamError upstream = read_error(body);
    const std::uint32_t status = failure.http_status >= 400 ? failure.http_status : upstream.status;
    const bw_status kind = classify(failure.api, failure.http_status, upstream);
    const std::string said =
        upstream.found ? detail::shorten(detail::mask_keys(upstream.message), k_said_bytes)
                       : detail::excerpt(body);
    const bool readable = (upstream.found && !detail::is_wrong_path(failure, upstream)) ||
                          failure.http_status < 400 || kind == BW_E_AUTH || kind == BW_E_RATE;
    Error error(kind, readable ? detail::message_for(failure, kind, status, said)
                               : detail::unreadable_message(failure, upstream.found, said));
    error.http_status(status != 0 ? status : failure.http_status)
        .code(detail::mask_keys(upstream.code.empty() ? upstream.type : upstream.code))
        .type(detail::mask_keys(upstream.type))
        .param(detail::mask_keys(upstream.param));
    if (upstream.found && body.size() <= detail::k_masked_bytes_max) {
        error.raw(detail::mask_keys(body));
    }
    if (kind == BW_E_RATE || kind == BW_E_UPSTREAM) {
        const auto wait = failure.retry_after ? failure.retry_after : retry_after_of_body(body);
        if (wait) error.retry_after(*wait);
    }
    return error;
}

}  // namespace bw::v1::openai
