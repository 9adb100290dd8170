#include "ledger/redis/recovery.hpp"

#include <utility>

#include "ledger/redis/codec.hpp"
#include "observe/log.hpp"

namespace bellwether::ledger {

RedisRecovery::RedisRecovery(RedisChannel channel, RedisHolds& holds, Hooks events)
    : channel_(std::move(channel)), holds_(holds), events_(std::move(events)) {}

void RedisRecovery::found(const std::string& epoch) {
    if (!holds_.enter(epoch)) return;
    ++losses_;
    observe::error(
        "the ledger at {} has lost what it had: it was emptied, restarted without its data, or "
        "replaced by another server. Budgets and limits begin anew; calls in flight are held anew",
        channel_.server);
}

void RedisRecovery::hold_strays() {
    const auto epoch = holds_.epoch();
    for (const Hold& hold : holds_.take_strays()) hold_again(hold, epoch);
}

void RedisRecovery::hold_again(const Hold& hold, const std::string& epoch) {
    channel_.run(Script::hold, hold_words(hold, epoch, k_hold_again),
                 [this, id = hold.id, epoch](const RedisAnswer& answer) {
                     const bool emptied = answer && !answer->failed() &&
                                          HoldCode{answer->integer_at(0)} == HoldCode::emptied;
                     if (answer && !answer->failed() && !emptied) return holds_.placed(id, epoch);
                     holds_.not_placed(id);  // the next renewal tries again
                     if (emptied) return events_.emptied();
                     if (answer) events_.refused(answer->text);
                 });
}

}  // namespace bellwether::ledger
