// What a chat reply has said so far, and the JSON of its chunks and of the whole. Part of
// <bellwether/chat/reply.hpp>, which explains the events.
#pragma once

#include <bellwether/chat/tool_call_id.hpp>
#include <bellwether/chat/usage_json.hpp>
#include <bellwether/chat/whole_characters.hpp>
#include <bellwether/json/writer.hpp>
#include <bellwether/provider/usage.hpp>
#include <bellwether/version.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace bw::v1::chat {

// Why a choice ended.
enum class Finish {
    stop,           // it was complete, or met a stop sequence
    length,         // it met a limit of tokens
    tool_calls,     // it waits for the results of its tool calls
    content_filter  // moderation ended it
};

// As OpenAI's `finish_reason`.
inline const char* to_text(Finish reason) {
    switch (reason) {
        case Finish::length: return "length";
        case Finish::tool_calls: return "tool_calls";
        case Finish::content_filter: return "content_filter";
        default: return "stop";
    }
}

namespace detail {

// One tool call. Of a stream, `arguments` is only what has not been sent.
struct ReplyCall {
    std::string id;
    std::string name;
    std::string arguments;
    std::string extra_content;  // JSON; empty: none
    WholeCharacters characters;
    bool has_arguments = false;
};

// A member of a choice that is text: content, reasoning_content or refusal.
struct ReplyText {
    std::string whole;  // empty for a stream, which has sent it
    WholeCharacters characters;
    bool any = false;
};

struct ReplyChoice {
    std::int64_t index = 0;
    ReplyText content;
    ReplyText reasoning;
    ReplyText refusal;
    std::vector<std::string> details;  // of the reasoning, each a JSON object
    std::vector<ReplyCall> calls;
    Finish reason = Finish::stop;
    bool begun = false;  // the role has been sent
    bool finished = false;
};

// The names of the members that are the same in every chunk.
struct ReplyHead {
    std::string id;
    std::string model;
    std::string system_fingerprint;
    std::int64_t created_s = 0;
};

// Begins a reply or a chunk; its choices come next.
inline void write_head(json::Writer& json, const ReplyHead& head, std::string_view object) {
    json.object()
        .member("id", head.id)
        .member("object", object)
        .member("created", head.created_s)
        .member("model", head.model)
        .maybe("system_fingerprint", head.system_fingerprint);
}

// What all chunks with choices begin with: as far as into the array of choices.
inline std::string chunk_beginning(const ReplyHead& head) {
    std::string out;
    json::Writer json(out);
    write_head(json, head, "chat.completion.chunk");
    json.array("choices").finish();
    out.resize(out.size() - 2);  // the ends of the array and of the chunk
    return out;
}

// A chunk of one choice into `out`, whose delta has the members that `delta` writes. The first one
// has the role; where it has no text, it has "content":null, as OpenAI's own.
template <typename Delta>
void write_chunk(std::string& out, std::string_view beginning, ReplyChoice& choice,
                 bool with_content, const char* finish_reason, Delta&& delta) {
    out.assign(beginning);
    json::Writer json(out);
    json.object().member("index", choice.index).object("delta");
    if (!choice.begun) {
        json.member("role", "assistant");
        if (!with_content) json.member("content", nullptr);
    }
    choice.begun = true;
    delta(json);
    json.finish();
    out.pop_back();  // the choice goes on behind its delta
    out += R"(,"logprobs":null,"finish_reason":)";
    if (finish_reason == nullptr) {
        out += "null}]}";
    } else {
        out.append("\"").append(finish_reason).append("\"}]}");
    }
}

// What the vendor wants back with a call, if it wants anything.
inline void write_extra_content(json::Writer& json, const ReplyCall& call) {
    if (!call.extra_content.empty()) json.key("extra_content").raw(call.extra_content);
}

// The first fragment of a tool call; the arguments follow in others.
inline void write_call_begin(json::Writer& json, std::size_t index, const ReplyCall& call) {
    json.array("tool_calls")
        .object()
        .member("index", index)
        .member("id", call.id)
        .member("type", "function")
        .object("function")
        .member("name", call.name)
        .member("arguments", "");
    json.end();
    write_extra_content(json, call);
    json.end().end();
}

// A later fragment, one element of `tool_calls`.
inline void write_arguments(json::Writer& json, std::size_t index, std::string_view arguments) {
    json.object().member("index", index).object("function").member("arguments", arguments);
    json.end().end();
}

// A choice of a complete reply.
inline void write_choice(json::Writer& json, const ReplyChoice& choice) {
    const auto text_or_null = [&](std::string_view name, const ReplyText& text) {
        json.key(name);
        text.any ? json.value(text.whole) : json.null();
    };
    json.object().member("index", choice.index).object("message").member("role", "assistant");
    if (choice.content.any || !choice.calls.empty() || choice.refusal.any) {
        text_or_null("content", choice.content);
    } else {
        json.member("content", "");
    }
    text_or_null("refusal", choice.refusal);
    if (choice.reasoning.any) text_or_null("reasoning_content", choice.reasoning);
    if (!choice.details.empty()) json.array("reasoning_details");
    for (const std::string& each : choice.details) json.raw(each);
    if (!choice.details.empty()) json.end();
    if (!choice.calls.empty()) json.array("tool_calls");
    for (const ReplyCall& call : choice.calls) {
        json.object()
            .member("id", call.id)
            .member("type", "function")
            .object("function")
            .member("name", call.name)
            .member("arguments", call.has_arguments ? call.arguments : "{}");
        json.end();
        write_extra_content(json, call);
        json.end();
    }
    if (!choice.calls.empty()) json.end();
    json.end().member("logprobs", nullptr).member("finish_reason", to_text(choice.reason)).end();
}

// A whole reply, or the closing chunk of a stream, which has no choices.
inline void write_whole(std::string& out, const ReplyHead& head, std::string_view object,
                        const std::vector<ReplyChoice>& choices, const Usage& usage) {
    out.clear();
    json::Writer json(out);
    write_head(json, head, object);
    json.array("choices");
    for (const ReplyChoice& choice : choices) write_choice(json, choice);
    json.end();
    if (says_anything(usage)) {
        json.key("usage");
        write_usage(json, usage);
    }
    json.maybe("service_tier", usage.service_tier);
}

}  // namespace detail

}  // namespace bw::v1::chat
