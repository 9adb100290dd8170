// bellwether/chat/write_sides.hpp - the messages of a chat request for an API in which the two
// sides take turns, as Anthropic's and Amazon's do:
//
//   bw::chat::write_sides(json, asked, [&](const bw::chat::Turn& turn) { write_turn(json, turn);
//   });
//
// writes "messages": [{"role": "user", "content": [...]}, {"role": "assistant", ...}]; what stands
// in each content the function writes.
#pragma once

#include <bellwether/chat/request.hpp>
#include <bellwether/json/writer.hpp>
#include <bellwether/version.hpp>

#include <string>

namespace bw::v1::chat {

template <typename WriteTurn>
void write_sides(json::Writer& out, const Request& asked, const WriteTurn& write_turn) {
    std::string content;
    bool assistant = false;
    const auto flush = [&] {
        if (content.empty()) return;
        out.object().member("role", assistant ? "assistant" : "user");
        out.key("content").raw("[" + content + "]").end();
        content.clear();
    };
    out.array("messages");
    for (const Side& side : asked.sides()) {
        for (const Turn& turn : side) {
            std::string said;
            json::Writer json(said);
            json.array();
            write_turn(json, turn);
            json.finish();
            if (said == "[]") continue;
            if (side.is_assistant() != assistant) flush();
            assistant = side.is_assistant();
            if (!content.empty()) content += ',';
            content.append(said, 1, said.size() - 2);
        }
    }
    flush();
    out.end();
}

}  // namespace bw::v1::chat
