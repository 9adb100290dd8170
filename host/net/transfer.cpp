#include "net/transfer.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include "base/clock.hpp"
#include "net/engine.hpp"
#include "net/tls.hpp"

namespace bellwether::net {

namespace {

// How many bytes are held for one exchange that is paused under HTTP/2. libcurl (7.88) itself would
// hold up to a whole flow-control window, 32 MB, as soon as another exchange keeps the same
// connection busy.
constexpr std::size_t k_held_bytes_max = 1u << 20;

// A compressed body may grow to this many times its size, plus the second number of bytes, because
// the beginning of a body may grow more.
constexpr std::size_t k_inflation_max = 100;
constexpr std::size_t k_inflation_grace_bytes = 1u << 20;

constexpr std::array<std::string_view, 5> k_methods = {"GET", "POST", "PUT", "PATCH", "DELETE"};

bool one_line(std::string_view header) {
    return std::ranges::none_of(header, [](char c) { return c == '\r' || c == '\n' || c == '\0'; });
}

// Whether this process has too few descriptors left for a connection. If libcurl's resolver or its
// reader of certificates gets no descriptor, it does not say so, and what the attempt had opened is
// closed again by now. So this function tries how many it can open.
bool has_few_descriptors() {
    constexpr std::size_t k_needed = 4;  // two for the resolver, a socket, a file
    std::array<int, k_needed> probes{};
    std::size_t opened = 0;
    bool few = false;
    while (opened < k_needed && !few) {
        const int probe = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        few = probe < 0 && (errno == EMFILE || errno == ENFILE);
        if (probe < 0) break;
        probes[opened++] = probe;
    }
    for (std::size_t i = 0; i < opened; ++i) ::close(probes[i]);
    return few;
}

}  // namespace

Transfer::Transfer(Engine& engine, Request request, Events& events)
    : engine_(engine), request_(std::move(request)), events_(&events) {}

void Transfer::cancel() {
    events_ = nullptr;
    if (active()) engine_.drop(*this);
}

// What was held back is delivered from the loop, because resume() must not call Events itself.
void Transfer::resume() {
    if (!std::exchange(paused_, false)) return;
    engine_.flush_soon(*this);
}

Easy& Transfer::attach(std::unique_ptr<Easy> easy) {
    easy_ = std::move(easy);
    easy_->prepare(request_, *this, trip_);
    return *easy_;
}

void Transfer::begin(const Trip& trip) {
    trip_ = trip;
    sent_ = 0;
    shortage_ = Shortage::none;
}

Shortage Transfer::shortage_behind(CURLcode code) const {
    if (sending() || head_.begun()) return Shortage::none;
    switch (code) {
        case CURLE_COULDNT_CONNECT: return shortage_;
        case CURLE_OUT_OF_MEMORY: return Shortage::memory;
        case CURLE_COULDNT_RESOLVE_HOST:
        case CURLE_COULDNT_RESOLVE_PROXY:
            if (easy_->error_text().find("thread failed to start") != std::string_view::npos) {
                return Shortage::memory;
            }
            [[fallthrough]];
        case CURLE_SSL_CACERT_BADFILE:
        case CURLE_SSL_CERTPROBLEM:
            return has_few_descriptors() ? Shortage::descriptors : Shortage::none;
        default: return Shortage::none;
    }
}

std::optional<Trip> Transfer::trip_after(CURLcode code) const {
    if (dropped() || failure_ || head_.begun()) return std::nullopt;
    const auto since = begun_at_ ? Clock::now() - *begun_at_ : std::chrono::nanoseconds(0);
    return next_trip(trip_, code, since);
}

std::optional<Failure> Transfer::check_request() const {
    if (std::ranges::find(k_methods, request_.method) == k_methods.end()) {
        return Failure{FailureKind::protocol,
                       "the method " + request_.method + " is not supported"};
    }
    if (!std::ranges::all_of(request_.headers, one_line)) {
        return Failure{FailureKind::protocol, "a request header contains a line break"};
    }
    return std::nullopt;
}

void Transfer::finish(CURLcode code) {
    ended_ = true;
    if (failure_ || loses_only_words(code)) return;
    if (is_whole(code)) {
        if (!can_be_unpacked()) failure_ = make_packing_failure(request_);
        return;
    }
    if (const Shortage shortage = shortage_behind(code); shortage != Shortage::none) {
        failure_ = make_shortage_failure(request_, shortage);
        return;
    }
    if (trip_.stream == Http2Stream::refused) code = CURLE_GOT_NOTHING;  // libcurl's code varies
    failure_ = make_failure(request_, {code, easy_->error_text(), head_.complete(),
                                       static_cast<int>(easy_->number(CURLINFO_HTTP_CONNECTCODE))});
}

// Under HTTP/2 libcurl (7.88) errs twice. It takes an answer for whole if the connection ends in
// the middle of it, and it takes a whole answer for broken if the rest of the request's body can no
// longer be sent. So the frames of the stream decide.
bool Transfer::is_whole(CURLcode code) const {
    if (!head_.complete()) return false;
    if (!head_.multiplexed() || trip_.stream == Http2Stream::unheard) return code == CURLE_OK;
    if (trip_.stream == Http2Stream::answered || trip_.stream == Http2Stream::done) {
        return code == CURLE_OK || (code == CURLE_HTTP2_STREAM && body_delivered());
    }
    return code == CURLE_OK && length_ && *length_ == easy_->received_body_bytes();
}

// Whether all that is missing is a part of the body of a refusal. That is no failure, because the
// refusal's status and headers say what to do.
bool Transfer::loses_only_words(CURLcode code) const {
    if (!head_.complete() || !is_refusal()) return false;
    return code == CURLE_OK || code == CURLE_PARTIAL_FILE || code == CURLE_RECV_ERROR ||
           code == CURLE_SEND_ERROR || code == CURLE_GOT_NOTHING || code == CURLE_HTTP2_STREAM;
}

void Transfer::fail(Failure failure) {
    ended_ = true;
    failure_ = std::move(failure);
}

// Held data must be delivered before the end: flush() does that, and then calls this again.
void Transfer::deliver_end() {
    if (dropped() || paused_ || !held_.empty()) return;
    if (failure_) failure_->status = head_.status();
    std::exchange(events_, nullptr)->on_end(std::move(failure_));
}

void Transfer::flush() {
    if (dropped() || paused_) return;
    if (head_.complete() && !head_delivered_) deliver_head();
    if (dropped() || paused_) return;
    if (!held_.empty()) deliver_held();
    if (dropped() || paused_) return;
    if (ended_) return deliver_end();
    if (active() && std::exchange(data_held_, false)) {
        curl_easy_pause(easy_->get(), CURLPAUSE_CONT);
    }
}

// Ending a pause makes libcurl write all that it keeps for the connection, of whichever exchange.
void Transfer::push() {
    if (sending() && !data_held_) wake();
}

void Transfer::wake() {
    curl_easy_pause(easy_->get(), CURLPAUSE_RECV);
    curl_easy_pause(easy_->get(), CURLPAUSE_CONT);
}

void Transfer::deliver_head() {
    head_delivered_ = true;
    events_->on_head(head_.status(), head_.headers());
}

void Transfer::deliver_held() {
    const std::string bytes = std::exchange(held_, {});
    events_->on_data(bytes);
}

bool Transfer::may_send(int local_port) {
    trip_.reused = easy_->takes_kept_connection();
    trip_.refusal = refusal_of_connection(local_port);
    if (trip_.refusal != TurnedDown::none || !may_send_again()) return false;
    if (trip_.reused) {
        easy_->insist_on_new_connection();
        engine_.take_connection(local_port);
        taken_port_ = local_port;
    }
    ++trip_.sends;
    return true;
}

// Why the request must not go over the connection that libcurl has chosen. Under HTTP/2 unread
// bytes are no reason: each answer bears the number of its stream, so none is taken for another's.
TurnedDown Transfer::refusal_of_connection(int local_port) const {
    if (easy_->plain_http2()) {
        const bool joins = trip_.plain_http2 == PlainHttp2::join;
        return joins == trip_.reused ? TurnedDown::none : TurnedDown::wrong_mode;
    }
    if (!trip_.reused) return TurnedDown::none;
    if (easy_->http() != HttpVersion::one && tls::speaks_http2(easy_->get()))
        return TurnedDown::none;
    const bool quiet = engine_.is_quiet(local_port) && !tls::has_unread(easy_->get());
    return quiet ? TurnedDown::none : TurnedDown::unread_bytes;
}

// libcurl sends a request again by itself if the kept connection ended before the response's first
// line had come, or if the stream was refused. After the end of a connection that is safe only
// within k_resend_within.
bool Transfer::may_send_again() {
    const auto now = Clock::now();
    const bool refused = std::exchange(trip_.stream, Http2Stream::unheard) == Http2Stream::refused;
    if (!begun_at_) begun_at_ = now;
    if (trip_.sends == 0 || refused || now - *begun_at_ <= k_resend_within) return true;
    failure_ = make_failure(request_, {.code = CURLE_GOT_NOTHING});
    return false;
}

void Transfer::on_stream_answered() {
    trip_.stream = Http2Stream::answered;
    engine_.look_for_early(*this);
}

void Transfer::on_stream_closed(Http2Stream how) {
    trip_.stream = trip_.stream == Http2Stream::answered ? Http2Stream::done : how;
}

// Under HTTP/2 the frames of the stream show that the answer is whole. Under HTTP/1.1 that is known
// only of an answer whose head gives its length.
bool Transfer::is_early() const {
    if (head_.multiplexed()) return trip_.stream == Http2Stream::answered && body_delivered();
    return !data_held_ && easy_->reads_body() && sent_ < request_.body.size() && length_ &&
           *length_ == easy_->received_body_bytes();
}

bool Transfer::body_delivered() const {
    return head_.complete() && easy_->received_body_bytes() == trip_.stream_bytes;
}

bool Transfer::on_header(std::string_view line) {
    if (dropped()) return false;
    if (head_.complete()) return on_trailer(line.size());
    const Head::State state = head_.add(line);
    if (state == Head::State::incomplete) return true;
    if (state == Head::State::bad_status) {
        failure_ = make_bad_status_failure(request_, head_.status());
        return false;
    }
    if (state == Head::State::too_large) {
        failure_ = make_head_too_large_failure(request_);
        return false;
    }
    return on_head_complete();
}

bool Transfer::on_trailer(std::size_t size) {
    trailer_bytes_ += size;
    if (trailer_bytes_ <= k_head_bytes_max) return true;
    failure_ = make_trailers_too_large_failure(request_);
    return false;
}

bool Transfer::on_head_complete() {
    const BodyLength length = head_.body_length();
    length_ = length.bytes;
    const bool without_body = head_.status() == 204 || length_.value_or(0) == 0;
    if (without_body && !head_.multiplexed()) easy_->watch_for_surplus();
    const bool whole = request_.reads == Reads::response;
    if (length.doubtful) {
        failure_ = make_framing_failure(request_, length);
    } else if (head_.redirects() && whole) {
        failure_ = make_redirect_failure(request_, head_.status(), head_.find("location"));
    } else if (head_.status() == k_proxy_wants_credentials && proxied_in_plain(request_)) {
        failure_ = make_proxy_failure(request_, head_.status());
    }
    if (failure_ || (whole && !on_encodings())) return false;
    if (!paused_) deliver_head();
    return !dropped();
}

bool Transfer::on_encodings() {
    const std::string encodings = head_.find_all("content-encoding");
    const auto packing = http::packing_of(encodings);
    if (packing) {
        if (*packing != Packing::none) unpack_.emplace(*packing);
        return true;
    }
    if (is_refusal()) {
        body_ignored_ = true;
        return true;
    }
    failure_ = make_encoding_failure(request_, encodings);
    return false;
}

// Pausing takes effect at the next chunk. To return PAUSE refuses a chunk, which libcurl then keeps
// and delivers again; so the chunk during which the pause was asked for must be accepted.
std::size_t Transfer::on_body(std::string_view bytes) {
    if (dropped()) return k_abort;
    if (paused_ && !head_.multiplexed()) {
        data_held_ = true;
        return CURL_WRITEFUNC_PAUSE;
    }
    std::string unpacked;
    if (unpack_ && !body_ignored_ && !unpack(bytes, unpacked)) return k_abort;
    const std::string_view content = body_ignored_ ? std::string_view()
                                     : unpack_     ? std::string_view(unpacked)
                                                   : bytes;
    if (head_.multiplexed() && (paused_ || !held_.empty())) {
        return hold(content) ? bytes.size() : k_abort;
    }
    if (length_ && easy_->reads_body()) engine_.look_for_early(*this);
    if (!content.empty()) events_->on_data(content);
    return dropped() ? k_abort : bytes.size();
}

// Unpacks one chunk, whose growth is bounded; the caller delivers it at once. If the body of a
// refusal is broken, the exchange goes on without the rest of that body.
bool Transfer::unpack(std::string_view bytes, std::string& out) {
    packed_bytes_ += bytes.size();
    const std::size_t bytes_max = k_inflation_grace_bytes + k_inflation_max * packed_bytes_;
    const http::Unpack::Step step = unpack_->feed(bytes, out, bytes_max - inflated_bytes_);
    inflated_bytes_ += out.size();
    if (step == http::Unpack::Step::good) return true;
    if (is_refusal()) {
        body_ignored_ = true;
        return true;
    }
    failure_ = step == http::Unpack::Step::broken
                   ? make_packing_failure(request_)
                   : make_inflation_failure(request_, k_inflation_max);
    return false;
}

// Other exchanges share an HTTP/2 connection, so it must be read even while this exchange is
// paused. What comes is held, up to a limit.
bool Transfer::hold(std::string_view bytes) {
    if (held_.size() + bytes.size() > k_held_bytes_max) {
        failure_ = make_overrun_failure(request_, k_held_bytes_max);
        return false;
    }
    held_.append(bytes);
    return true;
}

}  // namespace bellwether::net
