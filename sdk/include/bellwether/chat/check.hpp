// bellwether/chat/check.hpp - refuses what a plugin cannot serve, by the name of the member:
//
//   bw::chat::check(chat, {"n", "logprobs", "logit_bias"});
//   if (media.empty()) bw::chat::refuse(part.param(), "must be an image");
#pragma once

#include <bellwether/chat/request.hpp>
#include <bellwether/chat/unserved.hpp>
#include <bellwether/provider/error.hpp>
#include <bellwether/version.hpp>

#include <initializer_list>
#include <string>
#include <string_view>

namespace bw::v1::chat {

// A fair request that cannot be served here: the next route may.
[[noreturn]] inline void refuse(const std::string& param,
                                const std::string& why = "is nothing that this API has") {
    throw Error(BW_E_UNSUPPORTED, param + " " + why).param(param);
}

// Throws if the request is not well-formed, or asks for something by one of the members that this
// API has nothing for; see unserved.hpp.
inline void check(const Request& asked, std::initializer_list<std::string_view> unserved) {
    if (const auto wrong = asked.problem()) {
        throw Error(BW_E_INVALID, wrong->message).param(wrong->param);
    }
    if (const auto member = first_unserved(asked, unserved)) refuse(*member);
}

}  // namespace bw::v1::chat
