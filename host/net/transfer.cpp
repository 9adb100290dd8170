#include "net/transfer.hpp"

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <utility>

#include "net/engine.hpp"
#include "net/failure.hpp"
#include "net/tls.hpp"

namespace bw::net {

namespace {

constexpr std::size_t k_abort = 0;  // from a callback that was given bytes: end the transfer

// Held of one exchange that is paused under HTTP/2. libcurl (7.88) would itself hold up to a whole
// flow-control window, 32 MB, as soon as another exchange keeps the same connection busy.
constexpr std::size_t k_held_bytes_max = 1u << 20;

// What was compressed may grow to this many times its size, and a little more at its beginning.
constexpr std::size_t k_inflation_max = 100;
constexpr std::size_t k_inflation_grace_bytes = 1u << 20;

Transfer& transfer_of(void* self) { return static_cast<Easy*>(self)->transfer(); }

bool one_line(std::string_view header) {
    return std::ranges::none_of(header, [](char c) { return c == '\r' || c == '\n' || c == '\0'; });
}

// None: not there, or no number.
std::optional<std::size_t> parse_length(std::string_view text) {
    std::size_t length = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), length);
    if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return length;
}

}  // namespace

Transfer::Transfer(Engine& engine, Request request, Events& events)
    : engine_(engine), request_(std::move(request)), events_(&events) {}

void Transfer::cancel() {
    events_ = nullptr;
    if (active()) engine_.drop(*this);
}

// What was held back is delivered from the loop, as resume itself must not call anyone.
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
}

std::optional<Trip> Transfer::trip_after(CURLcode code) const {
    if (dropped() || failure_ || head_.begun()) return std::nullopt;
    const auto since =
        begun_at_ ? std::chrono::steady_clock::now() - *begun_at_ : std::chrono::nanoseconds(0);
    return next_trip(trip_, code, since);
}

std::optional<Failure> Transfer::check_request() const {
    if (request_.method != "GET" && request_.method != "POST") {
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
    if (failure_ || is_whole(code)) return;
    if (trip_.stream == Stream::refused) code = CURLE_GOT_NOTHING;  // by how libcurl noticed: many
    failure_ = make_failure(request_, {code, easy_->error_text(), head_.complete(),
                                       static_cast<int>(easy_->number(CURLINFO_HTTP_CONNECTCODE))});
}

// Under HTTP/2 libcurl (7.88) takes an answer whose connection ends on the way for a whole one, and
// a whole one for a broken one where the rest of the request's body cannot be sent any more.
bool Transfer::is_whole(CURLcode code) const {
    if (!head_.complete()) return false;
    if (!head_.multiplexed() || trip_.stream == Stream::unheard) return code == CURLE_OK;
    if (trip_.stream == Stream::answered || trip_.stream == Stream::done) {
        return code == CURLE_OK || (code == CURLE_HTTP2_STREAM && body_delivered());
    }
    return code == CURLE_OK && length_ && *length_ == easy_->received_body_bytes();
}

void Transfer::fail(Failure failure) {
    ended_ = true;
    failure_ = std::move(failure);
}

// Something held back goes first: a flush is on its way then.
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

// Ending a pause makes libcurl write what has gathered, whichever exchange it belongs to.
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
    if (trip_.refusal != Refusal::none || !may_send_again()) return false;
    if (trip_.reused) {
        easy_->insist_on_new_connection();
        engine_.take_connection(local_port);
        taken_port_ = local_port;
    }
    ++trip_.sends;
    return true;
}

// Under HTTP/2 each answer bears the number of its request, and cannot be taken for another one's.
Refusal Transfer::refusal_of_connection(int local_port) const {
    if (easy_->plain_http2()) {
        const bool joins = trip_.plain_http2 == PlainHttp2::join;
        return joins == trip_.reused ? Refusal::none : Refusal::wrong_mode;
    }
    if (!trip_.reused) return Refusal::none;
    if (easy_->http() != HttpVersion::one && tls::speaks_http2(easy_->get())) return Refusal::none;
    const bool quiet = engine_.is_quiet(local_port) && !tls::has_unread(easy_->get());
    return quiet ? Refusal::none : Refusal::soiled;
}

// libcurl sends a request again whose kept connection ended before the response's first line did,
// and one whose stream was refused. The first is safe at once only.
bool Transfer::may_send_again() {
    const auto now = std::chrono::steady_clock::now();
    const bool refused = std::exchange(trip_.stream, Stream::unheard) == Stream::refused;
    if (!begun_at_) begun_at_ = now;
    if (trip_.sends == 0 || refused || now - *begun_at_ <= k_resend_within) return true;
    failure_ = make_failure(request_, {.code = CURLE_GOT_NOTHING});
    return false;
}

void Transfer::on_stream_answered() {
    trip_.stream = Stream::answered;
    engine_.look_for_early(*this);
}

void Transfer::on_stream_closed(Stream how) {
    trip_.stream = trip_.stream == Stream::answered ? Stream::done : how;
}

// Under HTTP/2 the stream's frames tell. Otherwise it can be told of an answer of known length.
bool Transfer::is_early() const {
    if (head_.multiplexed()) return trip_.stream == Stream::answered && body_delivered();
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
    length_ = parse_length(head_.find("content-length"));
    const bool without_body = head_.status() == 204 || length_.value_or(0) == 0;
    if (without_body && !head_.multiplexed()) easy_->watch_for_surplus();
    const bool whole = request_.reads == Reads::response;
    if (head_.redirects() && whole) {
        failure_ = make_redirect_failure(request_, head_.status(), head_.find("location"));
    } else if (head_.status() == k_proxy_wants_credentials && proxied_in_plain(request_)) {
        failure_ = make_proxy_failure(request_, head_.status());
    }
    for (const Header& header : head_.headers()) {
        if (whole && header.name == "content-encoding" && !on_encoding(header.value)) return false;
    }
    if (failure_) return false;
    if (!paused_) deliver_head();
    return !dropped();
}

bool Transfer::on_encoding(std::string_view encoding) {
    if (encoding.empty() || encoding == "identity") return true;
    if (encoding != "gzip" && encoding != "x-gzip") {
        failure_ = make_encoding_failure(request_, encoding);
        return false;
    }
    compressed_ = true;
    return true;
}

// Pausing takes effect at the next chunk: returning PAUSE refuses a chunk, which libcurl then keeps
// and delivers again, so the one that led to the pause must have been accepted.
std::size_t Transfer::on_body(std::string_view bytes) {
    if (dropped()) return k_abort;
    if (compressed_ && inflates_too_far(bytes.size())) {
        failure_ = make_inflation_failure(request_, k_inflation_max);
        return k_abort;
    }
    if (head_.multiplexed() && (paused_ || !held_.empty())) return hold(bytes);
    if (paused_) {
        data_held_ = true;
        return CURL_WRITEFUNC_PAUSE;
    }
    if (length_ && easy_->reads_body()) engine_.look_for_early(*this);
    events_->on_data(bytes);
    return dropped() ? k_abort : bytes.size();
}

// Other exchanges share an HTTP/2 connection, so it cannot be left unread: what comes is held, up
// to a bound.
std::size_t Transfer::hold(std::string_view bytes) {
    if (held_.size() + bytes.size() > k_held_bytes_max) {
        failure_ = make_overrun_failure(request_, k_held_bytes_max);
        return k_abort;
    }
    held_.append(bytes);
    return bytes.size();
}

bool Transfer::inflates_too_far(std::size_t more) {
    inflated_bytes_ += more;
    return inflated_bytes_ >
           k_inflation_grace_bytes + k_inflation_max * easy_->received_body_bytes();
}

std::size_t Transfer::write_callback(char* data, std::size_t, std::size_t size,
                                     void* self) noexcept {
    const std::size_t taken = transfer_of(self).on_body({data, size});
    if (taken == k_abort) static_cast<Easy*>(self)->forbid_reuse();
    return taken;
}

std::size_t Transfer::header_callback(char* data, std::size_t, std::size_t size,
                                      void* self) noexcept {
    if (transfer_of(self).on_header({data, size})) return size;
    static_cast<Easy*>(self)->forbid_reuse();
    return k_abort;
}

std::size_t Transfer::read_callback(char* to, std::size_t, std::size_t size, void* self) noexcept {
    Transfer& transfer = transfer_of(self);
    if (transfer.dropped()) {  // the body may be gone
        transfer.easy_->forbid_reuse();
        return CURL_READFUNC_ABORT;
    }
    const std::string_view rest = transfer.request_.body.substr(transfer.sent_);
    const std::size_t count = std::min(size, rest.size());
    std::memcpy(to, rest.data(), count);
    transfer.sent_ += count;
    return count;
}

// libcurl rewinds the body when it has to send it again on a fresh connection.
int Transfer::seek_callback(void* self, curl_off_t offset, int origin) noexcept {
    Transfer& transfer = transfer_of(self);
    const auto target = static_cast<std::size_t>(offset);
    if (origin != SEEK_SET || target > transfer.request_.body.size()) return CURL_SEEKFUNC_FAIL;
    transfer.sent_ = target;
    return CURL_SEEKFUNC_OK;
}

// An exchange dropped while libcurl was working for another one must not start to read its body.
int Transfer::before_send_callback(void* self, char*, char*, int, int local_port) noexcept {
    Transfer& transfer = transfer_of(self);
    const bool may = !transfer.dropped() && transfer.may_send(local_port);
    return may ? CURL_PREREQFUNC_OK : CURL_PREREQFUNC_ABORT;
}

int Transfer::debug_callback(CURL*, curl_infotype type, char* text, std::size_t size,
                             void* self) noexcept {
    if (type != CURLINFO_TEXT) return 0;
    const std::string_view said(text, size);
    const bool surplus =
        said.starts_with("Leftovers after chunking") || said.starts_with("Excess found");
    if (surplus) static_cast<Easy*>(self)->forbid_reuse();
    return 0;
}

}  // namespace bw::net
