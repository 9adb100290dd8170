#include "credentials/token_source.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace bellwether::credentials {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// How long before its end the next token is fetched, and how long before that at the most by
// chance, so that hosts that began together do not ask together.
constexpr seconds k_early_max = std::chrono::minutes(5);
constexpr int k_early_share = 4;   // of a short lifetime
constexpr seconds k_last_max{30};  // no request is begun with a token that has less left
constexpr int k_last_share = 10;   // of a short lifetime
constexpr seconds k_apart{1};      // between two fetches, however short lifetimes are
constexpr seconds k_new{30};       // a token this young is not fetched anew because it is refused
constexpr double k_jitter_min = 0.5;  // of a pause after a failure

struct Pauses {
    milliseconds first;
    milliseconds longest;
};
constexpr Pauses k_passing{seconds(1), seconds(60)};    // the endpoint was not reached, or is busy
constexpr Pauses k_lasting{seconds(15), seconds(300)};  // it has refused

milliseconds pause_after(const Pauses& pauses, int failures) {
    milliseconds pause = pauses.first;
    for (int i = 1; i < failures && pause < pauses.longest; ++i) pause *= 2;
    return std::min(pause, pauses.longest);
}

LiveToken live(Token token, Clock::time_point now, double chance) {
    const milliseconds lifetime = token.lifetime;
    const auto early = std::min<milliseconds>(k_early_max, lifetime / k_early_share);
    const auto by_chance = std::chrono::duration_cast<milliseconds>(early * chance / 2);
    const auto last = std::min<milliseconds>(k_last_max, lifetime / k_last_share);
    return {.value = std::move(token.value),
            .came = now,
            .refresh = now + std::max<milliseconds>(lifetime - early - by_chance, k_apart),
            .usable_until = now + lifetime - last};
}

}  // namespace

// ---- the right to fetch ------------------------------------------------------------------------

TokenTurn::~TokenTurn() {
    if (source_) source_->pass_turn_on();
}

void TokenTurn::end(std::expected<Token, TokenRefusal> result) {
    std::exchange(source_, nullptr)->end_turn(std::move(result));
}

// ---- the source --------------------------------------------------------------------------------

std::shared_ptr<TokenSource> TokenSource::make(std::shared_ptr<const TokenGiver> giver,
                                               Options options) {
    return std::shared_ptr<TokenSource>(new TokenSource(std::move(giver), std::move(options)));
}

TokenSource::TokenSource(std::shared_ptr<const TokenGiver> giver, Options options)
    : giver_(std::move(giver)),
      options_(std::move(options)),
      random_(static_cast<std::minstd_rand::result_type>(
          options_.seed != 0 ? options_.seed : std::random_device()())) {}

TokenSource::Advice TokenSource::look() { return advise(nullptr); }

TokenSource::Advice TokenSource::join(const std::shared_ptr<TokenLine>& line) {
    return advise(&line);
}

TokenSource::Advice TokenSource::advise(const std::shared_ptr<TokenLine>* line) {
    const auto now = Clock::now();
    const Lock lock(mutex_);
    Advice advice;
    bool begins = false;
    if (token_ && now < token_->usable_until) {
        advice.token = token_;
        begins = now >= token_->refresh && may_begin(now);
    } else if (error_ && now < retry_ && !fetching_) {
        advice.error = last_error(now);
    } else if (line != nullptr) {
        if (std::ranges::find(waiting_, *line) == waiting_.end()) waiting_.push_back(*line);
        begins = may_begin(now);
    }
    if (begins) {
        fetching_ = true;
        advice.turn.emplace(shared_from_this());
    }
    return advice;
}

bool TokenSource::may_begin(Clock::time_point now) const { return !fetching_ && now >= retry_; }

void TokenSource::refused(const std::shared_ptr<const LiveToken>& token) {
    const Lock lock(mutex_);
    if (token && token == token_ && Clock::now() - token->came >= k_new) token_ = nullptr;
}

std::vector<std::shared_ptr<const LiveToken>> TokenSource::newest() const {
    const Lock lock(mutex_);
    return newest_;
}

TokenStanding TokenSource::standing() const {
    const auto now = Clock::now();
    const Lock lock(mutex_);
    TokenStanding standing{.usable = token_ && now < token_->usable_until,
                           .fetching = fetching_,
                           .fetches = fetches_,
                           .failures = failures_};
    if (token_) standing.usable_until = token_->usable_until;
    if (error_) standing.failure = error_->for_operator();
    return standing;
}

// ---- what comes of a fetch ---------------------------------------------------------------------

void TokenSource::end_turn(std::expected<Token, TokenRefusal> result) {
    TokenOutcome outcome;
    std::vector<std::shared_ptr<TokenLine>> lines;
    {
        const Lock lock(mutex_);
        take(std::move(result));
        outcome =
            error_ ? TokenOutcome(std::unexpected(last_error(Clock::now()))) : TokenOutcome(token_);
        lines = std::exchange(waiting_, {});
    }
    for (const auto& line : lines) {
        line->post([source = shared_from_this(), outcome](TokenListener& listener) {
            listener.told(source, outcome);
        });
    }
}

void TokenSource::take(std::expected<Token, TokenRefusal> result) {
    const auto now = Clock::now();
    fetching_ = false;
    ++fetches_;
    if (result) {
        token_ = std::make_shared<const LiveToken>(live(std::move(*result), now, chance()));
        constexpr std::size_t k_newest = 2;
        if (newest_.size() == k_newest) newest_.erase(newest_.begin());
        newest_.push_back(token_);
        failures_ = 0;
        error_.reset();
        return;
    }
    ++failures_;
    error_ = error_of(result.error());
    const auto pause = pause_after(result.error().may_pass ? k_passing : k_lasting, failures_);
    const double share = k_jitter_min + (1 - k_jitter_min) * chance();
    retry_ = now + std::chrono::duration_cast<milliseconds>(pause * share);
}

Error TokenSource::error_of(const TokenRefusal& refusal) const {
    const bool answered = refusal.status != 0 && !refusal.may_pass;
    return {.kind = ErrorKind::auth,
            .message = fmt::format("{}: {}", options_.name,
                                   answered ? "its token endpoint did not accept it"
                                            : "no token could be fetched for it"),
            .code = answered ? "credential_refused" : "credential_unavailable",
            .detail = fmt::format("{}: the token endpoint {}{}{}", options_.name, refusal.endpoint,
                                  refusal.endpoint.empty() ? "" : " ", refusal.what)};
}

Error TokenSource::last_error(Clock::time_point now) const {
    Error error = *error_;
    if (now < retry_) error.retry_after = std::chrono::ceil<milliseconds>(retry_ - now);
    return error;
}

double TokenSource::chance() { return std::uniform_real_distribution<>(0, 1)(random_); }

// Whoever had the turn is gone. Others may wait, of whom the first that can be reached has it next.
// A turn that does not reach its worker comes back here.
void TokenSource::pass_turn_on() {
    std::shared_ptr<TokenLine> next;
    {
        const Lock lock(mutex_);
        std::erase_if(waiting_, [](const auto& line) { return !line->is_open(); });
        fetching_ = !waiting_.empty();
        if (!fetching_) return;
        next = waiting_.front();
    }
    next->post([turn = TokenTurn(shared_from_this())](TokenListener& listener) mutable {
        listener.fetch(std::move(turn));
    });
}

}  // namespace bellwether::credentials
