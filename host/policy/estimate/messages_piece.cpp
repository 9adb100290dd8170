#include "policy/estimate/messages_piece.hpp"

#include "json/value.hpp"

namespace bellwether::policy {
namespace {

using json::Kind;
using json::Value;

// Adds generated text, as it stands in the JSON.
void add_text(PieceSeen& seen, const Value& text) {
    if (text.kind() != Kind::string && text.kind() != Kind::object) return;
    std::string_view raw = text.raw();
    raw = raw.substr(1, raw.size() - 2);
    if (raw.empty()) return;
    seen.content = true;
    seen.tokens += estimate_tokens(raw);
    seen.text_bytes += static_cast<std::int64_t>(raw.size());
}

// A block of the answer, or what a delta adds to one.
void add_block(PieceSeen& seen, const Value& block) {
    seen.thoughts = seen.thoughts || (block["thinking"] && !block["thinking"].equals(""));
    for (const char* member : {"text", "thinking", "partial_json", "name", "input"}) {
        add_text(seen, block[member]);
    }
}

void take_end(PieceSeen& seen, const Value& reason) {
    if (reason.kind() != Kind::string) return;
    seen.content = true;
    seen.finished = 1;
}

}  // namespace

PieceSeen look_at_messages_piece(std::string_view json) {
    const Value piece(json);
    const Value type = piece["type"];
    PieceSeen seen;
    if (type.equals("content_block_delta")) add_block(seen, piece["delta"]);
    if (type.equals("content_block_start")) add_block(seen, piece["content_block"]);
    if (type.equals("message_delta")) take_end(seen, piece["delta"]["stop_reason"]);
    if (type.equals("message")) {
        for (const Value& block : piece["content"].elements()) add_block(seen, block);
        take_end(seen, piece["stop_reason"]);
    }
    return seen;
}

}  // namespace bellwether::policy
