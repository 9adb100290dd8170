// Makes one complete reply of the chunks of a stream, and chunks of a complete reply, for upstreams
// that answer in the form that was not asked for. Part of <bellwether/openai_compatible.hpp>.
#pragma once

#include <bellwether/json.hpp>
#include <bellwether/openai_compatible/bounds.hpp>
#include <bellwether/openai_compatible/members.hpp>
#include <bellwether/openai_compatible/table.hpp>
#include <bellwether/version.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace bw::v1::openai {

// Collects chunks whose tool calls have been mended, then gives the reply that they add up to.
class Folder {
  public:
    // `chat`: chat.completion, else text_completion.
    explicit Folder(bool chat) : chat_(chat) {}

    // A chunk that has been checked to be one JSON object.
    void add(std::string_view chunk) {
        bytes_ += chunk.size();
        const std::size_t before = members_.size();
        for (const json::Member& member : json::Value(chunk).members()) {
            const std::string_view key = member.raw_key();
            if (key == "choices") {
                for (const json::Value& choice : member.value().elements()) add_choice(choice);
            } else if (key == "id" || key == "created" || key == "model") {
                members_.set_once(key, member.value());
            } else if (key != "object" && key != "obfuscation") {
                members_.set(key, member.value());
            }
        }
        names_ += members_.size() - before;
    }

    // Why nobody could use the reply, as words that go on after a provider's name; nullptr: nothing
    // speaks against it.
    const char* excess() const {
        if (choices_.size() > k_choices_max) return k_too_many_choices;
        if (calls_ > k_tool_calls_max) return k_too_many_tool_calls;
        if (names_ > k_members_max) return "sent more than 65536 members for one reply";
        return bytes_ > k_folded_bytes_max ? "sent more than 64 MiB for one reply" : nullptr;
    }

    // The complete reply.
    std::string reply() {
        members_["object"] = chat_ ? "\"chat.completion\"" : "\"text_completion\"";
        std::string choices;
        for (auto& [index, choice] : choices_) {
            detail::append_item(choices, choice_json(index, choice));
        }
        members_["choices"] = "[" + choices + "]";
        return "{" + members_.json() + "}";
    }

  private:
    // Of `content`, `refusal` or, of a completion, `tokens` and the like: one value, or many.
    struct Logprobs {
        std::string elements;
        bool is_array = false;
    };
    struct Choice {
        detail::Members members;
        detail::Pieces message;
        detail::Table<std::int64_t, detail::Pieces> tool_calls;
        detail::Table<std::string, Logprobs> logprobs;

        std::size_t names() const { return members.size() + message.size() + logprobs.size(); }
    };

    void add_choice(const json::Value& delta) {
        Choice& choice = choices_[delta["index"].integer().value_or(0)];
        const std::size_t before = choice.names();
        for (const json::Member& member : delta.members()) {
            const std::string_view key = member.raw_key();
            if (key == "delta" || key == "message") {
                add_delta(choice, member.value());
            } else if (key == "text") {
                if (member.value()) choice.members.append_string(key, member.value());
            } else if (key == "logprobs") {
                for (const json::Member& part : member.value().members()) {
                    add_logprobs(choice, part);
                }
            } else if (key != "index") {
                choice.members.set(key, member.value());
            }
        }
        names_ += choice.names() - before;
    }

    static void add_logprobs(Choice& choice, const json::Member& part) {
        Logprobs& known = choice.logprobs[part.raw_key()];
        if (part.value().kind() == json::Kind::array) {
            if (!std::exchange(known.is_array, true)) known.elements.clear();
            for (const json::Value& token : part.value().elements()) {
                detail::append_item(known.elements, token.raw());
            }
        } else if (!known.is_array) {
            known.elements = part.value().raw();
        }
    }

    void add_delta(Choice& choice, const json::Value& delta) {
        for (const json::Member& member : delta.members()) {
            if (member.raw_key() == "tool_calls" && member.value().kind() == json::Kind::array) {
                for (const json::Value& call : member.value().elements()) {
                    add_tool_call(choice, call);
                }
            } else if (member.raw_key() != "tool_calls" || member.value()) {
                choice.message.add(member.raw_key(), member.value());
            }
        }
    }

    void add_tool_call(Choice& choice, const json::Value& fragment) {
        const std::size_t known = choice.tool_calls.size();
        detail::Pieces& call = choice.tool_calls[fragment["index"].integer().value_or(0)];
        calls_ += choice.tool_calls.size() - known;
        const std::size_t before = call.size();
        call.reserve("id");
        call.reserve("type");
        for (const json::Member& member : fragment.members()) {
            const std::string_view key = member.raw_key();
            if (key != "index") call.add(key, member.value());
        }
        names_ += call.size() - before;
    }

    std::string choice_json(std::int64_t index, Choice& choice) const {
        if (chat_) choice.members["message"] = message_json(choice);
        choice.members["logprobs"] = logprobs_json(choice);
        std::string& reason = choice.members["finish_reason"];
        if (reason.empty() || reason == "null") reason = "\"stop\"";
        std::string out = "{\"index\":" + std::to_string(index);
        detail::append_item(out, choice.members.json());
        return out += '}';
    }

    static std::string logprobs_json(const Choice& choice) {
        std::string out;
        for (const auto& [key, part] : choice.logprobs) {
            const std::string value = part.is_array ? "[" + part.elements + "]" : part.elements;
            detail::append_item(out, "\"" + key + "\":" + value);
        }
        return out.empty() ? "null" : "{" + out + "}";
    }

    static std::string message_json(Choice& choice) {
        choice.message.json();  // puts everything in its place
        std::string& role = choice.message["role"];
        if (role.empty()) role = "\"assistant\"";
        std::string& content = choice.message["content"];
        if (content.empty()) content = "null";
        std::string calls;
        for (auto& [index, call] : choice.tool_calls) detail::append_item(calls, call_json(call));
        if (!calls.empty()) choice.message["tool_calls"] = "[" + calls + "]";
        return "{" + choice.message.json() + "}";
    }

    static std::string call_json(detail::Pieces& call) {
        if (call["type"] == "\"function\"") {
            call.add("function", json::Value(R"({"arguments":""})"));
        }
        return "{" + call.json() + "}";
    }

    bool chat_;
    std::size_t bytes_ = 0;  // of all chunks so far
    std::size_t calls_ = 0;
    std::size_t names_ = 0;  // of members, wherever they are
    detail::Members members_;
    detail::Table<std::int64_t, Choice> choices_;
};

namespace detail {

// A message as the delta of a single chunk: its tool calls need an index and a type.
inline std::string message_delta(const json::Value& message) {
    if (message.kind() != json::Kind::object) return "{}";
    const json::Value calls = message["tool_calls"];
    if (calls.kind() != json::Kind::array) return std::string(message.raw());
    std::string indexed;
    std::size_t index = 0;
    for (const json::Value& call : calls.elements()) {
        std::string one = json::with_member(call.raw(), "index", std::to_string(index++));
        const json::Value type = call["type"];
        if (!type || type.equals("")) one = json::with_member(one, "type", "\"function\"");
        append_item(indexed, one);
    }
    return json::with_member(message.raw(), "tool_calls", "[" + indexed + "]");
}

// What the chunks after the first repeat of its members: all of them, or, if that is much, those by
// which clients tell chunks apart.
inline std::string repeated(std::string head) {
    constexpr std::size_t k_head_bytes_max = 1024;
    constexpr std::size_t k_value_bytes_max = 256;
    if (head.size() <= k_head_bytes_max) return head;
    std::string out;
    for (const char* const key : {"id", "object", "created", "model"}) {
        const std::string_view value = json::Value(head)[key].raw();
        if (value.empty() || value.size() > k_value_bytes_max) continue;
        append_item(out, "\"" + std::string(key) + "\":" + std::string(value));
    }
    return "{" + out + "}";
}

}  // namespace detail

// Calls `emit` with each of the chunks that a complete reply would have come as, usage apart.
template <typename Emit>
void unfold(std::string_view reply, bool chat, Emit&& emit) {
    std::string head = json::without_member(json::without_member(reply, "usage"), "choices");
    if (chat) head = json::with_member(head, "object", "\"chat.completion.chunk\"");
    for (const json::Value& choice : json::Value(reply)["choices"].elements()) {
        const auto chunk = [&](const std::string& with) {
            emit(json::with_member(head, "choices", "[" + with + "]"));
            head = detail::repeated(std::move(head));
        };
        if (!chat) {
            chunk(std::string(choice.raw()));
            continue;
        }
        std::string first = json::without_member(choice.raw(), "message");
        std::string last = json::with_member(first, "delta", "{}");
        last = json::with_member(last, "logprobs", "null");
        first = json::with_member(first, "finish_reason", "null");
        chunk(json::with_member(first, "delta", detail::message_delta(choice["message"])));
        chunk(last);
    }
}

}  // namespace bw::v1::openai
