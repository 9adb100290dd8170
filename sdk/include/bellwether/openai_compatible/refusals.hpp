// What upstreams have refused though no client had asked for it: the next request goes without.
// Part of <bellwether/openai_compatible.hpp>.
#pragma once

#include <bellwether/openai_compatible/errors.hpp>
#include <bellwether/openai_compatible/text.hpp>
#include <bellwether/provider.hpp>
#include <bellwether/version.hpp>

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace bw::v1::openai {

// The code of the error: the same target takes the request at the second try.
inline constexpr const char* k_addition_refused = "addition_refused";

// Members of requests, for each model, of one provider.
class Refusals {
  public:
    bool has(std::string_view model, std::string_view member) const {
        return std::any_of(known_.begin(), known_.end(), [&](const auto& refusal) {
            return refusal.first == model && refusal.second == member;
        });
    }
    // `instead`: the member that goes out from now on, which cannot have been refused for good as
    // well. Of many models the oldest are learned anew.
    void add(std::string_view model, std::string_view member, std::string_view instead) {
        constexpr std::size_t k_known_max = 256;
        const std::pair<std::string, std::string> other(model, instead);
        known_.erase(std::remove(known_.begin(), known_.end(), other), known_.end());
        if (has(model, member)) return;
        if (known_.size() == k_known_max) known_.erase(known_.begin());
        known_.emplace_back(model, member);
    }

  private:
    std::vector<std::pair<std::string, std::string>> known_;
};

namespace detail {

// True if an error is about this member, and refuses it for being there. Its words may be those of
// the client, whom a refusal that is not one would cost what it sent: so the place counts, if one
// is named, and a value that is wrong is another matter.
inline bool refuses_member(const UpstreamError& error, std::string_view member) {
    constexpr std::string_view k_words[] = {
        "unsupported", "not supported", "not support",           "unrecognized",     "unknown",
        "unexpected",  "not permitted", "not allowed",           "extra inputs",     "extra fields",
        "instead",     "no such",       "additional properties", "invalid parameter"};
    const auto says = [&](std::string_view words) {
        return contains_nocase(error.message, words) || contains_nocase(error.code, words);
    };
    const bool named_elsewhere =
        !error.param.empty() && error.param.substr(0, member.size()) != member;
    const bool named =
        !error.param.empty() || contains_nocase(error.message, member) ||
        (member == "stream_options" && contains_nocase(error.message, "include_usage"));
    if (named_elsewhere || !named || says("too large") || says("invalid value")) return false;
    return says("unsupported_parameter") || says("unknown_parameter") ||
           std::any_of(std::begin(k_words), std::end(k_words), says);
}

// What an upstream has refused, and what is done about it.
struct Refused {
    std::string_view member;
    std::string_view instead = "";     // the member that says the same; empty: it is left out
    std::string_view config_key = "";  // set to false it never goes out; empty: there is none
};

// The error for a request that was refused for what the client cannot mend: it is the provider's,
// so that the next target is tried, and clients that try again are served.
inline Error addition_refused(const Failure& failure, const Error& error, const Refused& refused,
                              std::string_view body) {
    constexpr std::size_t k_said_bytes = 400;
    const std::string said = shorten(mask_keys(read_error(body).message), k_said_bytes);
    std::string message =
        std::string(failure.name) + " refused " + std::string(refused.member) + in_brackets(said) +
        "; the next request for " + json::quote(failure.model) + " goes " +
        (refused.instead.empty() ? "without it" : "with " + std::string(refused.instead));
    if (!refused.config_key.empty()) {
        message += ", and with `" + std::string(refused.config_key) +
                   " = false` in this provider's config all do";
    }
    Error out(BW_E_UPSTREAM, message);
    out.http_status(error.http_status()).code(k_addition_refused).param(refused.member);
    return out;
}

}  // namespace detail

}  // namespace bw::v1::openai
