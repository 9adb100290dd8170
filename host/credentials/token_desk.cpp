#include "credentials/token_desk.hpp"

#include <boost/asio/post.hpp>
#include <map>
#include <utility>

#include "credentials/token_fetch.hpp"

namespace bellwether::credentials {

// Handlers that the loop holds may outlive the desk, so they share its state.
struct TokenDesk::State final : TokenListener {
    State(boost::asio::io_context& event_loop, net::Transport& carrier)
        : loop(event_loop), transport(carrier) {}

    struct Queue {
        std::shared_ptr<TokenSource> source;
        std::map<std::uint64_t, Done> calls;  // in the order in which they came
    };
    // Its parts are destroyed from the last on: first the exchange, then the turn passes on.
    struct OwnFetch {
        TokenTurn turn;
        std::unique_ptr<TokenFetch> fetch;
    };

    void fetch(TokenTurn turn) override {
        TokenSource& source = turn.source();
        auto running = std::make_unique<TokenFetch>(
            source, loop, transport,
            [this, key = &source](TokenFetch::Fetched result) { fetched(key, std::move(result)); });
        TokenFetch& begun = *running;
        fetches.emplace(&source, OwnFetch{std::move(turn), std::move(running)});
        begun.begin();
    }

    void fetched(const TokenSource* key, TokenFetch::Fetched result) {
        auto own = fetches.extract(key);
        own.mapped().turn.end(std::move(result));
    }

    void told(const std::shared_ptr<TokenSource>& source, const TokenOutcome& outcome) override {
        const auto found = queues.find(source.get());
        if (found == queues.end()) return;
        const std::uint64_t last = found->second.calls.rbegin()->first;
        while (true) {
            const auto queue = queues.find(source.get());
            if (queue == queues.end() || queue->second.calls.begin()->first > last) return;
            take(source.get(), queue->second.calls.begin()->first)(outcome);
        }
    }

    // Takes a call out of its queue; an empty function: it is not there.
    Done take(const TokenSource* source, std::uint64_t id) {
        const auto queue = queues.find(source);
        if (queue == queues.end()) return {};
        auto call = queue->second.calls.extract(id);
        if (queue->second.calls.empty()) queues.erase(queue);
        return call.empty() ? Done() : std::move(call.mapped());
    }

    void close() {
        line->close();
        const auto calls = std::exchange(queues, {});
        const auto running = std::exchange(fetches, {});
    }

    boost::asio::io_context& loop;
    net::Transport& transport;
    std::shared_ptr<TokenLine> line;
    std::map<const TokenSource*, Queue> queues;  // none of them empty
    std::map<const TokenSource*, OwnFetch> fetches;
    std::uint64_t last_id = 0;
};

TokenDesk::TokenDesk(boost::asio::io_context& loop, net::Transport& transport)
    : state_(std::make_shared<State>(loop, transport)) {
    state_->line = std::make_shared<TokenLine>(loop, state_);
}

TokenDesk::~TokenDesk() { state_->close(); }

std::shared_ptr<const LiveToken> TokenDesk::ready(const std::shared_ptr<TokenSource>& source) {
    auto advice = source->look();
    if (advice.turn) state_->fetch(std::move(*advice.turn));
    return advice.token;
}

TokenWait TokenDesk::wait(const std::shared_ptr<TokenSource>& source, Done done) {
    TokenWait wait;
    wait.state_ = state_;
    wait.source_ = source.get();
    wait.id_ = ++state_->last_id;
    auto& queue = state_->queues[source.get()];
    queue.source = source;
    queue.calls.emplace(wait.id_, std::move(done));
    auto advice = source->join(state_->line);
    if (advice.turn) state_->fetch(std::move(*advice.turn));
    if (!advice.token && !advice.error) return wait;
    auto outcome = advice.error ? TokenOutcome(std::unexpected(std::move(*advice.error)))
                                : TokenOutcome(std::move(advice.token));
    boost::asio::post(state_->loop, [weak = std::weak_ptr(state_), key = source.get(),
                                     id = wait.id_, outcome = std::move(outcome)] {
        const auto state = weak.lock();
        if (!state) return;
        if (const Done call = state->take(key, id)) call(outcome);
    });
    return wait;
}

// ---- a call that waits -------------------------------------------------------------------------

TokenWait::TokenWait(TokenWait&& other) noexcept
    : state_(std::move(other.state_)), source_(other.source_), id_(std::exchange(other.id_, 0)) {}

TokenWait& TokenWait::operator=(TokenWait&& other) noexcept {
    if (this == &other) return *this;
    reset();
    state_ = std::move(other.state_);
    source_ = other.source_;
    id_ = std::exchange(other.id_, 0);
    return *this;
}

TokenWait::~TokenWait() { reset(); }

void TokenWait::reset() {
    const std::uint64_t id = std::exchange(id_, 0);
    const auto state = std::exchange(state_, {}).lock();
    if (state && id != 0) state->take(source_, id);
}

}  // namespace bellwether::credentials
