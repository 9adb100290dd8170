#include "front/phase.hpp"

namespace bellwether::front {

Phase reading_phase(const http::RequestParser& parser) {
    if (!parser.begun()) return Phase::waiting;
    return parser.head_complete() ? Phase::body : Phase::head;
}

AtInputEnd at_input_end(Phase phase, const Inbox& inbox) {
    if (phase == Phase::lingering) return AtInputEnd::close;
    if (has_replied(phase) || phase == Phase::closed) return AtInputEnd::nothing;
    if (answers(phase)) return AtInputEnd::probe;
    if (!inbox.kept().empty()) return AtInputEnd::nothing;
    return phase == Phase::waiting ? AtInputEnd::close : AtInputEnd::refuse;
}

// HTTP/1.0 has no interim responses: before its reply there is nothing harmless to send.
Probe probe_for(Phase phase, http::Version version, bool bytes) {
    const bool old = version == http::Version::http_1_0;
    if (phase != Phase::streaming) return old ? Probe::none : Probe::interim_response;
    if (!bytes) return Probe::comment;
    return old ? Probe::next_bytes : Probe::leading_zero;
}

AtTimeUp at_time_up(Phase phase) {
    if (answers(phase)) return AtTimeUp::hang_up;  // the client does not read its reply
    const bool within_request = phase == Phase::head || phase == Phase::body;
    return within_request ? AtTimeUp::refuse : AtTimeUp::close;
}

AfterReply after_reply(Phase phase, bool last, const Inbox& inbox) {
    const bool unread = phase == Phase::refused || !inbox.kept().empty();
    if (phase == Phase::refused || last) {
        return unread && !inbox.ended() ? AfterReply::linger : AfterReply::close;
    }
    if (unread) return AfterReply::read_kept;
    return inbox.ended() ? AfterReply::close : AfterReply::read;
}

}  // namespace bellwether::front
