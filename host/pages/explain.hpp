// The explanation of a model as the host shows it: on its admin listener and on the command line.
#pragma once

#include <string>
#include <string_view>

#include "front/context.hpp"

namespace bw::pages {

struct ExplainReply {
    bool found = false;  // the model, and the key if one was named
    std::string json;    // an object; if the model is unknown with `error` and the models there are
    std::string text;    // the same for people
};

// What is asked. `key`: the name or the public id of a client key, to say whether it may use the
// model, and what counts it; `user`: as a client names it. Both may be empty.
struct ExplainQuestion {
    std::string_view model;
    std::string_view key;
    std::string_view user;
};
ExplainReply explain(const front::Host& host, const ExplainQuestion& question);

}  // namespace bw::pages
