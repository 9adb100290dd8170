// bellwether/chat/reply.hpp - makes OpenAI's chat replies and chunks of what an upstream says. One
// object is told each event as it comes; whether the client wanted a stream or not, the same calls
// do:
//
//   bw::chat::Reply<bw::Attempt> reply(attempt, request, host.unix_time());  // in the Call
//   reply.text("Hel").text("lo");
//   reply.tool_call_begin(id, "f").tool_call_arguments("{\"a\":").tool_call_arguments("1}");
//   reply.usage(usage).finish(bw::chat::Finish::stop);
//   if (!reply.end()) throw bw::Error(BW_E_PROTOCOL, "the answer was cut");
//
// A stream gets a chunk for each event, in OpenAI's order: the role is held back until there is
// something to say and comes with it; every tool call has an index, an id (made up if the upstream
// gave none) and a type, once; arguments that never came are `{}`; a character that is cut between
// two pieces is sent when it is whole; the closing chunk has the usage. Without a stream all of it
// is kept, and `end` gives one reply.
//
// The sink is a handle, kept by value, which is anything that has
//   void emit_chunk(std::string_view json);        // streaming: one chunk
//   void emit_reply(std::string_view json);        // not streaming: the reply, once
//   void emit_usage_chunk(std::string_view json);  // streaming: the closing chunk
//   void usage(const bw::Usage&);                  // optional: each time more of it is known
// as bw::Attempt is. The texts that it is given are borrowed. What it throws passes through.
//
// Choices are told apart by their index, 0 unless said, up to 128 of them with 128 tool calls each;
// what goes beyond is left out. Nothing is taken of a choice once it has finished. All of it is
// UTF-8; bytes that are not become U+FFFD. One thread.
#pragma once

#include <bellwether/chat/reply_text.hpp>
#include <bellwether/version.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace bw::v1::chat {

template <typename Sink>
class Reply {
  public:
    // Set id, model and created, or clients get "chatcmpl-0", "" and 0.
    Reply(Sink sink, bool stream) : sink_(std::move(sink)), stream_(stream) {
        head_.id = "chatcmpl-0";
    }
    // With the id, the model and the kind of answer that are asked for, as bw::Request has them.
    // `now` is the wall clock since 1970.
    template <typename Asked>
    Reply(Sink sink, const Asked& asked, std::chrono::milliseconds now)
        : sink_(std::move(sink)), stream_(asked.stream()) {
        id("chatcmpl-" + std::string(asked.id())).model(asked.model());
        created(std::chrono::duration_cast<std::chrono::seconds>(now));
    }

    // ---- what all chunks have in common; nothing changes it once a chunk is out ----

    // The upstream's own, where it gives one. An empty one is none.
    Reply& id(std::string_view id) { return set(head_.id, id); }
    Reply& model(std::string_view model) { return set(head_.model, model); }
    Reply& system_fingerprint(std::string_view print) {
        return set(head_.system_fingerprint, print);
    }
    // Since 1970.
    Reply& created(std::chrono::seconds at) {
        if (!sent_) head_.created_s = at.count();
        return *this;
    }

    // ---- what is said; an empty piece is nothing ----

    Reply& text(std::string_view piece, std::int64_t choice = 0) {
        return say("content", &detail::ReplyChoice::content, piece, choice);
    }
    // Thoughts, as `reasoning_content`.
    Reply& reasoning(std::string_view piece, std::int64_t choice = 0) {
        return say("reasoning_content", &detail::ReplyChoice::reasoning, piece, choice);
    }
    // That it will not answer, in its own words.
    Reply& refusal(std::string_view piece, std::int64_t choice = 0) {
        return say("refusal", &detail::ReplyChoice::refusal, piece, choice);
    }
    // What a client has to hand back for the model to go on from its thoughts, such as a signature:
    // one JSON object, an element of `reasoning_details`, whole.
    Reply& reasoning_detail(std::string_view json, std::int64_t choice = 0) {
        detail::ReplyChoice* const into = open(choice);
        if (into == nullptr) return *this;
        if (!stream_) {
            into->details.emplace_back(json);
        } else {
            emit(*into, false, nullptr,
                 [&](json::Writer& out) { out.array("reasoning_details").raw(json).end(); });
        }
        return *this;
    }
    // Begins a tool call. An empty id is made up: unlike others, and the same in every chunk.
    // `extra_content` is a JSON object of the vendor's that it wants to have back with the call, by
    // the name that Google's own API of this dialect has for it.
    Reply& tool_call_begin(std::string_view id, std::string_view name, std::int64_t choice = 0,
                           std::string_view extra_content = {}) {
        detail::ReplyChoice* const into = open(choice);
        if (into == nullptr || into->calls.size() == k_calls_max) return *this;
        into->calls.emplace_back();
        detail::ReplyCall& call = into->calls.back();
        const std::size_t index = into->calls.size() - 1;
        call.name = name;
        call.extra_content = extra_content;
        call.id = id.empty() ? made_up_id(seed_of(head_.id), static_cast<std::uint64_t>(choice),
                                          static_cast<std::int64_t>(index))
                             : std::string(id);
        if (stream_) {
            emit(*into, false, nullptr,
                 [&](json::Writer& json) { detail::write_call_begin(json, index, call); });
        }
        return *this;
    }
    // A piece of the arguments of the call begun last: the text of a JSON object, cut anywhere.
    Reply& tool_call_arguments(std::string_view piece, std::int64_t choice = 0) {
        const std::size_t calls = tool_calls(choice);
        return calls == 0 ? *this : tool_call_arguments_of(calls - 1, piece, choice);
    }
    // The same of another call, counted from 0 in the order in which they have begun, for upstreams
    // that mingle them. A call that has not begun takes nothing.
    Reply& tool_call_arguments_of(std::size_t index, std::string_view piece,
                                  std::int64_t choice = 0) {
        if (piece.empty() || index >= tool_calls(choice)) return *this;
        detail::ReplyChoice* const into = open(choice);
        if (into == nullptr) return *this;
        detail::ReplyCall& call = into->calls[index];
        call.has_arguments = true;
        if (!stream_) {
            call.arguments += piece;
        } else if (const auto whole = call.characters.take(piece); !whole.empty()) {
            send_arguments(*into, index, whole);
        }
        return *this;
    }
    // A whole call, for upstreams that do not stream them. Empty arguments are `{}`.
    Reply& tool_call(std::string_view id, std::string_view name, std::string_view arguments,
                     std::int64_t choice = 0, std::string_view extra_content = {}) {
        const std::size_t before = tool_calls(choice);
        tool_call_begin(id, name, choice, extra_content);
        return tool_calls(choice) == before ? *this : tool_call_arguments(arguments, choice);
    }
    // How many tool calls of a choice have begun.
    std::size_t tool_calls(std::int64_t choice = 0) const {
        for (const detail::ReplyChoice& known : choices_) {
            if (known.index == choice) return known.calls.size();
        }
        return 0;
    }

    // ---- how it ends ----

    // Ends a choice. One that "stopped" but has tool calls waits for them: Finish::tool_calls.
    Reply& finish(Finish reason, std::int64_t choice = 0) {
        detail::ReplyChoice* const ended = open(choice);
        if (ended == nullptr) return *this;
        if (reason == Finish::stop && !ended->calls.empty()) reason = Finish::tool_calls;
        ended->reason = reason;
        if (stream_) send_end(*ended);
        ended->finished = true;
        return *this;
    }
    // What the call has used, as far as it is known by now; nothing takes back what was said before
    // (see merge_usage). Before or after `finish`.
    Reply& usage(const Usage& said) {
        merge_usage(usage_, said);
        tell_usage(sink_, usage_, 0);
        return *this;
    }
    // What is known of the usage.
    const Usage& usage() const { return usage_; }
    // True if there is a choice, and all of them have finished.
    bool finished() const {
        return !choices_.empty() &&
               std::all_of(choices_.begin(), choices_.end(),
                           [](const detail::ReplyChoice& choice) { return choice.finished; });
    }
    // All has been said: emits the reply or, for a stream, the closing chunk if there is usage;
    // once. False, and nothing is emitted, if a choice has not finished: the answer was cut.
    [[nodiscard]] bool end() {
        if (!finished()) return false;
        if (std::exchange(ended_, true)) return true;
        if (!stream_) {
            const auto before = [](const auto& a, const auto& b) { return a.index < b.index; };
            std::sort(choices_.begin(), choices_.end(), before);
            detail::write_whole(json_, head_, "chat.completion", choices_, usage_);
            sink_.emit_reply(json_);
        } else if (says_anything(usage_)) {
            detail::write_whole(json_, head_, "chat.completion.chunk", {}, usage_);
            sink_.emit_usage_chunk(json_);
        }
        return true;
    }

  private:
    static constexpr std::size_t k_choices_max = 128;
    static constexpr std::size_t k_calls_max = 128;

    Reply& set(std::string& member, std::string_view text) {
        if (!sent_ && !text.empty()) member = text;
        return *this;
    }

    // The choice, made if it is new; nullptr if it takes nothing.
    detail::ReplyChoice* open(std::int64_t index) {
        for (detail::ReplyChoice& choice : choices_) {
            if (choice.index == index) return choice.finished ? nullptr : &choice;
        }
        if (index < 0 || ended_ || choices_.size() == k_choices_max) return nullptr;
        choices_.emplace_back();
        choices_.back().index = index;
        return &choices_.back();
    }

    Reply& say(std::string_view member, detail::ReplyText detail::ReplyChoice::*text,
               std::string_view piece, std::int64_t choice) {
        if (piece.empty()) return *this;
        detail::ReplyChoice* const into = open(choice);
        if (into == nullptr) return *this;
        detail::ReplyText& said = into->*text;
        said.any = true;
        if (!stream_) {
            said.whole += piece;
        } else if (const auto whole = said.characters.take(piece); !whole.empty()) {
            send_text(*into, member, whole);
        }
        return *this;
    }

    template <typename Delta>
    void emit(detail::ReplyChoice& choice, bool with_content, const char* finish_reason,
              Delta&& delta) {
        if (!std::exchange(sent_, true)) beginning_ = detail::chunk_beginning(head_);
        detail::write_chunk(json_, beginning_, choice, with_content, finish_reason, delta);
        sink_.emit_chunk(std::string_view(json_));
    }
    void send_text(detail::ReplyChoice& choice, std::string_view member, std::string_view text) {
        emit(choice, member == "content", nullptr,
             [&](json::Writer& json) { json.member(member, text); });
    }
    void send_arguments(detail::ReplyChoice& choice, std::size_t index, std::string_view text) {
        emit(choice, false, nullptr, [&](json::Writer& json) {
            json.array("tool_calls");
            detail::write_arguments(json, index, text);
            json.end();
        });
    }
    // Sends what was held back of a choice, and then its reason.
    void send_end(detail::ReplyChoice& choice) {
        const auto flush = [&](std::string_view member, const detail::ReplyText& text) {
            const auto rest = text.characters.rest();
            if (!rest.empty()) send_text(choice, member, rest);
        };
        flush("reasoning_content", choice.reasoning);
        flush("content", choice.content);
        flush("refusal", choice.refusal);
        for (std::size_t i = 0; i < choice.calls.size(); ++i) {
            const detail::ReplyCall& call = choice.calls[i];
            const auto rest = call.has_arguments ? call.characters.rest() : "{}";
            if (!rest.empty()) send_arguments(choice, i, rest);
        }
        const bool silent = !choice.begun;
        emit(choice, silent, to_text(choice.reason), [&](json::Writer& json) {
            if (silent) json.member("content", "");
        });
    }

    template <typename To>
    static auto tell_usage(To& sink, const Usage& usage, int)
        -> decltype(static_cast<void>(sink.usage(usage))) {
        sink.usage(usage);
    }
    template <typename To>
    static void tell_usage(To&, const Usage&, long) {}

    Sink sink_;
    bool stream_;
    bool sent_ = false;   // a chunk is out
    bool ended_ = false;  // `end` has been there
    detail::ReplyHead head_;
    std::string beginning_;  // of all chunks, once one is out
    std::vector<detail::ReplyChoice> choices_;
    Usage usage_;
    std::string json_;  // kept for its room
};

}  // namespace bw::v1::chat
