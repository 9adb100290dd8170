// bellwether/chat/unserved.hpp - members of a chat request that an API has nothing for. One that
// asks for nothing but what happens anyway may be left out; any other is refused by its name, for
// a client that gets something else than it asked for does not learn of it:
//
//   if (const auto member = bw::chat::first_unserved(chat, {"n", "logprobs", "logit_bias"})) ...
#pragma once

#include <bellwether/chat/request.hpp>
#include <bellwether/version.hpp>

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

namespace bw::v1::chat {

namespace detail {

// True if the value of a member is what counts where the member is not there at all.
inline bool asks_for_nothing(std::string_view member, const json::Value& value) {
    if (member == "parallel_tool_calls") return value.boolean(true);
    if (!value || value.raw() == "false") return true;
    if (member == "n") return value.number() == 1.0;
    if (member == "verbosity") return value.equals("medium");
    if (member == "modalities") {
        return value.at(0).equals("text") && value.at(1).kind() == json::Kind::missing;
    }
    switch (value.kind()) {
        case json::Kind::number: return value.number() == 0.0;
        case json::Kind::array: return value.at(0).kind() == json::Kind::missing;
        case json::Kind::object: return value.members().begin() == value.members().end();
        default: return false;
    }
}

}  // namespace detail

// The first of these members that the request has and that asks for something.
inline std::optional<std::string> first_unserved(const Request& chat,
                                                 std::initializer_list<std::string_view> members) {
    for (const json::Member& each : chat.raw().members()) {
        for (const std::string_view member : members) {
            if (each.key_is(member) && !detail::asks_for_nothing(member, each.value())) {
                return std::string(member);
            }
        }
    }
    return std::nullopt;
}

}  // namespace bw::v1::chat
