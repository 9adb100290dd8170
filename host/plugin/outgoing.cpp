#include "plugin/outgoing.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace bw::plugin {
namespace {

constexpr const char* k_user_agent = "user-agent: bellwether/" BELLWETHER_VERSION;

bool is_token(std::string_view name) {
    return !name.empty() && std::ranges::all_of(name, [](unsigned char c) {
        return c > 0x20 && c < 0x7f &&
               std::string_view("()<>@,;:\\\"/[]?={}").find(static_cast<char>(c)) ==
                   std::string_view::npos;
    });
}

bool is_field_value(std::string_view value) {
    return std::ranges::none_of(
        value, [](unsigned char c) { return (c < 0x20 && c != '\t') || c == 0x7f; });
}

std::string lower(std::string_view name) {
    std::string copy(name);
    for (char& c : copy) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
    return copy;
}

// The host frames the message and owns the connection; a plugin must not contradict it.
bool is_framing_header(std::string_view name) {
    static constexpr std::array<std::string_view, 10> k_names{"host",
                                                              "content-length",
                                                              "transfer-encoding",
                                                              "connection",
                                                              "keep-alive",
                                                              "upgrade",
                                                              "te",
                                                              "trailer",
                                                              "expect",
                                                              "accept-encoding"};
    return std::ranges::find(k_names, name) != k_names.end();
}

}  // namespace

const char* Outgoing::send(std::string_view method, std::string_view url, std::uint32_t frame) {
    if (sent_) return "send called twice";
    if (method != "GET" && method != "POST") return "send with a method other than GET or POST";
    if (frame > BW_FRAME_WHOLE) return "send with an unknown frame kind";
    if (!is_field_value(url) || url.find(' ') != std::string_view::npos) {
        return "send with a malformed URL";
    }
    if (provider_.origin.empty() || origin_of(url) != provider_.origin) {
        return "send to another origin than the provider's base_url";
    }
    sent_ = true;
    frame_ = frame;
    request.method = method;
    request.url = url;
    return nullptr;
}

const char* Outgoing::header(std::string_view name, std::string_view value) {
    if (!sent_) return "send_header before send";
    if (!is_token(name) || !is_field_value(value)) return "send_header with a malformed field";
    const std::string lowered = lower(name);
    if (is_framing_header(lowered)) return "send_header with a framing header";
    has_content_type_ |= lowered == "content-type";
    has_accept_ |= lowered == "accept";
    std::string& field = request.headers.emplace_back();
    field.reserve(lowered.size() + 2 + value.size());
    field.append(lowered).append(": ").append(value);
    return nullptr;
}

const char* Outgoing::secret(std::string_view name, std::string_view prefix,
                             std::string_view secret) {
    const auto found = provider_.secrets.find(secret);
    if (found == provider_.secrets.end()) return "send_secret with a credential that was not given";
    return header(name, fmt::format("{}{}", prefix, found->second));
}

void Outgoing::complete() {
    if (!has_content_type_ && request.method == "POST") {
        request.headers.emplace_back("content-type: application/json");
    }
    if (!has_accept_) {
        request.headers.emplace_back(frame_ == BW_FRAME_SSE ? "accept: text/event-stream"
                                                            : "accept: application/json");
    }
    request.headers.emplace_back(k_user_agent);
    request.connect_timeout = provider_.timeouts.connect;
    request.wire = provider_.wire;
}

}  // namespace bw::plugin
