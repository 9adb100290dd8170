#include "front/client_key.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <optional>

#include "config/key_form.hpp"
#include "http/characters.hpp"

namespace bellwether::front {
namespace {

using policy::KeyFault;

constexpr std::size_t k_patterns_shown = 8;

// The key of `Authorization: Bearer KEY`; empty: the header has another scheme, which no key of
// this host uses.
std::string_view bearer(std::string_view authorization) {
    constexpr std::string_view k_scheme = "bearer ";
    if (!http::equals_ignoring_case(authorization.substr(0, k_scheme.size()), k_scheme)) return {};
    return http::trimmed(authorization.substr(k_scheme.size()));
}

// The client key in the request's head; empty: there is none. Nothing: there are several keys, and
// they differ.
std::optional<std::string_view> presented_key(const http::IncomingRequest& request) {
    std::string_view found;
    for (const http::Field& field : request.fields) {
        const std::string_view key = field.name == "authorization" ? bearer(field.value)
                                     : field.name == "x-api-key"   ? field.value
                                                                   : std::string_view();
        if (key.empty()) continue;
        if (!found.empty() && found != key) return std::nullopt;
        found = key;
    }
    return found;
}

// A key as a message may show it: with the public id if the key has the form of this host's keys,
// else only asterisks.
std::string masked(std::string_view key) {
    const auto id = config::key_id_of(key);
    return id ? fmt::format("{}{}-****", config::k_key_prefix, *id) : std::string("****");
}

std::string message_of(KeyFault fault, std::string_view presented, const config::Key* key) {
    switch (fault) {
        case KeyFault::missing:
            return "You didn't provide an API key. You need to provide your API key in an "
                   "Authorization header using Bearer auth (i.e. Authorization: Bearer YOUR_KEY), "
                   "or in an x-api-key header. You can obtain an API key from whoever runs this "
                   "host.";
        case KeyFault::ambiguous:
            return "You provided two different API keys, in the Authorization and x-api-key "
                   "headers or in several of them. Provide one.";
        case KeyFault::unknown:
        case KeyFault::wrong:
            return fmt::format(
                "Incorrect API key provided: {}. Keys of this host begin with {}; "
                "you can obtain one from whoever runs it.",
                masked(presented), config::k_key_prefix);
        case KeyFault::disabled:
            return fmt::format("The API key provided is disabled: {}.", masked(presented));
        case KeyFault::expired:
            return fmt::format("The API key provided expired at {}: {}.",
                               config::format_expiry(*key->expires), masked(presented));
    }
    return {};
}

// A missing key has no error code in OpenAI's API, so the client gets none here either; the log
// gets one.
ErrorReply reply_to(KeyFault fault, std::string_view presented, const config::Key* key) {
    const bool missing = fault == KeyFault::missing;
    ErrorReply reply = error_reply(401, "invalid_request_error", missing ? "" : "invalid_api_key",
                                   message_of(fault, presented, key));
    reply.headers = "www-authenticate: Bearer\r\n";
    reply.code = missing ? "missing_api_key" : "invalid_api_key";
    return reply;
}

}  // namespace

std::expected<const config::Key*, RefusedClient> identify(
    const http::IncomingRequest& request, const policy::KeyRing& keys,
    std::chrono::system_clock::time_point now) {
    const auto presented = presented_key(request);
    const auto turn_away = [&presented](policy::KeyRefusal refusal) {
        return std::unexpected(RefusedClient{
            refusal, reply_to(refusal.fault, presented.value_or(std::string_view()), refusal.key)});
    };
    if (!presented) return turn_away({.fault = KeyFault::ambiguous});
    if (presented->empty()) return turn_away({.fault = KeyFault::missing});
    const auto caller = keys.check(*presented, now);
    if (!caller) return turn_away(caller.error());
    return *caller;
}

// The reply has the form of OpenAI's answer to a key whose project may not use a model. A model
// that does not exist gets the same reply, so that a client cannot find out what others may use.
ErrorReply no_access(const config::Key& key, std::string_view model) {
    const std::size_t shown = std::min(key.models.size(), k_patterns_shown);
    return error_reply(
        403, "invalid_request_error", "model_not_found",
        fmt::format("API key {}{} does not have access to model \"{}\". It has access to {}{}.",
                    config::k_key_prefix, key.id, model,
                    fmt::join(key.models.begin(),
                              key.models.begin() + static_cast<std::ptrdiff_t>(shown), ", "),
                    shown < key.models.size() ? " and others: GET /v1/models" : ""),
        "model");
}

}  // namespace bellwether::front
