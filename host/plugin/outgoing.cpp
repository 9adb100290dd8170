#include "plugin/outgoing.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bellwether/provider/rules.hpp>
#include <span>

#include "base/ascii.hpp"

namespace bw::plugin {
namespace {

constexpr const char* k_user_agent = "user-agent: bellwether/" BELLWETHER_VERSION;

}  // namespace

const char* Outgoing::send(std::string_view method, std::string_view url, std::uint32_t frame) {
    const char* const broken = rules::check_send({.phase = rules::Phase::opening, .sent = sent_},
                                                 method, url, frame, provider_.origin);
    if (broken != nullptr) return broken;
    sent_ = true;
    frame_ = frame;
    request.method = method;
    request.url = url;
    return nullptr;
}

const char* Outgoing::header(std::string_view name, std::string_view value) {
    const char* const broken =
        rules::check_header({.phase = rules::Phase::opening, .sent = sent_}, name, value);
    if (broken != nullptr) return broken;
    const std::string lowered = lower(name);
    has_content_type_ |= lowered == "content-type";
    has_accept_ |= lowered == "accept";
    has_user_agent_ |= lowered == "user-agent";
    std::string& field = request.headers.emplace_back();
    field.reserve(lowered.size() + 2 + value.size());
    field.append(lowered).append(": ").append(value);
    return nullptr;
}

const char* Outgoing::secret(std::string_view name, std::string_view prefix,
                             std::string_view secret) {
    const std::string* const value = provider_.secret(secret, credential_);
    const char* const broken =
        rules::check_secret({.phase = rules::Phase::opening, .sent = sent_}, value != nullptr);
    if (broken != nullptr) return broken;
    return header(name, fmt::format("{}{}", prefix, *value));
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
    if (!has_content_type_ && request.method == "POST") {
        request.headers.emplace_back("content-type: application/json");
    }
    if (!has_accept_) {
        request.headers.emplace_back(frame_ == BW_FRAME_SSE ? "accept: text/event-stream"
                                                            : "accept: application/json");
    }
    if (!has_user_agent_) request.headers.emplace_back(k_user_agent);
    request.connect_timeout = connect_timeout;
    request.wire = provider_.wire;
}

}  // namespace bw::plugin
