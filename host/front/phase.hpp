// Where a connection stands with its client's request, and what its next step is at a turning
// point. All of it is decided from values.
#pragma once

#include "front/inbox.hpp"

namespace bw::front {

// In the order of a request's life; after `replied` it mostly begins again at `waiting`.
enum class Phase {
    waiting,    // for a request: no byte of it has come
    head,       // a part of its head has come
    body,       // its head has come, its body not yet to the end
    answering,  // it is complete, and nothing of its reply is queued
    streaming,  // the head of its reply is queued or gone; events follow
    replied,    // all of its reply is queued or gone
    refused,    // likewise; but nothing that comes is a request any more
    lingering,  // only to let the last reply reach a client that still sends
    closed,
};

constexpr bool reads(Phase phase) { return phase <= Phase::body; }
constexpr bool answers(Phase phase) { return phase > Phase::body && phase < Phase::lingering; }
constexpr bool has_replied(Phase phase) {
    return phase == Phase::replied || phase == Phase::refused;
}

// How far a request has been read that is not complete.
Phase reading_phase(const http::RequestParser& parser);

// The client has closed its sending side. Between requests that is the end; within one it is a
// mistake; after one it may be either a client that waits for the reply or one that has hung up.
// While something is kept it is not known which of these it is.
enum class AtInputEnd { nothing, close, refuse, probe };
AtInputEnd at_input_end(Phase phase, const Inbox& inbox);

// TCP shows a hang-up and a half-close alike. So the client is sent something that means nothing to
// it: the system of one that is gone answers with a reset, at once.
enum class Probe { comment, interim_response, none };
Probe probe_for(Phase phase, http::Version version);

// The client has taken too long.
enum class AtTimeUp { close, hang_up, refuse };
AtTimeUp at_time_up(Phase phase);

// All of a reply has been written. `last`: no request may follow it on this connection. Where
// something has come that nobody reads, closing at once would reset the connection, and the reset
// can overtake the reply.
enum class AfterReply { close, linger, read, read_kept };
AfterReply after_reply(Phase phase, bool last, const Inbox& inbox);

}  // namespace bw::front
