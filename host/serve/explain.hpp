// The explanation of a model as the host shows it: on its admin listener and on the command line.
#pragma once

#include <string>
#include <string_view>

#include "serve/context.hpp"

namespace bw::serve {

struct ExplainReply {
    bool found = false;
    std::string json;  // an object; if the model is unknown with `error` and the models there are
    std::string text;  // the same for people
};

ExplainReply explain(const Host& host, std::string_view model);

}  // namespace bw::serve
