// `Phase` is where a connection stands with its client's request. The functions here decide the
// next step of a connection. They are pure: they look at values only.
#pragma once

#include "front/inbox.hpp"

namespace bellwether::front {

// In the order of a request's life; after `replied` it mostly begins again at `waiting`.
enum class Phase {
    waiting,    // for a request: no byte of it has come
    head,       // a part of its head has come
    body,       // its head has come, its body not yet to the end
    answering,  // it is complete, and nothing of its reply is queued
    streaming,  // the head of its reply is queued or gone; events follow
    replied,    // all of its reply is queued or gone
    refused,    // as `replied`; but nothing that comes is read as a request any more
    lingering,  // reads only so that the last reply reaches a client that still sends
    closed,
};

constexpr bool reads(Phase phase) { return phase <= Phase::body; }
constexpr bool answers(Phase phase) { return phase > Phase::body && phase < Phase::lingering; }
constexpr bool has_replied(Phase phase) {
    return phase == Phase::replied || phase == Phase::refused;
}

// How far an incomplete request has been read.
Phase reading_phase(const http::RequestParser& parser);

// What to do when the client has closed its sending side. Between two requests the connection ends;
// within a request it is an error; after a request the client either waits for the reply or has
// hung up, so it is probed. Unread bytes that are kept between two requests are read first.
enum class AtInputEnd { nothing, close, refuse, probe };
AtInputEnd at_input_end(Phase phase, const Inbox& inbox);

// TCP shows a hang-up and a half-close alike. So the host sends the client something that clients
// ignore: if the client has hung up, its system answers with a reset at once. Among bytes that is
// only a zero that leads the size of the next chunk; where there are no chunks, the next bytes
// tell.
enum class Probe { comment, leading_zero, next_bytes, interim_response, none };
Probe probe_for(Phase phase, http::Version version, bool bytes);

// What to do when the client has taken too long.
enum class AtTimeUp { close, hang_up, refuse };
AtTimeUp at_time_up(Phase phase);

// What to do when all of a reply has been written. `last`: no request may follow on this
// connection. If bytes have come that are never read, closing at once would reset the connection,
// and the reset can overtake the reply; so the connection lingers first.
enum class AfterReply { close, linger, read, read_kept };
AfterReply after_reply(Phase phase, bool last, const Inbox& inbox);

}  // namespace bellwether::front
