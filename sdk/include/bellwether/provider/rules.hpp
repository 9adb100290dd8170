// What a plugin may ask of its host, as <bellwether/provider.h> says: one definition for the host
// and for <bellwether/testing/fake_host.hpp>, so that what passes a test is not refused in service.
// Each check gives the rule that is broken, or nullptr.
#pragma once

#include <bellwether/provider.h>
#include <bellwether/ascii.hpp>
#include <bellwether/json.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace bw::rules {

// Where in the life of an exchange the plugin has the word.
enum class Phase { waiting, opening, emitting };

// What has been done with one exchange so far.
struct Conduct {
    Phase phase = Phase::waiting;
    bool sent = false;
    bool generating = false;
    bool stream = false;   // what the client wants
    bool replied = false;  // a reply or a chunk is out
};

namespace detail {

using ascii::lower;

inline bool is_token(std::string_view name) {
    for (const char c : name) {
        if (c <= 0x20 || c >= 0x7f) return false;
        if (std::string_view("()<>@,;:\\\"/[]?={}").find(c) != std::string_view::npos) return false;
    }
    return !name.empty();
}

inline bool is_field_value(std::string_view value) {
    for (const char c : value) {
        const auto byte = static_cast<unsigned char>(c);
        if ((byte < 0x20 && c != '\t') || byte == 0x7f) return false;
    }
    return true;
}

inline bool is_number(std::string_view text) {
    for (const char c : text) {
        if (c < '0' || c > '9') return false;
    }
    return !text.empty();
}

}  // namespace detail

namespace detail {

// A reply holds an array of choices or of data, and a choice if it is one of those; a chunk holds
// an array of choices. In one pass, which also proves that it is JSON.
inline const char* check_shape(std::uint32_t kind, std::string_view json) {
    const char* const end = json.data() + json.size();
    bool listed = kind == BW_EMIT_USAGE;
    const char* p = json::skip_space(json.data(), end);
    p = json::scan_object(p, end, [&](std::string_view key, const char* value) {
        const char* const stop = json::skip_value(value, end);
        if (stop == nullptr || *value != '[') return stop;
        const bool empty = *json::skip_space(value + 1, end) == ']';
        listed = listed || (key == "choices" && !(empty && kind == BW_EMIT_REPLY)) ||
                 (key == "data" && kind == BW_EMIT_REPLY);
        return stop;
    });
    if (p == nullptr || json::skip_space(p, end) != end) {
        return json::valid(json) ? "emit of JSON that is not an object"
                                 : "emit of text that is not valid JSON";
    }
    if (listed) return nullptr;
    return kind == BW_EMIT_REPLY ? "emit of a reply without choices or data"
                                 : "emit of a chunk without choices";
}

}  // namespace detail

// scheme://host:port of a URL, in lower case and with the port written out; empty if it is not one.
inline std::string origin(std::string_view url) {
    constexpr std::string_view k_plain = "http://";
    constexpr std::string_view k_secure = "https://";
    const bool secure = url.substr(0, k_secure.size()) == k_secure;
    if (!secure && url.substr(0, k_plain.size()) != k_plain) return {};
    std::string_view rest = url.substr(secure ? k_secure.size() : k_plain.size());
    rest = rest.substr(0, rest.find_first_of("/?#"));
    if (rest.empty() || rest.find_first_of("@\\ ") != std::string_view::npos) return {};
    const auto colon = rest.rfind(':');
    const bool has_port =
        colon != std::string_view::npos && rest.find(']', colon) == std::string_view::npos;
    const std::string_view host = has_port ? rest.substr(0, colon) : rest;
    const std::string_view port = has_port ? rest.substr(colon + 1) : (secure ? "443" : "80");
    if (host.empty() || !detail::is_number(port)) return {};
    return std::string(secure ? k_secure : k_plain) + detail::lower(host) + ":" + std::string(port);
}

// `base_origin`: that of the provider's base_url; empty if it has none.
inline const char* check_send(const Conduct& so_far, std::string_view method, std::string_view url,
                              std::uint32_t frame, std::string_view base_origin) {
    if (so_far.phase != Phase::opening) return "send outside call_open";
    if (so_far.sent || so_far.generating) return "send called twice";
    if (method != "GET" && method != "POST") return "send with a method other than GET or POST";
    if (frame > BW_FRAME_WHOLE) return "send with an unknown frame kind";
    if (!detail::is_field_value(url) || url.find(' ') != std::string_view::npos) {
        return "send with a malformed URL";
    }
    if (base_origin.empty() || origin(url) != base_origin) {
        return "send to another origin than the provider's base_url";
    }
    return nullptr;
}

// The host frames the message and owns the connection; a plugin must not contradict it.
inline const char* check_header(const Conduct& so_far, std::string_view name,
                                std::string_view value) {
    if (so_far.phase != Phase::opening || !so_far.sent) return "send_header before send";
    if (!detail::is_token(name) || !detail::is_field_value(value)) {
        return "send_header with a malformed field";
    }
    constexpr std::string_view k_framing[] = {"host",
                                              "content-length",
                                              "transfer-encoding",
                                              "connection",
                                              "keep-alive",
                                              "upgrade",
                                              "te",
                                              "trailer",
                                              "expect",
                                              "accept-encoding"};
    const std::string lowered = detail::lower(name);
    for (const std::string_view framing : k_framing) {
        if (lowered == framing) return "send_header with a framing header";
    }
    return nullptr;
}

inline const char* check_secret(const Conduct& so_far, bool given) {
    if (so_far.phase != Phase::opening || !so_far.sent) return "send_header before send";
    return given ? nullptr : "send_secret with a credential that was not given";
}

inline const char* check_body(const Conduct& so_far) {
    return so_far.phase == Phase::opening && so_far.sent ? nullptr : "send_body before send";
}

// `has_step`: the plugin has its side of bw.generate/1.
inline const char* check_begin(const Conduct& so_far, bool has_step) {
    if (so_far.phase != Phase::opening) return "generate outside call_open";
    if (so_far.sent || so_far.generating) return "generate after send";
    return has_step ? nullptr : "generate without its extension";
}

// What a good call_open must have done.
inline const char* check_opened(const Conduct& so_far) {
    return so_far.sent || so_far.generating ? nullptr : "call_open sent nothing";
}

inline const char* check_emit(const Conduct& so_far, std::uint32_t kind, std::string_view json) {
    if (so_far.phase != Phase::emitting) return "emit outside call_data, call_end and step";
    if (kind > BW_EMIT_USAGE) return "emit with an unknown kind";
    if ((kind == BW_EMIT_REPLY) == so_far.stream) {
        return "emit of a kind that does not fit the request";
    }
    if (kind == BW_EMIT_REPLY && so_far.replied) return "emit of a second reply";
    return detail::check_shape(kind, json);
}

inline const char* check_usage(const Conduct& so_far) {
    return so_far.phase == Phase::emitting ? nullptr
                                           : "emit_usage outside call_data, call_end and step";
}

// What a call that ended well must have brought.
inline const char* check_end(const Conduct& so_far) {
    return so_far.replied ? nullptr : "the call ended well without a reply";
}

// Of bw.models/1: what `ask` sends, and where `read` adds.
inline const char* check_ask(std::string_view method) {
    return method == "GET" ? nullptr : "ask with a method other than GET";
}
inline const char* check_add(bool reading) { return reading ? nullptr : "add outside read"; }

}  // namespace bw::rules
