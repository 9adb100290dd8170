// What a plugin may ask of its host, as <bellwether/provider.h> says: one definition for the host
// and for <bellwether/testing/fake_host.hpp>, so that what passes a test is not refused in service.
// Each check gives a verdict.
#pragma once

#include <bellwether/provider.h>
#include <bellwether/ascii.hpp>
#include <bellwether/json.hpp>
#include <bellwether/version.hpp>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace bw::v1::rules {

// In which function of the plugin it has the word.
enum class Phase { waiting, opening, heading, receiving, ending, stepping, closing };

// What has been done in one attempt so far.
struct Conduct {
    Phase phase = Phase::waiting;
    std::uint32_t operation = BW_OP_CHAT;
    bool stream = false;   // what the client wants
    bool sent = false;     // in the function that runs
    bool engine = false;   // the plugin answers by itself
    bool replied = false;  // a reply or a chunk is out
};

// What becomes of a call of one of the host's functions. A rule that is broken is a bug in the
// plugin (BW_E_INTERNAL); what this host cannot do is not (BW_E_UNSUPPORTED).
struct Verdict {
    bw_status status = BW_OK;
    const char* why = nullptr;

    bool ok() const { return status == BW_OK; }
};
inline Verdict broken(const char* rule) { return {BW_E_INTERNAL, rule}; }
inline Verdict unsupported(const char* what) { return {BW_E_UNSUPPORTED, what}; }

// A struct of the ABI as this side knows it: zero where the other side's is shorter.
template <typename Struct>
Struct read(const Struct& theirs) {
    if (theirs.size >= sizeof(Struct)) return theirs;
    Struct own = {};
    std::memcpy(static_cast<void*>(&own), &theirs, theirs.size);
    return own;
}

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

// Operations whose replies are OpenAI's `choices`.
inline bool has_choices(std::uint32_t operation) {
    return operation == BW_OP_CHAT || operation == BW_OP_COMPLETIONS;
}
// Operations whose replies are OpenAI's `data`.
inline bool has_data(std::uint32_t operation) {
    return operation == BW_OP_EMBEDDINGS || operation == BW_OP_IMAGES ||
           operation == BW_OP_IMAGE_EDITS;
}

// Operations whose replies are not JSON.
inline bool has_bytes(std::uint32_t operation) { return operation == BW_OP_SPEECH; }

inline const char* check_object(std::string_view json) {
    if (!json::valid(json)) return "emit of text that is not valid JSON";
    return json::Value(json).kind() == json::Kind::object ? nullptr
                                                          : "emit of JSON that is not an object";
}

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

namespace detail {

// The host frames the message and owns the connection; a plugin must not contradict it.
inline Verdict check_header(std::string_view name, std::string_view value) {
    if (!is_token(name) || !is_field_value(value)) return broken("send with a malformed header");
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
    const std::string lowered = lower(name);
    for (const std::string_view framing : k_framing) {
        if (lowered == framing) return broken("send with a framing header");
    }
    return {};
}

inline std::string_view view(bw_str text) {
    return text.ptr == nullptr ? std::string_view() : std::string_view(text.ptr, text.len);
}

inline bool is_method(std::string_view method) {
    for (const char* known : {"GET", "POST", "PUT", "PATCH", "DELETE"}) {
        if (method == known) return true;
    }
    return false;
}

}  // namespace detail

// Whether a host can cut frames of this kind.
inline Verdict check_frame_kind(std::uint32_t kind) {
    if (kind <= BW_FRAME_ITEM) return {};
    return unsupported("frames of a kind that this host cannot cut");
}

// The most credentials that one request may name.
inline constexpr std::size_t k_auth_max = 8;

// `own_origin`: the URL's is one of those that the provider may talk to. The names in `auth` are
// the caller's to check, with check_auth.
inline Verdict check_send(const Conduct& so_far, const bw_send& request, bool own_origin) {
    if (so_far.phase != Phase::opening && so_far.phase != Phase::ending) {
        return broken("send outside call_open and call_end");
    }
    if (so_far.engine) return broken("send of an engine");
    if (so_far.sent) return broken("send called twice");
    if (request.must != 0) return unsupported("a send that must be understood and is not");
    if (!detail::is_method(detail::view(request.method))) {
        return broken("send with a method other than GET, POST, PUT, PATCH and DELETE");
    }
    if (const Verdict kind = check_frame_kind(request.frame); !kind.ok()) return kind;
    if (request.wait_ms < 0) return broken("send with a wait below 0");
    const std::string_view url = detail::view(request.url);
    if (!detail::is_field_value(url) || url.find(' ') != std::string_view::npos) {
        return broken("send with a malformed URL");
    }
    if (!own_origin) return broken("send to an origin that the provider may not talk to");
    if (request.auth_count > k_auth_max) return broken("send with more than 8 credentials");
    for (std::size_t i = 0; i < request.header_count; ++i) {
        const bw_header& header = request.headers[i];
        const Verdict verdict =
            detail::check_header(detail::view(header.name), detail::view(header.value));
        if (!verdict.ok()) return verdict;
    }
    for (std::size_t i = 0; i < request.body_count; ++i) {
        if (request.body[i].kind != BW_PIECE_BYTES) return unsupported("a body with files");
    }
    return {};
}

// A credential that is named in a send.
inline Verdict check_auth(bool given) {
    return given ? Verdict{} : broken("send with a credential that was not given");
}

// Inside call_head alone.
inline Verdict check_frame(const Conduct& so_far, std::uint32_t kind) {
    if (so_far.phase != Phase::heading) return broken("frame outside call_head");
    return check_frame_kind(kind);
}

// `has_step`: the plugin has its side of bw.engine/1.
inline Verdict check_begin(const Conduct& so_far, bool has_step) {
    if (so_far.phase != Phase::opening) return broken("begin outside call_open");
    if (so_far.sent || so_far.engine) return broken("begin after send");
    return has_step ? Verdict{} : broken("begin without the plugin's side of bw.engine/1");
}

// What a call_open that returned BW_OK or BW_COMPLETE must have done. `gave_call`: it set `out`.
inline Verdict check_opened(const Conduct& so_far, bool complete, bool gave_call) {
    if (!gave_call) return broken("call_open gave no call");
    const bool goes_on = so_far.sent || so_far.engine;
    if (complete) return goes_on ? broken("call_open sent, and was complete") : Verdict{};
    return goes_on ? Verdict{} : broken("call_open sent nothing");
}

namespace detail {

inline bool may_emit(const Conduct& so_far) {
    return so_far.phase != Phase::waiting && so_far.phase != Phase::closing;
}

inline Verdict check_bytes(const Conduct& so_far, const bw_emit& piece) {
    if (piece.kind != BW_EMIT_BYTES) return broken("emit of a kind that does not fit the request");
    const std::string_view type = view(piece.content_type);
    if (!so_far.replied && type.find('/') == std::string_view::npos) {
        return broken("emit of bytes without a content type");
    }
    return is_field_value(type) ? Verdict{} : broken("emit of bytes with a malformed content type");
}

}  // namespace detail

inline Verdict check_emit(const Conduct& so_far, const bw_emit& piece) {
    if (!detail::may_emit(so_far)) return broken("emit outside a call, or in call_close");
    if (so_far.operation == BW_OP_MODELS) return broken("emit in a list of models");
    if (piece.must != 0) return unsupported("an emit that must be understood and is not");
    if (piece.kind > BW_EMIT_BYTES)
        return unsupported("a piece of a kind that this host cannot send");
    if (detail::has_bytes(so_far.operation)) return detail::check_bytes(so_far, piece);
    if (piece.kind == BW_EMIT_BYTES || (piece.kind == BW_EMIT_REPLY) == so_far.stream) {
        return broken("emit of a kind that does not fit the request");
    }
    if (piece.kind == BW_EMIT_REPLY && so_far.replied) return broken("emit of a second reply");
    const std::string_view json = detail::view(piece.data);
    const bool of_openai =
        detail::has_choices(so_far.operation) || detail::has_data(so_far.operation);
    const char* const shape =
        of_openai ? detail::check_shape(piece.kind, json) : detail::check_object(json);
    if (shape != nullptr) return broken(shape);
    if (piece.kind != BW_EMIT_CHUNK || of_openai) return {};
    const std::string_view event = detail::view(piece.event);
    return detail::is_token(event) && json::Value(json)["type"].equals(event)
               ? Verdict{}
               : broken("emit of an event whose name is not the type of its object");
}

inline Verdict check_reply_header(const Conduct& so_far) {
    if (!detail::may_emit(so_far)) return broken("reply_header outside a call, or in call_close");
    return so_far.replied ? broken("reply_header after an emit") : Verdict{};
}

inline Verdict check_limits(const Conduct& so_far) {
    return detail::may_emit(so_far) ? Verdict{} : broken("limits outside a call, or in call_close");
}
inline Verdict check_attribute(const Conduct& so_far, const bw_attribute& told) {
    if (!detail::may_emit(so_far)) return broken("attribute outside a call, or in call_close");
    return told.name.len == 0 ? broken("attribute without a name") : Verdict{};
}

// Also in call_close.
inline Verdict check_usage(const Conduct& so_far) {
    return so_far.phase == Phase::waiting ? broken("usage outside a call") : Verdict{};
}

// Of bw.models/1.
inline Verdict check_add(const Conduct& so_far) {
    if (so_far.operation != BW_OP_MODELS) return broken("add outside a list of models");
    return detail::may_emit(so_far) ? Verdict{} : broken("add outside a call, or in call_close");
}

// Of bw.estimate/1.
inline Verdict check_bound(const bw_usage& most) {
    for (std::size_t i = 0; i < most.amount_count; ++i) {
        if (most.amounts[i].name.len == 0) return broken("bound of an amount without a name");
        if (most.amounts[i].amount < 0) return broken("bound below 0");
    }
    return most.cost_nano < 0 ? broken("bound below 0") : Verdict{};
}

// What a call that ended well must have brought.
inline Verdict check_end(const Conduct& so_far) {
    if (so_far.replied || so_far.operation == BW_OP_MODELS) return {};
    return broken("the call ended well without a reply");
}

}  // namespace bw::v1::rules
