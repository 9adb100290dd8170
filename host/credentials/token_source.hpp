// `TokenSource` keeps the token of one credential for all workers, and decides when it is fetched
// anew: before it expires, once for all who wait, and not again at once after a failure. It does no
// I/O: a worker's TokenDesk asks it what to do. Any thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "base/mutex.hpp"
#include "credentials/token.hpp"
#include "credentials/token_line.hpp"
#include "net/wire.hpp"

namespace bellwether::credentials {

// A token that was fetched, with its times.
struct LiveToken {
    TokenValue value;
    Clock::time_point came;
    Clock::time_point refresh;       // from then on the next one is fetched
    Clock::time_point usable_until;  // a little before it expires, as requests take their time
};

// What a source knows, for operators. Without any secret.
struct TokenStanding {
    bool usable = false;
    Clock::time_point usable_until{};
    bool fetching = false;
    std::uint64_t fetches = 0;  // that have ended, well or not
    int failures = 0;           // in a row
    std::string failure;        // the last one, for the operator; empty: none since a token came
};

// The right to fetch, of which a source gives one at a time. One that is dropped unused goes to
// another worker that waits.
class TokenTurn {
  public:
    explicit TokenTurn(std::shared_ptr<TokenSource> source) : source_(std::move(source)) {}
    TokenTurn(TokenTurn&&) = default;
    TokenTurn& operator=(TokenTurn&&) = delete;
    ~TokenTurn();

    TokenSource& source() const { return *source_; }
    // The fetch has ended. All who wait are told on their own loops, none of them from inside.
    void end(std::expected<Token, TokenRefusal> result);

  private:
    std::shared_ptr<TokenSource> source_;
};

class TokenSource : public std::enable_shared_from_this<TokenSource> {
  public:
    struct Options {
        std::string name;  // for errors, which clients read: `credential "vertex"`
        std::shared_ptr<const net::WireOptions> wire;  // null: the default values
        std::chrono::milliseconds connect_timeout{5'000};
        std::chrono::milliseconds timeout{15'000};  // all requests of one fetch together
        std::uint64_t seed = 0;                     // of the jitter; 0: by chance
    };

    static std::shared_ptr<TokenSource> make(std::shared_ptr<const TokenGiver> giver,
                                             Options options);

    const Options& options() const { return options_; }
    const TokenGiver& giver() const { return *giver_; }

    // What whoever needs a token is to do. At most one of `token` and `error` is there. With a
    // turn, it fetches; that may be so although there is a token, when the next one is due.
    struct Advice {
        std::shared_ptr<const LiveToken> token;
        std::optional<Error> error;  // the last fetch failed, a moment ago
        std::optional<TokenTurn> turn;
    };
    // A look only: without a usable token nothing is begun.
    Advice look();
    // If there is neither a token nor an error, `line` is told when there is.
    Advice join(const std::shared_ptr<TokenLine>& line);

    // The upstream has refused this token. If it is not quite new, the next one is fetched: it may
    // have been revoked. A new one that is refused lacks a permission, which no other would have.
    void refused(const std::shared_ptr<const LiveToken>& token);

    // The tokens that came last, at most two, whether they can still be used or not: an upstream
    // may repeat one of them.
    std::vector<std::shared_ptr<const LiveToken>> newest() const;

    TokenStanding standing() const;

  private:
    friend class TokenTurn;

    TokenSource(std::shared_ptr<const TokenGiver> giver, Options options);

    Advice advise(const std::shared_ptr<TokenLine>* line);
    bool may_begin(Clock::time_point now) const REQUIRES(mutex_);
    void take(std::expected<Token, TokenRefusal> result) REQUIRES(mutex_);
    Error error_of(const TokenRefusal& refusal) const;
    Error last_error(Clock::time_point now) const REQUIRES(mutex_);
    double chance() REQUIRES(mutex_);
    void end_turn(std::expected<Token, TokenRefusal> result);
    void pass_turn_on();

    const std::shared_ptr<const TokenGiver> giver_;
    const Options options_;

    mutable Mutex mutex_;
    std::minstd_rand random_ GUARDED_BY(mutex_);
    std::shared_ptr<const LiveToken> token_ GUARDED_BY(mutex_);
    std::vector<std::shared_ptr<const LiveToken>> newest_ GUARDED_BY(mutex_);
    bool fetching_ GUARDED_BY(mutex_) = false;
    std::vector<std::shared_ptr<TokenLine>> waiting_ GUARDED_BY(mutex_);  // one for each worker
    std::uint64_t fetches_ GUARDED_BY(mutex_) = 0;
    int failures_ GUARDED_BY(mutex_) = 0;
    std::optional<Error> error_ GUARDED_BY(mutex_);
    Clock::time_point retry_ GUARDED_BY(mutex_){};  // after a failure nothing is fetched till then
};

}  // namespace bellwether::credentials
