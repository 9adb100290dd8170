// `Trip` is one time that a request is given to libcurl: how it is to be sent, and what came of
// that. A request that reached nobody is given to libcurl again, in a new trip. Pure: no I/O.
#pragma once

#include <curl/curl.h>

#include <chrono>
#include <cstddef>
#include <optional>

namespace bellwether::net {

enum class ConnectionChoice { any, fresh };  // which connections the request may take
enum class Names { known, anew };            // whether cached addresses count

// How HTTP/2 is spoken over plain http. libcurl (7.88) must be told to begin it on a new
// connection, and must not be told so on a connection that speaks it already.
enum class PlainHttp2 { begin, join };

// Why the request was not sent over the connection that libcurl had chosen.
enum class TurnedDown {
    none,
    unread_bytes,  // something has come over the connection that cannot answer this request
    wrong_mode,    // the connection is new and PlainHttp2 says join, or the other way round
};

// The request's stream under HTTP/2, as its frames tell.
enum class Http2Stream {
    unheard,  // no frame has come, or frames cannot be heard (net/http2.hpp)
    open,
    answered,  // the whole answer has come; not all of the request may have gone yet
    done,      // the whole answer has come, and the stream is closed
    cut,       // the stream was closed before the whole answer had come
    refused,   // the stream was closed, and the upstream has not looked at the request
};

struct Trip {
    ConnectionChoice connections = ConnectionChoice::any;
    Names names = Names::known;
    PlainHttp2 plain_http2 = PlainHttp2::begin;
    unsigned number = 0;

    unsigned sends = 0;   // how often it was sent; libcurl may send it again by itself
    bool reused = false;  // the last sending went over a kept connection
    TurnedDown refusal = TurnedDown::none;
    Http2Stream stream = Http2Stream::unheard;
    std::size_t stream_bytes = 0;  // bytes of the answer's body in the frames so far

    bool clean() const { return number == 0 && sends == 1 && refusal == TurnedDown::none; }
};

// If a kept connection ends within this time after the first sending, it had most likely ended
// before, and the request is sent again. After a longer time the upstream may have begun to work,
// and would do the work twice.
inline constexpr std::chrono::seconds k_resend_within{1};

// The trip that follows `trip`, which libcurl has ended with `code` before any of an answer came.
// `since`: the time since the first sending. Nothing: the request has failed.
std::optional<Trip> next_trip(const Trip& trip, CURLcode code, std::chrono::nanoseconds since);

}  // namespace bellwether::net
