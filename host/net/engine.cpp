#include "net/engine.hpp"

#include <boost/asio/post.hpp>
#include <new>
#include <utility>

namespace bellwether::net {

namespace {

Engine& engine_of(void* self) { return *static_cast<Engine*>(self); }

// Sets a flag for as long as libcurl is on the stack.
class Inside {
  public:
    explicit Inside(bool& flag) : flag_(flag) { flag_ = true; }
    ~Inside() { flag_ = false; }
    Inside(const Inside&) = delete;
    Inside& operator=(const Inside&) = delete;

  private:
    bool& flag_;
};

bool missed_its_peer(CURLcode code) {
    return code == CURLE_COULDNT_CONNECT || code == CURLE_OPERATION_TIMEDOUT ||
           code == CURLE_SSL_CONNECT_ERROR || code == CURLE_PEER_FAILED_VERIFICATION;
}

Easy* easy_of(CURL* easy) {
    Easy* found = nullptr;
    curl_easy_getinfo(easy, CURLINFO_PRIVATE, &found);
    return found;
}

Release release_of(CURL* easy) {
    const Easy* const found = easy_of(easy);
    if (found == nullptr) return {};
    if (found->transfer().keeps_data()) return {.then = Release::Then::busy};
    const bool frames = found->http() != HttpVersion::one &&
                        found->number(CURLINFO_HTTP_VERSION) != CURL_HTTP_VERSION_1_1;
    return {.then = frames ? Release::Then::idle_with_frames : Release::Then::idle,
            .local_port = static_cast<int>(found->number(CURLINFO_LOCAL_PORT))};
}

}  // namespace

Engine::Engine(boost::asio::io_context& loop, const WireOptions& wire, std::shared_ptr<Stats> stats)
    : loop_(loop),
      limits_{static_cast<long>(wire.connections_max), static_cast<long>(wire.idle_connections_max),
              wire.idle_time},
      stats_(std::move(stats)),
      sockets_(*this, loop, *stats_),
      pool_(wire, {&close_callback, this}),
      timer_(loop),
      shares_(wire.http != HttpVersion::one),
      rest_(loop) {
    initialize_curl();
    begin_multi();
}

void Engine::begin_multi() {
    multi_ = curl_multi_init();
    if (multi_ == nullptr) throw std::bad_alloc();
    curl_multi_setopt(multi_, CURLMOPT_SOCKETFUNCTION, &socket_callback);
    curl_multi_setopt(multi_, CURLMOPT_SOCKETDATA, this);
    curl_multi_setopt(multi_, CURLMOPT_TIMERFUNCTION, &timer_callback);
    curl_multi_setopt(multi_, CURLMOPT_TIMERDATA, this);
    curl_multi_setopt(multi_, CURLMOPT_MAXCONNECTS, limits_.idle_connections_max);
    curl_multi_setopt(multi_, CURLMOPT_MAX_HOST_CONNECTIONS, limits_.connections_max);
}

// libcurl (7.88) closes connections that are too old only when it opens another one. If no requests
// come any more, the connections that a burst has left would stay open for good. So an alarm closes
// them.
void Engine::watch_rest() {
    if (std::exchange(rest_watched_, true)) return;
    const auto since = transfers_ > 0 ? Clock::now() : resting_since_;
    rest_.set(since + limits_.idle_time, [this] { on_rest(); });
}

void Engine::on_rest() {
    rest_watched_ = false;
    if (multi_ == nullptr) return;
    const auto end = resting_since_ + limits_.idle_time;
    if (transfers_ > 0 || Clock::now() < end) return watch_rest();
    CURLM* const rested = std::exchange(multi_, nullptr);
    curl_multi_cleanup(rested);  // closes the idle connections, through close_callback
    sockets_.forget_all();
    pool_.clear();
    plain_http2_ = PlainHttp2::begin;
    begin_multi();
}

void Engine::shutdown() {
    if (multi_ == nullptr) return;
    CURLM* const multi = std::exchange(multi_, nullptr);
    starting_.clear();
    flushing_.clear();
    between_.clear();
    early_.clear();
    timer_.cancel();
    rest_.cancel();
    curl_multi_cleanup(multi);  // closes the idle connections, through close_callback
    sockets_.close_all();
    pool_.clear();
}

std::shared_ptr<Transfer> Engine::start(Request request, Events& events) {
    auto transfer = std::make_shared<Transfer>(*this, std::move(request), events);
    starting_.push_back(transfer);
    kick();
    return transfer;
}

void Engine::drop(Transfer& transfer) {
    if (inside_) {
        doomed_.push_back(transfer.shared_from_this());
    } else {
        cut(transfer);
    }
}

void Engine::flush_soon(Transfer& transfer) {
    flushing_.push_back(transfer.shared_from_this());
    kick();
}

void Engine::on_socket_ready(int socket, bool read, bool write) {
    act(socket, (read ? CURL_CSELECT_IN : 0) | (write ? CURL_CSELECT_OUT : 0));
    finish_round();
}

// Several reasons to call libcurl soon share one handler that is posted to the loop.
void Engine::kick() {
    if (std::exchange(kicked_, true)) return;
    boost::asio::post(loop_, [self = shared_from_this()] {
        self->kicked_ = false;
        if (self->multi_ != nullptr) self->on_kick();
    });
}

void Engine::on_kick() {
    for (const auto& transfer : std::exchange(starting_, {})) {
        if (!transfer->dropped()) add(*transfer);
    }
    for (const auto& transfer : std::exchange(flushing_, {})) {
        const Inside inside(inside_);
        transfer->flush();
    }
    for (const auto& transfer : std::exchange(between_, {})) {
        const Inside inside(inside_);
        if (transfer->active() && !transfer->sending()) transfer->wake();
    }
    if (std::exchange(pushing_, false)) {
        const Inside inside(inside_);
        for (Transfer* const transfer : sharing_) transfer->push();
    }
    act(CURL_SOCKET_TIMEOUT, 0);
    finish_round();
}

void Engine::add(Transfer& transfer) {
    if (auto failure = transfer.check_request()) {
        transfer.fail(std::move(*failure));
        transfer.deliver_end();
        return;
    }
    choose_trip(transfer);
    CURL* const easy = transfer.attach(pool_.take()).get();
    curl_multi_add_handle(multi_, easy);
    if (shares_) sharing_.insert(&transfer);
    stats_->transfers_active.add(1);
    ++transfers_;
    watch_rest();
}

// Ends a transfer that may be incomplete: closes its connection or, if other exchanges share the
// connection, resets its stream.
void Engine::cut(Transfer& transfer) {
    if (!transfer.active()) return;
    transfer.easy().forbid_reuse();
    remove(transfer, EasyPool::Wear::worn);
    push_soon();
}

// The first trip of a request is chosen by what the engine has learned from other requests. Later
// trips are left as trip_after() has chosen them.
void Engine::choose_trip(Transfer& transfer) {
    if (transfer.trip().number > 0) return;
    Trip trip{.plain_http2 = plain_http2_};
    if (lookups_.doubted() && lookups_.take(Clock::now())) trip.names = Names::anew;
    transfer.begin(trip);
}

void Engine::remove(Transfer& transfer, EasyPool::Wear wear) {
    sharing_.erase(&transfer);
    auto easy = transfer.detach();
    stats_->transfers_active.add(-1);
    if (--transfers_ == 0) resting_since_ = Clock::now();
    count_connection(*easy, transfer.answered());
    curl_multi_remove_handle(multi_, easy->get());
    if (const int port = transfer.release_port(); port != 0) sockets_.give_back(port);
    pool_.give(std::move(easy), wear);
}

// libcurl (7.88) keeps a stream's reset back until something else goes over the connection, and
// until then the upstream works for nobody. So libcurl is made to write.
void Engine::push_soon() {
    if (sharing_.empty()) return;
    pushing_ = true;
    kick();
}

// When libcurl (7.88) gives up an address that hangs, it tries the next address only when it is
// called again, but leaves neither a socket nor a timer for that. So the engine calls it.
void Engine::go_on_soon(CURL* easy) {
    Easy* const found = easy_of(easy);
    if (multi_ == nullptr || found == nullptr || !found->transfer().active()) return;
    between_.push_back(found->transfer().shared_from_this());
    kick();
}

void Engine::count_connection(const Easy& easy, bool answered) {
    const long opened = easy.number(CURLINFO_NUM_CONNECTS);
    stats_->connections_opened.add(static_cast<std::uint64_t>(opened));
    if (opened == 0 && answered) stats_->connections_reused.add();
}

void Engine::act(curl_socket_t socket, int events) {
    const Inside inside(inside_);
    int running = 0;
    curl_multi_socket_action(multi_, socket, events, &running);
}

void Engine::finish_round() {
    for (const auto& transfer : std::exchange(doomed_, {})) cut(*transfer);
    int left = 0;
    while (true) {
        const CURLMsg* const message = curl_multi_info_read(multi_, &left);
        if (message == nullptr) break;
        if (message->msg == CURLMSG_DONE) finish(*message);
    }
    if (!early_.empty()) end_early();
}

void Engine::finish(const CURLMsg& message) {
    Easy* const found = easy_of(message.easy_handle);
    const CURLcode code = message.data.result;
    const auto transfer = found->transfer().shared_from_this();
    if (const auto trip = trip_after(*transfer, code)) {
        remove(*transfer, EasyPool::Wear::worn);
        transfer->begin(*trip);
        return add(*transfer);
    }
    const bool fresh = code == CURLE_OK && transfer->trip().clean();
    transfer->finish(code);
    remove(*transfer, fresh ? EasyPool::Wear::none : EasyPool::Wear::worn);
    if (code != CURLE_OK) push_soon();
    transfer->deliver_end();
}

// If nobody accepts connections at an address, or somebody else answers there, the cached address
// of the name may be out of date, and the name is to be looked up again. If that is found on the
// first trip, because no connection could be opened and not by a time-out, the same request is
// tried again with the new address.
std::optional<Trip> Engine::trip_after(Transfer& transfer, CURLcode code) {
    if (transfer.sending()) plain_http2_ = PlainHttp2::join;
    if (transfer.shortage_behind(code) != Shortage::none) return std::nullopt;
    auto next = transfer.trip_after(code);
    if (next) plain_http2_ = next->plain_http2;
    if (next || !missed_its_peer(code) || transfer.sending()) return next;
    lookups_.doubt();
    if (code != CURLE_COULDNT_CONNECT || transfer.dropped() || transfer.trip().number > 0) {
        return std::nullopt;
    }
    if (!lookups_.take(Clock::now())) return std::nullopt;
    return Trip{.names = Names::anew, .plain_http2 = plain_http2_, .number = 1};
}

void Engine::look_for_early(Transfer& transfer) { early_.push_back(transfer.shared_from_this()); }

// libcurl (7.88) goes on sending a request whose whole answer has come, for as long as that takes;
// such an exchange is ended here. And if the last bytes of the request end the stream, libcurl does
// not notice the end; then it is woken.
void Engine::end_early() {
    for (const auto& transfer : std::exchange(early_, {})) {
        if (!transfer->active() || transfer->dropped()) continue;
        if (transfer->is_early()) {
            transfer->finish(CURLE_OK);
            cut(*transfer);
            transfer->deliver_end();
        } else if (transfer->trip().stream == Http2Stream::answered) {
            early_.push_back(transfer);
        } else if (transfer->trip().stream == Http2Stream::done) {
            const Inside inside(inside_);
            transfer->wake();
        }
    }
}

void Engine::set_deadline(long timeout_ms) {
    if (timeout_ms < 0 || multi_ == nullptr) {
        deadline_ = k_never;
        return;
    }
    deadline_ = Clock::now() + std::chrono::milliseconds(timeout_ms);
    if (timeout_ms == 0) return kick();
    if (deadline_ < armed_) arm_timer();
}

void Engine::arm_timer() {
    armed_ = deadline_;
    timer_.expires_at(armed_);
    timer_.async_wait([self = shared_from_this()](boost::system::error_code error) {
        if (!error && self->multi_ != nullptr) self->on_timer();
    });
}

// libcurl moves its deadline several times in an exchange, nearly always to later. The timer then
// stays as it is; if it fires too early, it is set again, to the deadline of that moment.
void Engine::on_timer() {
    armed_ = k_never;
    if (deadline_ == k_never) return;
    if (Clock::now() < deadline_) return arm_timer();
    deadline_ = k_never;
    act(CURL_SOCKET_TIMEOUT, 0);
    finish_round();
}

int Engine::timer_callback(CURLM*, long timeout_ms, void* self) noexcept {
    engine_of(self).set_deadline(timeout_ms);
    return 0;
}

int Engine::socket_callback(CURL* easy, curl_socket_t socket, int what, void* self,
                            void*) noexcept {
    SocketTable& sockets = engine_of(self).sockets_;
    if (what == CURL_POLL_REMOVE) {
        if (sockets.release(socket, release_of(easy))) engine_of(self).go_on_soon(easy);
    } else {
        sockets.want(socket, (what & CURL_POLL_IN) != 0, (what & CURL_POLL_OUT) != 0);
    }
    return 0;
}

int Engine::open_socket(const curl_sockaddr& address) {
    return sockets_.open(address.family, address.socktype, address.protocol);
}

int Engine::close_callback(void* self, curl_socket_t socket) noexcept {
    engine_of(self).sockets_.close(socket);
    return 0;
}

}  // namespace bellwether::net
