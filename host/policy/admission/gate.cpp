#include "policy/admission/gate.hpp"

#include <utility>

namespace bellwether::policy {

void Gate::on_reply(std::string json) {
    if (passes()) return next_.on_reply(std::move(json));
    pieces_.push_back({.kind = Kind::reply, .data = std::move(json)});
    keep();
}

void Gate::on_chunk(std::string_view json) {
    if (passes()) return next_.on_chunk(json);
    pieces_.push_back({.kind = Kind::chunk, .data = std::string(json)});
    keep();
}

void Gate::on_bytes(std::string_view type, std::string_view bytes) {
    if (passes()) return next_.on_bytes(type, bytes);
    pieces_.push_back({Kind::bytes, std::string(bytes), std::string(type)});
    keep();
}

// A call that has failed before any of its answer came does not wait until its hold is durable.
void Gate::on_end(const CallEnd& outcome) {
    if (passes() || (!keeps_ && !outcome.result)) return next_.on_end(outcome);
    end_ = outcome;
    keep();
}

void Gate::keep() {
    if (!std::exchange(keeps_, true)) on_kept_();
}

void Gate::let_through(const HeldPiece& piece) {
    switch (piece.kind) {
        case Kind::reply: return next_.on_reply(piece.data);
        case Kind::chunk: return next_.on_chunk(piece.data);
        case Kind::bytes: return next_.on_bytes(piece.type, piece.data);
    }
}

void Gate::open() {
    for (const HeldPiece& piece : std::exchange(pieces_, {})) let_through(piece);
    keeps_ = false;
    if (const auto end = std::exchange(end_, std::nullopt)) next_.on_end(*end);
}

}  // namespace bellwether::policy
