#include "net/trip.hpp"

namespace bellwether::net {

namespace {

constexpr unsigned k_trips_max = 6;

Trip on_new_connection(const Trip& trip) {
    return {.connections = ConnectionChoice::fresh, .number = trip.number + 1};
}

// Whether the request went over a kept connection that had ended already. libcurl sends a request
// again by itself if it finds that end on reading (and under HTTP/2 if the stream was refused), but
// not if it finds the end while it still sends a longer body.
bool was_stale(const Trip& trip, CURLcode code, std::chrono::nanoseconds since) {
    if (!trip.reused || trip.sends != 1 || since > k_resend_within) return false;
    return code == CURLE_SEND_ERROR || code == CURLE_RECV_ERROR || code == CURLE_GOT_NOTHING;
}

// The request first tries to join a connection that speaks HTTP/2 already. If that connection has
// gone away meanwhile, a new one is opened.
Trip in_other_mode(const Trip& trip) {
    Trip next = on_new_connection(trip);
    if (trip.plain_http2 == PlainHttp2::join) return next;
    next.connections = ConnectionChoice::any;
    next.plain_http2 = PlainHttp2::join;
    return next;
}

}  // namespace

std::optional<Trip> next_trip(const Trip& trip, CURLcode code, std::chrono::nanoseconds since) {
    if (trip.number + 1 >= k_trips_max) return std::nullopt;
    if (trip.refusal == TurnedDown::wrong_mode) return in_other_mode(trip);
    if (trip.refusal == TurnedDown::unread_bytes) return on_new_connection(trip);
    // If libcurl has sent the request again by itself, it has done so until it gave up.
    if (trip.stream == Http2Stream::refused && trip.sends <= 1) return on_new_connection(trip);
    if (was_stale(trip, code, since)) return on_new_connection(trip);
    return std::nullopt;
}

}  // namespace bellwether::net
