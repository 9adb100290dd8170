#include "plugin/outgoing.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bellwether/provider/rules.hpp>
#include <span>

#include "base/ascii.hpp"
#include "plugin/instance.hpp"

namespace bellwether::plugin {
namespace {

constexpr const char* k_user_agent = "user-agent: bellwether/" BELLWETHER_VERSION;

}  // namespace

bw::rules::Verdict Outgoing::send(const bw::rules::Conduct& conduct, const bw_send& asked,
                                  std::string_view given) {
    const std::string_view url = view(asked.url);
    const bw::rules::Verdict checked =
        bw::rules::check_send(conduct, asked, provider_.may_talk_to(url));
    if (!checked.ok()) return checked;
    request.method = view(asked.method);
    request.url = url;
    frame_ = asked.frame;
    wait_ = std::chrono::milliseconds(asked.wait_ms);
    constexpr std::size_t k_of_the_host = 6;  // what the host may add, credentials among it
    request.headers.reserve(asked.header_count + k_of_the_host);
    for (std::size_t i = 0; i < asked.header_count; ++i) {
        header(view(asked.headers[i].name), view(asked.headers[i].value));
    }
    take_body(asked, given);
    for (std::size_t i = 0; i < asked.auth_count; ++i) {
        if (const auto named = name(view(asked.auth[i])); !named.ok()) return named;
    }
    return {};
}

void Outgoing::header(std::string_view name, std::string_view value) {
    const std::string lowered = lower(name);
    has_content_type_ |= lowered == "content-type";
    has_accept_ |= lowered == "accept";
    has_user_agent_ |= lowered == "user-agent";
    std::string& field = request.headers.emplace_back();
    field.reserve(lowered.size() + 2 + value.size());
    field.append(lowered).append(": ").append(value);
}

bw::rules::Verdict Outgoing::name(std::string_view credential) {
    const auto* const known = provider_.credential(credential, credential_);
    const auto given = bw::rules::check_auth(known != nullptr);
    if (given.ok()) named_[named_count_++] = known;
    return given;
}

void Outgoing::take_body(const bw_send& asked, std::string_view given) {
    if (asked.body_count == 1) {
        const std::string_view only = view(asked.body[0].bytes);
        const bool borrowed =
            only.data() >= given.data() && only.data() + only.size() <= given.data() + given.size();
        if (borrowed) return void(request.body = only);
    }
    std::string& own = own_body_.emplace();
    for (std::size_t i = 0; i < asked.body_count; ++i) own += view(asked.body[i].bytes);
}

// A client cannot change a header that the plugin has set itself, for example from its config.
void Outgoing::forward(const std::vector<Forwarded>& headers) {
    const std::size_t own = request.headers.size();
    for (const auto& [name, value] : headers) {
        if (std::ranges::find(provider_.forward_headers, name) == provider_.forward_headers.end()) {
            continue;
        }
        const auto is_same = [&name](std::string_view header) {
            return header.size() > name.size() && header.starts_with(name) &&
                   header[name.size()] == ':';
        };
        if (std::ranges::any_of(std::span(request.headers).first(own), is_same)) continue;
        request.headers.push_back(fmt::format("{}: {}", name, value));
    }
}

void Outgoing::complete(std::chrono::milliseconds connect_timeout) {
    if (!has_content_type_ && request.method != "GET") {
        request.headers.emplace_back("content-type: application/json");
    }
    if (!has_accept_) {
        request.headers.emplace_back(frame_ == BW_FRAME_SSE ? "accept: text/event-stream"
                                                            : "accept: application/json");
    }
    if (!has_user_agent_) request.headers.emplace_back(k_user_agent);
    if (own_body_) request.body = *own_body_;
    request.connect_timeout = connect_timeout;
    request.wire = provider_.wire;
}

}  // namespace bellwether::plugin
