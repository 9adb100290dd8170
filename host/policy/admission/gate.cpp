#include "policy/admission/gate.hpp"

#include <utility>

namespace bw::policy {

void Gate::on_reply(std::string_view json) {
    if (passes()) return next_.on_reply(json);
    pieces_.push_back({.chunk = false, .json = std::string(json)});
    keep();
}

void Gate::on_chunk(std::string_view json) {
    if (passes()) return next_.on_chunk(json);
    pieces_.push_back({.chunk = true, .json = std::string(json)});
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

void Gate::open() {
    for (const HeldPiece& piece : std::exchange(pieces_, {})) {
        piece.chunk ? next_.on_chunk(piece.json) : next_.on_reply(piece.json);
    }
    keeps_ = false;
    if (const auto end = std::exchange(end_, std::nullopt)) next_.on_end(*end);
}

}  // namespace bw::policy
