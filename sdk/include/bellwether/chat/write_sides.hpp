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

namespace bw::v1::chat {

template <typename WriteTurn>
void write_sides(json::Writer& out, const Request& asked, const WriteTurn& write_turn) {
    out.array("messages");
    for (const Side& side : asked.sides()) {
        out.object().member("role", side.is_assistant() ? "assistant" : "user").array("content");
        for (const Turn& turn : side) write_turn(turn);
        out.end().end();
    }
    out.end();
}

}  // namespace bw::v1::chat
