// Makes one complete reply of the chunks of a stream, and chunks of a complete reply, for upstreams
// that answer in the form that was not asked for. Part of <bellwether/openai_compatible.hpp>.
#pragma once

#include <bellwether/json.hpp>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace bw::openai {

namespace detail {

// Members of an object under construction, in order; keys and values are raw JSON.
class Members {
  public:
    // The value of `key`; made, empty, if it is new.
    std::string& operator[](std::string_view key) {
        for (auto& [name, value] : members_) {
            if (name == key) return value;
        }
        members_.emplace_back(key, "");
        return members_.back().second;
    }
    // Sets it unless the value says nothing or something is there.
    void set_once(std::string_view key, const json::Value& value) {
        if (!value || value.equals("")) return;
        std::string& slot = (*this)[key];
        if (slot.empty()) slot = value.raw();
    }
    void set(std::string_view key, const json::Value& value) {
        if (value || (*this)[key].empty()) (*this)[key] = value.raw();
    }
    // Appends the inside of a string to that of the string that is there.
    void append_string(std::string_view key, const json::Value& value) {
        std::string& slot = (*this)[key];
        if (slot.empty() || slot == "null") {
            slot = value.raw();
            return;
        }
        slot.pop_back();
        slot += value.raw().substr(1);
    }
    // `"key":value` for each, with commas between.
    std::string json() const {
        std::string out;
        for (const auto& [key, value] : members_) {
            if (value.empty()) continue;
            if (!out.empty()) out += ',';
            out.append("\"").append(key).append("\":").append(value);
        }
        return out;
    }

  private:
    std::vector<std::pair<std::string, std::string>> members_;
};

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

inline std::string joined(const std::string& a, const std::string& b) {
    return a.empty() || b.empty() ? a + b : a + "," + b;
}

}  // namespace detail

// Collects chunks, then gives the reply that they add up to.
class Folder {
  public:
    // `chat`: chat.completion, else text_completion. `rename_reasoning`: to reasoning_content.
    explicit Folder(bool chat, bool rename_reasoning = false)
        : chat_(chat), rename_reasoning_(rename_reasoning) {}

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
        for (Choice& choice : choices_) {
            if (!choices.empty()) choices += ',';
            choices += choice_json(choice);
        }
        members_["choices"] = "[" + choices + "]";
        return "{" + members_.json() + "}";
    }

  private:
    struct ToolCall {
        std::int64_t index = 0;
        detail::Members members;
        detail::Members function;
    };
    struct Choice {
        std::int64_t index = 0;
        detail::Members members;
        detail::Members message;
        std::vector<ToolCall> tool_calls;
        std::string logprobs;  // the elements of logprobs.content
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
                add_logprobs(choice, member.value());
            } else if (key != "index") {
                choice.members.set(key, member.value());
            }
        }
    }

    static void add_logprobs(Choice& choice, const json::Value& logprobs) {
        for (const json::Value& token : logprobs["content"].elements()) {
            if (!choice.logprobs.empty()) choice.logprobs += ',';
            choice.logprobs += token.raw();
        }
    }

    void add_delta(Choice& choice, const json::Value& delta) const {
        const bool rename =
            rename_reasoning_ && delta["reasoning_content"].kind() == json::Kind::missing;
        for (const json::Member& member : delta.members()) {
            const json::Value& value = member.value();
            if (rename && member.raw_key() == "reasoning") {
                if (value) choice.message.append_string("reasoning_content", value);
            } else if (member.raw_key() == "tool_calls") {
                for (const json::Value& call : value.elements()) add_tool_call(choice, call);
            } else if (member.raw_key() == "role") {
                choice.message.set_once("role", value);
            } else if (value.kind() == json::Kind::string) {
                choice.message.append_string(member.raw_key(), value);
            } else {
                choice.message.set(member.raw_key(), value);
            }
        }
    }

    // The index of a fragment that has none: that of its id or, if the id is new, the next free
    // one; without an id it goes on with the last call.
    static std::int64_t guess(std::vector<ToolCall>& calls, const json::Value& id) {
        constexpr auto k_index_max = std::numeric_limits<std::int64_t>::max();
        const bool named = id && !id.equals("");
        std::int64_t next = 0;
        for (ToolCall& call : calls) {
            if (named && call.members["id"] == id.raw()) return call.index;
            if (call.index >= next && call.index < k_index_max) next = call.index + 1;
        }
        return named || calls.empty() ? next : calls.back().index;
    }

    static void add_tool_call(Choice& choice, const json::Value& fragment) {
        std::vector<ToolCall>& calls = choice.tool_calls;
        const auto index = fragment["index"].integer();
        ToolCall& call = detail::at_index(calls, index ? *index : guess(calls, fragment["id"]));
        for (const json::Member& member : fragment.members()) {
            if (member.raw_key() == "function") {
                call.function.set_once("name", member.value()["name"]);
                const json::Value arguments = member.value()["arguments"];
                if (arguments.kind() == json::Kind::string) {
                    call.function.append_string("arguments", arguments);
                } else {
                    call.function.set_once("arguments", arguments);
                }
            } else if (member.raw_key() != "index") {
                call.members.set_once(member.raw_key(), member.value());
            }
        }
    }

    std::string choice_json(Choice& choice) const {
        if (chat_) choice.members["message"] = message_json(choice);
        choice.members["logprobs"] =
            choice.logprobs.empty() ? "null" : "{\"content\":[" + choice.logprobs + "]}";
        std::string& reason = choice.members["finish_reason"];
        if (reason.empty() || reason == "null") reason = "\"stop\"";
        return "{" +
               detail::joined("\"index\":" + std::to_string(choice.index), choice.members.json()) +
               "}";
    }

    static std::string message_json(Choice& choice) {
        std::string& role = choice.message["role"];
        if (role.empty()) role = "\"assistant\"";
        std::string& content = choice.message["content"];
        if (content.empty()) content = "null";
        std::string calls;
        for (ToolCall& call : choice.tool_calls) {
            std::string& type = call.members["type"];
            if (type.empty()) type = "\"function\"";
            std::string& arguments = call.function["arguments"];
            if (arguments.empty()) arguments = "\"\"";
            call.members["function"] = "{" + call.function.json() + "}";
            calls = detail::joined(calls, "{" + call.members.json() + "}");
        }
        if (!calls.empty()) choice.message["tool_calls"] = "[" + calls + "]";
        return "{" + choice.message.json() + "}";
    }

    bool chat_;
    bool rename_reasoning_;
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
