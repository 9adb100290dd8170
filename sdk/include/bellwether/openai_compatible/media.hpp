// Images and speech, which are billed by the piece. Part of <bellwether/openai_compatible.hpp>.
#pragma once

#include <bellwether/ascii.hpp>
#include <bellwether/json.hpp>
#include <bellwether/openai_compatible.hpp>
#include <bellwether/provider/rules.hpp>
#include <bellwether/version.hpp>

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>

namespace bw::v1::openai {

// ---- what is asked ---------------------------------------------------------------------------

namespace detail {

// As OpenAI bills a text that is spoken.
inline std::int64_t count_characters(std::string_view utf8) {
    return std::count_if(utf8.begin(), utf8.end(),
                         [](char c) { return (static_cast<unsigned char>(c) & 0xc0U) != 0x80U; });
}

}  // namespace detail

// What a request asks for that is billed by the piece; a count of 0: nothing.
inline UsageUnit pieces_asked(Operation operation, const json::Value& request) {
    if (operation == Operation::images) {
        return {"image", std::max<std::int64_t>(request["n"].integer().value_or(1), 1)};
    }
    if (operation == Operation::speech) {
        return {"character", detail::count_characters(request["input"].string())};
    }
    return {};
}

inline void Provider::estimate(const Request& request, Estimate estimate) const {
    const UsageUnit pieces = pieces_asked(request.operation(), request.json());
    if (api_.bounds == nullptr && pieces.count == 0) return;
    Bounds bounds = api_.bounds == nullptr ? Bounds() : api_.bounds(request);
    if (pieces.count > 0) bounds.most.units.push_back(pieces);
    estimate.bound(bounds);
}

// The events of a stream of images are others than those of a chat, and what is to be spoken can be
// counted only if it is a text.
inline void Provider::Call::check_media(const Request& request) const {
    const json::Value asked = request.json();
    if (operation_ == Operation::images && asked["stream"].boolean(false)) {
        throw Error(BW_E_UNSUPPORTED, "images are not streamed here; leave \"stream\" out")
            .param("stream");
    }
    if (operation_ == Operation::speech && asked["input"].kind() != json::Kind::string) {
        throw Error(BW_E_INVALID, "input must be a text").param("input");
    }
}

// ---- Call: the answer ------------------------------------------------------------------------

// What is no sound is looked at as a whole: it may say what failed.
inline void Provider::Call::choose_frame(const Head& head) const {
    if (operation_ != Operation::speech || !head.ok()) return;
    const std::string type = ascii::lower(content_type_);
    const bool text = type.find("json") != type.npos || type.find("html") != type.npos;
    if (text) attempt_.frame(Frame::whole);
}

// The text is billed as soon as any of it is spoken.
inline void Provider::Call::take_bytes(std::string_view bytes) {
    if (!done_) tell_pieces(pieces_.count);
    done_ = true;
    const bool named = content_type_.find('/') != std::string::npos &&
                       rules::detail::is_field_value(content_type_);
    attempt_.emit_bytes(bytes,
                        named ? std::string_view(content_type_) : "application/octet-stream");
}

// `body`: in place of sound.
inline void Provider::Call::take_no_bytes(std::string_view body) const {
    if (detail::complains(body)) throw failed(body);
    protocol_error("malformed_reply", "answered without sound (content-type \"" + content_type() +
                                          "\"): \"" + detail::excerpt(body) +
                                          "\"; check that base_url is right");
}

inline void Provider::Call::emit_images(std::string_view body) {
    std::int64_t made = 0;
    for (const json::Value& image : json::Value(reader_.data).elements()) {
        if (image) ++made;
    }
    tell_pieces(made);
    attempt_.emit_reply(body);
}

inline void Provider::Call::tell_pieces(std::int64_t count) {
    if (!pieces_.name.empty()) usage_.units.push_back({pieces_.name, count});
    if (says_anything(usage_)) attempt_.usage(usage_);
}

}  // namespace bw::v1::openai
