// Makes one complete reply of the chunks of a stream, and chunks of a complete reply, for upstreams
// that answer in the form that was not asked for. Part of <bellwether/openai_compatible.hpp>.
#pragma once

#include <bellwether/json.hpp>
#include <bellwether/openai_compatible/members.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace bw::openai {

namespace detail {

// The item of `items` whose `index` is `index`; made if it is new.
template <typename Item>
Item& at_index(std::vector<Item>& items, std::int64_t index) {
    for (Item& item : items) {
        if (item.index == index) return item;
    }
    items.emplace_back();
    items.back().index = index;
    return items.back();
}

}  // namespace detail

// Collects chunks whose tool calls have been mended, then gives the reply that they add up to.
class Folder {
  public:
    // `chat`: chat.completion, else text_completion.
    explicit Folder(bool chat) : chat_(chat) {}

    // A chunk that has been checked to be one JSON object.
    void add(std::string_view chunk) {
        bytes_ += chunk.size();
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
    }

    // Bytes of all chunks so far.
    std::size_t bytes() const { return bytes_; }

    // The complete reply.
    std::string reply() {
        members_["object"] = chat_ ? "\"chat.completion\"" : "\"text_completion\"";
        std::string choices;
        for (Choice& choice : choices_) choices = detail::joined(choices, choice_json(choice));
        members_["choices"] = "[" + choices + "]";
        return "{" + members_.json() + "}";
    }

  private:
    struct ToolCall {
        std::int64_t index = 0;
        detail::Pieces members;
    };
    // Of `content`, `refusal` or, of a completion, `tokens` and the like: one value, or many.
    struct Logprobs {
        std::string key;
        std::string elements;
        bool is_array = false;
    };
    struct Choice {
        std::int64_t index = 0;
        detail::Members members;
        detail::Pieces message;
        std::vector<ToolCall> tool_calls;
        std::vector<Logprobs> logprobs;
    };

    void add_choice(const json::Value& delta) {
        Choice& choice = detail::at_index(choices_, delta["index"].integer().value_or(0));
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
    }

    static void add_logprobs(Choice& choice, const json::Member& part) {
        const auto same = [&](const Logprobs& known) { return known.key == part.raw_key(); };
        auto known = std::find_if(choice.logprobs.begin(), choice.logprobs.end(), same);
        if (known == choice.logprobs.end()) {
            choice.logprobs.push_back({std::string(part.raw_key()), "", false});
            known = choice.logprobs.end() - 1;
        }
        if (part.value().kind() == json::Kind::array) {
            if (!std::exchange(known->is_array, true)) known->elements.clear();
            for (const json::Value& token : part.value().elements()) {
                if (!known->elements.empty()) known->elements += ',';
                known->elements += token.raw();
            }
        } else if (!known->is_array) {
            known->elements = part.value().raw();
        }
    }

    static void add_delta(Choice& choice, const json::Value& delta) {
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

    static void add_tool_call(Choice& choice, const json::Value& fragment) {
        const std::int64_t index = fragment["index"].integer().value_or(0);
        ToolCall& call = detail::at_index(choice.tool_calls, index);
        call.members.reserve("id");
        call.members.reserve("type");
        for (const json::Member& member : fragment.members()) {
            const std::string_view key = member.raw_key();
            if (key != "index") call.members.add(key, member.value());
        }
    }

    std::string choice_json(Choice& choice) const {
        if (chat_) choice.members["message"] = message_json(choice);
        choice.members["logprobs"] = logprobs_json(choice);
        std::string& reason = choice.members["finish_reason"];
        if (reason.empty() || reason == "null") reason = "\"stop\"";
        return "{" +
               detail::joined("\"index\":" + std::to_string(choice.index), choice.members.json()) +
               "}";
    }

    static std::string logprobs_json(const Choice& choice) {
        std::string out;
        for (const Logprobs& part : choice.logprobs) {
            const std::string value = part.is_array ? "[" + part.elements + "]" : part.elements;
            out = detail::joined(out, "\"" + part.key + "\":" + value);
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
        for (ToolCall& call : choice.tool_calls) calls = detail::joined(calls, call_json(call));
        if (!calls.empty()) choice.message["tool_calls"] = "[" + calls + "]";
        return "{" + choice.message.json() + "}";
    }

    static std::string call_json(ToolCall& call) {
        if (call.members["type"] == "\"function\"") {
            call.members.add("function", json::Value(R"({"arguments":""})"));
        }
        return "{" + call.members.json() + "}";
    }

    bool chat_;
    std::size_t bytes_ = 0;
    detail::Members members_;
    std::vector<Choice> choices_;
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
        indexed = joined(indexed, one);
    }
    return json::with_member(message.raw(), "tool_calls", "[" + indexed + "]");
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
        };
        if (!chat) {
            chunk(std::string(choice.raw()));
            continue;
        }
        std::string first = json::without_member(choice.raw(), "message");
        std::string last = json::with_member(first, "delta", "{}");
        last = json::with_member(last, "logprobs", "null");
        first = json::with_member(first, "delta", detail::message_delta(choice["message"]));
        chunk(json::with_member(first, "finish_reason", "null"));
        chunk(last);
    }
}

}  // namespace bw::openai
