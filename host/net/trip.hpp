// One time that libcurl is given a request: how it is to go, and what became of it. A request that
// reached nobody is given to libcurl again, in a new trip. Pure: no I/O.
#pragma once

#include <curl/curl.h>

#include <chrono>
#include <cstddef>
#include <optional>

namespace bw::net {

enum class ConnectionChoice { any, fresh };  // which ones it may take
enum class Names { known, anew };            // what was looked up before counts, or not

// libcurl (7.88) must be told to begin HTTP/2 over plain http on a new connection, and must not be
// told so on one that speaks it already.
enum class PlainHttp2 { begin, join };

// Why it was not sent over the connection that libcurl had chosen.
enum class TurnedDown {
    none,
    soiled,      // something has come over it that is no answer to this request
    wrong_mode,  // of PlainHttp2
};

// The request's stream under HTTP/2, as its frames tell.
enum class Http2Stream {
    unheard,  // no frame of it, or frames cannot be heard
    open,
    answered,  // the whole answer has come, the request may not have gone yet
    done,      // and the upstream wants no more of it
    cut,       // before the whole answer
    refused,   // the upstream has not looked at it
};

struct Trip {
    ConnectionChoice connections = ConnectionChoice::any;
    Names names = Names::known;
    PlainHttp2 plain_http2 = PlainHttp2::begin;
    unsigned number = 0;

    unsigned sends = 0;   // libcurl may send it again by itself
    bool reused = false;  // the connection of the last send
    TurnedDown refusal = TurnedDown::none;
    Http2Stream stream = Http2Stream::unheard;
    std::size_t stream_bytes = 0;  // of the answer's body, as the frames had it

    bool clean() const { return number == 0 && sends == 1 && refusal == TurnedDown::none; }
};

// What is sent again went over a kept connection that had ended, says an end within this time.
// Later than that the upstream may have begun, and would do the work twice.
inline constexpr std::chrono::seconds k_resend_within{1};

// The trip that follows one which libcurl ended so, without a word of an answer, `since` its first
// sending. None: the request has failed.
std::optional<Trip> next_trip(const Trip& trip, CURLcode code, std::chrono::nanoseconds since);

}  // namespace bw::net
