#include "ledger/redis/session.hpp"

#include <utility>

#include "ledger/redis/codec.hpp"

namespace bellwether::ledger {
namespace {

Verdict unavailable(std::string reason) {
    return {.answer = HoldAnswer::unavailable, .reason = std::move(reason)};
}

// Whether a verdict makes sense: it has a standing for each claim, and only a claim of the hold can
// refuse.
bool fits(const Verdict& verdict, std::size_t claims) {
    return verdict.standings.size() == claims &&
           (verdict.answer == HoldAnswer::held || verdict.refused_by < claims);
}

// Turns the answer to a hold into a verdict. If the hold failed but the server may have given it,
// it is withdrawn.
Verdict judged(const RedisAnswer& answer, const HoldId& id, std::size_t claims,
               RedisKeeper& keeper) {
    if (answer && !answer->failed()) {
        Verdict verdict = to_verdict(*answer);
        if (HoldCode{answer->integer_at(0)} == HoldCode::emptied) keeper.look();
        const bool judges =
            verdict.answer == HoldAnswer::held || verdict.answer == HoldAnswer::refused;
        if (!judges || fits(verdict, claims)) return verdict;
        keeper.withdraw(id);
        return unavailable("the ledger's answer makes no sense");
    }
    if (answer || answer.error().perhaps_done) keeper.withdraw(id);
    if (!answer) keeper.look();  // perhaps the keeper has not noticed yet that the server is away
    return unavailable(answer ? "the ledger answered: " + answer->text
                              : "the ledger is away: " + answer.error().reason);
}

}  // namespace

RedisHost::RedisHost(const RedisSettings& settings)
    : scripts(std::make_shared<const RedisScripts>(settings)),
      keeper(settings, scripts, holds, numbers.host()) {}

RedisSession::RedisSession(boost::asio::io_context& loop, const RedisSettings& settings,
                           std::shared_ptr<RedisHost> host)
    : host_(std::move(host)),
      connection_(RedisConnection::make(loop, settings, host_->scripts->opening(OpenedFor::calls))),
      alive_(std::make_shared<bool>(true)),
      numbers_(host_->numbers.open()) {
    connection_->start();
}

RedisSession::~RedisSession() {
    *alive_ = false;
    connection_->close();
}

HoldId RedisSession::next_id() { return numbers_.next(); }

std::int64_t RedisSession::now_us() const { return host_->keeper.now_us(); }

void RedisSession::hold(Hold hold, OnVerdict on_verdict) {
    if (host_->keeper.unconfirmed() >= k_unconfirmed_max) {
        return on_verdict(unavailable("the ledger is behind: " + std::to_string(k_unconfirmed_max) +
                                      " settlements wait for it"));
    }
    auto epoch = host_->holds.epoch();
    auto words = hold_words(hold, epoch);
    run_script(host_->scripts, *connection_, Script::hold, std::move(words),
               [hold = std::move(hold), epoch = std::move(epoch), host = host_, alive = alive_,
                on_verdict = std::move(on_verdict)](const RedisAnswer& answer) mutable {
                   Verdict verdict = judged(answer, hold.id, hold.claims.size(), host->keeper);
                   if (verdict.answer == HoldAnswer::held) {
                       host->holds.add(std::move(hold), std::move(epoch));
                   }
                   if (*alive) on_verdict(std::move(verdict));
               });
}

void RedisSession::when_durable(const HoldId&, OnDurable on_durable) { on_durable(true); }

// The settlement goes over the session's own connection, so that the session's next hold, which the
// server carries out later, already sees it. If that fails, the keeper sends it.
void RedisSession::settle(Settlement settlement) {
    RedisKeeper& keeper = host_->keeper;
    auto task =
        keeper.note(settlement, settlement.recorded ? k_settle_recorded : k_settle_unrecorded);
    if (!task) return;
    if (!connection_->ready()) return keeper.take_over(std::move(task));
    run_script(host_->scripts, *connection_, Script::settle, task->words,
               [task, host = host_](const RedisAnswer& answer) {
                   if (sent(answer) == Sent::confirmed) {
                       host->keeper.confirm(*task);
                   } else {
                       host->keeper.take_over(task);
                   }
               });
}

}  // namespace bellwether::ledger
