// A chat request as generateContent takes it.
#pragma once

#include "gemini/api.hpp"
#include "gemini/contents.hpp"
#include "gemini/media.hpp"
#include "gemini/members.hpp"
#include "gemini/settings.hpp"
#include "gemini/tools.hpp"

#include <bellwether/chat/request.hpp>
#include <bellwether/json/writer.hpp>
#include <bellwether/provider/error.hpp>

#include <string_view>

namespace gemini {

inline Draft generate_body(const Api& api, const chat::Request& asked, std::string_view model,
                           const Signatures& signatures) {
    if (const auto wrong = asked.problem()) {
        throw bw::Error(BW_E_INVALID, wrong->message).param(wrong->param);
    }
    check_members(api, asked);
    Draft draft;
    bw::json::Writer json(draft.body);
    json.object();
    Contents(api, asked, model, signatures, draft).write(json);
    write_tools(json, api, asked);
    write_settings(json, api, asked, model);
    json.finish();
    return draft;
}

}  // namespace gemini
